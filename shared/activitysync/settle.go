package activitysync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// mostAttempts is after how many failures in a row for a reason of our own a row is parked. Strava's don't count.
	mostAttempts = 8
	// mostRefusals is after how many refusals in a row work about one activity is parked.
	mostRefusals = 8
	// mostCrashes is after how many claims without any outcome a row is taken for what kills its workers.
	mostCrashes = 25

	firstBackoff   = 30 * time.Second
	longestBackoff = time.Hour
	// appWait is how long work waits where Strava refuses the application and does not say until when.
	appWait = 5 * time.Minute
)

var errPoison = errors.New("its worker ended without an outcome too often")

// postponement is a unit that waits for a time that is known; nothing is wrong.
type postponement struct {
	at     time.Time
	reason string // in words, for the athlete
}

func (p *postponement) Error() string { return p.reason }

func isLeaseLost(err error) bool { return errors.Is(err, store.ErrLeaseLost) }

// backoff is the wait before the next attempt after so many.
func backoff(attempts int) time.Duration {
	return min(firstBackoff<<min(max(attempts-1, 0), 10), longestBackoff)
}

// settle decides what becomes of the row of a unit that ended with err. Only a database out of reach is an error of the
// invocation: nothing could be written down, so the message must come again.
func (s *session) settle(ctx context.Context, due store.Due, err error) error {
	var wait *postponement
	var refused *strava.Error
	switch {
	case isLeaseLost(err):
		logging.Log(ctx, slog.LevelInfo, logging.EventSyncPostponed, "another worker has taken over",
			slog.String("reason", err.Error()))
		return nil
	case errors.As(err, &wait):
		return s.postpone(ctx, due, wait.at, wait.reason)
	case errors.Is(err, errPoison):
		return s.park(ctx, due, err, err.Error())
	case errors.As(err, &refused):
		return s.settleRefusal(ctx, due, refused)
	case ctx.Err() != nil: // the time ran out in the middle of a step of our own
		return s.exhaust(ctx, due, err)
	case fault.KindOf(err) == fault.Unavailable, fault.KindOf(err) == fault.OutcomeUnknown:
		return err
	case isNotConnected(err): // the connection ended, and its rows go with it
		return s.change(ctx, func(ctx context.Context, conn database.Conn) error { return store.FinishDue(ctx, conn, due) })
	case fault.IsPermanent(err) || due.Attempts >= mostAttempts:
		return s.park(ctx, due, err, "this part of the sync failed and was set aside")
	default:
		return s.fail(ctx, due, err, "this part of the sync failed and is tried again")
	}
}

func isNotConnected(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == "strava-not-connected"
}

// settleRefusal acts by the scope of Strava's error: the application waits and nobody is disconnected, the athlete is
// asked to reconnect, everything else is tried again.
func (s *session) settleRefusal(ctx context.Context, due store.Due, refused *strava.Error) error {
	now := s.worker.now()
	switch refused.Scope {
	case strava.ScopeApp:
		until := refused.RetryAt
		if !until.After(now) {
			until = now.Add(appWait)
		}
		err := s.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.BlockQuota(ctx, conn, until, now)
		})
		if err != nil {
			return err
		}
		logging.Log(ctx, slog.LevelWarn, logging.EventStravaAppBlocked, "Strava refuses the application for now",
			slog.String("code", refused.Code), slog.Int("status", refused.Status), slog.Time("until", until))
		return s.postpone(ctx, due, until, appReason(refused.Code))
	case strava.ScopeAthlete:
		return s.disconnect(ctx, due, refused)
	case strava.ScopeActivity:
		if due.Refusals+1 >= mostRefusals {
			return s.park(ctx, due, refused, "Strava can't give one of the activities")
		}
		fallthrough
	default:
		return s.refuse(ctx, due, refused, "Strava did not answer as it should; the sync goes on by itself")
	}
}

// appReason tells an athlete why the whole application waits (I24: never an unexplained error).
func appReason(code string) string {
	switch code {
	case strava.CodeRateLimited:
		return "Strava's quota for Train-D is used up; the sync goes on by itself"
	case strava.CodeAthleteLimit:
		return "Train-D may not connect more athletes at Strava yet; the operator has to ask Strava for more"
	case strava.CodeInactive, strava.CodeBadClient:
		return "Strava has switched Train-D off for now; the operator has to act, your connection stays"
	default:
		return "Strava is under maintenance; the sync goes on by itself"
	}
}

// disconnect asks this athlete, and nobody else, to connect again.
func (s *session) disconnect(ctx context.Context, due store.Due, refused *strava.Error) error {
	reason := "Strava no longer accepts the connection: connect Strava again"
	if refused.Code == strava.CodeMissingScope {
		reason = "Strava does not allow reading activities: connect Strava again and allow it"
	}
	marked := false
	err := s.use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if s.tokens != nil {
			marked, err = store.RequireReconnect(ctx, conn, s.accountID, s.tokens.generation, reason)
		}
		return err
	})
	if err != nil {
		return err
	}
	s.tokens = nil
	if !marked { // somebody stored other tokens meanwhile: those have not been tried
		return s.refuse(ctx, due, refused, "")
	}
	logging.Log(ctx, slog.LevelWarn, logging.EventStravaDisconnected, "the athlete must connect again",
		slog.String("code", refused.Code), slog.Int("status", refused.Status))
	return s.park(ctx, due, refused, reason)
}

// spread is over how long work is spread that waits for one and the same moment.
const spread = 2 * time.Minute

// spreadBy is an account's share of spread, by Fibonacci hashing: neighbours lie far apart.
func spreadBy(accountID int64) time.Duration {
	return time.Duration(uint64(accountID) * 0x9E3779B97F4A7C15 >> 1 % uint64(spread))
}

// postpone moves the row to a moment that many others may wait for too, so that they don't all wake at once.
func (s *session) postpone(ctx context.Context, due store.Due, at time.Time, reason string) error {
	at = at.Add(spreadBy(s.accountID))
	logging.Log(ctx, slog.LevelInfo, logging.EventSyncPostponed, "unit of work postponed",
		slog.String("reason", reason), slog.Time("until", at))
	return s.change(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.PostponeDue(ctx, conn, due, at, reason)
	})
}

// refuse settles a failure of Strava's: the row waits longer and longer, up to a limit, and is never parked for it.
func (s *session) refuse(ctx context.Context, due store.Due, cause error, reason string) error {
	at := s.worker.now().Add(backoff(due.Refusals + 1))
	logging.Log(ctx, slog.LevelWarn, logging.EventSyncFailed, "Strava failed, to be tried again",
		slog.String("cause", cause.Error()), slog.Int("refusals", due.Refusals+1), slog.Time("until", at))
	return s.change(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.RefuseDue(ctx, conn, due, at, reason)
	})
}

// exhaust settles a unit whose time ran out. One that never gets anywhere in its time is found by its attempts.
func (s *session) exhaust(ctx context.Context, due store.Due, cause error) error {
	const reason = "this part of the sync took too long"
	now := s.worker.now()
	parked := false
	err := s.change(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		parked, err = store.ExhaustDue(ctx, conn, due, now, now.Add(backoff(due.Attempts)), mostAttempts, reason)
		return err
	})
	level, event := slog.LevelInfo, logging.EventSyncPostponed
	if parked {
		level, event = slog.LevelError, logging.EventSyncParked
	}
	logging.Log(ctx, level, event, "no time left", slog.String("cause", cause.Error()), slog.Int("attempts", due.Attempts),
		slog.String("reason", reason), slog.Bool("parked", parked))
	return err
}

func (s *session) fail(ctx context.Context, due store.Due, cause error, reason string) error {
	at := s.worker.now().Add(backoff(due.Attempts))
	logging.Log(ctx, slog.LevelWarn, logging.EventSyncFailed, "unit of work failed, to be tried again",
		slog.String("cause", cause.Error()), slog.Int("attempts", due.Attempts), slog.Time("until", at))
	return s.change(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.FailDue(ctx, conn, due, at, reason)
	})
}

func (s *session) park(ctx context.Context, due store.Due, cause error, reason string) error {
	logging.Log(ctx, slog.LevelError, logging.EventSyncParked, "unit of work parked",
		slog.String("cause", cause.Error()), slog.String("reason", reason), slog.Int("attempts", due.Attempts))
	return s.change(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.ParkDue(ctx, conn, due, s.worker.now(), reason)
	})
}

// change settles the row; one that is somebody else's by now is not ours to settle.
func (s *session) change(ctx context.Context, f func(ctx context.Context, conn database.Conn) error) error {
	if err := s.use(ctx, f); err != nil && !isLeaseLost(err) {
		return fmt.Errorf("settle due work: %w", err)
	}
	return nil
}
