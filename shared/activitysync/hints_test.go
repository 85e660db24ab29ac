package activitysync

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/webhook"
)

// hints are what the webhook published, in the order that the simulator pushed it.
type hints chan message.Hint

func (h hints) Publish(_ context.Context, topic message.Topic, body any) error {
	hint, ok := body.(message.Hint)
	if !ok || topic != message.TopicSync {
		return fmt.Errorf("published %T to %s", body, topic)
	}
	h <- hint
	return nil
}

// subscribe makes the simulator push its events to a webhook.
func (s *system) subscribe() hints {
	s.t.Helper()
	const path, verify = "00112233445566778899aabbccddeeff", "a-verify-token-of-ours"
	published := make(hints, 100)
	server := httptest.NewServer(&webhook.Handler{Publisher: published,
		Settings: config.Hook{Path: config.NewSecret(path), VerifyToken: config.NewSecret(verify)}})
	s.t.Cleanup(server.Close)
	response, err := s.strava.Client().PostForm(s.strava.URL+"/push_subscriptions", url.Values{"client_id": {"50001"},
		"client_secret": {"stravasim-secret"}, "callback_url": {server.URL + "/" + path}, "verify_token": {verify}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		s.t.Fatalf("subscription: %d", response.StatusCode)
	}
	return published
}

// take waits for so many hints.
func (s *system) take(from hints, n int) []message.Hint {
	s.t.Helper()
	var taken []message.Hint
	for len(taken) < n {
		select {
		case hint := <-from:
			taken = append(taken, hint)
		case <-time.After(20 * time.Second):
			s.t.Fatalf("%d of %d events arrived", len(taken), n)
		}
	}
	return taken
}

func (s *system) hint(hint message.Hint) {
	s.t.Helper()
	if err := s.worker.Hint(s.ctx(), hint); err != nil {
		s.t.Fatal(err)
	}
}

func activityHint(aspect string, owner, activity int64) message.Hint {
	return message.Hint{Kind: message.KindHint, Object: message.ObjectActivity, Aspect: aspect, ObjectID: activity, OwnerID: owner, EventTime: 1}
}

// changeEverything makes each kind of change that Strava pushes an event for, and says how many events there are.
func (s *system) changeEverything(athlete int64) int {
	s.t.Helper()
	truth := slices.DeleteFunc(s.truth(athlete), func(a stravasim.Activity) bool { return a.Manual || a.ElapsedTime < 1200 })
	at := func(i int) string { return "/activities/" + strconv.FormatInt(truth[i].ID, 10) }
	add := func(start string) string {
		var added stravasim.Activity
		body := s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", athlete), map[string]any{"start_date": start, "minutes": 40})
		if err := json.Unmarshal(body, &added); err != nil {
			s.t.Fatal(err)
		}
		return "/activities/" + strconv.FormatInt(added.ID, 10)
	}
	add("2026-06-02T08:00:00Z")
	short := add("2026-06-02T18:00:00Z")
	s.control(http.MethodPatch, short, map[string]any{"name": "Second of the day"})
	s.control(http.MethodDelete, short, nil)
	s.control(http.MethodPatch, at(0), map[string]any{"name": "Messy", "sport_type": "Hike"})
	s.control(http.MethodPatch, at(0), map[string]any{"name": "Messier"})
	s.control(http.MethodPost, at(1)+"/crop", map[string]any{"from": 300, "to": 900})
	s.control(http.MethodPost, at(2)+"/hide", nil)
	s.control(http.MethodDelete, at(3), nil)
	return 9
}

// Events of a whole day: in order, in other orders, twice, and some of them lost.
func TestEventsInAnyOrderAndNumberEndInTheSameState(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, seed uint64) string {
		s := setup(t, stravasim.Config{Activities: 12, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)})
		s.connect(cyclist)
		s.drain()
		events := s.subscribe()
		all := s.take(events, s.changeEverything(cyclist))
		if seed > 0 {
			random := rand.New(rand.NewPCG(seed, 0))
			for _, i := range random.Perm(len(all))[:4] {
				all = append(all, all[i])
			}
			random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		}
		for i, hint := range all {
			s.hint(hint)
			if seed > 0 && i%3 == 0 {
				s.pass(time.Duration(i) * 20 * time.Second)
			}
		}
		s.drain()
		if got, want := s.count(`SELECT count(*) FROM activities WHERE deleted_at IS NULL`), len(s.truth(cyclist)); got != want {
			t.Errorf("seed %d: %d activities, want %d", seed, got, want)
		}
		if got := s.count(`SELECT count(*) FROM due_work WHERE kind NOT IN ('incremental', 'reconcile')`); got != 0 {
			t.Errorf("seed %d: work is left: %s", seed, s.dump("due_work"))
		}
		// An activity that came and went before it was asked for leaves nothing, else a tombstone: no difference to anybody.
		return s.dump("(SELECT * FROM activities WHERE deleted_at IS NULL)", append(changing, "streams_attempts")...) +
			s.dump("activity_streams", changing...)
	}
	want := run(t, 0)
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			t.Parallel()
			if got := run(t, seed); got != want {
				t.Errorf("seed %d:\n%s\nin order:\n%s", seed, got, want)
			}
		})
	}
}

func TestAHintAboutAnUnknownAthleteCostsNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.drain()
	before, calls := s.everything(), s.calls("activity")
	s.hint(activityHint(message.AspectCreate, beginner, 5))
	s.hint(message.Hint{Kind: message.KindHint, Object: message.ObjectAthlete, Aspect: message.AspectDeauthorize, ObjectID: beginner, OwnerID: beginner, EventTime: 1})
	if s.everything() != before || s.calls("activity") != calls || s.calls("token") != 0 {
		t.Error("a stranger's event changed something or called Strava")
	}
}

func TestAForgedDeleteDeletesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	before := s.dump("activities") + s.dump("activity_streams")
	s.hint(activityHint(message.AspectDelete, cyclist, s.truth(cyclist)[0].ID))
	s.drain()
	if after := s.dump("activities") + s.dump("activity_streams"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if got := s.calls("activity"); got != 1 {
		t.Errorf("%d calls, want one that asks whether it is true", got)
	}
}

func TestAStormOfHintsAsksOncePerActivityAndMinute(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	id := s.truth(cyclist)[0].ID
	for range 30 {
		s.hint(activityHint(message.AspectUpdate, cyclist, id))
	}
	if got := s.calls("activity"); got != 1 {
		t.Errorf("%d calls for 30 events at once", got)
	}
	s.pass(store.RereadPause + time.Second)
	for range 30 {
		s.hint(activityHint(message.AspectUpdate, cyclist, id))
	}
	s.drain()
	// What came while the first answer rested is asked after the minute, and what came then a minute later.
	if got := s.calls("activity"); got < 2 || got > 3 {
		t.Errorf("%d calls in three minutes", got)
	}
}
