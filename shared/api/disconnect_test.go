package api

import (
	"net/http"
	"testing"
)

func TestDisconnectingStravaErasesAndLetsConnectAgain(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	b.call(http.MethodDelete, "/v1/strava", nil).refused(http.StatusNotFound, "strava-not-connected")
	b.connect(trailRunner).outcome(outcomeConnected)
	s.deliver()
	if s.count(`SELECT count(*) FROM activities`) == 0 {
		t.Fatal("nothing was imported")
	}
	b.call(http.MethodDelete, "/v1/strava", nil).wants(http.StatusNoContent)
	b.connect(trailRunner).outcome(outcomeErasing)
	if s.deliver() == 0 {
		t.Error("nobody was woken to erase")
	}
	if n := s.count(`SELECT (SELECT count(*) FROM activities) + (SELECT count(*) FROM strava_connections)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	if n := s.count(`SELECT count(*) FROM erasures WHERE erased_at IS NOT NULL AND revocation = 'ended' AND account_id IS NULL`); n != 1 {
		t.Error("there is no receipt")
	}
	b.call(http.MethodDelete, "/v1/strava", nil).refused(http.StatusNotFound, "strava-not-connected")
	b.connect(trailRunner).outcome(outcomeConnected)
}

func TestNobodyDisconnectsAnotherAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	ada, eve := s.register("ada@example.com"), s.register("eve@example.com")
	ada.connect(trailRunner).outcome(outcomeConnected)
	eve.call(http.MethodDelete, "/v1/strava", nil).refused(http.StatusNotFound, "strava-not-connected")
	eve.call(http.MethodDelete, "/v1/session", nil).wants(http.StatusNoContent)
	eve.call(http.MethodDelete, "/v1/strava", nil).refused(http.StatusUnauthorized, "signed-out")
	if n := s.count(`SELECT count(*) FROM strava_connections`); n != 1 {
		t.Error("the connection ended")
	}
}
