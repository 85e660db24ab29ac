package crash_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/message"
)

// sample is how many of a scenario's steps a run of all tests kills at.
const sample = 2

// scenarios are what Sync is killed in. prepare brings the world to where it begins, act sets it off.
var scenarios = []struct {
	name         string
	prepare, act func(w *world)
}{
	{"backfill", func(*world) {}, func(*world) {}},
	{"webhook update", func(w *world) { w.finish() }, func(w *world) {
		ids := w.newest(2)
		w.order(http.MethodPost, fmt.Sprintf("/activities/%d/crop", ids[0]), map[string]any{"from": 120, "to": 900})
		w.order(http.MethodDelete, fmt.Sprintf("/activities/%d", ids[1]), nil)
		for _, id := range ids {
			w.publish("sync", message.Hint{Kind: message.KindHint, Object: message.ObjectActivity, Aspect: message.AspectUpdate, ObjectID: id, OwnerID: athlete, EventTime: 1})
		}
	}},
	{"incremental", func(w *world) { w.finish() }, func(w *world) {
		ids := w.newest(1)
		w.order(http.MethodPatch, fmt.Sprintf("/activities/%d", ids[0]), map[string]any{"name": "Renamed"})
		w.order(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", athlete), map[string]any{"start_date": "2026-06-02T08:00:00Z", "minutes": 20})
		w.exec(`UPDATE due_work SET due_at = now() - interval '1 second' WHERE kind = 'incremental'`)
	}},
	{"erasure", func(w *world) { w.finish() }, func(w *world) {
		if _, err := w.service.Disconnect(w.t.Context(), w.account); err != nil {
			w.t.Fatal(err)
		}
	}},
}

// newest gives ids of recorded activities as the simulator makes them, which are the same in every world.
func (w *world) newest(n int) []int64 {
	w.t.Helper()
	rows, err := w.admin.Query(w.t.Context(), `SELECT id FROM activities WHERE streams = 'stored' ORDER BY start_at DESC LIMIT $1`, n)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			w.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if rows.Err() != nil || len(ids) != n {
		w.t.Fatalf("%d activities, %v", len(ids), rows.Err())
	}
	return ids
}

func TestKilledAtAnyStepSyncEndsTheSame(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TRAIND_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	for i, scenario := range scenarios {
		random := rand.New(rand.NewPCG(seed, uint64(i)))
		run := func(t *testing.T, at int, after bool) (database string, calls, steps, kills int) {
			t.Run(fmt.Sprintf("%d,%v", at, after), func(t *testing.T) { // so that each world ends with its run
				w := newWorld(t)
				scenario.prepare(w)
				w.trap.arm(at, after)
				scenario.act(w)
				w.finish()
				steps = w.trap.disarm()
				w.mu.Lock()
				defer w.mu.Unlock()
				calls, _ = w.strava()
				database, kills = w.everything(), w.kills
			})
			return database, calls, steps, kills
		}
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			want, calls, steps, _ := run(t, 0, false)
			all := 2 * steps
			chosen := random.Perm(all)
			if os.Getenv("TRAIND_PROVE") == "" {
				chosen = chosen[:min(sample, all)]
			}
			slices.Sort(chosen)
			killed := 0
			for _, step := range chosen {
				at, after := step/2+1, step%2 == 1
				got, made, _, kills := run(t, at, after)
				killed += kills
				if got != want {
					t.Errorf("seed %d: killed at step %d (after %v):\n%s\nundisturbed:\n%s", seed, at, after, got, want)
				}
				// One call under way and one ahead of it may be made again.
				if made > calls+2 {
					t.Errorf("seed %d: killed at step %d (after %v): %d calls of Strava, %d undisturbed", seed, at, after, made, calls)
				}
			}
			t.Logf("seed %d: %d steps, killed %d times before or after one, each compared with the undisturbed database", seed, steps, killed)
			if killed == 0 {
				t.Error("nothing was killed: the test proves nothing")
			}
		})
	}
}
