package strava

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/url"
	"strconv"

	"github.com/train-d/train-d/shared/training"
)

// streamKeys are the streams that training.Streams has a place for. Others are not asked for: they would be a third of
// the bytes and thrown away.
const streamKeys = "time,distance,altitude,heartrate,watts,cadence,velocity_smooth,moving"

// maxSamples bounds one stream: twelve days at one sample a second.
const maxSamples = 1 << 20

// Streams gives the samples of an activity. Streams of length 0 without an error mean that Strava has none; most
// activities without any (those entered by hand) answer ScopeActivity with CodeNotFound. Samples without a time base
// measure nothing and are ScopeActivity with CodeNoTime.
func (c *Client) Streams(ctx context.Context, access string, id int64) (training.Streams, Usage, error) {
	query := url.Values{"keys": {streamKeys}, "key_by_type": {"true"}}
	body, err := c.get(ctx, "read streams", concernsActivity, access,
		"/activities/"+strconv.FormatInt(id, 10)+"/streams", query, maxStreamsBody)
	if err != nil {
		return training.Streams{}, usageIn(err), err
	}
	streams, err := DecodeStreams(body.body)
	if err != nil {
		return training.Streams{}, body.usage, body.malformed(err)
	}
	if err := streams.Validate(); err != nil {
		failure := body.malformed(err)
		failure.Code = CodeNoTime
		return training.Streams{}, body.usage, failure
	}
	return streams, body.usage, nil
}

// DecodeStreams reads an activity's streams, in Strava's key_by_type form or in the older array form. Streams it does
// not know are skipped; null samples become training's markers of missing ones. It refuses what is not JSON, arrays of
// unequal length, values that are no finite number, a time that is missing or beyond 32 bits, and more samples than
// twelve days have. The time stream itself may be absent.
func DecodeStreams(body []byte) (training.Streams, error) {
	d := streamsDecoder{scanner: scanner{text: body}, samples: -1}
	d.space()
	switch d.peek() {
	case '{':
		d.keyed()
	case '[':
		d.listed()
	default:
		d.fail("streams are neither an object nor an array")
	}
	if err := d.end(); err != nil {
		return training.Streams{}, fmt.Errorf("read streams: %w", err)
	}
	return d.streams, nil
}

type streamsDecoder struct {
	scanner
	streams training.Streams
	samples int // length of the arrays read so far, -1 before the first
	buffer  []float64
}

// keyed reads {"time":{"data":[…],…},…}.
func (d *streamsDecoder) keyed() {
	for more := d.open('{', '}'); more; more = d.next('}') {
		kind := d.key()
		if d.peek() == '{' && isKnown(kind) {
			d.stream(kind)
		} else {
			d.skip(1)
		}
	}
}

// listed reads [{"type":"time","data":[…],…},…].
func (d *streamsDecoder) listed() {
	for more := d.open('[', ']'); more; more = d.next(']') {
		if d.peek() == '{' {
			d.stream(nil)
		} else {
			d.skip(1)
		}
	}
}

// stream reads one stream object. Without a kind it is named by its own "type", which may stand behind the data: then the
// data is passed over and read when the name is known.
func (d *streamsDecoder) stream(kind []byte) {
	data, read := -1, false
	for more := d.open('{', '}'); more; more = d.next('}') {
		switch key := d.key(); {
		case string(key) == "data" && isKnown(kind) && d.peek() == '[':
			d.samplesOf(kind)
			read = true
		case string(key) == "data":
			data = d.at
			d.skip(2)
		case string(key) == "type" && kind == nil && d.peek() == '"':
			kind = d.quoted()
		default:
			d.skip(2)
		}
	}
	if end := d.at; d.err == nil && !read && data >= 0 && isKnown(kind) && d.text[data] == '[' {
		d.at = data
		d.samplesOf(kind)
		d.at = end
	}
}

func isKnown(kind []byte) bool {
	switch string(kind) {
	case "time", "distance", "altitude", "velocity_smooth", "heartrate", "watts", "cadence", "moving":
		return true
	}
	return false
}

// samplesOf reads the array of a known kind.
func (d *streamsDecoder) samplesOf(kind []byte) {
	switch s := &d.streams; string(kind) {
	case "time":
		s.Time = convert(d, d.seconds)
	case "distance":
		s.Distance = d.numbers(make([]float64, 0, d.arrayLength()))
	case "altitude":
		s.Altitude = d.numbers(make([]float64, 0, d.arrayLength()))
	case "velocity_smooth":
		s.Velocity = d.numbers(make([]float64, 0, d.arrayLength()))
	case "heartrate":
		s.HeartRate = convert(d, heartRate)
	case "watts":
		s.Watts = convert(d, count)
	case "cadence":
		s.Cadence = convert(d, count)
	case "moving":
		s.Moving = d.flags(make([]bool, 0, d.arrayLength()))
	}
}

// convert reads an array of numbers into a narrower type, by way of one buffer for all such arrays.
func convert[T any](d *streamsDecoder, sample func(float64) T) []T {
	if n := d.arrayLength(); n > cap(d.buffer) {
		d.buffer = make([]float64, 0, n)
	}
	d.buffer = d.numbers(d.buffer[:0])
	samples := make([]T, len(d.buffer))
	for i, value := range d.buffer {
		samples[i] = sample(value)
	}
	return samples
}

// arrayLength is how many values stand in the array ahead if it is as flat as it should be, so that it is allocated
// once; at most maxSamples.
func (d *streamsDecoder) arrayLength() int {
	rest := d.text[d.at:]
	if end := bytes.IndexByte(rest, ']'); end >= 0 {
		rest = rest[:end]
	}
	return min(bytes.Count(rest, comma)+1, maxSamples)
}

var comma = []byte(",")

// numbers reads an array of numbers into samples, which has room for all of them; null is NaN. The inner loop reads what
// nearly all of them are, up to 15 digits with a comma behind, without a call; number reads the rest.
func (d *streamsDecoder) numbers(samples []float64) []float64 {
	text, room := d.text, cap(samples)
	for more := d.open('[', ']'); more; more = d.next(']') {
		at := d.at
		for len(samples) < room {
			value, length := shortNumber(text, at)
			if length == 0 || at+length >= len(text) || text[at+length] != ',' {
				break
			}
			samples = append(samples, value)
			if at += length + 1; at < len(text) && text[at] <= ' ' {
				break
			}
		}
		d.at = at
		d.space()
		if len(samples) == room {
			d.fail(notFlat)
			return nil
		}
		value, known := d.number()
		if !known {
			value = math.NaN()
		}
		samples = append(samples, value)
	}
	d.check(len(samples))
	return samples
}

// flags reads an array of true and false; null is false.
func (d *streamsDecoder) flags(samples []bool) []bool {
	for more := d.open('[', ']'); more; more = d.next(']') {
		if len(samples) == cap(samples) {
			d.fail(notFlat)
			return nil
		}
		moving := false
		switch rest := d.text[d.at:]; {
		case len(rest) > 4 && string(rest[:4]) == "true":
			moving = true
			d.at += 4
		case len(rest) > 5 && string(rest[:5]) == "false":
			d.at += 5
		default:
			d.literal("null")
		}
		samples = append(samples, moving)
	}
	d.check(len(samples))
	return samples
}

const notFlat = "a sample is not a plain value, or there are too many"

// check holds all arrays to the length of the first.
func (d *streamsDecoder) check(samples int) {
	if d.samples >= 0 && samples != d.samples && d.err == nil {
		d.fail("the streams differ in length")
	}
	d.samples = samples
}

// seconds is a sample of the time base, which can't be missing.
func (d *streamsDecoder) seconds(value float64) int32 {
	value = math.Round(value)
	if !(value >= math.MinInt32 && value <= math.MaxInt32) {
		d.fail("a time is missing or beyond 32 bits")
		return 0
	}
	return int32(value)
}

// heartRate is a sample in beats per minute; what is below 1 is missing.
func heartRate(value float64) uint8 {
	if value += 0.5; !(value >= 1.5) {
		return training.MissingHeartRate
	}
	return uint8(min(value, math.MaxUint8))
}

// count is a sample of watts or cadence; what is negative is missing.
func count(value float64) int16 {
	if !(value >= 0) {
		return training.MissingWatts
	}
	return int16(min(value+0.5, math.MaxInt16))
}
