package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/train-d/train-d/shared/training"
)

// Packed streams are a format byte, the number of samples, a byte that says which channels follow, and one bit stream of
// the channels in a fixed order. Each channel is a series of integers (a decimal fraction by its power of ten), reduced
// to differences or to differences of differences, whichever is smaller, and Rice coded in blocks. A steady series (a
// clock that ticks every second) costs 5 bits for 128 samples, an hour of heart rate about 1 KB.
const (
	packedFormat  = 1
	mostSamples   = 1 << 22 // 48 days at 1 Hz; what claims more is corrupt
	blockSamples  = 128
	blockOfZeros  = 31 // in place of a block's Rice parameter
	highestRice   = 30
	escapeBits    = 24 // ones in a row, then 64 bits of the value itself
	widestDecimal = 6  // digits after the point that are tried
	rawFloats     = 15 // in place of a number of digits: 64 bits a sample
)

var errPacked = errors.New("not packed streams")

var powersOfTen = [widestDecimal + 1]float64{1, 10, 100, 1e3, 1e4, 1e5, 1e6}

// PackStreams encodes streams without loss, but that every NaN is the same missing sample and −0 is 0.
func PackStreams(s training.Streams) ([]byte, error) {
	if err := s.Validate(); err != nil {
		return nil, fmt.Errorf("pack streams: %w", err)
	}
	n := s.Len()
	if n > mostSamples {
		return nil, fmt.Errorf("pack streams: %d samples are more than an activity can have", n)
	}
	packed := binary.AppendUvarint([]byte{packedFormat}, uint64(n))
	channels := [...]bool{s.Time != nil, s.Distance != nil, s.Altitude != nil, s.Velocity != nil, s.HeartRate != nil,
		s.Watts != nil, s.Cadence != nil, s.Moving != nil}
	var mask byte
	for i, present := range channels {
		if present {
			mask |= 1 << i
		}
	}
	w := bitWriter{bytes: append(packed, mask)}
	series := make([]int64, n)
	packIntegers(&w, series, s.Time)
	packFloats(&w, series, s.Distance)
	packFloats(&w, series, s.Altitude)
	packFloats(&w, series, s.Velocity)
	packIntegers(&w, series, s.HeartRate)
	packIntegers(&w, series, s.Watts)
	packIntegers(&w, series, s.Cadence)
	if s.Moving != nil {
		for i, moving := range s.Moving {
			series[i] = 0
			if moving {
				series[i] = 1
			}
		}
		packSeries(&w, series)
	}
	return w.finish(), nil
}

// UnpackStreams reads what PackStreams wrote; anything else is an error.
func UnpackStreams(packed []byte) (training.Streams, error) {
	if len(packed) < 3 || packed[0] != packedFormat {
		return training.Streams{}, fmt.Errorf("unpack streams: %w: unknown format", errPacked)
	}
	n, size := binary.Uvarint(packed[1:])
	if size <= 0 || n > mostSamples || len(packed) < 2+size {
		return training.Streams{}, fmt.Errorf("unpack streams: %w: bad number of samples", errPacked)
	}
	mask := packed[1+size]
	r := bitReader{bytes: packed[2+size:]}
	series := make([]int64, n)
	s := training.Streams{
		Time:      unpackIntegers[int32](&r, series, mask&1 != 0),
		Distance:  unpackFloats(&r, series, mask&2 != 0),
		Altitude:  unpackFloats(&r, series, mask&4 != 0),
		Velocity:  unpackFloats(&r, series, mask&8 != 0),
		HeartRate: unpackIntegers[uint8](&r, series, mask&16 != 0),
		Watts:     unpackIntegers[int16](&r, series, mask&32 != 0),
		Cadence:   unpackIntegers[int16](&r, series, mask&64 != 0),
	}
	if mask&128 != 0 {
		unpackSeries(&r, series)
		s.Moving = make([]bool, n)
		for i, moving := range series {
			s.Moving[i] = moving != 0
		}
	}
	if r.broken {
		return training.Streams{}, fmt.Errorf("unpack streams: %w: cut short", errPacked)
	}
	return s, nil
}

type integer interface{ ~uint8 | ~int16 | ~int32 }

func packIntegers[T integer](w *bitWriter, series []int64, values []T) {
	if values == nil {
		return
	}
	for i, value := range values {
		series[i] = int64(value)
	}
	packSeries(w, series)
}

func unpackIntegers[T integer](r *bitReader, series []int64, present bool) []T {
	if !present {
		return nil
	}
	unpackSeries(r, series)
	values := make([]T, len(series))
	for i, value := range series {
		values[i] = T(value)
	}
	return values
}

// packFloats writes the number of decimal digits that hold every value exactly, whether samples are missing (then which,
// as a series of its own), and the values; a missing one repeats the value before it, which costs next to nothing.
func packFloats(w *bitWriter, series []int64, values []float64) {
	if values == nil {
		return
	}
	digits := decimalDigits(values)
	w.write(uint64(digits), 4)
	if digits == rawFloats {
		for _, value := range values {
			w.write(math.Float64bits(value), 64)
		}
		return
	}
	missing := false
	for i, value := range values {
		series[i] = 0
		if math.IsNaN(value) {
			series[i], missing = 1, true
		}
	}
	if missing {
		w.write(1, 1)
		packSeries(w, series)
	} else {
		w.write(0, 1)
	}
	var last int64
	for i, value := range values {
		if !math.IsNaN(value) {
			last = int64(math.Round(value * powersOfTen[digits]))
		}
		series[i] = last
	}
	packSeries(w, series)
}

func unpackFloats(r *bitReader, series []int64, present bool) []float64 {
	if !present {
		return nil
	}
	values := make([]float64, len(series))
	digits := r.read(4)
	if digits == rawFloats {
		for i := range values {
			values[i] = math.Float64frombits(r.read(64))
			if r.broken {
				return nil
			}
		}
		return values
	}
	if digits > widestDecimal {
		r.broken = true
		return nil
	}
	missing := r.read(1) == 1
	if missing {
		unpackSeries(r, series)
		for i, flag := range series {
			if flag != 0 {
				values[i] = math.NaN()
			}
		}
	}
	unpackSeries(r, series)
	for i, value := range series {
		if !missing || !math.IsNaN(values[i]) {
			values[i] = float64(value) / powersOfTen[digits]
		}
	}
	return values
}

// decimalDigits is the smallest number of digits after the point that gives every value back, or rawFloats.
func decimalDigits(values []float64) int {
	digits := 0
	for _, value := range values {
		for !math.IsNaN(value) && !heldBy(value, digits) {
			if digits++; digits > widestDecimal {
				return rawFloats
			}
		}
	}
	// A value that fewer digits hold need not be held by more: the division rounds.
	for _, value := range values {
		if !math.IsNaN(value) && !heldBy(value, digits) {
			return rawFloats
		}
	}
	return digits
}

func heldBy(value float64, digits int) bool {
	scaled := math.Round(value * powersOfTen[digits])
	return math.Abs(scaled) < 1<<52 && float64(int64(scaled))/powersOfTen[digits] == value
}
