package load

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"testing"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// I25, I27: there is one definition of the series, and it goes by days: sums over all activities of each day, worked out
// here from the activities themselves, give the same columns.
func TestTheSeriesIsTrainingsOverTheSumsOfTheDays(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("series@example.com")
	f.change(id, func(a *store.Athlete) { a.ChronicDays, a.DecayRate = 60, 0.1 })
	activities := history(400, 1)
	f.ingest(id, activities)

	byDay := map[training.Date]*training.DaySum{}
	profile := training.Profile{Sex: training.SexMale, Thresholds: training.Thresholds{
		RestingHR: training.Measured(50), MaxHR: training.Measured(190), FTP: training.Measured(250)}.WithDefaults(0)}
	for _, a := range activities {
		sum := byDay[a.LocalDay]
		if sum == nil {
			sum = &training.DaySum{Day: a.LocalDay}
			byDay[a.LocalDay] = sum
		}
		figures := training.Compute(a.Summary, a.histogram, a.StreamFigures, profile)
		sum.Add(figures)
	}
	var sums []training.DaySum
	for _, sum := range byDay {
		sums = append(sums, *sum)
	}
	first := activities[len(activities)-1].LocalDay
	for _, metric := range []training.LoadKind{training.LoadTRIMP, training.LoadTSS} {
		for _, from := range []training.Date{FromStart, lateDay - 50, lateDay} {
			got, meta, err := f.service.Series(t.Context(), id, from, UntilToday, metric)
			if err != nil {
				t.Fatal(err)
			}
			want, err := training.DailySeries(sums, max(from, first), lateDay,
				training.SeriesSettings{Load: metric, DecayDays: 60, DecayRate: 0.1})
			if err != nil {
				t.Fatal(err)
			}
			if !sameSeries(t, got, want) {
				t.Errorf("%s from %d: the series differs from the one over the days' sums", metric, from)
			}
			if meta.Today != lateDay || meta.HistoryDays != lateDay.Sub(first)+1 || meta.Metric != metric {
				t.Errorf("meta %+v", meta)
			}
		}
	}
	_, meta, err := f.service.Series(t.Context(), id, FromStart, UntilToday, training.LoadTRIMP)
	if err != nil {
		t.Fatal(err)
	}
	unscored, provisional := 0, 0
	for _, sum := range sums {
		unscored, provisional = unscored+sum.Unscored, provisional+sum.ByAverage
	}
	if meta.Activities != 400 || meta.Unscored != unscored || meta.Provisional != provisional || unscored == 0 || provisional == 0 ||
		math.Abs(meta.Coverage.Value-float64(400-unscored)/400) > 1e-12 {
		t.Errorf("got %+v; want 400 activities, %d unscored, %d provisional", meta, unscored, provisional)
	}
}

// sameSeries compares as JSON with ten decimals: sums of three activities of a day may differ in their last bit.
func sameSeries(t *testing.T, a, b training.Series) bool {
	t.Helper()
	texts := make([][]byte, 0, 2)
	for _, series := range []training.Series{a, b} {
		text, err := json.Marshal(rounded(t, series))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	return bytes.Equal(texts[0], texts[1])
}

func rounded(t *testing.T, series training.Series) any {
	t.Helper()
	text, err := json.Marshal(series)
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	var walk func(any) any
	walk = func(node any) any {
		switch value := node.(type) {
		case map[string]any:
			for key := range value {
				value[key] = walk(value[key])
			}
		case []any:
			for i := range value {
				value[i] = walk(value[i])
			}
		case float64:
			return math.Round(value*1e9)/1e9 + 0
		}
		return node
	}
	return walk(tree)
}

// I21: today is the athlete's, not the server's; the days of activities stay as they are.
func TestTodayIsTodayInTheAthletesZone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("zone@example.com")
	f.ingest(id, history(60, 2))
	for zone, want := range map[string]training.Date{"Asia/Tokyo": lateDay + 1, "America/Los_Angeles": lateDay, "UTC": lateDay} {
		f.change(id, func(a *store.Athlete) { a.TimeZone = zone })
		series, meta, err := f.service.Series(t.Context(), id, lateDay-3, UntilToday, training.LoadTRIMP)
		if err != nil {
			t.Fatal(err)
		}
		if meta.Today != want || series.Last != want || series.Days() != want.Sub(lateDay-3)+1 {
			t.Errorf("%s: today %s, series to %s with %d days; want to %s", zone, meta.Today, series.Last, series.Days(), want)
		}
		if series.Activities[3] != 1 {
			t.Errorf("%s: %d activities on %s, want 1", zone, series.Activities[3], lateDay)
		}
		today, err := f.service.Today(t.Context(), id)
		if err != nil || today.Day != want {
			t.Errorf("%s: today is %s, %v; want %s", zone, today.Day, err, want)
		}
	}
}

// I27: two activities of a day weigh as much as one of their sum, and change no other day.
func TestTwoActivitiesOfADayAddUp(t *testing.T) {
	t.Parallel()
	f := setup(t)
	one, two := f.athlete("one@example.com"), f.athlete("two@example.com")
	average := func(id int64, day training.Date, minutes float64) recorded {
		return recorded{Activity: store.Activity{ID: id, SportType: "Run", LocalDay: day, StartAt: day.Time(), StartLocal: day.String(),
			SummaryHash: []byte{1}, Streams: store.StreamsNone,
			Summary: training.Summary{SportType: "Run", AverageHR: new(150.0), MovingS: new(60 * minutes)}}}
	}
	var whole, halves []recorded
	for i := range 40 {
		day := lateDay.AddDays(-i)
		whole = append(whole, average(int64(1000+i), day, 60))
		halves = append(halves, average(int64(1000+i), day, 20), average(int64(2000+i), day, 40))
	}
	f.ingest(one, whole)
	f.ingest(two, halves)
	columns := map[int64]training.Series{}
	for _, id := range []int64{one, two} {
		series, _, err := f.service.Series(t.Context(), id, FromStart, UntilToday, training.LoadTRIMP)
		if err != nil {
			t.Fatal(err)
		}
		columns[id] = series
	}
	for i := range 40 {
		for name, column := range map[string]func(training.Series) training.Column{
			"trimp": func(s training.Series) training.Column { return s.TRIMP }, "ctl": func(s training.Series) training.Column { return s.CTL },
			"acwr": func(s training.Series) training.Column { return s.ACWR }, "monotony": func(s training.Series) training.Column { return s.Monotony },
		} {
			a, b := column(columns[one]), column(columns[two])
			got, want := b.At(i), a.At(i)
			if got.Known != want.Known || math.Abs(got.Value-want.Value) > 1e-9 {
				t.Errorf("day %d: %s is %+v, want %+v", i, name, got, want)
			}
		}
		if columns[two].Activities[i] != 2 {
			t.Errorf("day %d has %d activities", i, columns[two].Activities[i])
		}
	}
}

func TestDaysBeforeTheFirstActivityDoNotExist(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("before@example.com")
	for _, from := range []training.Date{FromStart, lateDay - 10} {
		series, meta, err := f.service.Series(t.Context(), id, from, UntilToday, training.LoadTRIMP)
		if err != nil || series.Days() != 0 || series.HistoryStart != nil || meta.HistoryDays != 0 || meta.Coverage.Known || !meta.WarmingUp {
			t.Errorf("no activity: got %d days, meta %+v, %v", series.Days(), meta, err)
		}
	}
	f.ingest(id, history(1, 3)) // on lateDay
	series, meta, err := f.service.Series(t.Context(), id, lateDay-10, UntilToday, training.LoadTRIMP)
	if err != nil || series.First != lateDay || series.Days() != 1 || meta.HistoryDays != 1 {
		t.Errorf("one activity today: series %s to %s, %v", series.First, series.Last, err)
	}
	series, _, err = f.service.Series(t.Context(), id, lateDay-10, lateDay-5, training.LoadTRIMP)
	if err != nil || series.Days() != 0 || series.HistoryStart == nil || *series.HistoryStart != lateDay {
		t.Errorf("a range before the first activity: %d days, %v", series.Days(), err)
	}
}

func TestUnusableRangesAreInvalid(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("range@example.com")
	for name, call := range map[string]func() error{
		"from": func() error {
			_, _, err := f.service.Series(t.Context(), id, lateDay, lateDay-1, training.LoadTRIMP)
			return err
		},
		"from in the future": func() error {
			_, _, err := f.service.Series(t.Context(), id, lateDay+1, UntilToday, training.LoadTRIMP)
			return err
		},
		"metric": func() error {
			_, _, err := f.service.Series(t.Context(), id, FromStart, UntilToday, "rpe")
			return err
		},
	} {
		if err := call(); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	if _, _, err := f.service.Series(t.Context(), id+1, FromStart, UntilToday, training.LoadTRIMP); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an account that is not there: got %v, want not found", err)
	}
}

// I26: a database that does not answer is an error, never a load of 0.
func TestADatabaseErrorIsNoLoadOfZero(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("error@example.com")
	f.ingest(id, history(60, 4))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if series, _, err := f.service.Series(ctx, id, FromStart, UntilToday, training.LoadTRIMP); err == nil {
		t.Errorf("got %d days, want an error", series.Days())
	}
	superuser := f.superuser()
	if _, err := superuser.Exec(t.Context(), `ALTER TABLE activities RENAME COLUMN external_km TO elsewhere`); err != nil {
		t.Fatal(err)
	}
	if series, _, err := f.service.Series(t.Context(), id, FromStart, UntilToday, training.LoadTRIMP); err == nil {
		t.Errorf("got %d days, want an error", series.Days())
	}
	if today, err := f.service.Today(t.Context(), id); err == nil {
		t.Errorf("got %+v, want an error", today)
	}
}
