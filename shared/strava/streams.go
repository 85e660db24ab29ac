package strava

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
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
	d.space()
	if d.err == nil && d.at < len(d.text) {
		d.fail("something follows the streams")
	}
	if d.err != nil {
		return training.Streams{}, fmt.Errorf("read streams: %w", d.err)
	}
	return d.streams, nil
}

type streamsDecoder struct {
	scanner
	streams training.Streams
	samples int // length of the arrays read so far, -1 before the first
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
		s.Time = readSamples(d, (*scanner).seconds)
	case "distance":
		s.Distance = readSamples(d, (*scanner).measure)
	case "altitude":
		s.Altitude = readSamples(d, (*scanner).measure)
	case "velocity_smooth":
		s.Velocity = readSamples(d, (*scanner).measure)
	case "heartrate":
		s.HeartRate = readSamples(d, (*scanner).heartRate)
	case "watts":
		s.Watts = readSamples(d, (*scanner).count)
	case "cadence":
		s.Cadence = readSamples(d, (*scanner).count)
	case "moving":
		s.Moving = readSamples(d, (*scanner).flag)
	}
}

// readSamples reads an array whose length is known from counting commas, so that it is allocated once.
func readSamples[T any](d *streamsDecoder, sample func(*scanner) T) []T {
	samples := make([]T, 0, d.arrayLength())
	for more := d.open('[', ']'); more; more = d.next(']') {
		if len(samples) == cap(samples) {
			d.fail("a sample is not a plain value, or there are too many")
			return nil
		}
		samples = append(samples, sample(&d.scanner))
	}
	if d.samples >= 0 && len(samples) != d.samples && d.err == nil {
		d.fail("the streams differ in length")
	}
	d.samples = len(samples)
	return samples
}

// arrayLength is how many values stand in the array ahead if it is as flat as it should be, at most maxSamples.
func (d *streamsDecoder) arrayLength() int {
	rest := d.text[d.at:]
	if end := bytes.IndexByte(rest, ']'); end >= 0 {
		rest = rest[:end]
	}
	return min(bytes.Count(rest, comma)+1, maxSamples)
}

var comma = []byte(",")

// seconds reads a sample of the time base, which can't be missing.
func (s *scanner) seconds() int32 {
	value, known := s.number()
	value = math.Round(value)
	if !known || value < math.MinInt32 || value > math.MaxInt32 {
		s.fail("a time is missing or beyond 32 bits")
		return 0
	}
	return int32(value)
}

// measure reads a quantity; null is NaN.
func (s *scanner) measure() float64 {
	value, known := s.number()
	if !known {
		return math.NaN()
	}
	return value
}

// heartRate reads beats per minute; null and what is below 1 are missing.
func (s *scanner) heartRate() uint8 {
	value, known := s.number()
	if value = math.Round(value); !known || value < 1 {
		return training.MissingHeartRate
	}
	return uint8(min(value, math.MaxUint8))
}

// count reads watts or cadence; null and what is negative are missing.
func (s *scanner) count() int16 {
	value, known := s.number()
	if value = math.Round(value); !known || value < 0 {
		return training.MissingWatts
	}
	return int16(min(value, math.MaxInt16))
}

// flag reads true or false; null is false.
func (s *scanner) flag() bool {
	switch s.peek() {
	case 't':
		s.literal("true")
		return true
	case 'f':
		s.literal("false")
	default:
		s.literal("null")
	}
	return false
}

// unescape reads a quoted JSON text with escapes, which Strava's keys never have.
func unescape(quoted []byte) ([]byte, error) {
	var text string
	if err := json.Unmarshal(quoted, &text); err != nil {
		return nil, errors.New("a text has a bad escape")
	}
	return []byte(text), nil
}
