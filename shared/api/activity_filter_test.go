package api

import (
	"fmt"
	"net/http"
	"testing"
)

func TestPagesUnderAFilterAreCompleteAndInOrder(t *testing.T) {
	t.Parallel()
	b := imported(t)
	all := b.pages(200)
	b.exec(`UPDATE activities SET sport_type = 'Tree-climbing_2' WHERE id = ANY ($1)`, []int64{int64(all[3].ID), int64(all[8].ID)})
	b.exec(`UPDATE activities SET quality = 'average', figures = jsonb_set(figures, '{quality}', '"average"') WHERE id = ANY ($1)`, []int64{int64(all[3].ID), int64(all[5].ID), int64(all[9].ID)})
	all = b.pages(200)
	from, to := all[len(all)-4].LocalDay, all[2].LocalDay
	for filter, picks := range map[string]func(Activity) bool{
		"&sport=Tree-climbing_2":                  func(a Activity) bool { return a.SportType == "Tree-climbing_2" },
		"&sport=" + all[0].SportType:              func(a Activity) bool { return a.SportType == all[0].SportType },
		"&sport=Nothing":                          func(Activity) bool { return false },
		"&quality=average":                        func(a Activity) bool { return a.Quality == "average" },
		"&quality=stream&sport=Tree-climbing_2":   func(a Activity) bool { return a.Quality == "stream" && a.SportType == "Tree-climbing_2" },
		fmt.Sprintf("&from=%s", from):             func(a Activity) bool { return a.LocalDay >= from },
		fmt.Sprintf("&to=%s", to):                 func(a Activity) bool { return a.LocalDay <= to },
		fmt.Sprintf("&from=%s&to=%s", from, to):   func(a Activity) bool { return a.LocalDay >= from && a.LocalDay <= to },
		fmt.Sprintf("&from=%s&to=%s", from, from): func(a Activity) bool { return a.LocalDay == from },
	} {
		var want []Activity
		for _, activity := range all {
			if picks(activity) {
				want = append(want, activity)
			}
		}
		for _, limit := range []int{1, 3, 200} {
			got := b.filtered(limit, filter)
			if len(got) != len(want) {
				t.Errorf("%s in pages of %d: %d activities, want %d", filter, limit, len(got), len(want))
				continue
			}
			for i := range got {
				if got[i].ID != want[i].ID {
					t.Errorf("%s in pages of %d: activity %d is %d, want %d", filter, limit, i, got[i].ID, want[i].ID)
				}
			}
		}
	}
}

// A new activity and one that is gone between two pages move nothing that is still to come.
func TestPagesUnderAFilterStayStable(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.exec(`UPDATE activities SET quality = 'average', figures = jsonb_set(figures, '{quality}', '"average"')`)
	all := b.filtered(200, "&quality=average")
	var first, second ActivityPage
	b.get("/v1/activities?quality=average&limit=4").wants(http.StatusOK).decode(&first)
	b.exec(`UPDATE activities SET quality = 'none' WHERE id = $1`, int64(all[1].ID))
	b.exec(`UPDATE activities SET start_at = now() WHERE id = $1`, int64(all[3].ID)) // the page's last one itself
	b.get("/v1/activities?quality=average&limit=4&before=" + first.Next).wants(http.StatusOK).decode(&second)
	for i, activity := range second.Activities {
		if activity.ID != all[4+i].ID {
			t.Errorf("activity %d of the second page is %d, want %d", i, activity.ID, all[4+i].ID)
		}
	}
	if len(second.Activities) != 4 {
		t.Errorf("the second page has %d", len(second.Activities))
	}
}

func TestWrongFiltersAreNamed(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	for query, field := range map[string]string{
		"sport=%00":                     "query.sport",
		"sport=a%27b":                   "query.sport",
		"quality=good":                  "query.quality",
		"from=2026-02-30":               "query.from",
		"to=yesterday":                  "query.to",
		"from=2026-02-02&to=2026-02-01": "query.to",
	} {
		var problem Problem
		b.get("/v1/activities?" + query).wants(http.StatusUnprocessableEntity).decode(&problem)
		if len(problem.Errors) != 1 || problem.Errors[0].Location != field {
			t.Errorf("%s: %+v, want %s", query, problem.Errors, field)
		}
	}
}

func TestAParkedActivityIsTriedAgainOnce(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.stored()
	samples := b.get(activityPath(id) + "/streams").wants(http.StatusOK)
	b.exec(`DELETE FROM activity_streams WHERE activity_id = $1`, id)
	b.exec(`UPDATE activities SET streams = 'parked', streams_attempts = 18, streams_reason = 'Strava could not give its samples',
	streams_retry_at = now() + interval '1 day' WHERE id = $1`, id)
	var parked, pending Activity
	for _, activity := range b.pages(200) {
		if int64(activity.ID) == id {
			parked = activity
		}
	}
	if parked.Streams != "parked" || parked.StreamsCause != "Strava could not give its samples" || parked.StreamsRetry == nil {
		t.Errorf("the row of the list does not tell why: %+v", parked)
	}
	for range 3 {
		b.call("POST", activityPath(id)+"/retry", nil).wants(http.StatusAccepted).decode(&pending)
		if pending.Streams != "pending" || pending.StreamsCause != "" || pending.StreamsRetry != nil {
			t.Errorf("got %+v", pending)
		}
	}
	if n := b.count(`SELECT count(*) FROM due_work WHERE kind = 'refetch' AND revision = 1 AND due_at <= now()`); n != 1 {
		t.Errorf("asked for it %d times", n)
	}
	if wakes := b.takeWakes(); len(wakes) != 1 {
		t.Errorf("woken: %v", wakes)
	} else if err := b.recordWake(t.Context(), wakes[0].AccountID, wakes[0].DueID); err != nil {
		t.Fatal(err)
	}
	b.deliver()
	if again := b.get(activityPath(id) + "/streams").wants(http.StatusOK); string(again.body) != string(samples.body) {
		t.Error("other samples came back")
	}
	b.call("POST", activityPath(id)+"/retry", nil).wants(http.StatusAccepted).decode(&pending)
	if wakes := b.takeWakes(); pending.Streams != "stored" || len(wakes) != 0 {
		t.Errorf("pressed late: %s, woken %v", pending.Streams, wakes)
	}
}

func TestPressesAtTheSameTimeTryAgainOnce(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.stored()
	b.exec(`UPDATE activities SET streams = 'parked' WHERE id = $1`, id)
	answers := make(chan answer, 8)
	for range cap(answers) {
		go func() { answers <- b.call("POST", activityPath(id)+"/retry", nil) }()
	}
	for range cap(answers) {
		(<-answers).wants(http.StatusAccepted)
	}
	if n := b.count(`SELECT sum(revision) FROM due_work WHERE kind = 'refetch'`); n != 1 {
		t.Errorf("asked for it %d times", n)
	}
	if wakes := b.takeWakes(); len(wakes) != 1 {
		t.Errorf("woken: %v", wakes)
	}
}

func TestWhatCannotBeTriedAgainIsRefused(t *testing.T) {
	t.Parallel()
	b := imported(t)
	id := b.stored()
	b.exec(`UPDATE activities SET streams = 'none' WHERE id = $1`, id)
	b.call("POST", activityPath(id)+"/retry", nil).refused(http.StatusConflict, "nothing-to-retry")
	b.exec(`UPDATE activities SET streams = 'parked' WHERE id = $1`, id)
	b.call("POST", "/v1/activities/1/retry", nil).refused(http.StatusNotFound, "no-activity")
	b.register("eve@example.com").call("POST", activityPath(id)+"/retry", nil).refused(http.StatusNotFound, "no-activity")
	b.exec(`UPDATE strava_connections SET status = 'reconnect'`)
	b.call("POST", activityPath(id)+"/retry", nil).refused(http.StatusConflict, "strava-reconnect")
	if n := b.count(`SELECT count(*) FROM activities WHERE id = $1 AND streams = 'parked'`, id); n != 1 {
		t.Error("a refusal changed the activity")
	}
}
