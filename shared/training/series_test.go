package training

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
)

// seriesOf returns the series of the sums over the days first to last of 2024.
func seriesOf(t *testing.T, sums []DaySum, first, last string, settings SeriesSettings) Series {
	t.Helper()
	series, err := DailySeries(sums, mustDate(t, first), mustDate(t, last), settings)
	if err != nil {
		t.Fatal(err)
	}
	return series
}

func TestDaysBeforeTheFirstActivityDoNotExist(t *testing.T) {
	t.Parallel()
	sums := []DaySum{{Day: mustDate(t, "2024-01-10"), TRIMP: 70, ExternalKm: 10, Scored: 1}}
	series := seriesOf(t, sums, "2024-01-01", "2024-01-20", SeriesSettings{})
	if series.Days() != 20 || series.HistoryStart == nil || series.HistoryStart.String() != "2024-01-10" {
		t.Fatalf("%d days from %v, want 20 from 2024-01-10", series.Days(), series.HistoryStart)
	}
	absent(t, "trimp before", series.TRIMP.At(8), ReasonBeforeHistory)
	absent(t, "ctl before", series.CTL.At(8), ReasonBeforeHistory)
	near(t, "trimp on the day", series.TRIMP.At(9), 70, 0)
	near(t, "rest day after", series.TRIMP.At(10), 0, 0)
	absent(t, "acute on day six", series.Acute.At(14), ReasonShortHistory)
	near(t, "acute on day seven", series.Acute.At(15), 10, 1e-12)
	absent(t, "acwr", series.ACWR.At(19), ReasonShortHistory)
	near(t, "form at the start", series.TSB.At(9), 0, 0)
	near(t, "form the day after", series.TSB.At(10), 70*(ctlAlpha-atlAlpha), 1e-12)

	empty := seriesOf(t, nil, "2024-01-01", "2024-01-03", SeriesSettings{})
	if empty.Days() != 3 || empty.HistoryStart != nil {
		t.Errorf("series without activities has %d days from %v", empty.Days(), empty.HistoryStart)
	}
	absent(t, "nothing ever", empty.Acute.At(2), ReasonBeforeHistory)
}

func TestActivitiesAfterTheLastDayAreLeftOut(t *testing.T) {
	t.Parallel()
	sums := []DaySum{{Day: mustDate(t, "2024-03-01"), TRIMP: 50, Scored: 1}, {Day: mustDate(t, "2024-03-09"), TRIMP: 80, Scored: 1}}
	series := seriesOf(t, sums, "2024-03-01", "2024-03-08", SeriesSettings{})
	near(t, "acute", series.Acute.At(7), 0, 0)
	future := seriesOf(t, sums[1:], "2024-03-01", "2024-03-08", SeriesSettings{})
	absent(t, "only a future activity", future.TRIMP.At(7), ReasonBeforeHistory)
}

func TestDaysSinceRest(t *testing.T) {
	t.Parallel()
	start := mustDate(t, "2024-05-01")
	sums := []DaySum{
		{Day: start, TRIMP: 50, Scored: 1},
		{Day: start + 1, TRIMP: 50, Scored: 1},
		{Day: start + 2, TRIMP: 10, Scored: 1},   // easy enough to be rest
		{Day: start + 3, TRIMP: 10.5, Scored: 1}, // not any more
		{Day: start + 4, Unscored: 1},            // load unknown: not known to be rest
	}
	series := seriesOf(t, sums, "2024-05-01", "2024-05-06", SeriesSettings{})
	for i, want := range []float64{1, 2, 0, 1, 2, 0} {
		near(t, "days since rest", series.DaysSinceRest.At(i), want, 0)
	}
}

func TestUnscoredActivitiesLowerTheCoverage(t *testing.T) {
	t.Parallel()
	start := mustDate(t, "2024-05-01")
	sums := []DaySum{
		{Day: start, TRIMP: 50, Scored: 1, Unscored: 1, TSSScored: 2, TSS: 120, IntensityS: [3]int64{600, 300, 100}},
		{Day: start, Unscored: 2},
	}
	series := seriesOf(t, sums, "2024-05-01", "2024-05-08", SeriesSettings{})
	near(t, "coverage", series.Coverage7.At(0), 0.25, 0)
	near(t, "still in the week", series.Coverage7.At(6), 0.25, 0)
	absent(t, "out of the week", series.Coverage7.At(7), ReasonNoActivity)
	near(t, "still in the four weeks", series.Coverage28.At(7), 0.25, 0)
	near(t, "low intensity", series.Intensity7[0].At(0), 0.6, 0)
	near(t, "high intensity", series.Intensity7[2].At(6), 0.1, 0)
	absent(t, "intensity out of the week", series.Intensity7[1].At(7), ReasonNoIntensity)
	if series.Activities[0] != 4 || series.Unscored[0] != 3 {
		t.Errorf("%d activities, %d unscored, want 4 and 3", series.Activities[0], series.Unscored[0])
	}
	byTSS := seriesOf(t, sums, "2024-05-01", "2024-05-08", SeriesSettings{Load: LoadTSS})
	near(t, "coverage of TSS", byTSS.Coverage7.At(0), 0.5, 0)
	near(t, "acute TSS", byTSS.Acute.At(6), 120.0/7, 1e-12)
}

// A rest day has no time in any phase; a day whose activities do not tell it is absent, not 0.
func TestTimeInEachPhaseOfADay(t *testing.T) {
	t.Parallel()
	start := mustDate(t, "2024-05-01")
	var known DaySum
	known.Day = start
	known.Add(Figures{Lucia: Known(20), LuciaS: [3]float64{600, 240, 60}})
	known.Add(Figures{Lucia: Known(5), LuciaS: [3]float64{300, 0, 0}})
	known.Add(Figures{Lucia: Absent(ReasonLowCoverage), LuciaS: [3]float64{50, 0, 0}}) // too little heart rate to say
	series := seriesOf(t, []DaySum{known, {Day: start + 2, Unscored: 1}}, "2024-05-01", "2024-05-03", SeriesSettings{})
	for phase, want := range []float64{900, 240, 60} {
		near(t, "the day's seconds", series.IntensityS[phase].At(0), want, 0)
		near(t, "a rest day's seconds", series.IntensityS[phase].At(1), 0, 0)
		absent(t, "seconds of a day without heart rate", series.IntensityS[phase].At(2), ReasonNoIntensity)
		near(t, "share over the week", series.Intensity7[phase].At(2), want/1200, 1e-12)
	}
}

func TestStartingFitnessAndWarmUp(t *testing.T) {
	t.Parallel()
	start := mustDate(t, "2024-05-01")
	series := seriesOf(t, []DaySum{{Day: start, TRIMP: 80, Scored: 1}}, "2024-05-01", "2024-06-30",
		SeriesSettings{StartCTL: 60, StartATL: 80})
	near(t, "form on the first day", series.TSB.At(0), -20, 0)
	near(t, "fitness", series.CTL.At(0), 60+20*ctlAlpha, 1e-12)
	if !series.WarmingUp[40] || series.WarmingUp[41] {
		t.Error("warm-up does not end on day 42")
	}
	absent(t, "ramp in the first week", series.Ramp.At(6), ReasonShortHistory)
	near(t, "ramp", series.Ramp.At(7), series.CTL.Values[7]-series.CTL.Values[0], 0)
}

func TestSeriesRefusesNonsense(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sums        []DaySum
		first, last Date
		settings    SeriesSettings
	}{
		"reversed range":  {nil, 10, 9, SeriesSettings{}},
		"endless range":   {nil, 0, 400 * 366, SeriesSettings{}},
		"endless history": {[]DaySum{{Day: -400 * 366}}, 0, 1, SeriesSettings{}},
		"negative load":   {[]DaySum{{TRIMP: -1}}, 0, 1, SeriesSettings{}},
		"load not finite": {[]DaySum{{TSS: math.NaN()}}, 0, 1, SeriesSettings{}},
		"unknown load":    {nil, 0, 1, SeriesSettings{Load: "calories"}},
		"window too long": {nil, 0, 1, SeriesSettings{DecayDays: 91}},
		"rate too high":   {nil, 0, 1, SeriesSettings{DecayRate: 0.21}},
		"fitness below 0": {nil, 0, 1, SeriesSettings{StartCTL: -1}},
	} {
		if _, err := DailySeries(c.sums, c.first, c.last, c.settings); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	err := SeriesSettings{Load: "x", DecayDays: 1, DecayRate: 1, StartATL: -1}.Validate()
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("mistakes = %v, want all four", err)
	}
}

func TestColumnsAreJSONWithNullAndReason(t *testing.T) {
	t.Parallel()
	column := Column{}
	column.add(Absent(ReasonShortHistory))
	column.add(Absent(ReasonShortHistory))
	column.add(Known(1.23456))
	column.add(Absent(ReasonNoLoad))
	if got := string(column.AppendJSON(nil, 2)); got !=
		`{"values":[null,null,1.23,null],"gaps":[{"from":0,"to":2,"reason":"short_history"},{"from":3,"to":4,"reason":"no_load"}]}` {
		t.Errorf("column = %s", got)
	}
	small := Column{Values: []float64{-0.001, 1e300, 0.1}}
	if got := string(small.AppendValues(nil, 2)); !strings.HasPrefix(got, "[0,1000") || !strings.HasSuffix(got, ",0.1]") || !json.Valid([]byte(got)) {
		t.Errorf("values = %.40s…", got)
	}
	absent(t, "value outside any gap", (&Column{Values: []float64{math.NaN()}}).At(0), ReasonNotComputed)
}

func TestDaySumsAddUp(t *testing.T) {
	t.Parallel()
	var whole, part DaySum
	scored := Figures{TRIMP: Known(50), TSS: Known(40), ExternalKm: Known(10), Quality: QualityAverage,
		Lucia: Known(2.5), LuciaS: [3]float64{60, 30, 10}}
	unscored := Figures{TRIMP: Absent(ReasonNoHeartRate)}
	whole.Add(scored)
	whole.Add(unscored)
	part.Add(scored)
	whole.Merge(part)
	want := DaySum{TRIMP: 100, TSS: 80, ExternalKm: 20, Scored: 2, Unscored: 1, ByAverage: 2, TSSScored: 2,
		IntensityS: [3]int64{120, 60, 20}, ExternalUnscored: 1}
	if whole != want {
		t.Errorf("sum = %+v, want %+v", whole, want)
	}
}
