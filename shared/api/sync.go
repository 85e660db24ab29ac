package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/activitysync"
)

// SyncProgress is how far the account's sync is.
type SyncProgress struct {
	Phase      activitysync.Phase `json:"phase" enum:"idle,listing,refining,done,reconnect" doc:"idle: Strava is not connected; listing: the history comes in with provisional load; refining: samples replace averages; reconnect: Strava refuses the connection until it is renewed"`
	Activities int                `json:"activities" doc:"Activities known, each with at least a provisional load where it has heart rates"`
	Refined    int                `json:"refined" doc:"Of those, the ones whose samples were read or that have none"`
	Pending    int                `json:"pending" doc:"Of those, the ones whose samples are still to be read"`
	Parked     int                `json:"parked" doc:"Of those, the ones whose samples could not be had"`
	Waiting    []WaitingActivity  `json:"waiting" doc:"Activities that are parked or were tried in vain, newest first"`
	ETA        *time.Time         `json:"eta,omitempty" doc:"When everything should be refined, by what quota is left"`
	RetryAt    *time.Time         `json:"retry_at,omitempty" doc:"When work that was postponed goes on"`
	SyncedAt   *time.Time         `json:"synced_at,omitempty" doc:"When Strava last told what is new"`
	LastError  string             `json:"last_error,omitempty" doc:"Why it does not get on, in words"`
}

// WaitingActivity is an activity whose samples are not in.
type WaitingActivity struct {
	ID       ActivityID `json:"id"`
	Name     string     `json:"name"`
	StartAt  time.Time  `json:"start_at"`
	Parked   bool       `json:"parked" doc:"Given up on for now: it is tried again now and then"`
	Reason   string     `json:"reason"`
	Attempts int        `json:"attempts"`
	RetryAt  *time.Time `json:"retry_at,omitempty" doc:"When it is tried again; absent where it is by nobody, or at once"`
}

type syncOutput struct{ Body SyncProgress }

func (a *API) syncOperations(service huma.API) {
	register(service, status(operation(http.MethodPost, "/v1/sync", "ask-sync", "Ask for a look at what is new at Strava"), http.StatusAccepted),
		func(ctx context.Context, _ *struct{}) (*syncOutput, error) {
			accountID := identity(ctx).AccountID
			dueID, err := a.Activities.AskSync(ctx, accountID)
			if err != nil {
				return nil, err
			}
			a.wake(ctx, accountID, dueID)
			return a.progress(ctx, accountID)
		})
	register(service, reads(operation(http.MethodGet, "/v1/sync", "sync", "How far the sync is")),
		func(ctx context.Context, _ *struct{}) (*syncOutput, error) {
			return a.progress(ctx, identity(ctx).AccountID)
		})
}

func (a *API) progress(ctx context.Context, accountID int64) (*syncOutput, error) {
	progress, err := a.Activities.Progress(ctx, accountID)
	if err != nil {
		return nil, err
	}
	body := SyncProgress{
		Phase: progress.Phase, Activities: progress.Listed, Refined: progress.Refined, Pending: progress.Pending,
		Parked: progress.Parked, Waiting: make([]WaitingActivity, len(progress.Waiting)), ETA: progress.ETA,
		RetryAt: progress.RetryAt, SyncedAt: progress.FreshAt, LastError: progress.LastError,
	}
	for i, waiting := range progress.Waiting {
		body.Waiting[i] = WaitingActivity{
			ID: ActivityID(waiting.ID), Name: waiting.Name, StartAt: waiting.StartAt, Parked: waiting.Parked,
			Reason: waiting.Reason, Attempts: waiting.Attempts, RetryAt: waiting.RetryAt,
		}
	}
	return &syncOutput{body}, nil
}
