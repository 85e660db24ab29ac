package api

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
)

// consent is how an athlete fills in Strava's page.
type consent struct {
	athlete int64
	scopes  []string
	action  string
}

// callback goes to Strava's page and gives the address that Strava sends the browser back to.
func (b *browser) callback(c consent) *url.URL {
	b.t.Helper()
	page := b.get("/v1/strava/connect").wants(http.StatusSeeOther).header.Get("Location")
	form := url.Values{"athlete_id": {strconv.FormatInt(c.athlete, 10)}, "action": {c.action}, "scope": c.scopes}
	response, err := b.client.PostForm(page, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	back, err := response.Location()
	if err != nil || !strings.HasPrefix(back.String(), b.api.PublicURL.String()+callbackPath+"?") {
		b.t.Fatalf("Strava answers %d, %v (%v)", response.StatusCode, back, err)
	}
	return back
}

func yes(athlete int64) consent {
	return consent{athlete, []string{"read", "activity:read_all", "profile:read_all"}, "authorize"}
}

// connect goes the whole way with all boxes ticked.
func (b *browser) connect(athlete int64) answer {
	b.t.Helper()
	return b.get(b.callback(yes(athlete)).RequestURI())
}

// outcome checks how the way back from Strava ended.
func (a answer) outcome(want outcome) {
	a.t.Helper()
	location, err := url.Parse(a.wants(http.StatusSeeOther).header.Get("Location"))
	if err != nil || location.Path != "/" || location.RawQuery != "strava="+string(want) {
		a.t.Errorf("ended at %v (%v), want %s", location, err, want)
	}
}

// untouched checks that nothing was connected and nobody woken.
func (s *system) untouched() {
	s.t.Helper()
	if n := s.count(`SELECT (SELECT count(*) FROM strava_connections) + (SELECT count(*) FROM due_work WHERE kind <> 'email_verification')`); n != 0 {
		s.t.Errorf("%d rows were written", n)
	}
	if wakes := s.takeWakes(); len(wakes) != 0 {
		s.t.Errorf("woken: %v", wakes)
	}
}

func TestConnectingStrava(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	page, err := url.Parse(b.get("/v1/strava/connect").wants(http.StatusSeeOther).header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	if query := page.Query(); query.Get("redirect_uri") != s.api.PublicURL.String()+callbackPath || len(query.Get("state")) < 43 || strings.Contains(page.String(), "secret") {
		t.Errorf("sent to %v", page)
	}
	answered := b.connect(trailRunner)
	answered.outcome(outcomeConnected)
	if to := answered.header.Get("Location"); !strings.HasPrefix(to, s.api.PublicURL.String()) {
		t.Errorf("sent to %s", to)
	}
	if wakes := s.takeWakes(); len(wakes) != 1 || wakes[0].DueID == 0 {
		t.Errorf("woken: %v", wakes)
	}
	b.connect(trailRunner).outcome(outcomeConnected) // again, as after a lost connection
	if n := s.count(`SELECT count(*) FROM strava_connections WHERE athlete_id = $1`, trailRunner); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// I33: OAuth had no state, and scopes were taken for granted.
func TestARefusedWayBackChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		back func(b *browser) string // the address that the browser comes back to
		want outcome
	}{
		"denied": {func(b *browser) string { return b.callback(consent{trailRunner, nil, "deny"}).RequestURI() }, outcomeDenied},
		"missing scope": {func(b *browser) string {
			return b.callback(consent{trailRunner, []string{"read", "profile:read_all"}, "authorize"}).RequestURI()
		}, outcomeScope},
		"no state": {func(b *browser) string { return without(b.callback(yes(trailRunner)), "state") }, outcomeState},
		"wrong state": {func(b *browser) string {
			return strings.Replace(b.callback(yes(trailRunner)).RequestURI(), "state=", "state=x", 1)
		}, outcomeState},
		"denied with a wrong state": {func(*browser) string { return callbackPath + "?error=access_denied&state=x" }, outcomeState},
		"nothing at all":            {func(*browser) string { return callbackPath }, outcomeState},
		"too long":                  {func(*browser) string { return callbackPath + "?state=" + strings.Repeat("x", 600) }, outcomeState},
		"a state begun before another": {func(b *browser) string {
			back := b.callback(yes(trailRunner)).RequestURI()
			b.get("/v1/strava/connect").wants(http.StatusSeeOther)
			return back
		}, outcomeState},
		"expired state": {func(b *browser) string {
			back := b.callback(yes(trailRunner)).RequestURI()
			b.exec(`UPDATE sessions SET oauth_state_expires_at = now() - interval '1 second' WHERE oauth_state_hash IS NOT NULL`)
			return back
		}, outcomeState},
		"another session's state": {func(b *browser) string {
			return b.register("eve@example.com").callback(yes(trailRunner)).RequestURI()
		}, outcomeState},
		"no code": {func(b *browser) string { return without(b.callback(yes(trailRunner)), "code") }, outcomeDenied},
		"stale code": {func(b *browser) string {
			return strings.Replace(b.callback(yes(trailRunner)).RequestURI(), "code=", "code=0", 1)
		}, outcomeCode},
		"app full": {func(b *browser) string {
			b.order(stravasim.Fault{Endpoint: "token", Kind: stravasim.FaultAthleteLimit})
			return b.callback(yes(trailRunner)).RequestURI()
		}, outcomeFull},
		"Strava down": {func(b *browser) string {
			b.order(stravasim.Fault{Endpoint: "token", Kind: stravasim.FaultStatus, Status: http.StatusBadGateway})
			return b.callback(yes(trailRunner)).RequestURI()
		}, outcomeUnavailable},
		"signed out": {func(b *browser) string {
			back := b.callback(yes(trailRunner)).RequestURI()
			b.call("DELETE", "/v1/session", nil).wants(http.StatusNoContent)
			return back
		}, outcomeSignedOut},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			b := s.register("ada@example.com")
			back := c.back(b)
			b.get(back).outcome(c.want)
			s.untouched()
			b.get(back) // once more, whatever it was
			s.untouched()
		})
	}
}

func TestAStateIsGoodForOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	back := b.callback(yes(trailRunner)).RequestURI()
	b.get(back).outcome(outcomeConnected)
	s.takeWakes()
	b.get(back).outcome(outcomeState)
	if n := s.count(`SELECT generation FROM strava_connections`); n != 1 || len(s.takeWakes()) != 0 {
		t.Errorf("the second time stored tokens or woke: generation %d", n)
	}
	// A failed exchange has used the state up, too.
	back = strings.Replace(b.callback(yes(trailRunner)).RequestURI(), "code=", "code=0", 1)
	b.get(back).outcome(outcomeCode)
	b.get(strings.Replace(back, "code=0", "code=", 1)).outcome(outcomeState)
}

func TestAnAthleteBelongsToOneAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ada, eve := s.register("ada@example.com"), s.register("eve@example.com")
	ada.connect(trailRunner).outcome(outcomeConnected)
	s.takeWakes()
	eve.connect(trailRunner).outcome(outcomeTaken)
	ada.connect(triathlete).outcome(outcomeOther)
	if n := s.count(`SELECT count(*) FROM strava_connections`); n != 1 || len(s.takeWakes()) != 0 {
		t.Errorf("%d connections", n)
	}
}

func without(back *url.URL, parameter string) string {
	query := back.Query()
	query.Del(parameter)
	return back.Path + "?" + query.Encode()
}

// order lets the simulator misbehave.
func (s *system) order(fault stravasim.Fault) {
	s.t.Helper()
	if _, err := s.sim.Order(fault); err != nil {
		s.t.Fatal(err)
	}
}
