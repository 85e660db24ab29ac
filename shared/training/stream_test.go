package training

import (
	"math"
	"testing"
)

var testProfile = Profile{Sex: SexMale, Thresholds: Thresholds{RestingHR: Measured(60), MaxHR: Measured(190),
	LTHR: Measured(170), FTP: Measured(250), ThresholdPace: Measured(270)}}

// steady returns streams of the given seconds at 1 Hz with a constant heart rate.
func steady(seconds int, rate uint8) Streams {
	var s Streams
	for at := range int32(seconds + 1) {
		s.Time = append(s.Time, at)
		s.HeartRate = append(s.HeartRate, rate)
	}
	return s
}

func histogramOf(t *testing.T, s Streams) Histogram {
	t.Helper()
	histogram, reason := NewHistogram(s)
	if reason != "" {
		t.Fatalf("no histogram: %s", reason)
	}
	return histogram
}

// TestClockJumpCostsOnlyItself holds a recorder whose clock jumps years ahead and back again.
func TestClockJumpCostsOnlyItself(t *testing.T) {
	t.Parallel()
	s := steady(3600, 150)
	for i := 1000; i < 1010; i++ {
		s.Time[i] += 68_000_000
	}
	histogram := histogramOf(t, s)
	if histogram.IncludedS != 3600-2 { // the jump ahead and the step back
		t.Errorf("included = %d s, want all but the two seconds of the jumps", histogram.IncludedS)
	}
	stream := ComputeStreamFigures(Summary{SportType: "Run"}, s)
	if stream.RecordedS != 3598 {
		t.Errorf("recorded = %v s", stream.RecordedS)
	}
}

func TestGapLimitFollowsTheUsualStep(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		time     []int32
		included uint32
	}{
		"1 Hz with a pause":          {[]int32{0, 1, 2, 3, 34, 35}, 4},
		"1 Hz with a short gap":      {[]int32{0, 1, 2, 3, 33, 34}, 34},
		"one sample per pool length": {[]int32{0, 40, 80, 120, 280, 320}, 320},
		"longer rest at the wall":    {[]int32{0, 40, 80, 120, 281, 321}, 160},
		"hourly samples":             {[]int32{0, 3600, 7200, 30000}, 7200},
		"duplicates and steps back":  {[]int32{0, 1, 1, 0, 1, 2}, 3},
	} {
		s := Streams{Time: c.time, HeartRate: make([]uint8, len(c.time))}
		for i := range s.HeartRate {
			s.HeartRate[i] = 120
		}
		histogram, _ := NewHistogram(s)
		if histogram.IncludedS != c.included {
			t.Errorf("%s: included %d s, want %d", name, histogram.IncludedS, c.included)
		}
	}
}

func TestMovingFlagsAreBelievedOnlyWhenTheyCoverHalf(t *testing.T) {
	t.Parallel()
	s := steady(100, 150)
	s.Moving = make([]bool, 101)
	for i := 1; i <= 49; i++ {
		s.Moving[i] = true
	}
	if got := histogramOf(t, s).IncludedS; got != 100 {
		t.Errorf("49 of 100 s moving: included %d s, want all", got)
	}
	s.Moving[50] = true
	if got := histogramOf(t, s).IncludedS; got != 50 {
		t.Errorf("50 of 100 s moving: included %d s, want those", got)
	}
}

func TestDropoutsAreMissingNotRest(t *testing.T) {
	t.Parallel()
	s := steady(3600, 150)
	for i := range 1500 {
		s.HeartRate[i+1] = []uint8{MissingHeartRate, 255, 29, 241}[i%4]
	}
	histogram := histogramOf(t, s)
	figures := Compute(Summary{SportType: "Run"}, &histogram, nil, testProfile)
	near(t, "trimp", figures.TRIMP, AverageTRIMP(SexMale, testProfile.Thresholds, 150, 3600).Value, 1e-9)
	near(t, "coverage", figures.Coverage, 2100.0/3600, 1e-12)
	if !figures.HasFlag(FlagPartial) || figures.Quality != QualityStream {
		t.Errorf("flags %v, quality %s, want partial stream", figures.Flags, figures.Quality)
	}
}

func TestFallbackChain(t *testing.T) {
	t.Parallel()
	summary := Summary{SportType: "Run", AverageHR: pointer(140.0), MovingS: pointer(3600.0)}
	average := AverageTRIMP(SexMale, testProfile.Thresholds, 140, 3600).Value
	sparse := steady(1000, 150)
	for i := range 600 {
		sparse.HeartRate[i] = MissingHeartRate
	}
	broken := steady(1000, 243)
	zero := steady(1000, 0)

	compute := func(summary Summary, s *Streams) Figures {
		if s == nil {
			return Compute(summary, nil, nil, testProfile)
		}
		histogram, _ := NewHistogram(*s)
		return Compute(summary, &histogram, nil, testProfile)
	}
	near(t, "no stream", compute(summary, nil).TRIMP, average, 1e-9)
	near(t, "sparse stream", compute(summary, &sparse).TRIMP, average, 1e-9)
	near(t, "all-zero strap", compute(summary, &zero).TRIMP, average, 1e-9)
	absent(t, "234-bpm strap", compute(summary, &broken).TRIMP, ReasonBadHeartRate)
	absent(t, "sparse, no average", compute(Summary{SportType: "Run"}, &sparse).TRIMP, ReasonLowCoverage)
	absent(t, "nothing", compute(Summary{SportType: "Run"}, nil).TRIMP, ReasonNoHeartRate)
	absent(t, "no moving time", compute(Summary{AverageHR: pointer(140.0)}, nil).TRIMP, ReasonNoMovingTime)
	if got := compute(summary, nil); got.Quality != QualityAverage || got.TSSMethod != TSSByAverageHR {
		t.Errorf("quality %s, TSS by %s, want average", got.Quality, got.TSSMethod)
	}
	if got := compute(Summary{SportType: "Run"}, nil); got.Quality != QualityNone || got.TSS.Known {
		t.Errorf("quality %s, TSS %v, want none", got.Quality, got.TSS)
	}
}

func TestMaxHeartRateExceededIsFlagged(t *testing.T) {
	t.Parallel()
	s := steady(600, 150)
	s.HeartRate[300] = 195
	histogram := histogramOf(t, s)
	if got := Compute(Summary{}, &histogram, nil, testProfile); !got.HasFlag(FlagMaxHRExceeded) {
		t.Errorf("flags = %v, want %s", got.Flags, FlagMaxHRExceeded)
	}
	near(t, "highest beat", histogram.MaxHR(1), 195, 0)
	near(t, "held for ten seconds", histogram.MaxHR(10), 150, 0)
}

func TestAPeakIsHeldAndComesFromAStrapThatIsBelieved(t *testing.T) {
	t.Parallel()
	peak := func(alter func(s *Streams)) Figure {
		s := steady(600, 150)
		alter(&s)
		histogram := histogramOf(t, s)
		return Compute(Summary{}, &histogram, nil, testProfile).PeakHR
	}
	fill := func(from, to int, beats uint8) func(s *Streams) {
		return func(s *Streams) {
			for i := from; i < to; i++ {
				s.HeartRate[i] = beats
			}
		}
	}
	near(t, "held for ten seconds", peak(fill(300, 310, 195)), 195, 0)
	near(t, "a spike of nine", peak(fill(300, 309, 195)), 150, 0)
	near(t, "dropouts of a fifth", peak(fill(1, 120, MissingHeartRate)), 150, 0)
	absent(t, "dropouts of a quarter", peak(fill(1, 150, MissingHeartRate)), ReasonLowCoverage)
	absent(t, "one beat that no heart does", peak(fill(300, 301, 245)), ReasonBadHeartRate)
	absent(t, "no strap", (&Histogram{IncludedS: 600}).PeakHR(), ReasonNoHeartRate)
	absent(t, "no stream", Compute(Summary{AverageHR: pointer(150.0)}, nil, nil, testProfile).PeakHR, ReasonNoStream)
}

func TestPowerSeriesKeepsZerosAndCollapsesPauses(t *testing.T) {
	t.Parallel()
	s := Streams{Time: []int32{0, 1, 4, 500, 501}, Watts: []int16{100, 200, 300, MissingWatts, 0}, Moving: make([]bool, 5)}
	base := newTimeBase(&s)
	series, reason := powerSeries(&s, &base)
	want := []int32{100, 200, 300, 300, 300, 0}
	if reason != "" || len(series) != len(want) {
		t.Fatalf("series = %v (%s), want %v", series, reason, want)
	}
	for i := range want {
		if series[i] != want[i] {
			t.Fatalf("series = %v, want %v", series, want)
		}
	}
	absent(t, "29 s", NormalizedPower(make([]int32, 29)), ReasonTooShort)
	s.Watts = []int16{-1, -1, -1, -1, -1}
	absent(t, "only nulls", ComputeStreamFigures(Summary{}, s).WorkKJ, ReasonNoPower)
}

func TestEstimatedPowerEntersNoLoad(t *testing.T) {
	t.Parallel()
	s := steady(3600, 150)
	s.Watts = make([]int16, len(s.Time))
	for i := range s.Watts {
		s.Watts[i] = 250
	}
	histogram := histogramOf(t, s)
	stream := ComputeStreamFigures(Summary{SportType: "Ride"}, s)
	measured := Compute(Summary{SportType: "Ride", DeviceWatts: pointer(true)}, &histogram, &stream, testProfile)
	near(t, "measured", measured.TSS, 100, 1e-9)
	estimated := Compute(Summary{SportType: "Ride", DeviceWatts: pointer(false)}, &histogram, &stream, testProfile)
	near(t, "estimated", estimated.TSS, estimated.HRTSS.Value, 0)
	if measured.TSSMethod != TSSByPower || estimated.TSSMethod != TSSByHeartRate || !estimated.HasFlag(FlagEstimatedPower) {
		t.Errorf("methods %s and %s, flags %v", measured.TSSMethod, estimated.TSSMethod, estimated.Flags)
	}
}

// TestGAPOnAConstantGrade holds that a steady climb costs what Minetti's polynomial says, whatever the sampling.
func TestGAPOnAConstantGrade(t *testing.T) {
	t.Parallel()
	var s Streams
	for i := range 1201 {
		s.Time = append(s.Time, int32(i))
		s.Distance = append(s.Distance, 3*float64(i))
		s.Altitude = append(s.Altitude, 0.3*float64(i))
	}
	stream := ComputeStreamFigures(Summary{SportType: "Run"}, s)
	near(t, "flat equivalent", stream.FlatM, 3600*5.968214/3.6, 1e-6)
	figures := Compute(Summary{SportType: "Run"}, nil, &stream, testProfile)
	near(t, "gap", figures.GAP, 1200/(3.6*5.968214/3.6), 1e-6)
	if figures.GAPModel != GAPMinetti || figures.TSSMethod != TSSByPace {
		t.Errorf("model %s, TSS by %s", figures.GAPModel, figures.TSSMethod)
	}
	s.Altitude = nil
	stream = ComputeStreamFigures(Summary{SportType: "Run"}, s)
	flat := Compute(Summary{SportType: "Run"}, nil, &stream, testProfile)
	near(t, "gap without altitude is pace", flat.GAP, 1000.0/3, 1e-9)
	if flat.GAPModel != GAPFlat {
		t.Errorf("model without altitude = %s", flat.GAPModel)
	}
}

func TestBestTimeInterpolatesBothEnds(t *testing.T) {
	t.Parallel()
	s := Streams{Time: []int32{0, 10, 20, 80, 90}, Distance: []float64{0, 20, 60, 60, 100}}
	near(t, "40 m at 4 m/s", BestTime(s, 40), 10, 1e-12)
	near(t, "50 m, half a sample slower", BestTime(s, 50), 15, 1e-12)
	near(t, "90 m, over the pause", BestTime(s, 90), 85, 1e-12)
	absent(t, "101 m", BestTime(s, 101), ReasonTooShort)
	s.Distance[1] = math.NaN()
	near(t, "with a missing sample", BestTime(s, 60), 20, 1e-12)
}

func TestDecouplingOfARunThatFades(t *testing.T) {
	t.Parallel()
	s := steady(3600, 150)
	for i := range s.Time {
		speed := 3.0
		if i > 1800 {
			speed = 2.7
		}
		s.Velocity = append(s.Velocity, speed)
	}
	found := ComputeStreamFigures(Summary{SportType: "Run"}, s).Decoupling
	if len(found) != 1 || found[0].Signal != SignalSpeed || math.Abs(found[0].Percent-10) > 1e-9 {
		t.Errorf("decoupling = %+v, want 10 %% by speed", found)
	}
	short := steady(1199, 150)
	short.Velocity = make([]float64, 1200)
	if found := ComputeStreamFigures(Summary{SportType: "Run"}, short).Decoupling; found != nil {
		t.Errorf("decoupling of less than 20 minutes = %+v", found)
	}
	if found := ComputeStreamFigures(Summary{SportType: "Ride"}, s).Decoupling; found != nil {
		t.Errorf("decoupling of a ride without power = %+v", found)
	}
}

func TestSwimLoad(t *testing.T) {
	t.Parallel()
	profile := testProfile
	profile.Thresholds.SwimPace = Measured(120)
	swim := Summary{SportType: "Swim", DistanceM: pointer(1500.0), MovingS: pointer(1800.0)}
	got := Compute(swim, nil, nil, profile)
	near(t, "half an hour at threshold", got.STSS, 50, 1e-9)
	if got.TSSMethod != TSSBySwimPace || got.Quality != QualityNone || got.HasFlag(FlagSwimTooFast) {
		t.Errorf("TSS by %q, quality %q, flags %v", got.TSSMethod, got.Quality, got.Flags)
	}
	swim.DistanceM = pointer(2100.0)
	if fast := Compute(swim, nil, nil, profile); !fast.HasFlag(FlagSwimTooFast) {
		t.Errorf("flags at IF 1.4 = %v", fast.Flags)
	}
	absent(t, "no pace", Compute(swim, nil, nil, testProfile).STSS, ReasonNoSwimPace)
	swim.DistanceM = pointer(0.0)
	absent(t, "no distance", Compute(swim, nil, nil, profile).STSS, ReasonNoDistance)
}

func TestExertionStandsBesideTheSeries(t *testing.T) {
	t.Parallel()
	summary := Summary{SportType: "WeightTraining", ElapsedS: pointer(3600.0), PerceivedExertion: pointer(7.0), SufferScore: pointer(0.0)}
	got := Compute(summary, nil, nil, testProfile)
	near(t, "session RPE", got.SessionRPE, 420, 1e-9)
	near(t, "relative effort of 0", got.StravaEffort, 0, 0)
	absent(t, "trimp", got.TRIMP, ReasonNoHeartRate)
	if got.TSS.Known {
		t.Errorf("TSS = %v, want none from exertion", got.TSS)
	}
	none := Compute(Summary{SportType: "Run"}, nil, nil, testProfile)
	absent(t, "no exertion", none.SessionRPE, ReasonNoExertion)
	absent(t, "no relative effort", none.StravaEffort, ReasonNoRelativeEffort)
}

// TestAbsurdThresholdsGiveFiniteLoad holds reserves of a fraction of a beat and rates beyond any heart.
func TestAbsurdThresholdsGiveFiniteLoad(t *testing.T) {
	t.Parallel()
	histogram := histogramOf(t, steady(60, 61))
	for _, pair := range [][2]float64{{60.98, 61.03}, {60.999999, 61.000001}, {10, 1e300}, {250, 300}, {1e299, 1e300}, {1, 2}} {
		thresholds := Thresholds{RestingHR: Measured(pair[0]), MaxHR: Measured(pair[1])}
		x := min(max((61-pair[0])/(pair[1]-pair[0]), 0), 1)
		near(t, "trimp", histogram.TRIMP(SexMale, thresholds), 0.64*x*math.Exp(1.92*x), 1e-9)
	}
}
