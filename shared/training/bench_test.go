package training

import (
	"math"
	"testing"
)

const tenHours = 36_000

// tenHourStreams are ten hours at 1 Hz with every stream.
func tenHourStreams() Streams {
	n := tenHours + 1
	s := Streams{Time: make([]int32, n), HeartRate: make([]uint8, n), Watts: make([]int16, n), Distance: make([]float64, n),
		Altitude: make([]float64, n), Velocity: make([]float64, n), Moving: make([]bool, n)}
	for i := range n {
		wave := math.Sin(float64(i) / 300)
		s.Time[i], s.HeartRate[i], s.Watts[i] = int32(i), uint8(140+30*wave), int16(200+100*wave)
		s.Distance[i], s.Altitude[i], s.Velocity[i], s.Moving[i] = 3*float64(i), 300+100*wave, 3, true
	}
	return s
}

// perSample reports the time per sample beside the time per operation.
func perSample(b *testing.B, samples int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
}

func BenchmarkReadOnly(b *testing.B) {
	s := tenHourStreams()
	sum := 0
	for b.Loop() {
		for i, at := range s.Time {
			sum += int(at) + int(s.HeartRate[i]) + int(s.Watts[i])
		}
	}
	perSample(b, tenHours)
	if sum == 0 {
		b.Fatal("nothing read")
	}
}

func BenchmarkNewHistogram(b *testing.B) {
	s := tenHourStreams()
	b.ReportAllocs()
	for b.Loop() {
		NewHistogram(s)
	}
	perSample(b, tenHours)
}

func BenchmarkHistogramTRIMP(b *testing.B) {
	histogram, _ := NewHistogram(tenHourStreams())
	b.ReportAllocs()
	for b.Loop() {
		histogram.TRIMP(SexFemale, testProfile.Thresholds)
	}
}

func BenchmarkHistogramTRIMPUnspecifiedSex(b *testing.B) {
	var histogram Histogram
	for rate := lowestHeartRate; rate <= highestHeartRate; rate++ {
		histogram.Seconds[rate] = 100
		histogram.IncludedS += 100
	}
	for b.Loop() {
		histogram.TRIMP(SexUnspecified, testProfile.Thresholds)
	}
}

func BenchmarkNormalizedPower(b *testing.B) {
	s := tenHourStreams()
	base := newTimeBase(&s)
	series, _ := powerSeries(&s, &base)
	b.ReportAllocs()
	for b.Loop() {
		NormalizedPower(series)
	}
	perSample(b, tenHours)
}

func BenchmarkPowerSeries(b *testing.B) {
	s := tenHourStreams()
	base := newTimeBase(&s)
	b.ReportAllocs()
	for b.Loop() {
		powerSeries(&s, &base)
	}
	perSample(b, tenHours)
}

func BenchmarkXPower(b *testing.B) {
	s := tenHourStreams()
	base := newTimeBase(&s)
	series, _ := powerSeries(&s, &base)
	for b.Loop() {
		XPower(series)
	}
	perSample(b, tenHours)
}

func BenchmarkBestPowers(b *testing.B) {
	s := tenHourStreams()
	base := newTimeBase(&s)
	series, _ := powerSeries(&s, &base)
	b.ReportAllocs()
	for b.Loop() {
		BestPowers(series)
	}
	perSample(b, tenHours)
}

func BenchmarkFlatEquivalent(b *testing.B) {
	s := tenHourStreams()
	base := newTimeBase(&s)
	b.ReportAllocs()
	for b.Loop() {
		factors, _ := costFactors(&s)
		flatEquivalent(&s, &base, factors)
	}
	perSample(b, tenHours)
}

func BenchmarkComputeStreamFigures(b *testing.B) {
	s := tenHourStreams()
	b.ReportAllocs()
	for b.Loop() {
		ComputeStreamFigures(Summary{SportType: "Run"}, s)
	}
	perSample(b, tenHours)
}

// BenchmarkCompute is one activity's share of a recomputation after a change of thresholds.
func BenchmarkCompute(b *testing.B) {
	s := tenHourStreams()
	summary := Summary{SportType: "Run", DistanceM: pointer(30000.0), MovingS: pointer(36000.0)}
	histogram, _ := NewHistogram(s)
	stream := ComputeStreamFigures(summary, s)
	b.ReportAllocs()
	for b.Loop() {
		Compute(summary, &histogram, &stream, testProfile)
	}
}

func BenchmarkHistogramBinary(b *testing.B) {
	histogram, _ := NewHistogram(tenHourStreams())
	packed, _ := histogram.MarshalBinary()
	b.ReportMetric(float64(len(packed)), "bytes")
	for b.Loop() {
		var read Histogram
		if err := read.UnmarshalBinary(packed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDailySeriesTwentyYears(b *testing.B) {
	const days = 7305
	var sums []DaySum
	for day := range Date(days) {
		if day%4 != 0 {
			sums = append(sums, DaySum{Day: day, TRIMP: 40 + float64(day%90), ExternalKm: float64(day % 20), Scored: 1})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DailySeries(sums, 0, days-1, SeriesSettings{}); err != nil {
			b.Fatal(err)
		}
	}
}
