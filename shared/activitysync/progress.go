package activitysync

import (
	"context"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// Phase is where an account's sync stands.
type Phase string

// The phases of a sync.
const (
	PhaseIdle      Phase = "idle"      // Strava is not connected
	PhaseListing   Phase = "listing"   // the history is being listed
	PhaseRefining  Phase = "refining"  // loads are being refined from streams
	PhaseDone      Phase = "done"      // everything is in
	PhaseReconnect Phase = "reconnect" // Strava refuses the connection until the athlete renews it
)

// Progress is how far an account's sync is.
type Progress struct {
	Phase     Phase
	Listed    int // activities known
	Refined   int // of those, the ones whose streams were read or that have none
	Pending   int // of those, the ones whose streams are still to be read
	Parked    int // of those, the ones that were given up on
	Waiting   []store.WaitingActivity
	ETA       *time.Time // when everything should be refined, by what quota is left; nil where nothing is pending
	RetryAt   *time.Time // when work that was postponed goes on; nil where nothing waits
	FreshAt   *time.Time // when Strava last told what is new
	LastError string     // why it does not get on, in words; empty where it does
}

// mostWaiting bounds the activities that are named in a Progress.
const mostWaiting = 50

// Progress tells how far the account's sync is.
func (s *Service) Progress(ctx context.Context, accountID int64) (Progress, error) {
	now := s.now()
	var progress Progress
	err := s.DB.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		connection, err := store.ReadConnection(ctx, conn, accountID)
		if fault.KindOf(err) == fault.NotFound {
			progress = Progress{Phase: PhaseIdle}
			return nil
		}
		if err != nil {
			return err
		}
		counts, err := store.CountActivities(ctx, conn, accountID)
		if err != nil {
			return err
		}
		due, err := store.ListDue(ctx, conn, accountID, now)
		if err != nil {
			return err
		}
		progress = Progress{
			Phase: phaseOf(connection, counts, due, now), Listed: counts.All,
			Refined: counts.Refined + counts.WithoutStreams, Pending: counts.Pending, Parked: counts.Parked,
			FreshAt: connection.SyncedAt, LastError: connection.LastError,
		}
		progress.wait(due, now)
		if progress.Waiting, err = store.ListWaitingActivities(ctx, conn, accountID, mostWaiting); err != nil {
			return err
		}
		windows, err := store.ReadQuota(ctx, conn, now)
		if err != nil {
			return err
		}
		if counts.Pending > 0 && progress.Phase != PhaseReconnect {
			rivals, err := store.CountRivalCalls(ctx, conn, accountID, counts.Pending, now, appReason(strava.CodeRateLimited))
			if err != nil {
				return err
			}
			eta := estimate(windows, counts.Pending+rivals, now)
			progress.ETA = &eta
		}
		return nil
	})
	return progress, err
}

func phaseOf(connection store.StravaConnection, counts store.ActivityCounts, due []store.DueState, now time.Time) Phase {
	switch {
	case connection.Status == store.ConnectionReconnect:
		return PhaseReconnect
	case connection.BackfilledAt == nil:
		return PhaseListing
	}
	for _, row := range due {
		if row.Kind == store.KindBackfill || (row.Kind == store.KindIncremental && !row.DueAt.After(now)) {
			return PhaseListing
		}
	}
	if counts.Pending > 0 {
		return PhaseRefining
	}
	return PhaseDone
}

// wait says what the work that is not getting on waits for.
func (p *Progress) wait(due []store.DueState, now time.Time) {
	for _, row := range due {
		if row.Running || row.Reason == "" {
			continue
		}
		if p.LastError == "" {
			p.LastError = row.Reason
		}
		if !row.Parked && row.DueAt.After(now) && (p.RetryAt == nil || row.DueAt.Before(*p.RetryAt)) {
			at := row.DueAt
			p.RetryAt = &at
		}
	}
}

// callTime is what one activity takes where no quota holds it up: the call and the database.
const callTime = 400 * time.Millisecond

// estimate is when calls more calls of the backfill lane will have been made, one after another, within the quota.
func estimate(windows []store.QuotaWindow, calls int, now time.Time) time.Time {
	quarterLeft, dayLeft := calls, calls
	quarterFull, dayFull := calls, calls
	for _, window := range windows {
		full := window
		full.Used = 0
		if window.Span == "day" {
			dayLeft, dayFull = min(dayLeft, window.Left(store.LaneBackfill)), min(dayFull, full.Left(store.LaneBackfill))
		} else {
			quarterLeft = min(quarterLeft, window.Left(store.LaneBackfill))
			quarterFull = min(quarterFull, full.Left(store.LaneBackfill))
		}
		if window.BlockedUntil != nil && window.BlockedUntil.After(now) {
			now = *window.BlockedUntil
		}
	}
	if quarterFull <= 0 || dayFull <= 0 {
		return now.Add(24 * time.Hour)
	}
	for {
		room := min(quarterLeft, dayLeft)
		if calls <= room {
			return now.Add(time.Duration(calls) * callTime)
		}
		calls -= room
		dayLeft -= room
		next := now.UTC().Truncate(15 * time.Minute).Add(15 * time.Minute)
		if dayLeft == 0 {
			next = now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		}
		if next.Truncate(24 * time.Hour).Equal(next) {
			dayLeft = dayFull
		}
		now, quarterLeft = next, quarterFull
	}
}
