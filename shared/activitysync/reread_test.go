package activitysync

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/message"
)

func TestADeletedActivityLeavesATombstoneWithoutData(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5})
	s.connect(cyclist)
	s.drain()
	gone := s.truth(cyclist)[1]
	s.control(http.MethodDelete, "/activities/"+strconv.FormatInt(gone.ID, 10), nil)
	s.hint(activityHint(message.AspectDelete, cyclist, gone.ID))
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NOT NULL AND name = '' AND summary = '{}'
AND hr_histogram IS NULL AND figures = '{}' AND trimp IS NULL`, gone.ID); got != 1 {
		t.Error(s.dump("activities"))
	}
	if got := s.count(`SELECT count(*) FROM activity_streams WHERE activity_id = $1`, gone.ID); got != 0 {
		t.Error("its samples stayed")
	}
	// An event that comes late, as after a crash, doesn't make it looked for like a new one.
	calls := s.calls("activity")
	s.hint(activityHint(message.AspectUpdate, cyclist, gone.ID))
	s.drain()
	if got := s.calls("activity") - calls; got != 1 {
		t.Errorf("%d calls for a late event, want 1", got)
	}
}

func TestANewActivityThatStravaDoesNotShowYetIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	events := s.subscribe()
	s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", cyclist), map[string]any{"minutes": 30})
	hint := s.take(events, 1)[0]
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 404, Endpoint: "activity", Count: 2})
	s.fault(stravasim.Fault{Kind: stravasim.FaultLateStreams, Endpoint: "streams", Count: 2})
	s.hint(hint)
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1`, hint.ObjectID); got != 0 {
		t.Fatal("the fault did not strike")
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND streams = 'stored'`, hint.ObjectID); got != 1 {
		t.Error(s.dump("activities"))
	}
}

// An old activity that is uploaded now is new to Strava, too: its streams come late as any other's.
func TestLateStreamsOfALateUploadAreWaitedFor(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	events := s.subscribe()
	s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", cyclist), map[string]any{"start_date": "2019-03-01T08:00:00Z", "minutes": 30})
	s.fault(stravasim.Fault{Kind: stravasim.FaultLateStreams, Endpoint: "streams", Count: 2})
	hint := s.take(events, 1)[0]
	s.hint(hint)
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND streams = 'pending' AND streams_attempts = 1`, hint.ObjectID); got != 1 {
		t.Errorf("not waited for: %s", s.dump("activities"))
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE id = $1 AND streams = 'stored'`, hint.ObjectID); got != 1 {
		t.Errorf("its streams did not come: %s", s.dump("activities"))
	}
}

func TestAnActivityThatStravaCanNeverGiveIsParkedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	id := s.truth(cyclist)[0].ID
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 500, Endpoint: "activity", Activity: id})
	s.hint(activityHint(message.AspectUpdate, cyclist, id))
	s.drain()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'reread' AND parked_at IS NOT NULL AND parked_reason <> ''`); got != 1 {
		t.Error(s.dump("due_work"))
	}
	if got := s.calls("activity"); got != mostRefusals {
		t.Errorf("%d calls, want %d", got, mostRefusals)
	}
	s.control(http.MethodDelete, "/faults", nil)
	s.hint(activityHint(message.AspectUpdate, cyclist, id)) // a later event gives it another chance
	s.drain()
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'reread'`); got != 0 {
		t.Error(s.dump("due_work"))
	}
}

// The exertion that an athlete enters stands in the detail alone; whichever comes first, a look at the list takes it from
// nobody.
func TestWhatOnlyTheDetailTellsOutlastsTheList(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	var added stravasim.Activity
	body := s.control(http.MethodPost, fmt.Sprintf("/athletes/%d/activities", cyclist), map[string]any{"manual": true, "minutes": 30})
	if err := json.Unmarshal(body, &added); err != nil {
		t.Fatal(err)
	}
	exertion := func(name string) int {
		return s.count(`SELECT count(*) FROM activities WHERE id = $1 AND name = $2 AND summary->>'perceived_exertion' IS NOT NULL`, added.ID, name)
	}
	look := func() {
		s.pass(incrementalEvery + time.Minute)
		s.drain()
	}
	look()
	if exertion(added.Name) != 0 {
		t.Fatal("the list tells it: the test proves nothing")
	}
	s.hint(activityHint(message.AspectCreate, cyclist, added.ID))
	if exertion(added.Name) != 1 {
		t.Error("the detail's exertion was not stored")
	}
	s.control(http.MethodPatch, "/activities/"+strconv.FormatInt(added.ID, 10), map[string]any{"name": "Renamed"})
	look()
	if exertion("Renamed") != 1 {
		t.Errorf("a look lost it: %s", s.dump("activities"))
	}
}
