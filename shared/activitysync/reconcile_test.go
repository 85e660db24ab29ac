package activitysync

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/store"
)

// oldest gives the path of the simulator's control API for the athlete's oldest recorded activity, and its id: no look for
// new ones reaches that far back.
func (s *system) oldest(athlete int64) (string, int64) {
	s.t.Helper()
	truth := s.truth(athlete)
	for i := len(truth) - 1; i >= 0; i-- {
		if !truth[i].Manual && truth[i].ElapsedTime > 1200 {
			return "/activities/" + strconv.FormatInt(truth[i].ID, 10), truth[i].ID
		}
	}
	s.t.Fatal("there is no recorded activity")
	return "", 0
}

// reconcile lets time pass until the whole history was compared, and works off what that led to.
func (s *system) reconcile() {
	s.t.Helper()
	s.pass(reconcileEvery + time.Minute)
	s.drain()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'reconcile' AND lane = $1 AND due_at > $2`,
		store.LaneReconcile, s.now().Add(reconcileEvery/2)); got != 1 {
		s.t.Fatalf("the next comparison is not due: %s", s.dump("due_work"))
	}
}

// Each change that Strava tells nobody about, or whose event was lost, long ago in the history.
func TestReconciliationFindsEverySilentChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(s *system, path string)
		found  string // counts one row with the activity's id where the change was found
	}{
		"an edit": {func(s *system, path string) {
			s.control(http.MethodPatch, path, map[string]any{"name": "Renamed", "sport_type": "Hike"})
		}, `SELECT count(*) FROM activities WHERE id = $1 AND name = 'Renamed' AND sport_type = 'Hike' AND streams IN ('stored', 'expired')`},
		"a crop": {func(s *system, path string) {
			s.control(http.MethodPost, path+"/crop", map[string]any{"from": 300, "to": 900})
		}, `SELECT count(*) FROM activities JOIN activity_streams ON activity_id = id
WHERE id = $1 AND (summary->>'elapsed_s')::float8 <= 600 AND streams = 'stored' AND samples <= 601`},
		"a deletion": {func(s *system, path string) { s.control(http.MethodDelete, path, nil) },
			`SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NOT NULL AND name = ''`},
		"a privacy that hides it from us": {func(s *system, path string) { s.control(http.MethodPost, path+"/hide", nil) },
			`SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NOT NULL AND name = ''`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 40})
			scopes := []string{"read", "activity:read"}
			if _, err := s.service.Connect(s.ctx(), s.account, s.grantWith(trailRunner, scopes...), scopes); err != nil {
				t.Fatal(err)
			}
			s.drain()
			path, id := s.oldest(trailRunner)
			c.change(s, path)
			s.pass(incrementalEvery + time.Minute)
			s.drain()
			if got := s.count(c.found, id); got != 0 {
				t.Fatal("found by a look for new ones: the test proves nothing")
			}
			s.reconcile()
			if got := s.count(c.found, id); got != 1 {
				t.Errorf("not found: %s", s.dump("(SELECT * FROM activities WHERE id = "+strconv.FormatInt(id, 10)+")"))
			}
		})
	}
}

func TestReconciliationFindsLateUploadsAndWhatIsShownAgain(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 40})
	scopes := []string{"read", "activity:read"}
	if _, err := s.service.Connect(s.ctx(), s.account, s.grantWith(trailRunner, scopes...), scopes); err != nil {
		t.Fatal(err)
	}
	s.drain()
	path, id := s.oldest(trailRunner)
	s.control(http.MethodPost, path+"/hide", nil)
	s.reconcile()
	s.control(http.MethodPost, path+"/hide", map[string]any{"hidden": false})
	s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", trailRunner), map[string]any{"start_date": "2019-03-01T08:00:00Z", "minutes": 30})
	s.reconcile()
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NULL AND quality <> 'none' AND streams = 'stored'`, id); got != 1 {
		t.Error("what is shown again did not come back whole")
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE local_day = '2019-03-01' AND deleted_at IS NULL`); got != 1 {
		t.Error("the late upload was not found")
	}
}

func TestALookForNewOnesFindsWhatChangedInItsOverlap(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 30})
	s.connect(trailRunner)
	s.drain()
	truth := s.truth(trailRunner)
	newest := truth[0]
	s.control(http.MethodPatch, "/activities/"+strconv.FormatInt(newest.ID, 10), map[string]any{"name": "Renamed"})
	s.control(http.MethodDelete, "/activities/"+strconv.FormatInt(truth[1].ID, 10), nil)
	start, err := time.Parse(time.RFC3339, newest.StartDate)
	if err != nil {
		t.Fatal(err)
	}
	late := start.Add(-incrementalOverlap + time.Hour).Format(time.RFC3339) // uploaded after a later one
	s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", trailRunner), map[string]any{"start_date": late, "minutes": 30})
	calls := s.calls("activities")
	s.pass(incrementalEvery + time.Minute)
	s.drain()
	if got := s.calls("activities") - calls; got == 0 || got > 2 {
		t.Errorf("%d pages", got)
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE name = 'Renamed'`); got != 1 {
		t.Error("the edit was not found")
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE start_at = $1::text::timestamptz`, late); got != 1 {
		t.Error("the late upload was not found")
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NOT NULL`, truth[1].ID); got != 1 {
		t.Error("the deletion was not found")
	}
}

// I14: a list that is empty or short by mistake deletes nothing.
func TestAListThatLeavesActivitiesOutDeletesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 12})
	s.connect(cyclist)
	s.drain()
	before := s.dump("activities")
	none := func(r *http.Request) {
		if r.URL.Path == "/athlete/activities" {
			r.URL.RawQuery = "before=1" // the simulator answers with the empty list, as if all was gone
		}
	}
	s.request.Store(&none)
	s.reconcile()
	s.request.Store(nil)
	if after := s.dump("activities"); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	// Both the comparison and the look that was due as well doubt them.
	if got, all := s.calls("activity"), len(s.truth(cyclist)); got < all || got > 2*all {
		t.Errorf("%d activities were asked for, want %d once or twice", got, all)
	}
}

// A history of several pages: each activity is compared once, and those at the pages' edges too.
func TestAReconciliationThatFindsNothingAsksForNothingElse(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Athletes: 4, Activities: 450})
	s.connect(beginner)
	s.drain()
	rows, calls := s.dump("activities"), s.calls("activities")
	s.reconcile()
	if s.dump("activities") != rows {
		t.Error("a comparison that found nothing changed rows")
	}
	if got := s.calls("activity"); got != 0 {
		t.Errorf("%d activities were asked for", got)
	}
	if got := s.calls("activities") - calls; got > 6 { // four for the walk, two for the look that was due as well
		t.Errorf("%d pages for 450 activities", got)
	}
}
