package athlete

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// patch reads a change as a client writes it.
func patch(t *testing.T, text string) Patch {
	t.Helper()
	var patch Patch
	if err := json.Unmarshal([]byte(text), &patch); err != nil {
		t.Fatal(err)
	}
	return patch
}

func TestAThresholdOfASportHoldsForThatSportAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, patch(t, `{"thresholds":{"max_hr":190,"ftp":200}}`))
	f.update(t, patch(t, `{"thresholds":{"max_hr":182,"ftp":250,"sport":"ride"}}`))
	profiles := f.profiles(t)
	for sport, want := range map[string][2]float64{"": {190, 200}, "Run": {190, 200}, "Ride": {182, 250}, "GravelRide": {182, 250}, "ride": {182, 250}} {
		got := profiles.On(day("2026-11-20"), sport).Thresholds
		if got.MaxHR.Value != want[0] || got.FTP.Value != want[1] {
			t.Errorf("%q: maximum %v, power %v, want %v", sport, got.MaxHR.Value, got.FTP.Value, want)
		}
	}
	// What is in order for every sport can contradict what one of them has.
	_, err := f.Update(t.Context(), f.id, patch(t, `{"thresholds":{"lthr":185}}`))
	if fields := fieldsOf(t, err); fields["thresholds.lthr"] == "" {
		t.Errorf("185 at threshold beside a maximum of 182: got %v", err)
	}
	_, err = f.Update(t.Context(), f.id, patch(t, `{"thresholds":{"max_hr":180,"sport":"Ride"}}`))
	if fields := fieldsOf(t, err); len(fields) != 1 || fields["thresholds.sport"] == "" {
		t.Errorf("a sport that there is not: got %v", err)
	}
}

func TestNullTakesAThresholdAway(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, patch(t, `{"thresholds":{"max_hr":180,"effective_from":"2024-01-01"}}`))
	f.update(t, patch(t, `{"thresholds":{"max_hr":185,"effective_from":"2025-01-01"}}`))
	f.update(t, patch(t, `{"thresholds":{"max_hr":188,"effective_from":"2025-01-01","sport":"run"}}`))
	left := func(text string, want ...float64) {
		t.Helper()
		f.update(t, patch(t, text))
		var got []float64
		for _, threshold := range f.profiles(t).Thresholds {
			got = append(got, threshold.Value)
		}
		if len(got) != len(want) {
			t.Fatalf("%s leaves %v, want %v", text, got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s leaves %v, want %v", text, got, want)
			}
		}
	}
	left(`{"thresholds":{"max_hr":null,"effective_from":"2024-06-01"}}`, 180, 185, 188) // none begins there
	left(`{"thresholds":{"ftp":null}}`, 180, 185, 188)
	left(`{"thresholds":{"max_hr":null,"sport":"ride"}}`, 180, 185, 188) // rides have none of their own
	left(`{"thresholds":{"max_hr":null}}`, 180, 188)                     // what is valid today, not what was before
	left(`{"thresholds":{"max_hr":null,"sport":"run","effective_from":"2025-01-01"}}`, 180)
	left(`{"thresholds":{"max_hr":null,"effective_from":"2024-01-01"}}`)
	// Taking away leaves nothing that contradicts the rest: the maximum is estimated again, and 60 lies below it.
	f.update(t, patch(t, `{"birth_date":"1930-01-01","thresholds":{"max_hr":190,"lthr":175}}`))
	_, err := f.Update(t.Context(), f.id, patch(t, `{"thresholds":{"max_hr":null}}`))
	if fields := fieldsOf(t, err); len(fields) == 0 {
		t.Errorf("a threshold above the estimated maximum stayed: %v", err)
	}
}

// A change recomputes from the first day on which it alters anything, and two changes in a row from the earlier one's.
func TestAChangeIsRecomputedFromItsDayOn(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		patches []string
		want    string // empty for the whole history
	}{
		"first value":             {[]string{`{"thresholds":{"max_hr":185,"effective_from":"2026-05-01"}}`}, ""},
		"a later value":           {[]string{`{"thresholds":{"ftp":260,"effective_from":"2026-05-01"}}`}, "2026-05-01"},
		"for one sport":           {[]string{`{"thresholds":{"ftp":260,"sport":"ride","effective_from":"2026-05-01"}}`}, ""},
		"later for one sport":     {[]string{`{"thresholds":{"swim_pace":99,"sport":"swim","effective_from":"2026-03-03"}}`}, "2026-03-03"},
		"taken away":              {[]string{`{"thresholds":{"ftp":null,"effective_from":"2025-01-01"}}`}, "2025-01-01"},
		"the first taken away":    {[]string{`{"thresholds":{"ftp":null,"effective_from":"2024-01-01"}}`}, ""},
		"the earlier of two":      {[]string{`{"thresholds":{"ftp":260,"effective_from":"2026-05-01"}}`, `{"thresholds":{"ftp":270}}`}, "2026-05-01"},
		"the other way round":     {[]string{`{"thresholds":{"ftp":270}}`, `{"thresholds":{"ftp":260,"effective_from":"2026-05-01"}}`}, "2026-05-01"},
		"everything stands first": {[]string{`{"sex":"female"}`, `{"thresholds":{"ftp":270}}`}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t)
			f.update(t, patch(t, `{"thresholds":{"ftp":240,"effective_from":"2024-01-01"}}`))
			f.update(t, patch(t, `{"thresholds":{"ftp":250,"effective_from":"2025-01-01"}}`))
			f.update(t, patch(t, `{"thresholds":{"swim_pace":100,"sport":"swim","effective_from":"2024-01-01"}}`))
			f.do(t, `DELETE FROM due_work`)
			for _, text := range test.patches {
				f.update(t, patch(t, text))
			}
			var cursor store.RecomputeCursor
			f.use(t, func(ctx context.Context, conn database.Conn) error {
				return conn.QueryRow(ctx, `SELECT cursor FROM due_work WHERE kind = 'recompute'`).Scan(&cursor)
			})
			var want *training.Date
			if test.want != "" {
				want = new(day(test.want))
			}
			if !sameDay(cursor.From, want) || cursor.Before != 0 {
				t.Errorf("recomputed from %v, want %v", cursor.From, want)
			}
		})
	}
}
