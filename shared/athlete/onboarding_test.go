package athlete

import (
	"testing"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/training"
)

func (f *fixture) progress(t *testing.T) Progress {
	t.Helper()
	progress, err := f.Onboarding(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	return progress
}

func (f *fixture) addActivities(t *testing.T, firstID int, streams ...string) {
	t.Helper()
	for i, state := range streams {
		f.do(t, `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary,
			summary_hash, figures, quality, formula_version, streams)
			VALUES ($1, $2, 'Run', 'Morning run', now(), '', '2026-11-01', '{}', '', '{}', 'none', 1, $3)`, f.id, firstID+i, state)
	}
}

// I35: steps were never committed, circular, and could move backwards. They are derived from what is stored.
func TestOnboardingGoesForwardWithTheFacts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	stages := []struct {
		name    string
		do      func()
		next    string
		percent int
		sync    FirstSync
	}{
		{"registered", func() {}, StepProfile, 40, FirstSync{Phase: PhaseWaiting}},
		{"sex alone", func() { f.update(t, Patch{Sex: new(training.SexFemale)}) }, StepProfile, 40, FirstSync{Phase: PhaseWaiting}},
		{"maximum heart rate", func() { f.update(t, thresholds(ThresholdValues{MaxHR: new(185.0)}, "")) }, StepStrava, 60, FirstSync{Phase: PhaseWaiting}},
		{"connected", func() {
			f.do(t, `INSERT INTO strava_connections (account_id, athlete_id, scopes, sealed_access_token, sealed_refresh_token, token_expires_at)
				VALUES ($1, 1, '{}', '', '', now())`, f.id)
		}, StepFirstSync, 80, FirstSync{Phase: PhaseListing}},
		{"two pages", func() { f.addActivities(t, 1, "pending", "pending", "none", "pending") }, StepFirstSync, 80,
			FirstSync{Phase: PhaseListing, Listed: 4, Refined: 1, Pending: 3}},
		{"an error", func() { f.do(t, `UPDATE strava_connections SET last_error = 'Strava is down.', status = 'reconnect'`) }, StepFirstSync, 80,
			FirstSync{Phase: PhaseListing, Listed: 4, Refined: 1, Pending: 3, LastError: "Strava is down."}},
		{"listed", func() {
			f.do(t, `UPDATE strava_connections SET backfilled_at = now(), last_error = '', status = 'connected'`)
			f.do(t, `UPDATE activities SET deleted_at = now() WHERE id = 4`)
		}, "", 100, FirstSync{Phase: PhaseRefining, Listed: 3, Refined: 1, Pending: 2}},
		{"refined", func() {
			f.do(t, `UPDATE strava_connections SET refined_at = now()`)
			f.do(t, `UPDATE activities SET streams = CASE id WHEN 1 THEN 'stored' WHEN 2 THEN 'parked' ELSE streams END`)
		}, "", 100, FirstSync{Phase: PhaseDone, Listed: 3, Refined: 3, Parked: 1}},
		{"an error later", func() { f.do(t, `UPDATE strava_connections SET last_error = 'Strava is down.', status = 'reconnect'`) }, "", 100,
			FirstSync{Phase: PhaseDone, Listed: 3, Refined: 3, Parked: 1, LastError: "Strava is down."}},
	}
	for _, stage := range stages {
		stage.do()
		progress := f.progress(t)
		if progress.Next != stage.next || progress.Percent != stage.percent {
			t.Errorf("%s: next %q, %d %%, want %q, %d %%", stage.name, progress.Next, progress.Percent, stage.next, stage.percent)
		}
		want := StatusDone
		for i, name := range []string{StepAccount, StepConsent, StepProfile, StepStrava, StepFirstSync} {
			switch {
			case name == stage.next:
				want = StatusCurrent
			case want == StatusCurrent:
				want = StatusTodo
			}
			if got := progress.Steps[i]; got.Name != name || got.Status != want || (got.Sync != nil) != (name == StepFirstSync) {
				t.Errorf("%s: step %d is %+v, want %s %s", stage.name, i, got, name, want)
			}
		}
		if sync := progress.Steps[4].Sync; sync == nil || *sync != stage.sync {
			t.Errorf("%s: sync %+v, want %+v", stage.name, sync, stage.sync)
		}
	}
	if detail := f.progress(t).Steps[3].Detail; detail == "" {
		t.Error("nobody is told to connect again")
	}
}

func TestAWithdrawnConsentIsAskedForAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.do(t, `UPDATE consents SET withdrawn_at = now() WHERE document = 'health_data'`)
	if progress := f.progress(t); progress.Next != StepConsent || progress.Steps[1].Status != StatusCurrent || progress.Steps[2].Status != StatusTodo {
		t.Errorf("got %+v", progress)
	}
}

// I35: any error meant "needs onboarding".
func TestAFailureIsNotAStepToBeDone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if _, err := f.Onboarding(t.Context(), f.id+1); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no account: got %v", err)
	}
	f.ownerDoes(t, `REVOKE SELECT ON consents FROM traind_onboarding`)
	if progress, err := f.Onboarding(t.Context(), f.id); err == nil || progress.Next != "" || progress.Steps != nil {
		t.Errorf("got %+v, %v", progress, err)
	}
}
