package crash_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/strava"
)

const (
	hookPath  = "0123456789abcdef0123456789abcdef"
	hookToken = "a-verify-token-of-the-test"
	// seeds is how many ways are tried in a run of all tests; provenSeeds how many with TRAIND_PROVE=1.
	seeds, provenSeeds = 1, 25
)

// lives are what happens to an athlete's activities at Strava while their import goes on.
var lives = map[string]func(*way){
	"edited": (*way).edit,
	"deauthorized": func(w *way) {
		w.edit()
		w.heal()
		w.order(http.MethodPost, fmt.Sprintf("/athletes/%d/revoke", athlete), nil)
	},
}

// outcomes are what the lives must have led to, lest two empty databases be compared.
var outcomes = map[string][]string{
	"edited":       {"Renamed again", "Renamed late", `"figures": {}`, "2026-06-02T18:00:00", "connected at Strava: [8100000002]"},
	"deauthorized": {`"reason": "deauthorized"`, "connected at Strava: []"},
}

// Whatever becomes of messages and of Strava's events on their way, lost, doubled, late or in another order, the database
// ends as that of an undisturbed run.
func TestWhateverHappensOnTheWaySyncEndsTheSame(t *testing.T) {
	t.Parallel()
	first, ways := uint64(time.Now().UnixNano()), seeds
	if os.Getenv("TRAIND_PROVE") != "" {
		ways = provenSeeds
	}
	if text := os.Getenv("TRAIND_SEED"); text != "" {
		var err error
		if first, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
		ways = 1
	}
	for name, live := range lives {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(t *testing.T, name string, seed uint64) (database, told string) {
				t.Run(name, func(t *testing.T) { // so that each world ends with its run
					w := openWay(t, seed)
					live(w)
					w.heal()
					database, told = w.everything(), w.told()
				})
				return database, told
			}
			want, _ := run(t, "undisturbed", 0)
			for _, outcome := range outcomes[name] {
				if !strings.Contains(want, outcome) {
					t.Errorf("the undisturbed database lacks %s", outcome)
				}
			}
			for seed := first; seed < first+uint64(ways); seed++ {
				got, told := run(t, fmt.Sprint(seed), seed)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("seed %d: %s; the databases differ (-undisturbed +disturbed):\n%s", seed, told, diff)
					continue
				}
				t.Logf("seed %d: %s; the database is the undisturbed one", seed, told)
			}
		})
	}
}

// way is a world with everything between Strava and Sync in it: Webhook behind a relay that disturbs, Pub/Sub, and Dispatch,
// which alone wakes Sync.
type way struct {
	*world
	relay     *relay
	disturbed bool
}

// openWay opens a world whose messages and events are disturbed by the seed; 0 disturbs none.
func openWay(t *testing.T, seed uint64) *way {
	t.Helper()
	dispatch, hook := freePort(t), freePort(t)
	w := &way{world: openWorld(t, 12, 4, subscriptionOf("schedule", dispatch, 2)), disturbed: seed != 0}
	w.join(program(t, "dispatch"), append(w.settings("Dispatch", dispatch), "DATABASE_URL="+w.db.DSN("dispatch")))
	w.join(program(t, "webhook"), append(w.settings("Webhook", hook), "WEBHOOK_PATH="+hookPath, "WEBHOOK_VERIFY_TOKEN="+hookToken))
	w.relay = newRelay(t, "http://127.0.0.1:"+hook)
	client := strava.NewClient(config.Strava{ClientID: "50001", ClientSecret: config.NewSecret("stravasim-secret"), APIURL: w.control + "/api/v3"}, nil)
	deadline := time.Now().Add(wait)
	for { // until Webhook has started
		_, err := client.CreateSubscription(context.Background(), w.relay.url+"/"+hookPath, hookToken)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
	if w.disturbed {
		random := rand.New(rand.NewPCG(seed, 1))
		w.cloud.SetFaults(cloudsim.Faults{Duplicate: true, Drop: 0.1 + 0.4*random.Float64(), Reorder: 2 + random.IntN(3), Seed: seed})
		w.relay.disturb(random)
	}
	return w
}

// edit changes activities in every way that Strava tells of, and lets it tell lies, with the import under way and done.
func (w *way) edit() {
	w.tick()
	w.drain() // so that what is deleted below was here
	ids := w.newest(10)
	old := ids[len(ids)-1] // beyond what a look for new activities lists
	change := func(method string, id int64, what string, body any) {
		w.order(method, fmt.Sprintf("/activities/%d%s", id, what), body)
	}
	add := func(start string) {
		w.order(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", athlete), map[string]any{"start_date": start, "minutes": 20})
	}
	lie := func(object, aspect string, id, owner int64, updates map[string]string) {
		w.order(http.MethodPost, "/events", map[string]any{"object_type": object, "aspect_type": aspect, "object_id": id,
			"owner_id": owner, "event_time": 1_780_000_000, "subscription_id": 131_300, "updates": updates})
	}
	add("2026-06-02T08:00:00Z")
	change(http.MethodPatch, ids[0], "", map[string]any{"name": "Renamed"})
	change(http.MethodPost, ids[1], "/crop", map[string]any{"from": 120, "to": 900})
	w.tick()
	lie("activity", "delete", ids[0], athlete, nil)
	lie("activity", "create", 1, athlete, nil)
	lie("activity", "update", ids[0], 1, nil)
	lie("athlete", "update", athlete, athlete, map[string]string{"authorized": "false"})
	change(http.MethodDelete, ids[2], "", nil)
	change(http.MethodPost, ids[3], "/hide", nil)
	change(http.MethodPatch, old, "", map[string]any{"name": "Renamed late"})
	change(http.MethodPatch, ids[0], "", map[string]any{"name": "Renamed again"})
	add("2026-06-02T18:00:00Z")
	w.tick()
}

// tick is one of Cloud Scheduler's.
func (w *way) tick() { w.publish("schedule", message.Tick{Kind: message.KindTick}) }

// drain waits until Strava has told everything, and works off what is due with as many ticks as it takes.
func (w *way) drain() {
	w.t.Helper()
	w.waitForEvents()
	w.relay.release()
	w.finishWith(w.tick)
}

// heal ends the losses and lets the time pass in which a look and a comparison of the whole history come around. What was
// delivered is delivered once more.
func (w *way) heal() {
	w.t.Helper()
	w.drain()
	if w.disturbed {
		w.cloud.SetFaults(cloudsim.Faults{Duplicate: true, Reorder: 3})
	}
	w.exec(`UPDATE due_work SET due_at = now() - interval '1 second' WHERE kind IN ('incremental', 'reconcile')`)
	w.finishWith(w.tick)
	if !w.disturbed {
		return
	}
	if _, err := w.cloud.Replay(w.t.Context(), ""); err != nil {
		w.t.Fatal(err)
	}
	w.finishWith(w.tick)
}

// told is what became of messages and events, for the log.
func (w *way) told() string {
	var acked, dropped, delivered int
	for _, stats := range w.cloud.Stats() {
		acked, dropped, delivered = acked+stats.Acked, dropped+stats.Dropped, delivered+stats.Delivered
	}
	return fmt.Sprintf("%d messages lost, %d handled in %d deliveries; %s", dropped, acked, delivered, w.relay.told())
}
