package api

import (
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/train-d/train-d/infra/stravasim"
)

// atStrava goes to Strava to sign in, and gives the address that Strava sends the browser back to.
func (b *browser) atStrava(query string, c consent) string {
	b.t.Helper()
	page := b.get("/v1/strava/sign-in" + query).wants(http.StatusSeeOther).header.Get("Location")
	form := url.Values{"athlete_id": {strconv.FormatInt(c.athlete, 10)}, "action": {c.action}, "scope": c.scopes}
	response, err := b.client.PostForm(page, form)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	back, err := response.Location()
	if err != nil {
		b.t.Fatal(err)
	}
	return back.RequestURI()
}

func TestSigningInByStravaAlone(t *testing.T) {
	t.Parallel()
	s := setup(t)
	// Nobody has the athlete, and nothing was agreed to: no account comes of it.
	first := s.visit()
	first.get(first.atStrava("", yes(trailRunner))).outcome(outcomeNoAccount)
	first.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
	if n := s.count(`SELECT (SELECT count(*) FROM accounts) + (SELECT count(*) FROM strava_connections)`); n != 0 {
		t.Errorf("%d rows were written", n)
	}

	first.get(first.atStrava("?accept_terms=true", yes(trailRunner))).outcome(outcomeConnected)
	var who Who
	first.get("/v1/session").wants(http.StatusOK).decode(&who)
	if who.Email != nil || who.HasPassword || len(who.ConsentsDue) != 0 || !who.Recent {
		t.Errorf("signed in as %+v", who)
	}
	if s.deliver() == 0 || s.count(`SELECT count(*) FROM activities`) == 0 {
		t.Error("nothing was imported")
	}

	again := s.visit()
	again.get(again.atStrava("", yes(trailRunner))).outcome(outcomeSignedIn)
	var same Who
	again.get("/v1/session").wants(http.StatusOK).decode(&same)
	if same.AccountID != who.AccountID {
		t.Errorf("signed in to %d and to %d", who.AccountID, same.AccountID)
	}
	again.get("/v1/activities").wants(http.StatusOK)
	s.deliver() // the tokens that came with it are the ones that work

	// A password and an address can follow; a second factor comes after them.
	again.call("POST", "/v1/second-factor", nil).refused(http.StatusConflict, "password-needed")
	again.call("PUT", "/v1/account/password", map[string]any{"new_password": password}).wants(http.StatusNoContent)
	s.exec(`UPDATE accounts SET email = 'ada@example.com'`)
	var factor NewSecondFactor
	again.call("POST", "/v1/second-factor", nil).wants(http.StatusCreated).decode(&factor)
	code, err := totp.GenerateCode(factor.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	again.call("PUT", "/v1/second-factor", map[string]any{"code": code}).wants(http.StatusOK)
	third := s.visit()
	third.get(third.atStrava("", yes(trailRunner))).outcome(outcomeFactor) // Strava's word is one factor
	third.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
}

// Strava's e-mail address, or any other sign that two people may be one, joins nobody to an account.
func TestAnAthleteIsJoinedToNoAccountThatIsNotConnected(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ada := s.register("ada@example.com")
	b := s.visit()
	b.get(b.atStrava("?accept_terms=true", yes(trailRunner))).outcome(outcomeConnected)
	ada.connect(trailRunner).outcome(outcomeTaken)
	var mine, other Who
	ada.get("/v1/session").wants(http.StatusOK).decode(&mine)
	b.get("/v1/session").wants(http.StatusOK).decode(&other)
	if mine.AccountID == other.AccountID {
		t.Error("joined to an account that nobody connected")
	}
}

func TestASignInAtStravaIsOneBrowsersAndOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		back func(s *system, b *browser) (*browser, string)
		want outcome
	}{
		"in another browser": {func(s *system, b *browser) (*browser, string) {
			return s.visit(), b.atStrava("?accept_terms=true", yes(trailRunner))
		}, outcomeState},
		"twice": {func(_ *system, b *browser) (*browser, string) {
			back := b.atStrava("?accept_terms=true", yes(trailRunner))
			b.get(back).outcome(outcomeConnected)
			b.call("DELETE", "/v1/session", nil).wants(http.StatusNoContent)
			return b, back
		}, outcomeState},
		"too late": {func(s *system, b *browser) (*browser, string) {
			back := b.atStrava("?accept_terms=true", yes(trailRunner))
			s.exec(`UPDATE strava_sign_ins SET expires_at = now()`)
			return b, back
		}, outcomeState},
		"with a state made up": {func(_ *system, b *browser) (*browser, string) {
			b.get("/v1/strava/sign-in").wants(http.StatusSeeOther)
			return b, callbackPath + "?code=x&scope=read,activity:read_all&state=sign-in.made-up"
		}, outcomeState},
		"denied": {func(_ *system, b *browser) (*browser, string) {
			return b, b.atStrava("?accept_terms=true", consent{trailRunner, nil, "deny"})
		}, outcomeDenied},
		"without activities": {func(_ *system, b *browser) (*browser, string) {
			return b, b.atStrava("?accept_terms=true", consent{trailRunner, []string{"read"}, "authorize"})
		}, outcomeScope},
		"Strava down": {func(_ *system, b *browser) (*browser, string) {
			back := b.atStrava("?accept_terms=true", yes(trailRunner))
			b.order(stravasim.Fault{Endpoint: "token", Kind: stravasim.FaultStatus, Status: http.StatusBadGateway})
			return b, back
		}, outcomeUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			b, back := c.back(s, s.visit())
			b.get(back).outcome(c.want)
			b.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
		})
	}
}

// The state of a connection signs nobody in, and that of a sign-in connects nobody's account.
func TestStatesOfBothKindsAreNeverMistakenForEachOther(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ada := s.register("ada@example.com")
	back := ada.callback(yes(trailRunner)).RequestURI()
	stranger := s.visit()
	stranger.get("/v1/strava/sign-in").wants(http.StatusSeeOther)
	stranger.get(back).outcome(outcomeSignedOut)
	s.untouched()
	signIn := stranger.atStrava("?accept_terms=true", yes(triathlete))
	ada.get(signIn).outcome(outcomeState) // ada's browser did not begin it: nobody slips her an athlete
	s.untouched()
}
