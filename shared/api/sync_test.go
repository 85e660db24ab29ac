package api

import (
	"context"
	"net/http"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/activitysync"
)

func (b *browser) progress() (progress SyncProgress) {
	b.t.Helper()
	b.get("/v1/sync").wants(http.StatusOK).decode(&progress)
	return progress
}

func TestASyncIsAskedForAndWatched(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	if got := b.progress(); got.Phase != activitysync.PhaseIdle {
		t.Errorf("before connecting: %+v", got)
	}
	b.call("POST", "/v1/sync", nil).refused(http.StatusNotFound, "strava-not-connected")
	b.connect(trailRunner).outcome(outcomeConnected)
	if got := b.progress(); got.Phase != activitysync.PhaseListing {
		t.Errorf("after connecting: %+v", got)
	}
	s.deliver()
	all := len(b.truth())
	if got := b.progress(); got.Phase != activitysync.PhaseDone || got.Activities != all || got.Refined != all || got.Pending != 0 || got.SyncedAt == nil {
		t.Errorf("after the import of %d: %+v", all, got)
	}

	var asked SyncProgress
	b.call("POST", "/v1/sync", nil).wants(http.StatusAccepted).decode(&asked)
	wakes := s.takeWakes()
	// A look a minute at the most: the import has just looked.
	if len(wakes) != 1 || s.count(`SELECT count(*) FROM due_work WHERE id = $1 AND due_at <= now() + interval '1 minute'`, wakes[0].DueID) != 1 {
		t.Errorf("woken: %v", wakes)
	}
	if asked.Activities != all {
		t.Errorf("got %+v", asked)
	}
}

// A Strava error is never "no activities".
func TestAnErrorOfStravaIsSaidAndNotTakenForNoActivities(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	s.order(stravasim.Fault{Endpoint: "activities", Kind: stravasim.FaultStatus, Status: http.StatusInternalServerError})
	b.connect(trailRunner).outcome(outcomeConnected)
	s.deliver()
	if got := b.progress(); got.Phase != activitysync.PhaseListing || got.LastError == "" || got.RetryAt == nil || got.SyncedAt != nil {
		t.Errorf("got %+v", got)
	}
}

func TestAnEndedConnectionMustBeRenewed(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.exec(`UPDATE strava_connections SET status = 'reconnect', last_error = 'Strava no longer accepts this connection'`)
	if got := b.progress(); got.Phase != activitysync.PhaseReconnect {
		t.Errorf("got %+v", got)
	}
	b.call("POST", "/v1/sync", nil).refused(http.StatusConflict, "strava-reconnect")
	b.connect(trailRunner).outcome(outcomeConnected)
	b.call("POST", "/v1/sync", nil).wants(http.StatusAccepted)
}

func TestALostWakeUpIsNoFailure(t *testing.T) {
	t.Parallel()
	s := setup(t, func(s *system) {
		s.api.Wake = func(context.Context, int64, int64) error { return http.ErrHandlerTimeout }
	})
	s.register("ada@example.com").connect(trailRunner).outcome(outcomeConnected)
	if n := s.count(`SELECT count(*) FROM due_work WHERE kind <> 'email_verification'`); n != 1 {
		t.Errorf("%d due rows", n)
	}
}
