package stravasim_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
)

func TestPagesHoldEveryActivityOnce(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1, Activities: 45})
	id, token := r.first()
	var truth []stravasim.Activity
	r.sims(http.MethodGet, fmt.Sprintf("/athletes/%d/activities", id), nil, http.StatusOK).decode(t, &truth)
	if len(truth) != 45 {
		t.Fatalf("%d activities, want 45", len(truth))
	}
	collect := func(bounds string) (ids []int64) {
		for page := 1; ; page++ {
			part := r.list(token, fmt.Sprintf("per_page=10&page=%d&%s", page, bounds))
			if len(part) == 0 {
				return ids
			}
			for _, a := range part {
				ids = append(ids, a.ID)
			}
		}
	}
	var forward []int64
	for _, a := range truth {
		if a.ID < 1<<32 {
			t.Errorf("id %d fits 32 bits", a.ID)
		}
		forward = append(forward, a.ID)
	}
	backward := slices.Clone(forward)
	slices.Reverse(backward)
	if got := collect(""); !slices.Equal(got, backward) {
		t.Errorf("without bounds: %d activities, want all, newest first", len(got))
	}
	if got := collect("after=0"); !slices.Equal(got, forward) {
		t.Errorf("with after: %d activities, want all, oldest first", len(got))
	}
	// Both bounds are exclusive: between the 10th and the 20th lie nine.
	tenth, twentieth := start(t, truth[9]), start(t, truth[19])
	if got := collect(fmt.Sprintf("after=%d&before=%d", tenth, twentieth)); !slices.Equal(got, forward[10:19]) {
		t.Errorf("between: %d activities, want 9", len(got))
	}
	if got := collect(fmt.Sprintf("before=%d", tenth)); !slices.Equal(got, backward[36:]) {
		t.Errorf("before: %d activities, want 9, newest first", len(got))
	}
	if got := len(r.list(token, "")); got != 30 {
		t.Errorf("a page without size holds %d, want 30", got)
	}
	for _, query := range []string{"per_page=201", "per_page=0", "page=0", "page=x", "before=soon"} {
		if got := r.get(token, "/athlete/activities?"+query); got.status != http.StatusBadRequest {
			t.Errorf("%s: status %d, want 400", query, got.status)
		}
	}
}

func TestBothBasesServe(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	_, token := r.first()
	if a, b := r.get(token, "/athlete"), r.get(token, "/api/v3/athlete"); string(a.body) != string(b.body) || a.status != 200 {
		t.Errorf("%s differs from %s", a.body, b.body)
	}
	var zones struct {
		HeartRate struct {
			Zones []struct{ Min, Max int }
		} `json:"heart_rate"`
	}
	r.get(token, "/athlete/zones").decode(t, &zones)
	if n := len(zones.HeartRate.Zones); n != 5 || zones.HeartRate.Zones[4].Max != -1 {
		t.Errorf("zones %+v, want five, the last one open", zones)
	}
}

func TestMissingScopesAreNamed(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	id := r.sim.Athletes()[0].ID
	token := r.sim.Grant(id, "read").AccessToken
	wantError(t, r.get(token, "/athlete/activities"), 401, "AccessToken", "activity:read_permission", "missing")
	wantError(t, r.get(token, "/athlete/zones"), 401, "AccessToken", "profile:read_permission", "missing")
	wantError(t, r.get("", "/athlete"), 401, "Application", "", "invalid")
	wantError(t, r.get("stolen", "/athlete"), 401, "Athlete", "access_token", "invalid")
}

func TestPrivateActivitiesNeedReadAll(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	id, _ := r.first()
	all := r.sim.Grant(id, "activity:read_all").AccessToken
	hidden := r.list(all, "")[3].ID
	r.sims(http.MethodPost, fmt.Sprintf("/activities/%d/hide", hidden), nil, http.StatusNoContent)
	if got := len(r.list(all, "")); got != 12 {
		t.Errorf("read_all lists %d, want 12", got)
	}
	some := r.sim.Grant(id, "activity:read").AccessToken
	for _, a := range r.list(some, "") {
		if a.ID == hidden || a.Private {
			t.Errorf("activity:read lists the private %d", a.ID)
		}
	}
	if got := r.get(some, fmt.Sprintf("/activities/%d", hidden)); got.status != 404 || len(got.body) != 0 {
		t.Errorf("detail: status %d %q, want an empty 404", got.status, got.body)
	}
}

func TestStreamsComeInBothForms(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	id, token := r.first()
	var run stravasim.Activity
	r.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", id),
		map[string]any{"sport_type": "TrailRun", "minutes": 20, "hills": 60}, http.StatusCreated).decode(t, &run)
	path := fmt.Sprintf("/activities/%d/streams", run.ID)
	var byType map[string]struct {
		Data         []any  `json:"data"`
		SeriesType   string `json:"series_type"`
		OriginalSize int    `json:"original_size"`
		Resolution   string `json:"resolution"`
	}
	r.get(token, path+"?keys=time,heartrate,altitude,watts&key_by_type=true").decode(t, &byType)
	for _, key := range []string{"time", "heartrate", "altitude", "distance"} {
		s := byType[key]
		if len(s.Data) != 1200 || s.OriginalSize != 1200 || s.SeriesType != "distance" || s.Resolution != "high" {
			t.Errorf("%s: %d samples of %d, %s, %s", key, len(s.Data), s.OriginalSize, s.SeriesType, s.Resolution)
		}
	}
	if len(byType) != 4 {
		t.Errorf("%d streams: want the keys that were recorded, and distance", len(byType))
	}
	var list []struct {
		Type string
		Data []any
	}
	r.get(token, path+"/time,moving?resolution=low").decode(t, &list)
	if len(list) != 3 || list[0].Type != "time" || len(list[0].Data) != 100 {
		t.Errorf("array form: %d streams", len(list))
	}
	var only map[string]any
	r.get(token, path+"?key_by_type=true").decode(t, &only)
	if _, ok := only["distance"]; !ok || len(only) != 1 {
		t.Errorf("without keys there are %d streams, want distance alone", len(only))
	}
	wantError(t, r.get(token, "/activities/1/streams?keys=time"), 404, "Activity", "id", "invalid")
}

func TestManualActivityHasNoStreams(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	id, token := r.first()
	var manual stravasim.Activity
	r.sims(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", id), map[string]any{"manual": true},
		http.StatusCreated).decode(t, &manual)
	if !manual.Manual || manual.HasHeartrate || manual.Distance == 0 {
		t.Errorf("manual activity %+v", manual)
	}
	got := r.get(token, fmt.Sprintf("/activities/%d/streams?keys=time&key_by_type=true", manual.ID))
	if got.status != http.StatusNotFound || !strings.Contains(string(got.body), "Record Not Found") {
		t.Errorf("status %d %s", got.status, got.body)
	}
	var detail struct {
		ResourceState int `json:"resource_state"`
		Exertion      int `json:"perceived_exertion"`
	}
	r.get(token, fmt.Sprintf("/activities/%d", manual.ID)).decode(t, &detail)
	if detail.ResourceState != 3 || detail.Exertion == 0 {
		t.Errorf("detail %+v", detail)
	}
}

func TestZoneSecondsAddUpToMovingTime(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 1})
	_, token := r.first()
	checked := 0
	for _, a := range r.list(token, "") {
		if !a.HasHeartrate {
			continue
		}
		var zones []struct {
			Type    string `json:"type"`
			Buckets []struct {
				Time float64 `json:"time"`
			} `json:"distribution_buckets"`
		}
		r.get(token, fmt.Sprintf("/activities/%d/zones", a.ID)).decode(t, &zones)
		sum := 0.0
		for _, b := range zones[0].Buckets {
			sum += b.Time
		}
		if int(sum) != a.MovingTime {
			t.Errorf("activity %d: zones hold %v s, moving time is %d s", a.ID, sum, a.MovingTime)
		}
		checked++
	}
	if checked == 0 {
		t.Error("no activity with a heart rate")
	}
}

func TestAthletesSeeOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Athletes: 2})
	athletes := r.sim.Athletes()
	mine := r.sim.Grant(athletes[0].ID, "activity:read_all").AccessToken
	theirs := r.sim.Grant(athletes[1].ID, "activity:read_all").AccessToken
	id := r.list(theirs, "")[0].ID
	if got := r.get(mine, fmt.Sprintf("/activities/%d", id)); got.status != 404 {
		t.Errorf("status %d, want 404", got.status)
	}
}
