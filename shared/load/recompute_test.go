package load

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

var errKilled = errors.New("killed before the commit")

// stored is what a recomputation may change of an activity, and the row's version.
type stored struct {
	Figures                string
	Trimp, Tss, ExternalKm *float64
	Quality                string
	Intensity              string // the seconds in each phase, as text
}

func (f *fixture) stored(account int64) (figures map[int64]stored, versions map[int64]string) {
	f.t.Helper()
	figures, versions = map[int64]stored{}, map[int64]string{}
	f.use(f.session, func(ctx context.Context, conn database.Conn) error {
		rows, err := conn.Query(ctx, `SELECT id, figures::text, trimp, tss, external_km, quality,
    concat_ws('/', low_s, moderate_s, high_s), xmin::text FROM activities WHERE account_id = $1`, account)
		if err != nil {
			return err
		}
		var id int64
		var s stored
		var version string
		_, err = pgx.ForEachRow(rows, []any{&id, &s.Figures, &s.Trimp, &s.Tss, &s.ExternalKm, &s.Quality, &s.Intensity, &version}, func() error {
			figures[id], versions[id] = s, version
			return nil
		})
		return err
	})
	return figures, versions
}

func same(a, b map[int64]stored) bool {
	equal := func(a, b *float64) bool { return (a == nil) == (b == nil) && (a == nil || *a == *b) }
	return maps.EqualFunc(a, b, func(a, b stored) bool {
		return a.Figures == b.Figures && a.Quality == b.Quality && a.Intensity == b.Intensity && equal(a.Trimp, b.Trimp) && equal(a.Tss, b.Tss) && equal(a.ExternalKm, b.ExternalKm)
	})
}

// ask makes a recompute due and claims it at the time.
func (f *fixture) ask(account int64) {
	f.t.Helper()
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		_, err := store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: account, Kind: store.KindRecompute, DueAt: time.Now().Add(-time.Hour)})
		return err
	})
}

func (f *fixture) claim(account int64, at time.Time) (due store.Due, found bool) {
	f.t.Helper()
	f.use(f.session, func(ctx context.Context, conn database.Conn) (err error) {
		due, found, err = store.ClaimDue(ctx, conn, account, at, time.Minute)
		return err
	})
	return due, found
}

// I28, I29: a change of settings changes the figures of the days it is valid on, all of them, to exactly what an import
// after the change gives; asking again changes nothing.
func TestRecomputeEqualsAnImportAfterTheChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	activities := history(2*recomputeBatch+100, 7)
	before, after := f.athlete("changed@example.com"), f.athlete("scratch@example.com")
	f.ingest(before, activities)
	original, _ := f.stored(before)
	half := activities[len(activities)/2].LocalDay
	for _, id := range []int64{before, after} {
		f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale },
			store.Threshold{Kind: store.ThresholdMaxHR, EffectiveFrom: half, Value: 180},
			store.Threshold{Kind: store.ThresholdFTP, Sport: "Ride", EffectiveFrom: half, Value: 280})
	}
	f.ingest(after, activities)
	scratch, _ := f.stored(after)
	if same(original, scratch) {
		t.Fatal("the change makes no difference")
	}

	f.ask(before)
	due, _ := f.claim(before, time.Now())
	if err := Recompute(t.Context(), f.session, due); err != nil {
		t.Fatal(err)
	}
	got, versions := f.stored(before)
	if !same(got, scratch) {
		t.Error("recomputed figures differ from those of an import after the change")
	}
	if _, found := f.claim(before, time.Now()); found {
		t.Error("work is left after the end")
	}
	changed := map[bool]int{}
	for id, now := range got {
		if was := original[id]; now.Trimp != nil {
			changed[*now.Trimp != *was.Trimp]++
		}
	}
	if changed[true] == 0 || changed[false] != 0 {
		t.Errorf("sex changed, and %d of %d loads are as before", changed[false], changed[true]+changed[false])
	}

	f.ask(before)
	due, _ = f.claim(before, time.Now())
	if err := Recompute(t.Context(), f.session, due); err != nil {
		t.Fatal(err)
	}
	if _, again := f.stored(before); !maps.Equal(versions, again) {
		t.Error("a second recomputation wrote rows though nothing changed")
	}
	one, _, err := f.service.Series(t.Context(), before, FromStart, UntilToday, training.LoadTRIMP)
	two, _, err2 := f.service.Series(t.Context(), after, FromStart, UntilToday, training.LoadTRIMP)
	if err != nil || err2 != nil || !sameSeries(t, one, two) {
		t.Errorf("the series differ (%v, %v)", err, err2)
	}
}

// A change from a day on touches no activity before it.
func TestRecomputeLeavesTheDaysBeforeItsOwnAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("dated@example.com")
	activities := history(2*recomputeBatch+100, 9)
	f.ingest(id, activities)
	before, versions := f.stored(id)
	from := activities[len(activities)/2].LocalDay
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale }) // it would alter every load
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		_, err := store.EnqueueRecompute(ctx, conn, id, &from)
		return err
	})
	due, _ := f.claim(id, time.Now())
	if err := Recompute(t.Context(), f.session, due); err != nil {
		t.Fatal(err)
	}
	after, again := f.stored(id)
	altered := 0
	for _, a := range activities {
		if a.LocalDay < from {
			if again[a.ID] != versions[a.ID] {
				t.Errorf("%s was written, before %s", a.LocalDay, from)
			}
			continue
		}
		if now, was := after[a.ID].Trimp, before[a.ID].Trimp; now != nil {
			altered++
			if *now == *was {
				t.Errorf("%s has the load of before", a.LocalDay)
			}
		}
	}
	if altered < len(activities)/4 {
		t.Errorf("only %d loads were worked out again", altered)
	}
	if _, found := f.claim(id, time.Now()); found {
		t.Error("work is left after the end")
	}
}

func TestARecomputeKilledAnywhereGoesOn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	activities := history(2*recomputeBatch+1, 8)
	scratch := f.athlete("scratch@example.com")
	f.change(scratch, func(a *store.Athlete) { a.Sex = training.SexFemale })
	f.ingest(scratch, activities)
	want, _ := f.stored(scratch)
	for killed := int64(1); killed <= 3; killed++ {
		id := f.athlete(string(rune('a'+killed)) + "@example.com")
		f.ingest(id, activities)
		f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
		f.ask(id)
		due, _ := f.claim(id, time.Now())
		dying := &counted{Database: f.session.Database, failAt: killed}
		if err := Recompute(t.Context(), dying, due); !errors.Is(err, errKilled) {
			t.Fatalf("got %v, want the kill", err)
		}
		if _, found := f.claim(id, time.Now()); found {
			t.Error("the lease of a killed worker does not hold")
		}
		due, found := f.claim(id, time.Now().Add(2*time.Minute))
		if !found {
			t.Fatal("the work of a killed worker is gone")
		}
		rest := &counted{Database: f.session.Database}
		if err := Recompute(t.Context(), rest, due); err != nil {
			t.Fatal(err)
		}
		if got, _ := f.stored(id); !same(got, want) {
			t.Errorf("killed in transaction %d: other figures than undisturbed", killed)
		}
		if all := killed - 1 + rest.begun; all != 3 {
			t.Errorf("killed in transaction %d: %d transactions were committed, want 3, none of them again", killed, all)
		}
	}
}

// again runs each transaction a first time in vain, as after a deadlock.
type again struct{ database.Database }

func (a again) InTx(ctx context.Context, f func(context.Context, database.Conn) error) error {
	err := a.Database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if err := f(ctx, conn); err != nil {
			return err
		}
		return errKilled
	})
	if !errors.Is(err, errKilled) {
		return err
	}
	return a.Database.InTx(ctx, f)
}

func TestATransactionThatIsRunAgainTellsTheWholeChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	activities := history(2*recomputeBatch+1, 8)
	var told [2]store.LoadChange
	for i, db := range []database.Database{f.session, again{f.session}} {
		id := f.athlete(string(rune('a'+i)) + "@example.com")
		f.ingest(id, activities)
		f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
		f.ask(id)
		due, _ := f.claim(id, time.Now())
		if err := Recompute(t.Context(), db, due); err != nil {
			t.Fatal(err)
		}
		changes, err := f.service.Changes(t.Context(), id, 0, 10)
		if err != nil || len(changes) != 1 || changes[0].After == nil {
			t.Fatalf("got %+v, %v", changes, err)
		}
		told[i] = changes[0]
	}
	if told[0].Activities == 0 || told[1].Activities != told[0].Activities || told[1].TRIMPAfter != told[0].TRIMPAfter {
		t.Errorf("told %+v, want %+v", told[1], told[0])
	}
}

func TestARecomputeStopsBeforeItsDeadlineAndStaysDue(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("deadline@example.com")
	f.ingest(id, history(50, 9))
	_, before := f.stored(id)
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
	f.ask(id)
	due, _ := f.claim(id, time.Now())
	ctx, cancel := context.WithTimeout(t.Context(), stopBefore)
	defer cancel()
	if err := Recompute(ctx, f.session, due); err != nil {
		t.Fatal(err)
	}
	if _, after := f.stored(id); !maps.Equal(before, after) {
		t.Error("a batch was begun so near to the deadline")
	}
	due, found := f.claim(id, time.Now())
	if !found || due.Attempts != 1 {
		t.Errorf("the work is not due at once, or counts as tried (found %v, attempts %d)", found, due.Attempts)
	}
}

func TestAChangeDuringARecomputeIsWorkedOutToo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("again@example.com")
	f.ingest(id, history(50, 10))
	f.ask(id)
	due, _ := f.claim(id, time.Now())
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
	f.ask(id)
	if err := Recompute(t.Context(), f.session, due); err != nil {
		t.Fatal(err)
	}
	if due, found := f.claim(id, time.Now()); !found || string(due.Cursor) != "{}" {
		t.Errorf("the second request is not due from its start: found %v, cursor %s", found, due.Cursor)
	}
}

func TestALostLeaseWritesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("lease@example.com")
	f.ingest(id, history(50, 11))
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
	_, before := f.stored(id)
	f.ask(id)
	due, _ := f.claim(id, time.Now())
	if _, found := f.claim(id, time.Now().Add(2*time.Minute)); !found {
		t.Fatal("the lease did not run out")
	}
	if err := Recompute(t.Context(), f.session, due); !errors.Is(err, store.ErrLeaseLost) {
		t.Errorf("got %v, want a lost lease", err)
	}
	if _, after := f.stored(id); !maps.Equal(before, after) {
		t.Error("a worker without a lease wrote figures")
	}
}

func TestACursorThatCannotBeReadIsMalformed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	err := Recompute(t.Context(), f.session, store.Due{AccountID: 1, Cursor: []byte(`{"before":"x"}`)})
	if fault.KindOf(err) != fault.Malformed {
		t.Errorf("got %v, want malformed", err)
	}
}

// BenchmarkRecompute4000 measures a change of maximum heart rate over 4,000 activities, of all days and from a day in the
// middle of the history on, against a bare COPY of the same rows into a temporary table and one UPDATE from it: both raise it
// by five beats and lower it again, in turns. It prints what the athlete is told.
func BenchmarkRecompute4000(b *testing.B) {
	f := setup(b)
	id := f.athlete("bench@example.com")
	activities := history(4000, 12)
	f.ingest(id, activities)
	vacuum(b, f.superuser()) // as Postgres does by itself in time: it plans by what is there
	for name, from := range map[string]training.Date{"all": lateDay - 5000, "from a day in the middle": activities[len(activities)/2].LocalDay} {
		b.Run(name, func(b *testing.B) {
			set := func(maximum float64) {
				f.change(id, func(*store.Athlete) {}, store.Threshold{Kind: store.ThresholdMaxHR, EffectiveFrom: from, Value: maximum})
				f.recompute(id, &from, "max_hr")
			}
			set(185)
			raised := f.rowsFrom(id, from)
			set(180)
			lowered := f.rowsFrom(id, from)
			var recomputed, copied []time.Duration
			for b.Loop() {
				for _, step := range []struct {
					maximum float64
					rows    [][]any
				}{{185, raised}, {180, lowered}} {
					began := time.Now()
					set(step.maximum)
					recomputed = append(recomputed, time.Since(began))
				}
				for _, rows := range [][][]any{raised, lowered} {
					began := time.Now()
					f.copyAndMerge(id, rows)
					copied = append(copied, time.Since(began))
				}
			}
			median := func(of []time.Duration) float64 {
				slices.Sort(of)
				return of[len(of)/2].Seconds() * 1000
			}
			b.ReportMetric(median(recomputed), "recompute-ms")
			b.ReportMetric(median(copied), "copy-ms")
			b.ReportMetric(median(recomputed)/median(copied), "ratio")
			b.ReportMetric(float64(len(raised)), "activities")
			b.ReportMetric(0, "ns/op")
			changes, err := f.service.Changes(b.Context(), id, 0, 2)
			if err != nil {
				b.Fatal(err)
			}
			told := changes[1] // the last one lowered it again
			b.Logf("%v from %s: %d activities from %s on, TRIMP together %.1f, was %.1f; CTL %.1f, was %.1f; in %v", told.Causes, told.From,
				told.Activities, told.FirstDay, told.TRIMPAfter, told.TRIMPBefore, told.After.CTL.Value, told.Before.CTL.Value,
				told.FinishedAt.Sub(told.BegunAt).Round(time.Millisecond))
		})
	}
}

const writtenColumns = "id, figures, trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s, peak_hr"

// rowsFrom reads what a recompute writes.
func (f *fixture) rowsFrom(account int64, from training.Date) (rows [][]any) {
	f.t.Helper()
	f.use(f.session, func(ctx context.Context, conn database.Conn) error {
		found, err := conn.Query(ctx, `SELECT `+strings.Replace(writtenColumns, "figures", "figures::text", 1)+`
FROM activities WHERE account_id = $1 AND local_day >= $2`, account, from.Time())
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		return err
	})
	return rows
}

// copyAndMerge writes rows as fast as Postgres takes them, without working anything out.
func (f *fixture) copyAndMerge(account int64, rows [][]any) {
	f.t.Helper()
	columns := strings.Split(writtenColumns, ", ")
	set := make([]string, 0, len(columns))
	for _, column := range columns[1:] {
		set = append(set, column+" = computed."+column)
	}
	err := f.session.InTx(f.t.Context(), func(ctx context.Context, conn database.Conn) error {
		if _, err := conn.Exec(ctx, `CREATE TEMPORARY TABLE computed ON COMMIT DROP AS SELECT `+writtenColumns+` FROM activities LIMIT 0`); err != nil {
			return err
		}
		if _, err := conn.CopyFrom(ctx, pgx.Identifier{"computed"}, columns, pgx.CopyFromRows(rows)); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, `UPDATE activities SET `+strings.Join(set, ", ")+`, updated_at = now()
FROM computed WHERE account_id = $1 AND activities.id = computed.id`, account)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
}
