package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// ordinary are values of each kind of threshold that contradict none of another kind, with up to 20 added.
var ordinary = map[store.ThresholdKind]int{store.ThresholdRestingHR: 40, store.ThresholdMaxHR: 175, store.ThresholdLTHR: 155, store.ThresholdVT1HR: 125,
	store.ThresholdVT2HR: 150, store.ThresholdFTP: 200, store.ThresholdPace: 200, store.ThresholdSwimPace: 90, store.ThresholdWeight: 60}

// patch draws a change of settings: of the body, or of one threshold, for every sport or one, from a day on, or its end.
func patch(t *testing.T, random *rand.Rand) (patch athlete.Patch) {
	t.Helper()
	var text string
	kind, sport := store.ThresholdKinds[random.IntN(len(store.ThresholdKinds))], ""
	if random.IntN(3) == 0 {
		sport = fmt.Sprintf(`"sport": %q, `, training.Sports[random.IntN(len(training.Sports))])
	}
	switch from := training.NewDate(2024, time.May, 1).AddDays(random.IntN(600)); random.IntN(20) {
	case 0:
		text = fmt.Sprintf(`{"sex": %q}`, athlete.Sexes[random.IntN(len(athlete.Sexes))])
	case 1:
		text = fmt.Sprintf(`{"birth_date": "%d-03-01"}`, 1950+random.IntN(50))
	case 2, 3, 4, 5:
		text = fmt.Sprintf(`{"thresholds": {%s%q: null}}`, sport, kind)
	default:
		text = fmt.Sprintf(`{"thresholds": {%s%q: %d, "effective_from": %q}}`, sport, kind, ordinary[kind]+random.IntN(20), from)
	}
	if err := json.Unmarshal([]byte(text), &patch); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return patch
}

// bare registers an athlete who has told nothing.
func (f *fixture) bare(email string) (id int64) {
	f.t.Helper()
	id = f.athlete(email)
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		told, err := store.LoadProfiles(ctx, conn, id)
		if err != nil {
			return err
		}
		return store.DeleteThresholds(ctx, conn, id, told.Thresholds)
	})
	return id
}

// I28, I29: whatever an athlete changes, in whatever order, and wherever a recompute is killed on the way, the figures end as
// those of an import after all of it. TRAIND_SEED repeats one sequence.
func TestAnySequenceOfChangesEndsAsFromScratch(t *testing.T) {
	t.Parallel()
	first, sequences := uint64(time.Now().UnixNano()), uint64(6)
	if given := os.Getenv("TRAIND_SEED"); given != "" {
		var err error
		if first, err = strconv.ParseUint(given, 10, 64); err != nil {
			t.Fatal(err)
		}
		sequences = 1
	}
	for seed := first; seed < first+sequences; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			f, random := setup(t), rand.New(rand.NewPCG(seed, 0))
			activities := history(recomputeBatch+300, seed)
			id, at := f.bare("changed@example.com"), time.Now()
			f.ingest(id, activities)
			service := athlete.New(f.pool, 16)
			changes, refused, recomputes, killed := 0, 0, 0, 0
			recompute := func(failAt int64) {
				at = at.Add(2 * time.Minute) // when the lease of a killed one is over
				due, found := f.claim(id, at)
				if !found {
					return
				}
				recomputes++
				err := Recompute(t.Context(), &counted{Database: f.session.Database, failAt: failAt}, due)
				if errors.Is(err, errKilled) {
					killed++
				} else if err != nil {
					t.Fatal(err)
				}
			}
			for changes < 12 {
				switch _, err := service.Update(t.Context(), id, patch(t, random)); {
				case fault.KindOf(err) == fault.Invalid: // it contradicts what there is
					refused++
					continue
				case err != nil:
					t.Fatal(err)
				}
				changes++
				if random.IntN(2) == 0 {
					recompute(int64(random.IntN(4)))
				}
			}
			for range 2 {
				recompute(0)
			}
			if _, found := f.claim(id, at.Add(time.Hour)); found {
				t.Fatal("work is left after the end")
			}
			scratch := f.bare("scratch@example.com")
			f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
				changed, err := store.LoadProfiles(ctx, conn, id)
				if err != nil {
					return err
				}
				if err := store.SetThresholds(ctx, conn, scratch, changed.Thresholds); err != nil {
					return err
				}
				changed.Athlete.AccountID = scratch
				return store.UpdateAthlete(ctx, conn, changed.Athlete, late)
			})
			f.ingest(scratch, activities)
			got, _ := f.stored(id)
			want, _ := f.stored(scratch)
			wrong := 0
			for _, a := range activities {
				if got[a.ID].Figures != want[a.ID].Figures {
					if wrong++; wrong == 1 {
						t.Errorf("seed %d: activity of %s has %s, from scratch %s", seed, a.LocalDay, got[a.ID].Figures, want[a.ID].Figures)
					}
				}
			}
			if wrong > 0 || !same(got, want) {
				t.Errorf("seed %d: %d of %d activities differ from an import after all changes", seed, wrong, len(activities))
			}
			t.Logf("seed %d: %d changes, %d more refused, %d recomputes, %d of them killed; %d activities equal those from scratch",
				seed, changes, refused, recomputes, killed, len(activities))
		})
	}
}
