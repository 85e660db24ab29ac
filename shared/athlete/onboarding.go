package athlete

import (
	"context"
	"fmt"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
)

// Status is how far a step of the onboarding is.
type Status string

// The statuses. Current is the first step that is not done.
const (
	StatusDone    Status = "done"
	StatusCurrent Status = "current"
	StatusTodo    Status = "todo"
)

// The steps, in their order.
const (
	StepAccount   = "account"
	StepConsent   = "consent"
	StepProfile   = "profile"
	StepStrava    = "strava"
	StepFirstSync = "first_sync"
)

// The phases of the first sync.
const (
	PhaseWaiting  = "waiting"  // Strava is not connected
	PhaseListing  = "listing"  // the history is being listed
	PhaseRefining = "refining" // every activity has a provisional load; streams refine it
	PhaseDone     = "done"
)

// Progress is how far an athlete has come on the way to a first load chart. It is worked out from the stored facts each
// time it is asked for and stored nowhere, so that it can't contradict them.
type Progress struct {
	Steps   []Step `json:"steps"`
	Next    string `json:"next,omitempty"` // the current step; empty where all are done
	Percent int    `json:"percent"`        // share of the steps that are done
}

// Step is one step of the onboarding.
type Step struct {
	Name   string     `json:"name"`
	Status Status     `json:"status"`
	Detail string     `json:"detail,omitempty"` // what is to be known or done, in a sentence
	Sync   *FirstSync `json:"sync,omitempty"`   // of first_sync alone
}

// FirstSync is how far the import of the history is.
type FirstSync struct {
	Phase     string `json:"phase"`
	Listed    int    `json:"listed"`  // activities with at least a provisional load
	Refined   int    `json:"refined"` // of those, settled: by their streams, or because there are none to be had
	Pending   int    `json:"pending"` // of those, the ones that wait for their streams
	Parked    int    `json:"parked"`  // of the refined, the ones whose streams could not be had
	LastError string `json:"last_error,omitempty"`
}

// Onboarding gives the account's progress. A failure to read the facts is an error, never a step to be done: nobody is
// sent back to a step because something else broke.
func (s *Service) Onboarding(ctx context.Context, accountID int64) (Progress, error) {
	var facts store.OnboardingFacts
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		facts, err = store.LoadOnboardingFacts(ctx, conn, accountID)
		return err
	})
	if err != nil {
		return Progress{}, fmt.Errorf("read onboarding: %w", err)
	}
	return progressOf(facts), nil
}

func progressOf(facts store.OnboardingFacts) Progress {
	first := firstSync(facts)
	steps := []struct {
		done bool
		Step
	}{
		{true, Step{Name: StepAccount}},
		{facts.Consented, Step{Name: StepConsent}},
		{facts.ProfileSetAt != nil && facts.MaxHRKnown, Step{Name: StepProfile, Detail: profileDetail(facts)}},
		// A connection that Strava no longer accepts is asked for again, and yet the step stays done.
		{facts.Connected, Step{Name: StepStrava, Detail: stravaDetail(facts)}},
		{facts.BackfilledAt != nil, Step{Name: StepFirstSync, Detail: syncDetail(first), Sync: &first}},
	}
	progress := Progress{Steps: make([]Step, len(steps))}
	done := 0
	for i, step := range steps {
		switch {
		case step.done:
			step.Status = StatusDone
			done++
		case progress.Next == "":
			step.Status = StatusCurrent
			progress.Next = step.Name
		default:
			step.Status = StatusTodo
		}
		progress.Steps[i] = step.Step
	}
	progress.Percent = 100 * done / len(steps)
	return progress
}

func firstSync(facts store.OnboardingFacts) FirstSync {
	sync := FirstSync{
		Listed: facts.Activities, Refined: facts.Activities - facts.Pending, Pending: facts.Pending,
		Parked: facts.Parked, LastError: facts.LastError,
	}
	switch {
	case !facts.Connected:
		sync.Phase = PhaseWaiting
	case facts.BackfilledAt == nil:
		sync.Phase = PhaseListing
	case facts.RefinedAt == nil:
		sync.Phase = PhaseRefining
	default:
		sync.Phase = PhaseDone
	}
	return sync
}

func profileDetail(facts store.OnboardingFacts) string {
	if !facts.MaxHRKnown {
		return "Give your birth date or your maximum heart rate: without one of them there is no training load."
	}
	return ""
}

func stravaDetail(facts store.OnboardingFacts) string {
	switch {
	case facts.Reconnect:
		return "Strava no longer accepts the connection: please connect again."
	case !facts.Connected:
		return "Connect Strava, where your activities come from."
	}
	return ""
}

func syncDetail(sync FirstSync) string {
	switch sync.Phase {
	case PhaseWaiting:
		return "Starts when Strava is connected."
	case PhaseListing:
		return fmt.Sprintf("%d activities so far; the whole history is being listed.", sync.Listed)
	case PhaseRefining:
		return fmt.Sprintf("%d of %d activities are refined from their samples.", sync.Refined, sync.Listed)
	}
	return fmt.Sprintf("%d activities are imported.", sync.Listed)
}
