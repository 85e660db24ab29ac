package training

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// sampleTRIMP is Banister's definition taken literally: one exponential per sample. It is the oracle of the histogram.
func sampleTRIMP(s Streams, sex Sex, thresholds Thresholds) Figure {
	base := newTimeBase(&s)
	resting, reserve := thresholds.RestingHR.Value, thresholds.MaxHR.Value-thresholds.RestingHR.Value
	sum, valid := 0.0, 0.0
	for i, rate := range s.HeartRate {
		if rate < 30 || rate > 240 {
			continue
		}
		seconds := float64(base.includedAt(i))
		x := min(max((float64(rate)-resting)/reserve, 0), 1)
		male, female := 0.64*x*math.Exp(1.92*x), 0.86*x*math.Exp(1.67*x)
		weight := map[Sex]float64{SexMale: male, SexFemale: female, SexUnspecified: (male + female) / 2}[sex]
		sum += seconds / 60 * weight
		valid += seconds
	}
	if valid == 0 || valid < float64(base.included)/2 {
		return Absent(ReasonLowCoverage)
	}
	return Known(sum * float64(base.included) / valid)
}

func TestHistogramTRIMPEqualsSampleTRIMP(t *testing.T) {
	t.Parallel()
	known := 0
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		streams, profile := randomStreams(random), randomProfile(random)
		histogram, _ := NewHistogram(streams)
		got, want := histogram.TRIMP(profile.Sex, profile.Thresholds), sampleTRIMP(streams, profile.Sex, profile.Thresholds)
		if got.Known != want.Known || relativeError(got.Value, want.Value) > 1e-12 {
			t.Errorf("TRIMP = %v, want %v", got, want)
		}
		if got.Known {
			known++
		}
	})
	if known < propertyRuns/2 {
		t.Errorf("only %d of %d generated activities have a TRIMP", known, propertyRuns)
	}
}

func TestZonesSumToValidTime(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		profile := randomProfile(random)
		histogram, reason := NewHistogram(randomStreams(random))
		if reason != "" {
			return
		}
		table := histogram.Zones(profile)
		if table.Reason != "" {
			t.Fatalf("no zones: %s", table.Reason)
		}
		_, edwards := histogram.Edwards(profile.Thresholds)
		_, lucia := histogram.Lucia(profile.Thresholds)
		for _, seconds := range [][]float64{table.Seconds, edwards[:], lucia[:]} {
			sum := 0.0
			for _, s := range seconds {
				sum += s
			}
			if sum != histogram.ValidS() {
				t.Errorf("zones %v sum to %v, want %v", seconds, sum, histogram.ValidS())
			}
		}
	})
}

func TestFiguresAreNeverNegative(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		streams := randomStreams(random)
		summary := Summary{SportType: []string{"Run", "Ride", "Swim", "Hike", "Yoga"}[random.IntN(5)],
			DistanceM: pointer(random.Float64() * 40000), MovingS: pointer(random.Float64() * 9000),
			ElevationGainM: pointer(random.Float64() * 900)}
		histogram, _ := NewHistogram(streams)
		stream := ComputeStreamFigures(summary, streams)
		figures := Compute(summary, &histogram, &stream, randomProfile(random))
		for name, figure := range map[string]Figure{"trimp": figures.TRIMP, "tss": figures.TSS, "edwards": figures.Edwards,
			"lucia": figures.Lucia, "hrtss": figures.HRTSS, "power tss": figures.PowerTSS, "rtss": figures.RTSS,
			"stss": figures.STSS, "external": figures.ExternalKm, "coverage": figures.Coverage} {
			if figure.Known && figure.Value < 0 || !figure.Known && figure.Reason == "" {
				t.Errorf("%s = %+v", name, figure)
			}
		}
	})
}

func TestSeriesDoesNotDependOnTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		days := randomDays(random)
		shuffled := slices.Clone(days)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		one, err := DailySeries(days, 17990, 18230, SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		other, err := DailySeries(shuffled, 17990, 18230, SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		otherColumns := other.columns()
		for c, column := range one.columns() {
			sameBits := slices.EqualFunc(column.Values, otherColumns[c].Values, func(a, b float64) bool {
				return math.Float64bits(a) == math.Float64bits(b)
			})
			if !sameBits || !slices.Equal(column.Gaps, otherColumns[c].Gaps) {
				t.Errorf("column %d differs: %v, want %v", c, otherColumns[c], column)
			}
		}
	})
}

func TestSeriesDoesNotDependOnTheRangeAskedFor(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		days := randomDays(random)
		whole, err := DailySeries(days, 17990, 18230, SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		from := random.IntN(200)
		part, err := DailySeries(days, Date(17990+from), Date(17990+from+30), SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		partColumns := part.columns()
		for c, column := range whole.columns() {
			for i := range part.Days() {
				if got, want := partColumns[c].At(i), column.At(from+i); got != want {
					t.Errorf("column %d, day %d = %+v, want %+v", c, i, got, want)
				}
			}
		}
	})
}

func TestConstantLoadHasARatioOfOneAfterWarmUp(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		load := 0.1 + random.Float64()*300
		var days []DaySum
		for day := range Date(60) {
			days = append(days, DaySum{Day: day, TRIMP: load, ExternalKm: load / 7, Scored: 1})
		}
		series, err := DailySeries(days, 0, 59, SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range []*Column{&series.ACWR, &series.Uncoupled, &series.EWMA, &series.Decayed, &series.ExternalACWR} {
			for i := range 60 {
				got := column.At(i)
				if i < 27 && (got.Known || got.Reason != ReasonShortHistory) {
					t.Errorf("day %d = %+v, want withheld", i, got)
				}
				if i >= 27 && math.Abs(got.Value-1) > 1e-12 {
					t.Errorf("day %d = %+v, want 1", i, got)
				}
			}
		}
	})
}

// TestLoadScales holds the scaling laws: sums grow with the load, ratios do not.
func TestLoadScales(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		days := randomDays(random)
		factor := float64(int(1) << random.IntN(5)) // powers of two scale without rounding
		scaled := slices.Clone(days)
		for i := range scaled {
			scaled[i].TRIMP *= factor
			scaled[i].ExternalKm *= factor
		}
		a, errA := DailySeries(days, 17990, 18230, SeriesSettings{})
		b, errB := DailySeries(scaled, 17990, 18230, SeriesSettings{})
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		same := func(name string, one, other *Column, factor float64) {
			for i, value := range one.Values {
				if math.Abs(value*factor-other.Values[i]) > 1e-9 || one.At(i).Known != other.At(i).Known {
					t.Errorf("%s on day %d = %v, want %v·%v", name, i, other.Values[i], value, factor)
				}
			}
		}
		same("acute", &a.Acute, &b.Acute, factor)
		same("ctl", &a.CTL, &b.CTL, factor)
		same("strain", &a.Strain, &b.Strain, factor)
		same("acwr", &a.ACWR, &b.ACWR, 1)
		same("decayed", &a.Decayed, &b.Decayed, 1)
		same("divergence", &a.Divergence, &b.Divergence, 1)
		same("monotony", &a.Monotony, &b.Monotony, 1)
	})
}

// TestRecomputingFromStoredPartsEqualsComputingFromScratch holds that what is stored is enough: histogram, stream
// figures and summary, after their way through storage, give the figures of every later profile.
func TestRecomputingFromStoredPartsEqualsComputingFromScratch(t *testing.T) {
	t.Parallel()
	forSeeds(t, func(t *testing.T, random *rand.Rand) {
		streams := randomStreams(random)
		summary := Summary{SportType: "Run", DistanceM: pointer(9000.0), MovingS: pointer(3000.0), AverageHR: pointer(140.0)}
		histogram, _ := NewHistogram(streams)
		stream := ComputeStreamFigures(summary, streams)
		packed, err := histogram.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var storedHistogram Histogram
		if err := storedHistogram.UnmarshalBinary(packed); err != nil {
			t.Fatal(err)
		}
		var storedStream StreamFigures
		through(t, stream, &storedStream)
		for range 3 {
			profile := randomProfile(random)
			got := text(t, Compute(summary, &storedHistogram, &storedStream, profile))
			if want := text(t, Compute(summary, &histogram, &stream, profile)); got != want {
				t.Errorf("figures from storage differ:\n%s\n%s", got, want)
			}
		}
	})
}

func text(t *testing.T, value any) string {
	t.Helper()
	encoded, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

func through(t *testing.T, from, to any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text(t, from)), to); err != nil {
		t.Fatal(err)
	}
}
