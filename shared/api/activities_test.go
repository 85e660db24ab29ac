package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"
)

// imported is an account whose trail runner's history is in.
func imported(t testing.TB) *browser {
	t.Helper()
	b := setup(t).register("ada@example.com")
	b.call("PATCH", "/v1/settings", profile).wants(http.StatusOK)
	b.connect(trailRunner).outcome(outcomeConnected)
	b.deliver()
	return b
}

// recorded is an activity as Strava has it.
type recorded struct {
	ID        int64     `json:"id"`
	StartDate time.Time `json:"start_date"`
	Distance  float64   `json:"distance"`
}

// truth is all activities that Strava has of the trail runner, newest first, asked for past the API.
func (b *browser) truth() (all []recorded) {
	b.t.Helper()
	response, err := http.Get(fmt.Sprintf("%s/_sim/athletes/%d/activities", b.strava.URL, trailRunner))
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil || len(all) == 0 {
		b.t.Fatalf("%d activities: %v", len(all), err)
	}
	slices.SortFunc(all, func(a, b recorded) int {
		return cmp.Or(b.StartDate.Compare(a.StartDate), cmp.Compare(b.ID, a.ID))
	})
	return all
}

// pages reads all pages of a size.
func (b *browser) pages(limit int) []Activity { b.t.Helper(); return b.filtered(limit, "") }

// filtered reads all pages of a size under a filter, as &sport=Run.
func (b *browser) filtered(limit int, filter string) (all []Activity) {
	b.t.Helper()
	before := ""
	for range 1000 {
		var page ActivityPage
		b.get(fmt.Sprintf("/v1/activities?limit=%d&before=%s%s", limit, before, filter)).wants(http.StatusOK).decode(&page)
		if all = append(all, page.Activities...); page.Next == "" {
			return all
		}
		if len(page.Activities) != limit {
			b.t.Errorf("a page that is not the last has %d activities, want %d", len(page.Activities), limit)
		}
		before = page.Next
	}
	b.t.Fatal("the pages have no end")
	return nil
}

func TestPagesAreCompleteAndInOrder(t *testing.T) {
	t.Parallel()
	b := imported(t)
	// Two that began at the same moment stand on both sides of a page's end.
	want := b.truth()
	b.exec(`UPDATE activities SET start_at = $1 WHERE id = $2`, want[2].StartDate, want[3].ID)
	want[3].StartDate = want[2].StartDate
	slices.SortFunc(want[2:4], func(a, b recorded) int { return cmp.Compare(b.ID, a.ID) })
	for _, limit := range []int{1, 3, 7, len(want), 200} {
		got := b.pages(limit)
		if len(got) != len(want) {
			t.Fatalf("pages of %d: %d activities, want %d", limit, len(got), len(want))
		}
		for i, activity := range got {
			if int64(activity.ID) != want[i].ID || !activity.StartAt.Equal(want[i].StartDate) {
				t.Errorf("pages of %d: activity %d is %d at %v, want %d at %v", limit, i, activity.ID, activity.StartAt, want[i].ID, want[i].StartDate)
			}
		}
	}
}

func TestAnActivityHasItsLoadOrAReason(t *testing.T) {
	t.Parallel()
	b := imported(t)
	scored := 0
	for _, want := range b.truth() {
		var got ActivityDetail
		answered := b.get(activityPath(want.ID)).wants(http.StatusOK)
		answered.decode(&got)
		if int64(got.ID) != want.ID || got.DistanceM != nil && *got.DistanceM != want.Distance {
			t.Errorf("got %s, want %+v", answered.body, want)
		}
		if got.TRIMP != got.Figures.TRIMP || got.TRIMP.Known == (got.TRIMP.Reason != "") || got.TRIMP.Known == (got.Quality == "none") {
			t.Errorf("activity %d: %s load %+v, figures' %+v", want.ID, got.Quality, got.TRIMP, got.Figures.TRIMP)
		}
		if got.TRIMP.Known {
			scored++
		}
	}
	if scored == 0 {
		t.Error("no activity has a load")
	}
	b.get("/v1/activities/1").refused(http.StatusNotFound, "no-activity")
}

// I31: whoever knew an id could read it.
func TestAnotherAccountsActivitiesAreNotThere(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.truth()[0].ID
	eve := b.register("eve@example.com")
	if all := eve.pages(50); len(all) != 0 {
		t.Errorf("lists %d of another account", len(all))
	}
	unknown := eve.get("/v1/activities/1").refused(http.StatusNotFound, "no-activity")
	if foreign := eve.get(activityPath(id)).refused(http.StatusNotFound, "no-activity"); string(foreign.body) != string(unknown.body) {
		t.Errorf("a foreign id can be told from an unknown one:\n%s%s", foreign.body, unknown.body)
	}
	eve.get(activityPath(id)+"/streams").refused(http.StatusNotFound, "no-activity")
	b.get(activityPath(id)).wants(http.StatusOK)
	if wakes := b.takeWakes(); len(wakes) != 0 {
		t.Errorf("woken: %v", wakes)
	}
}

func TestStreamsAreColumnsOfOneLength(t *testing.T) {
	t.Parallel()
	b := imported(t)
	var got map[string][]*float64
	b.get(activityPath(b.stored()) + "/streams").wants(http.StatusOK).decode(&got)
	for name, values := range got {
		if len(values) == 0 || len(values) != len(got["time_s"]) {
			t.Errorf("%s has %d values, time_s %d", name, len(values), len(got["time_s"]))
		}
	}
	if len(got["heart_rate"]) == 0 {
		t.Error("no heart rate")
	}
}

func TestExpiredStreamsAreFetchedAgain(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.stored()
	before := b.get(activityPath(id) + "/streams").wants(http.StatusOK)
	b.exec(`UPDATE activities SET streams = 'expired' WHERE id = $1`, id)
	b.exec(`DELETE FROM activity_streams WHERE activity_id = $1`, id)
	for range 2 { // a page asks again and again
		got := b.get(activityPath(id) + "/streams").wants(http.StatusAccepted)
		if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 1 {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
	}
	if n := b.count(`SELECT count(*) FROM due_work WHERE kind = 'refetch'`); n != 1 {
		t.Errorf("asked for it %d times", n)
	}
	b.deliver()
	if after := b.get(activityPath(id) + "/streams").wants(http.StatusOK); string(after.body) != string(before.body) {
		t.Error("other samples came back")
	}
}

func TestStreamsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.stored()
	b.exec(`DELETE FROM activity_streams WHERE activity_id = $1`, id)
	b.exec(`UPDATE activities SET streams = 'none' WHERE id = $1`, id)
	b.get(activityPath(id)+"/streams").refused(http.StatusNotFound, "no-streams")

	b.exec(`UPDATE activities SET streams = 'expired' WHERE id = $1`, id)
	b.exec(`UPDATE strava_quota SET blocked_until = now() + interval '10 minutes'`)
	got := b.get(activityPath(id)+"/streams").refused(http.StatusServiceUnavailable, "strava-quota")
	if seconds, err := strconv.Atoi(got.header.Get("Retry-After")); err != nil || seconds < 500 || seconds > 600 {
		t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
	}
	if wakes := b.takeWakes(); len(wakes) != 0 {
		t.Errorf("woken: %v", wakes)
	}
}

// stored gives an activity whose samples are in.
func (b *browser) stored() int64 {
	b.t.Helper()
	return int64(b.count(`SELECT max(id) FROM activities WHERE streams = 'stored' AND hr_histogram IS NOT NULL`))
}

func activityPath(id int64) string { return "/v1/activities/" + strconv.FormatInt(id, 10) }
