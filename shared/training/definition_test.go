package training

import (
	"math"
	"testing"
)

func near(t *testing.T, name string, got Figure, want, tolerance float64) {
	t.Helper()
	if !got.Known || math.Abs(got.Value-want) > tolerance {
		t.Errorf("%s = %+v, want %v ± %v", name, got, want, tolerance)
	}
}

func absent(t *testing.T, name string, got Figure, want Reason) {
	t.Helper()
	if got.Known || got.Reason != want {
		t.Errorf("%s = %+v, want none because of %s", name, got, want)
	}
}

// repeat returns the values, each repeated the given number of times: repeat(5, 35, 8, 7) is 35 × 5, then 7 × 8.
func repeat(pairs ...float64) []float64 {
	var values []float64
	for i := 0; i < len(pairs); i += 2 {
		for range int(pairs[i+1]) {
			values = append(values, pairs[i])
		}
	}
	return values
}

func TestDecayedRatioMeetsTheDefinition(t *testing.T) {
	t.Parallel()
	daily := repeat(5, 35, 8, 7)
	near(t, "rate 0.02", DecayedRatio(daily, 42, 0.02), 1.406, 0.0005)
	near(t, "rate 0.05", DecayedRatio(daily, 42, 0.05), 1.331, 0.0005)
	near(t, "rate 0.10", DecayedRatio(daily, 42, 0.10), 1.225, 0.0005)
	absent(t, "after 27 days", DecayedRatio(repeat(5, 27), 42, 0.05), ReasonShortHistory)
	absent(t, "without load", DecayedRatio(repeat(0, 60), 42, 0.05), ReasonNoLoad)
}

func TestRatiosAreWithheldRatherThanZero(t *testing.T) {
	t.Parallel()
	absent(t, "27 days", CoupledRatio(repeat(50, 27)), ReasonShortHistory)
	absent(t, "no chronic load", CoupledRatio(repeat(0, 28)), ReasonNoLoad)
	absent(t, "first week back", UncoupledRatio(repeat(0, 21, 40, 7)), ReasonNoLoad)
	near(t, "a week off", CoupledRatio(repeat(50, 21, 0, 7)), 0, 0)
	near(t, "a week off, uncoupled", UncoupledRatio(repeat(50, 21, 0, 7)), 0, 0)
	near(t, "spike", CoupledRatio(repeat(30, 21, 50, 7)), 50.0/35, 1e-12)
	near(t, "spike, uncoupled", UncoupledRatio(repeat(30, 21, 50, 7)), 50.0/30, 1e-12)
}

func TestTRIMPOfAnHourAtConstantHeartRate(t *testing.T) {
	t.Parallel()
	thresholds := Thresholds{RestingHR: Measured(60), MaxHR: Measured(190)}
	x := 90.0 / 130
	male, female := 60*x*0.64*math.Exp(1.92*x), 60*x*0.86*math.Exp(1.67*x)
	near(t, "male", AverageTRIMP(SexMale, thresholds, 150, 3600), male, 1e-9)
	near(t, "female", AverageTRIMP(SexFemale, thresholds, 150, 3600), female, 1e-9)
	near(t, "unspecified", AverageTRIMP(SexUnspecified, thresholds, 150, 3600), (male+female)/2, 1e-9)
	near(t, "all out, female, a minute", AverageTRIMP(SexFemale, thresholds, 190, 60), 4.57, 0.005)
	near(t, "above the maximum", AverageTRIMP(SexFemale, thresholds, 200, 60), 4.57, 0.005)
	near(t, "below rest", AverageTRIMP(SexMale, thresholds, 50, 3600), 0, 0)
	absent(t, "no maximum", AverageTRIMP(SexMale, Thresholds{RestingHR: Measured(60)}, 150, 60), ReasonNoMaxHR)
	absent(t, "no rest", AverageTRIMP(SexMale, Thresholds{MaxHR: Measured(190)}, 150, 60), ReasonNoRestingHR)
	absent(t, "rest at maximum", AverageTRIMP(SexMale, Thresholds{RestingHR: Measured(190), MaxHR: Measured(190)}, 150, 60),
		ReasonHRSettings)
}

func TestAnHourAtThresholdIsAHundred(t *testing.T) {
	t.Parallel()
	for _, sex := range []Sex{SexFemale, SexMale, SexUnspecified} {
		thresholds := Thresholds{RestingHR: Measured(50), MaxHR: Measured(190), LTHR: Measured(165)}
		near(t, string(sex), HRTSS(AverageTRIMP(sex, thresholds, 165, 3600), sex, thresholds), 100, 1e-9)
	}
	near(t, "power", PowerTSS(IntensityFactor(Known(250), Measured(250)), 3600), 100, 1e-9)
	near(t, "pace", RTSS(Known(300), Measured(300), 3600), 100, 1e-9)
	near(t, "swim", STSS(SwimIntensity(3000, 3600, Measured(120)), 3600), 100, 1e-9)
}

func TestEstimatesAreMarked(t *testing.T) {
	t.Parallel()
	estimated := EstimateThresholds(40)
	if estimated.MaxHR != Estimate(180) || estimated.RestingHR != Estimate(60) {
		t.Errorf("estimates at 40 = %+v, want Tanaka's 180 and a resting heart rate of 60", estimated)
	}
	own := Thresholds{RestingHR: Measured(60), MaxHR: Measured(190)}.WithDefaults(40)
	if own.MaxHR != Measured(190) || own.LTHR != Estimate(170.5) || own.VT1 != Estimate(138) || own.VT2 != Estimate(170.5) {
		t.Errorf("thresholds with defaults = %+v", own)
	}
	if unknown := EstimateThresholds(0); unknown.MaxHR.IsKnown() || unknown.LTHR.IsKnown() {
		t.Errorf("estimates without an age = %+v, want no maximum", unknown)
	}
}

func TestMonotonyEdges(t *testing.T) {
	t.Parallel()
	near(t, "constant week", Monotony(repeat(50, 7)), 10, 0)
	near(t, "constant week of tenths", Monotony(repeat(0.1, 7)), 10, 0)
	near(t, "almost constant", Monotony([]float64{50, 50, 50, 50, 50, 50, 51}), 10, 0)
	near(t, "one hard day", Monotony(repeat(0, 6, 100, 1)), 1/math.Sqrt(6), 1e-12)
	absent(t, "week of rest", Monotony(repeat(0, 7)), ReasonNoLoad)
	absent(t, "six days", Monotony(repeat(50, 6)), ReasonShortHistory)
	near(t, "strain", Strain(repeat(50, 7)), 3500, 1e-9)
}

func TestDivergenceEdges(t *testing.T) {
	t.Parallel()
	near(t, "equal", Divergence(Known(1.1), Known(1.1)), 0, 0)
	near(t, "both 0", Divergence(Known(0), Known(0)), 0, 0)
	near(t, "external 0", Divergence(Known(0), Known(1)), -2, 0)
	near(t, "internal 0", Divergence(Known(1), Known(0)), 2, 0)
	absent(t, "external missing", Divergence(Absent(ReasonShortHistory), Known(1)), ReasonShortHistory)
	absent(t, "internal missing", Divergence(Known(1), Absent(ReasonNoLoad)), ReasonNoLoad)
}

func TestBandsAndTheirEdges(t *testing.T) {
	t.Parallel()
	for ratio, want := range map[float64]Band{0: ACWRUnder, 0.79: ACWRUnder, 0.8: ACWRBalanced, 1.3: ACWRBalanced,
		1.31: ACWRHigh, 1.5: ACWRHigh, 1.51: ACWRVeryHigh} {
		if got := ACWRBand(ratio); got != want {
			t.Errorf("ratio %v is %s, want %s", ratio, got, want)
		}
	}
	for divergence, want := range map[float64]Band{-2: DivergenceHighStrain, -0.151: DivergenceHighStrain,
		-0.15: DivergenceStrain, -0.05: DivergenceBalanced, 0: DivergenceBalanced, 0.05: DivergenceBalanced,
		0.051: DivergenceEfficient, 0.15: DivergenceEfficient, 0.2: DivergenceUnderStimulated} {
		if got := DivergenceBand(divergence); got != want {
			t.Errorf("divergence %v is %s, want %s", divergence, got, want)
		}
	}
	for trimp, want := range map[float64]Band{0: TRIMPLow, 29.9: TRIMPLow, 30: TRIMPModerate, 70: TRIMPModerate,
		70.1: TRIMPHigh, 120: TRIMPHigh, 121: TRIMPVeryHigh} {
		if got := TRIMPBand(trimp); got != want {
			t.Errorf("TRIMP %v is %s, want %s", trimp, got, want)
		}
	}
	if style, known := StyleOf("reckless"); known || style.Name != StyleBalanced {
		t.Errorf("unknown style = %+v, %v", style, known)
	}
	if style, known := StyleOf(StyleAggressive); !known || style.ACWRHigh != 1.5 || style.MostDaysNoRest != 8 {
		t.Errorf("aggressive style = %+v, %v", style, known)
	}
}

func TestExternalLoadBySport(t *testing.T) {
	t.Parallel()
	mile, foot := pointer(1609.344), pointer(0.3048*750)
	hour := pointer(3600.0)
	for _, c := range []struct {
		name    string
		summary Summary
		miles   float64
	}{
		{"run with climb", Summary{SportType: "TrailRun", DistanceM: mile, ElevationGainM: foot}, 2},
		{"hike", Summary{SportType: "Hike", DistanceM: mile}, 1},
		{"slow ride", Summary{SportType: "Ride", DistanceM: pointer(12 * 1609.344), MovingS: hour}, 3},
		{"16 mph", Summary{SportType: "GravelRide", DistanceM: pointer(16 * 1609.344), MovingS: hour}, 16 / 3.5},
		{"20 mph", Summary{SportType: "VirtualRide", DistanceM: pointer(20 * 1609.344), MovingS: hour}, 20 / 2.9},
		{"fast ride", Summary{SportType: "Ride", DistanceM: pointer(24 * 1609.344), MovingS: hour}, 10},
		{"pool", Summary{SportType: "Swim", DistanceM: mile}, 4},
		{"open water", Summary{SportType: "Swim", DistanceM: mile, HasPosition: true}, 4.2},
		{"rowing machine", Summary{SportType: "Rowing", DistanceM: mile}, 1.5},
		{"rowing on water", Summary{SportType: "Rowing", DistanceM: mile, HasPosition: true}, 1.7},
		{"ski tour", Summary{SportType: "BackcountrySki", DistanceM: mile, ElevationGainM: pointer(0.3048 * 500)}, 2.2},
		{"yoga", Summary{SportType: "Yoga", MovingS: hour}, 1.8},
		{"strength, hard", Summary{SportType: "WeightTraining", MovingS: hour, PerceivedExertion: pointer(8.0)}, 2.4},
		{"skating", Summary{SportType: "InlineSkate", DistanceM: mile}, 1},
		{"climbing", Summary{SportType: "RockClimbing", ElapsedS: hour}, 1.8},
	} {
		near(t, c.name, ExternalKm(c.summary), c.miles*1.609344, 1e-9)
	}
	absent(t, "ride without a duration", ExternalKm(Summary{SportType: "Ride", DistanceM: mile}), ReasonNoMovingTime)
	absent(t, "nothing known", ExternalKm(Summary{SportType: "Run"}), ReasonNoMovingTime)
}

func TestZonesOfEveryMethod(t *testing.T) {
	t.Parallel()
	thresholds := Thresholds{RestingHR: Measured(60), MaxHR: Measured(190), LTHR: Measured(170)}
	for method, rates := range map[ZoneMethod]map[int]int{
		ZonesPercentMax: {94: 0, 95: 1, 113: 1, 114: 2, 132: 2, 133: 3, 152: 4, 171: 5, 240: 5},
		ZonesReserve:    {124: 0, 125: 1, 137: 1, 138: 2, 150: 2, 151: 3, 164: 4, 176: 4, 177: 5},
		ZonesThreshold:  {30: 1, 144: 1, 145: 2, 152: 2, 153: 3, 161: 3, 162: 4, 169: 4, 170: 5},
		ZonesCustom:     {30: 1, 119: 1, 120: 2, 149: 2, 150: 3},
	} {
		table := ZoneBounds(Profile{Thresholds: thresholds, Zones: ZoneSettings{Method: method, Bounds: []int{120, 150}}})
		for rate, want := range rates {
			if got := table.Zone(rate); got != want {
				t.Errorf("%s: %d bpm is in zone %d, want %d", method, rate, got, want)
			}
		}
	}
	for name, bounds := range map[string][]int{"none": nil, "descending": {150, 120}, "equal": {120, 120}, "negative": {-1}} {
		table := ZoneBounds(Profile{Zones: ZoneSettings{Method: ZonesCustom, Bounds: bounds}})
		if table.Reason != ReasonNoZones || table.Bounds != nil {
			t.Errorf("%s bounds = %+v, want a refusal", name, table)
		}
	}
}
