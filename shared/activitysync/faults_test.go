package activitysync

import (
	"encoding/json"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/strava"
)

// Whatever Strava answers for a while, the database ends as if it had answered well, and nobody is asked to connect again.
func TestNoPassingFaultOfStravasLeavesATrace(t *testing.T) {
	t.Parallel()
	const server, page, cut = http.StatusInternalServerError, http.StatusBadGateway, stravasim.FaultCut
	status := func(endpoint string, status int) stravasim.Fault {
		return stravasim.Fault{Kind: stravasim.FaultStatus, Status: status, Endpoint: endpoint}
	}
	broken := func(kind, endpoint string) stravasim.Fault {
		return stravasim.Fault{Kind: kind, Endpoint: endpoint, Bytes: 60}
	}
	daily := status("streams", http.StatusTooManyRequests)
	daily.Window = "daily"
	slow := func(endpoint string) stravasim.Fault {
		return stravasim.Fault{Kind: stravasim.FaultLatency, LatencyMS: 30_000, Endpoint: endpoint}
	}
	imported, told := newLife((*system).importAfterHours), newLife((*system).importAndBeTold)
	for name, test := range map[string]struct {
		life  *life
		fault stravasim.Fault
		times int // 0: always
	}{
		"401 of the list":              {imported, status("activities", http.StatusUnauthorized), 1},
		"401 of samples":               {imported, status("streams", http.StatusUnauthorized), 1},
		"401 of tokens":                {imported, status("token", http.StatusUnauthorized), 2},
		"403, inactive":                {imported, status("activities", http.StatusForbidden), 2},
		"403 of samples, inactive":     {imported, status("streams", http.StatusForbidden), 2},
		"403 of tokens, inactive":      {imported, status("token", http.StatusForbidden), 1},
		"404 of a new activity":        {told, status("activity", http.StatusNotFound), 2},
		"429 of the quarter hour":      {imported, status("activities", http.StatusTooManyRequests), 2},
		"429 of the day":               {imported, daily, 2},
		"429 of tokens":                {imported, status("token", http.StatusTooManyRequests), 1},
		"500 of the list":              {imported, status("activities", server), 3},
		"500 of samples":               {imported, status("streams", server), 1},
		"500 of an activity":           {told, status("activity", server), 3},
		"597":                          {imported, status("activities", 597), 2},
		"597 of samples":               {imported, status("streams", 597), 2},
		"a page with 502":              {imported, status("activities", page), 2},
		"a page with 502 for samples":  {imported, status("streams", page), 2},
		"a page with 502 for tokens":   {imported, status("token", page), 2},
		"a cut list":                   {imported, broken(cut, "activities"), 2},
		"cut samples":                  {imported, broken(cut, "streams"), 1},
		"a cut activity":               {told, broken(cut, "activity"), 2},
		"a list that never comes":      {imported, slow("activities"), 2},
		"samples that never come":      {imported, slow("streams"), 1},
		"a list that is no JSON":       {imported, broken(stravasim.FaultMalformed, "activities"), 2},
		"an activity that is no JSON":  {told, broken(stravasim.FaultMalformed, "activity"), 2},
		"fields that nobody documents": {told, broken(stravasim.FaultFields, ""), 0},
		"samples that come late":       {told, stravasim.Fault{Kind: stravasim.FaultLateStreams, Activity: newActivity}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, history)
			if test.fault.Kind == stravasim.FaultLatency {
				s.impatient()
			}
			test.fault.Count = test.times
			test.life.live(s, test.fault)
			if struck := s.struck(); struck == 0 || (test.times > 0 && struck != test.times) {
				t.Errorf("it struck %d times, want %d", struck, test.times)
			}
			if diff := cmp.Diff(test.life.undisturbed(t), s.outcome()); diff != "" {
				t.Errorf("the database differs (-undisturbed +disturbed):\n%s", diff)
			}
		})
	}
}

// history is the same at whatever time a test runs.
var history = stravasim.Config{Activities: 5, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}

// life is what an athlete does while a fault is in force, and what of it.
type life struct {
	live        func(*system, stravasim.Fault)
	undisturbed func(*testing.T) map[string][]string
}

func newLife(live func(*system, stravasim.Fault)) *life {
	var once sync.Once
	var outcome map[string][]string
	return &life{live: live, undisturbed: func(t *testing.T) map[string][]string {
		once.Do(func() {
			s := setup(t, history)
			live(s, stravasim.Fault{Kind: stravasim.FaultLatency, Endpoint: "athlete"}) // which nobody asks for
			outcome = s.outcome()
		})
		return outcome
	}}
}

// outcome is the database without what counts tries: that there were some is no trace.
func (s *system) outcome() map[string][]string {
	all := s.comparable("attempts", "streams_attempts", "refusals", "revision", "generation", "id of due_work", "id of strava_quota")
	delete(all, "strava_quota")
	return all
}

// importAfterHours connects and imports with a token that has expired meanwhile.
func (s *system) importAfterHours(fault stravasim.Fault) {
	s.connect(cyclist)
	s.pass(7 * time.Hour)
	s.fault(fault)
	s.drain()
}

// newActivity is the simulator's id of what importAndBeTold adds.
const newActivity = 1

// importAndBeTold imports, and is told of an activity that came to Strava just now.
func (s *system) importAndBeTold(fault stravasim.Fault) {
	s.connect(cyclist)
	s.drain()
	s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/activities", map[string]any{
		"start_date": addedAt.Format(time.RFC3339), "minutes": 30})
	added := s.truth(cyclist)[0].ID
	if fault.Activity == newActivity {
		fault.Activity = added
	}
	s.fault(fault)
	s.hint(activityHint(message.AspectCreate, cyclist, added))
	s.drain()
}

// addedAt is the same time in all worlds, and so little ago that samples may still be late.
var addedAt = time.Now().UTC().Truncate(time.Second).Add(-time.Hour)

// impatient gives the worker a client that does not wait for 30 s, as long as a deployed one does.
func (s *system) impatient() {
	s.worker.Strava = strava.NewClient(config.Strava{ClientID: "50001", ClientSecret: config.NewSecret("stravasim-secret"),
		APIURL: s.strava.URL, OAuthURL: s.strava.URL + "/oauth"}, &http.Client{Timeout: 2 * time.Second})
}

// struck is how often the faults that were ordered have struck.
func (s *system) struck() int {
	s.t.Helper()
	var faults []stravasim.Fault
	if err := json.Unmarshal(s.control(http.MethodGet, "/faults", nil), &faults); err != nil {
		s.t.Fatal(err)
	}
	struck := 0
	for _, fault := range faults {
		struck += fault.Struck
	}
	return struck
}

// A token that may not read activities is the athlete's to mend, and says how (I24).
func TestATokenWithoutTheScopeAsksThisAthleteToAllowIt(t *testing.T) {
	t.Parallel()
	s := setup(t, history)
	other := s.register("other@example.com")
	if _, err := s.service.Connect(s.ctx(), other, s.grant(beginner), []string{"activity:read"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.service.Connect(s.ctx(), s.account, s.grantWith(cyclist, "read"), []string{"read", "activity:read_all"}); err != nil {
		t.Fatal(err)
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'reconnect' AND account_id = $1 AND last_error LIKE '%allow it'`, s.account); got != 1 {
		t.Error(s.dump("strava_connections", "sealed_access_token", "sealed_refresh_token"))
	}
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND account_id = $1`, other); got != 1 {
		t.Error("another athlete is asked too")
	}
	if got := s.calls("activities"); got != 1 {
		t.Errorf("%d calls", got)
	}
}
