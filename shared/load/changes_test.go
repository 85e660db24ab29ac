package load

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// recompute asks with a cause and works it off.
func (f *fixture) recompute(id int64, from *training.Date, causes ...string) {
	f.t.Helper()
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		_, err := store.EnqueueRecompute(ctx, conn, id, from, causes...)
		return err
	})
	due, found := f.claim(id, time.Now())
	if !found {
		f.t.Fatal("nothing is due")
	}
	if err := Recompute(f.t.Context(), f.session, due); err != nil {
		f.t.Fatal(err)
	}
}

// What is foretold comes to pass, and is told afterwards.
func TestAPreviewForetellsWhatTheChangeThenDoes(t *testing.T) {
	t.Parallel()
	f := setup(t)
	service := New(f.pool)
	id := f.athlete("ada@example.com")
	activities := history(recomputeBatch+200, 11)
	f.ingest(id, activities)
	before, _ := f.stored(id)
	from := activities[len(activities)/2].LocalDay
	raised := store.Threshold{Kind: store.ThresholdMaxHR, EffectiveFrom: from, Value: 195}

	var profiles store.Profiles
	f.use(f.pool, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err = store.LoadProfiles(ctx, conn, id)
		return err
	})
	profiles.Thresholds = append(profiles.Thresholds, raised)
	preview, err := service.Preview(t.Context(), id, profiles, true, &from)
	if err != nil {
		t.Fatal(err)
	}
	if untouched, _ := f.stored(id); !same(before, untouched) {
		t.Fatal("the preview changed figures")
	}
	f.change(id, func(*store.Athlete) {}, raised)
	f.recompute(id, &from, "max_hr")

	after, _ := f.stored(id)
	want := store.FiguresChange{}
	for _, a := range activities {
		was, is := before[a.ID].Trimp, after[a.ID].Trimp
		if was == nil || *was == *is {
			continue
		}
		want.Activities++
		want.TRIMPBefore += *was
		want.TRIMPAfter += *is
		if want.FirstDay == nil || a.LocalDay < *want.FirstDay {
			want.FirstDay = &a.LocalDay
		}
	}
	changes, err := service.Changes(t.Context(), id, 0, 10)
	if err != nil || len(changes) != 1 {
		t.Fatalf("%+v, %v", changes, err)
	}
	told := changes[0]
	if !slices.Equal(told.Causes, []string{"max_hr"}) || told.From == nil || *told.From != from || told.FinishedAt == nil {
		t.Errorf("told %+v", told)
	}
	got := store.FiguresChange{Activities: told.Activities, FirstDay: told.FirstDay, TRIMPBefore: told.TRIMPBefore, TRIMPAfter: told.TRIMPAfter}
	for name, effect := range map[string]store.FiguresChange{"told": got, "foretold": preview.Change} {
		if want.Activities == 0 || effect.Activities != want.Activities || *effect.FirstDay != *want.FirstDay ||
			math.Abs(effect.TRIMPBefore-want.TRIMPBefore) > 1e-6 || math.Abs(effect.TRIMPAfter-want.TRIMPAfter) > 1e-6 {
			t.Errorf("%s %+v, it is %+v", name, effect, want)
		}
	}
	if want.TRIMPAfter >= want.TRIMPBefore {
		t.Errorf("a higher maximum raised the load from %f to %f", want.TRIMPBefore, want.TRIMPAfter)
	}
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 1e-9 })
	if diff := cmp.Diff(told.Before, preview.Before, near); diff != "" {
		t.Error("before:", diff)
	}
	if diff := cmp.Diff(*told.After, preview.After, near); diff != "" || cmp.Equal(told.Before, *told.After, near) {
		t.Error("after:", diff)
	}
}

func TestAChangeThatAltersNothingIsNotTold(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("ada@example.com")
	f.ingest(id, history(20, 3))
	f.recompute(id, nil, "max_hr")
	if changes, err := f.service.Changes(t.Context(), id, 0, 10); err != nil || len(changes) != 0 {
		t.Errorf("%+v, %v", changes, err)
	}
}

func TestWhatIsAskedForMeanwhileIsPartOfTheChange(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("ada@example.com")
	activities := history(2*recomputeBatch+10, 5)
	f.ingest(id, activities)
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
	enqueue := func(cause string) {
		f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
			_, err := store.EnqueueRecompute(ctx, conn, id, nil, cause)
			return err
		})
	}
	enqueue("sex")
	due, _ := f.claim(id, time.Now())
	dying := &counted{Database: f.session.Database, failAt: 2} // after the first batch
	if err := Recompute(t.Context(), dying, due); err == nil {
		t.Fatal("it was not killed")
	}
	enqueue("max_hr")
	due, found := f.claim(id, time.Now().Add(2*time.Minute))
	if !found {
		t.Fatal("the work is gone")
	}
	if err := Recompute(t.Context(), f.session, due); err != nil {
		t.Fatal(err)
	}
	changes, err := f.service.Changes(t.Context(), id, 0, 10)
	if err != nil || len(changes) != 1 || changes[0].FinishedAt == nil || !slices.Equal(changes[0].Causes, []string{"max_hr", "sex"}) && !slices.Equal(changes[0].Causes, []string{"sex", "max_hr"}) {
		t.Fatalf("%+v, %v", changes, err)
	}
	stored, _ := f.stored(id)
	scored := 0
	for _, a := range stored {
		if a.Trimp != nil {
			scored++
		}
	}
	if changes[0].Activities != scored { // each once, though the first batch was worked out twice
		t.Errorf("%d activities are told of, and %d changed", changes[0].Activities, scored)
	}
}

func TestAnActivityThatCannotBeReadKeepsItsLoadInAPreviewToo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("ada@example.com")
	f.ingest(id, history(40, 13))
	f.use(f.session, func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, `UPDATE activities SET hr_histogram = '\x00' WHERE account_id = $1 AND hr_histogram IS NOT NULL
			AND id = (SELECT max(id) FROM activities WHERE account_id = $1 AND hr_histogram IS NOT NULL)`, id)
		return err
	})
	var profiles store.Profiles
	f.use(f.pool, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err = store.LoadProfiles(ctx, conn, id)
		return err
	})
	profiles.Athlete.Sex = training.SexFemale
	service := New(f.pool)
	preview, err := service.Preview(t.Context(), id, profiles, true, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.change(id, func(a *store.Athlete) { a.Sex = training.SexFemale })
	f.recompute(id, nil, "sex")
	changes, err := service.Changes(t.Context(), id, 0, 1)
	if err != nil || len(changes) != 1 || changes[0].Activities != preview.Change.Activities || preview.Change.Activities == 0 {
		t.Errorf("foretold %+v, told %+v, %v", preview.Change, changes, err)
	}
}
