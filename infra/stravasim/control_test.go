package stravasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

func TestControlRefusesBrowsers(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	for _, origin := range []string{"http://localhost:8080", "null", ""} {
		req, _ := http.NewRequest(http.MethodGet, r.url+"/_sim/state", nil)
		req.Header["Origin"] = []string{origin}
		if got := r.do(req); got.status != http.StatusForbidden {
			t.Errorf("Origin %q: status %d, want 403", origin, got.status)
		}
	}
	r.sims(http.MethodGet, "/state", nil, http.StatusOK)
}

// subscribe stands up a callback, subscribes it and returns the events that it gets.
func subscribe(t *testing.T, r *rig) <-chan stravasim.Event {
	t.Helper()
	events := make(chan stravasim.Event, 20)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodGet {
			if req.URL.Query().Get("hub.verify_token") != "secret" || req.URL.Query().Get("hub.mode") != "subscribe" {
				http.Error(w, "no", http.StatusForbidden)
				return
			}
			_ = json.NewEncoder(w).Encode(map[string]string{"hub.challenge": req.URL.Query().Get("hub.challenge")})
			return
		}
		var e stravasim.Event
		if err := json.NewDecoder(req.Body).Decode(&e); err != nil {
			t.Error(err)
		}
		events <- e
	}))
	t.Cleanup(server.Close)
	form := url.Values{
		"client_id": {clientID}, "client_secret": {clientSecret}, "callback_url": {server.URL}, "verify_token": {"wrong"},
	}
	wantError(t, r.post("/push_subscriptions", form), 400, "PushSubscription", "callback url",
		"GET to callback URL does not return 200")
	form.Set("verify_token", "secret")
	if got := r.post("/api/v3/push_subscriptions", form); got.status != http.StatusCreated {
		t.Fatalf("subscribe: status %d %s", got.status, got.body)
	}
	wantError(t, r.post("/push_subscriptions", form), 400, "PushSubscription", "", "already exists")
	return events
}

func next(t *testing.T, events <-chan stravasim.Event) stravasim.Event {
	t.Helper()
	select {
	case e := <-events:
		return e
	case <-time.After(10 * time.Second):
		t.Fatal("no event came")
		return stravasim.Event{}
	}
}

func TestChangesAreServedAndAnnounced(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	id, token := r.first()
	events := subscribe(t, r)
	read := func(activity int64) (a stravasim.Activity) {
		t.Helper()
		r.get(token, fmt.Sprintf("/activities/%d", activity)).decode(t, &a)
		return a
	}

	var run stravasim.Activity
	r.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", id),
		map[string]any{"sport_type": "Run", "minutes": 30, "summary": map[string]any{"name": "New"}}, 201).decode(t, &run)
	if e := next(t, events); e.AspectType != "create" || e.ObjectID != run.ID || e.OwnerID != id || e.ObjectType != "activity" {
		t.Errorf("event %+v of a new activity", e)
	}
	if newest := r.list(token, "per_page=1")[0]; newest.ID != run.ID || newest.Name != "New" {
		t.Errorf("newest is %+v", newest)
	}

	one := fmt.Sprintf("/activities/%d", run.ID)
	r.sims(http.MethodPatch, one, map[string]any{"name": "Messy", "sport_type": "TrailRun"}, 204)
	if e := next(t, events); e.AspectType != "update" || e.Updates["title"] != "Messy" || e.Updates["type"] != "TrailRun" {
		t.Errorf("event %+v of an edit", e)
	}
	if a := read(run.ID); a.Name != "Messy" || a.Type != "Run" || a.SportType != "TrailRun" || a.MovingTime != run.MovingTime {
		t.Errorf("after the edit %+v", a)
	}

	r.sims(http.MethodPost, one+"/crop", map[string]int{"from": 600, "to": 1199}, 204)
	next(t, events)
	cropped := read(run.ID)
	if cropped.ElapsedTime != 599 || start(t, cropped) != start(t, run)+600 || cropped.Distance >= run.Distance/2 || cropped.Name != "Messy" {
		t.Errorf("after the crop %+v", cropped)
	}
	var streams map[string]struct{ Data []float64 }
	r.get(token, one+"/streams?keys=time&key_by_type=true").decode(t, &streams)
	if got := streams["time"].Data; len(got) != 600 || got[0] != 0 || got[599] != 599 {
		t.Errorf("cropped time has %d samples", len(got))
	}
	// A second crop counts from the uncropped start, so it can also give back what the first took.
	r.sims(http.MethodPost, one+"/crop", map[string]int{"from": 0, "to": 1e6}, 204)
	next(t, events)
	if a := read(run.ID); a.ElapsedTime != run.ElapsedTime || a.StartDate != run.StartDate || a.Distance != run.Distance {
		t.Errorf("uncropped %+v, want %+v", a, run)
	}

	r.sims(http.MethodPost, one+"/hide", nil, 204)
	if e := next(t, events); e.Updates["private"] != "true" {
		t.Errorf("event %+v of hiding", e)
	}
	r.sims(http.MethodDelete, one, nil, 204)
	if e := next(t, events); e.AspectType != "delete" || e.ObjectID != run.ID {
		t.Errorf("event %+v of a deletion", e)
	}
	if got := r.get(token, one); got.status != 404 {
		t.Errorf("deleted: status %d", got.status)
	}
	r.sims(http.MethodDelete, one, nil, 404)

	r.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/revoke", id), nil, 204)
	if e := next(t, events); e.ObjectType != "athlete" || e.ObjectID != id || e.Updates["authorized"] != "false" {
		t.Errorf("event %+v of a revocation", e)
	}
	if got := r.get(token, "/athlete"); got.status != 401 {
		t.Errorf("revoked: status %d", got.status)
	}
	r.sims(http.MethodPost, "/events", map[string]any{"object_type": "activity", "aspect_type": "create", "object_id": 5, "owner_id": 6}, 202)
	if e := next(t, events); e.OwnerID != 6 || e.ObjectID != 5 {
		t.Errorf("forged event %+v", e)
	}
}

func TestSubscriptionsAreListedAndDeleted(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	credentials := "?client_id=" + clientID + "&client_secret=" + clientSecret
	if got := r.get("", "/push_subscriptions"+credentials); string(got.body) != "[]" {
		t.Errorf("none: %s", got.body)
	}
	subscribe(t, r)
	var list []struct{ ID int }
	r.get("", "/push_subscriptions"+credentials).decode(t, &list)
	if len(list) != 1 {
		t.Fatalf("%d subscriptions", len(list))
	}
	req, _ := http.NewRequest(http.MethodDelete, fmt.Sprintf("%s/push_subscriptions/%d%s", r.url, list[0].ID, credentials), nil)
	if got := r.do(req); got.status != http.StatusNoContent {
		t.Errorf("delete: status %d %s", got.status, got.body)
	}
	if got := r.get("", "/push_subscriptions"+credentials); string(got.body) != "[]" {
		t.Errorf("deleted: %s", got.body)
	}
}

func TestStateCountsCalls(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	id, token := r.first()
	r.list(token, "")
	r.list(token, "page=2")
	r.get("stolen", "/athlete")
	r.refresh(r.sim.Grant(id, "read").RefreshToken)
	r.sims(http.MethodPut, "/limits", map[string]any{"read": []int{1, 1}}, 204)
	r.get(token, "/athlete")
	var state struct {
		Counts struct {
			Calls       map[string]int
			ByAthlete   map[string]map[string]int `json:"by_athlete"`
			Refreshed   map[string]int
			RateLimited int `json:"rate_limited"`
			Statuses    map[string]int
		}
		Connected []int64
	}
	r.sims(http.MethodGet, "/state", nil, 200).decode(t, &state)
	c, key := state.Counts, fmt.Sprint(id)
	if c.Calls["activities"] != 2 || c.Calls["athlete"] != 2 || c.ByAthlete[key]["activities"] != 2 ||
		c.Refreshed[key] != 1 || c.RateLimited != 1 || c.Statuses["401"] != 1 || len(state.Connected) != 1 {
		t.Errorf("state %+v", state)
	}
	r.sims(http.MethodPost, "/reset", nil, 204)
	r.sims(http.MethodPut, "/limits", map[string]any{"read": []int{9, 9}}, 204)
	r.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/expire-tokens", id), nil, 204)
	if got := r.get(token, "/athlete"); got.status != 401 {
		t.Errorf("expired: status %d", got.status)
	}
}

func TestRestartKeepsGrantsAndEdits(t *testing.T) {
	t.Parallel()
	cfg := stravasim.Config{Athletes: 1, StateFile: filepath.Join(t.TempDir(), "stravasim.json")}
	before := setup(t, cfg)
	id, token := before.first()
	all := before.list(token, "")
	before.sims(http.MethodDelete, fmt.Sprintf("/activities/%d", all[0].ID), nil, 204)
	before.sims(http.MethodPatch, fmt.Sprintf("/activities/%d", all[1].ID), map[string]any{"name": "Renamed"}, 204)
	before.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", id), map[string]any{"minutes": 20}, 201)
	want := before.get(token, "/athlete/activities").body

	after := setup(t, cfg)
	after.advance(48 * time.Hour)
	if got := after.get(token, "/athlete").status; got != 401 {
		t.Errorf("the expired token: status %d, want 401", got)
	}
	again := after.sim.Grant(id, "activity:read_all").AccessToken
	if got := after.get(again, "/athlete/activities").body; string(got) != string(want) {
		t.Errorf("after the restart %s\nbefore %s", got, want)
	}
}
