package store_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// hourOfHeartRate is a heart that drifts by a beat now and then around an effort, once a second, as a strap sends it.
func hourOfHeartRate() training.Streams {
	random := rand.New(rand.NewPCG(1, 2))
	s := training.Streams{Time: make([]int32, 3600), HeartRate: make([]uint8, 3600)}
	rate, target := 110.0, 150.0
	for i := range s.Time {
		if i%300 == 0 {
			target = 130 + 45*random.Float64()
		}
		rate += (target-rate)/40 + random.NormFloat64()*0.6
		s.Time[i], s.HeartRate[i] = int32(i), uint8(math.Round(rate))
	}
	return s
}

func sameFloats(a, b []float64) bool {
	return (a == nil) == (b == nil) && slices.EqualFunc(a, b, func(x, y float64) bool {
		return x == y || (math.IsNaN(x) && math.IsNaN(y))
	})
}

func sameStreams(a, b training.Streams) bool {
	return slices.Equal(a.Time, b.Time) && sameFloats(a.Distance, b.Distance) && sameFloats(a.Altitude, b.Altitude) &&
		sameFloats(a.Velocity, b.Velocity) && (a.HeartRate == nil) == (b.HeartRate == nil) &&
		slices.Equal(a.HeartRate, b.HeartRate) && slices.Equal(a.Watts, b.Watts) && slices.Equal(a.Cadence, b.Cadence) &&
		slices.Equal(a.Moving, b.Moving)
}

func TestAnHourOfHeartRatePacksIntoAboutAKilobyte(t *testing.T) {
	t.Parallel()
	streams := hourOfHeartRate()
	packed, err := store.PackStreams(streams)
	if err != nil {
		t.Fatal(err)
	}
	const goal = 1100
	if len(packed) > goal {
		t.Errorf("packed into %d bytes, want at most %d", len(packed), goal)
	}
	got, err := store.UnpackStreams(packed)
	if err != nil || !sameStreams(got, streams) {
		t.Errorf("came back different: %v", err)
	}
	t.Logf("%d samples in %d bytes", streams.Len(), len(packed))
}

func TestEverySampleOfEveryChannelComesBack(t *testing.T) {
	t.Parallel()
	nan := math.NaN()
	for name, streams := range map[string]training.Streams{
		"nothing":         {},
		"a clock alone":   {Time: []int32{0, 1, 2, 2, 68_000_000, 3}},
		"missing samples": {Time: []int32{0, 1, 2}, Altitude: []float64{nan, 12.4, nan}, Watts: []int16{-1, 1200, -1}},
		"raw fractions":   {Time: []int32{0, 1}, Velocity: []float64{1.0 / 3, math.Pi}},
		"extremes": {Time: []int32{math.MaxInt32, math.MinInt32}, Distance: []float64{math.MaxFloat64, math.Inf(-1)},
			HeartRate: []uint8{0, 255}, Cadence: []int16{math.MinInt16, math.MaxInt16}},
		"everything": {Time: []int32{0, 5, 9}, Distance: []float64{0, 14.9, 30.25}, Altitude: []float64{-3.2, 0, 4807.8},
			Velocity: []float64{0, 2.981, 3}, HeartRate: []uint8{90, 0, 95}, Watts: []int16{0, 250, -1},
			Cadence: []int16{80, 81, 0}, Moving: []bool{false, true, true}},
	} {
		packed, err := store.PackStreams(streams)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := store.UnpackStreams(packed); err != nil || !sameStreams(got, streams) {
			t.Errorf("%s: got %+v (%v), want %+v", name, got, err, streams)
		}
	}
}

func TestUnequalChannelsAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := store.PackStreams(training.Streams{Time: []int32{0}, HeartRate: []uint8{1, 2}}); err == nil {
		t.Error("packed streams of unequal length")
	}
}

func FuzzPackedStreamsComeBack(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6, 7, 8, 200, 0, 0, 0, 0, 0, 0xf8, 0x7f}, byte(255))
	f.Add([]byte{}, byte(0))
	f.Fuzz(func(t *testing.T, data []byte, channels byte) {
		n := len(data) / 8
		streams := training.Streams{Time: make([]int32, n)}
		floats := func(bit byte, scale float64) []float64 {
			if channels&bit == 0 {
				return nil
			}
			values := make([]float64, n)
			for i := range values {
				values[i] = float64(int32(binary.LittleEndian.Uint32(data[8*i:]))) / scale
				if data[8*i] == 7 {
					values[i] = math.Float64frombits(binary.LittleEndian.Uint64(data[8*i:]))
				}
			}
			return values
		}
		streams.Distance, streams.Altitude, streams.Velocity = floats(1, 10), floats(2, 1), floats(4, 1000)
		if channels&8 != 0 {
			streams.HeartRate, streams.Moving = make([]uint8, n), make([]bool, n)
		}
		if channels&16 != 0 {
			streams.Watts, streams.Cadence = make([]int16, n), make([]int16, n)
		}
		for i := range n {
			streams.Time[i] = int32(binary.LittleEndian.Uint32(data[8*i:]))
			if streams.HeartRate != nil {
				streams.HeartRate[i], streams.Moving[i] = data[8*i+4], data[8*i+5]&1 == 1
			}
			if streams.Watts != nil {
				streams.Watts[i], streams.Cadence[i] = int16(binary.LittleEndian.Uint16(data[8*i+4:])), int16(data[8*i+6])
			}
		}
		packed, err := store.PackStreams(streams)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := store.UnpackStreams(packed); err != nil || !sameStreams(got, streams) {
			t.Fatalf("got %+v (%v), want %+v", got, err, streams)
		}
	})
}

func FuzzUnpackStreamsRefusesWithoutPanic(f *testing.F) {
	packed, err := store.PackStreams(hourOfHeartRate())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(packed[:len(packed)/2])
	f.Fuzz(func(t *testing.T, packed []byte) {
		if streams, err := store.UnpackStreams(packed); err == nil && streams.Time != nil {
			if err := streams.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func BenchmarkPackAnHourOfHeartRate(b *testing.B) {
	streams, size := hourOfHeartRate(), 0
	for b.Loop() {
		packed, err := store.PackStreams(streams)
		if err != nil {
			b.Fatal(err)
		}
		size = len(packed)
	}
	b.ReportMetric(float64(size), "B")
}

func BenchmarkUnpackAnHourOfHeartRate(b *testing.B) {
	packed, err := store.PackStreams(hourOfHeartRate())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := store.UnpackStreams(packed); err != nil {
			b.Fatal(err)
		}
	}
}
