package api

import (
	"encoding/json"
	"math"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/training"
)

// series is the daily series as a client reads it.
type series struct {
	Meta   load.Meta
	Series map[string]json.RawMessage
}

// written is a column as a client reads it.
type written struct {
	Values []*float64     `json:"values"`
	Gaps   []training.Gap `json:"gaps"`
}

func (b *browser) series(query string) (got series) {
	b.t.Helper()
	b.get("/v1/training-load" + query).wants(http.StatusOK).decode(&got)
	return got
}

func (s series) read(t *testing.T, name string, into any) {
	t.Helper()
	if err := json.Unmarshal(s.Series[name], into); err != nil {
		t.Fatalf("%s: %v: %.80s", name, err, s.Series[name])
	}
}

// day reads one of the series' dates.
func (s series) day(t *testing.T, name string) (day training.Date) {
	t.Helper()
	s.read(t, name, &day)
	return day
}

// computed is the same series before it is written.
func (b *browser) computed(from, to training.Date, metric training.LoadKind) training.Series {
	b.t.Helper()
	account := int64(b.count(`SELECT min(id) FROM accounts`))
	want, _, err := b.api.Load.Series(silent(b.t.Context()), account, from, to, metric)
	if err != nil {
		b.t.Fatal(err)
	}
	return want
}

func TestTheSeriesIsWrittenAsItIsComputed(t *testing.T) {
	t.Parallel()
	b := imported(t)
	for query, metric := range map[string]training.LoadKind{"": training.LoadTRIMP, "?metric=tss": training.LoadTSS} {
		got, want := b.series(query), b.computed(load.FromStart, load.UntilToday, metric)
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var exact map[string]json.RawMessage
		if err := json.Unmarshal(text, &exact); err != nil {
			t.Fatal(err)
		}
		if got.Meta.Metric != metric || len(got.Series) != len(exact) {
			t.Errorf("%q: meta %+v, %d fields, want %d", query, got.Meta, len(got.Series), len(exact))
		}
		for name, field := range exact {
			sameButRounded(t, name, got.Series[name], field)
		}
	}
}

// sameButRounded compares two JSON texts in which numbers may differ by rounding to four decimals.
func sameButRounded(t *testing.T, name string, got, want json.RawMessage) {
	t.Helper()
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil || !alike(a, b) {
		t.Errorf("%s is\n%.200s\nwant\n%.200s", name, got, want)
	}
}

func alike(got, want any) bool {
	switch want := want.(type) {
	case float64:
		got, ok := got.(float64)
		return ok && got == math.Round(want*1e4)/1e4
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(got, want, alike)
	case map[string]any:
		got, ok := got.(map[string]any)
		for name := range want {
			ok = ok && alike(got[name], want[name])
		}
		return ok && len(got) == len(want)
	default:
		return got == want
	}
}

func TestAbsentFiguresHaveReasons(t *testing.T) {
	t.Parallel()
	b := imported(t)
	got := b.series("")
	days := got.day(t, "last").Sub(got.day(t, "first")) + 1
	columns, absent := 0, 0
	for name := range got.Series {
		var column written
		if json.Unmarshal(got.Series[name], &column) != nil || column.Values == nil {
			continue
		}
		columns++
		if len(column.Values) != days {
			t.Errorf("%s has %d values for %d days", name, len(column.Values), days)
		}
		reasons := make([]training.Reason, len(column.Values))
		for _, gap := range column.Gaps {
			for i := gap.From; i < gap.To; i++ {
				reasons[i] = gap.Reason
			}
		}
		for i, value := range column.Values {
			if (value == nil) != (reasons[i] != "") {
				t.Errorf("%s on day %d: value %v, reason %q", name, i, value, reasons[i])
			}
			if value == nil {
				absent++
			}
		}
	}
	if columns < 20 || absent == 0 {
		t.Errorf("%d columns, %d absent values", columns, absent)
	}
}

func TestARangeIsCutOutOfTheWholeSeries(t *testing.T) {
	t.Parallel()
	b := imported(t)
	whole := b.series("")
	first, last := whole.day(t, "first"), whole.day(t, "last")
	if last != whole.Meta.Today || whole.day(t, "history_start") != first {
		t.Errorf("from %v to %v, %+v", first, last, whole.Meta)
	}
	var all, part written
	whole.read(t, "ctl", &all)
	from, to := first.AddDays(3), first.AddDays(12)
	some := b.series("?" + url.Values{"from": {from.String()}, "to": {to.String()}}.Encode())
	some.read(t, "ctl", &part)
	if some.day(t, "first") != from || some.day(t, "last") != to || len(part.Values) != 10 {
		t.Fatalf("asked for %v to %v, got %v to %v", from, to, some.day(t, "first"), some.day(t, "last"))
	}
	for i, value := range part.Values {
		if want := all.Values[3+i]; (value == nil) != (want == nil) || value != nil && *value != *want {
			t.Errorf("day %d of the part differs from the whole", i)
		}
	}
	if later := b.series("?to=2999-01-01"); later.day(t, "last") != whole.Meta.Today {
		t.Errorf("the series goes on after today, to %v", later.day(t, "last"))
	}
	if earlier := b.series("?from=1990-01-01"); earlier.day(t, "first") != first {
		t.Errorf("the series begins before the first activity, at %v", earlier.day(t, "first"))
	}
}

func TestWithoutActivitiesTheSeriesIsEmpty(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	got := b.series("")
	for name, text := range got.Series {
		var column written
		if json.Unmarshal(text, &column) == nil && len(column.Values) > 0 {
			t.Errorf("%s has values: %s", name, text)
		}
	}
	if string(got.Series["history_start"]) != "null" || got.Meta.Coverage.Reason != training.ReasonNoActivity {
		t.Errorf("got %+v", got)
	}
	var today load.Today
	b.get("/v1/training-load/today").wants(http.StatusOK).decode(&today)
	if today.State != load.StateWithheld || today.Withheld == "" || today.Headline == "" {
		t.Errorf("got %+v", today)
	}
}

func TestTodayInWords(t *testing.T) {
	t.Parallel()
	b := imported(t)
	var today load.Today
	b.get("/v1/training-load/today").wants(http.StatusOK).decode(&today)
	if today.Day != b.series("").Meta.Today || today.Headline == "" || today.Metric != training.LoadTRIMP {
		t.Errorf("got %+v", today)
	}
}

func TestAChangeOfSettingsIsForetoldAndToldAfterwards(t *testing.T) {
	t.Parallel()
	b := imported(t)
	var before, preview SettingsPreview
	b.call("POST", "/v1/settings/preview", map[string]any{"units": "imperial"}).wants(http.StatusOK).decode(&before)
	if before.Alters || before.Before != nil || len(before.Causes) != 0 {
		t.Errorf("units alter %+v", before)
	}
	var shown SettingsPreview
	b.call("POST", "/v1/settings/preview", map[string]any{"load": map[string]any{"decay_rate": 0.2, "chronic_days": 28}}).wants(http.StatusOK).decode(&shown)
	if shown.Alters || shown.Activities != 0 || shown.Before == nil || shown.Before.CTL != shown.After.CTL || shown.Before.Decayed == shown.After.Decayed ||
		shown.StateBefore == "" || shown.StateBefore != shown.StateAfter {
		t.Errorf("another decay: %+v", shown)
	}
	b.call("POST", "/v1/settings/preview", map[string]any{"thresholds": map[string]any{"max_hr": 5}}).
		refused(http.StatusUnprocessableEntity, "invalid", "body.thresholds.max_hr")
	change := map[string]any{"thresholds": map[string]any{"max_hr": 203, "effective_from": "2020-01-01"}}
	b.call("POST", "/v1/settings/preview", change).wants(http.StatusOK).decode(&preview)
	if !preview.Alters || preview.Activities == 0 || preview.TRIMPAfter == preview.TRIMPBefore || preview.After == nil {
		t.Fatalf("preview %+v", preview)
	}
	if len(b.takeWakes()) != 0 || b.count(`SELECT count(*) FROM due_work WHERE kind = 'recompute'`) != 0 {
		t.Error("a preview makes work due")
	}
	b.call("PATCH", "/v1/settings", change).wants(http.StatusOK)
	b.deliver()
	var told LoadChanges
	b.get("/v1/training-load/changes").wants(http.StatusOK).decode(&told)
	if len(told.Changes) != 1 || told.Changes[0].Activities != preview.Activities || !slices.Equal(told.Changes[0].Causes, []string{"max_hr"}) ||
		told.Changes[0].After == nil || told.Changes[0].After.CTL != preview.After.CTL {
		t.Errorf("foretold %+v, told %+v", preview, told)
	}
	if b.get("/v1/training-load/changes?before=1").wants(http.StatusOK).decode(&told); len(told.Changes) != 0 {
		t.Errorf("before the first: %+v", told)
	}
}
