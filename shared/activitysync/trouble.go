package activitysync

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
	"github.com/train-d/train-d/shared/training"
)

// troubles are the failures among a batch of activities. A failure that Strava blames on the activity is noted at once.
// One that may be anybody's (a cut answer, a gateway) makes the activity a suspect: it is blamed when another one's
// answer shows that Strava is well, and nobody is when none does.
type troubles struct {
	session  *session
	due      store.Due
	profiles store.Profiles
	suspects []suspect
}

type suspect struct {
	activity store.Activity
	err      error
}

// scopeOf is the scope of a refusal by Strava. Any other error of reducing an answer that came whole is the activity's
// own, so that one broken recording stops nothing; a failure of the database is not of that kind.
func scopeOf(err error) strava.Scope {
	var refused *strava.Error
	if errors.As(err, &refused) {
		return refused.Scope
	}
	return strava.ScopeActivity
}

// take notes a failure where it is the activity's, keeps it in mind where it may be, and else returns it.
func (t *troubles) take(ctx context.Context, activity *store.Activity, err error) error {
	switch {
	case ctx.Err() != nil:
		return err
	case scopeOf(err) == strava.ScopeActivity:
		return t.note(ctx, activity, err)
	case scopeOf(err) == strava.ScopeTransient:
		t.suspects = append(t.suspects, suspect{*activity, err})
		if len(t.suspects) >= mostSuspects {
			return t.end(ctx)
		}
		return t.session.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.KeepDue(ctx, conn, t.due, t.session.worker.now())
		})
	default:
		return err
	}
}

// note counts the activity's failure and says when it is tried again. Streams that Strava does not have may be late; after
// a while there are none. After too many other failures the activity is parked, and tried now and then all the same.
func (t *troubles) note(ctx context.Context, activity *store.Activity, cause error) error {
	s, now, tries := t.session, t.session.worker.now(), activity.StreamsAttempts+1
	failure := store.StreamsFailure{ActivityID: activity.ID, State: activity.Streams, Counted: true,
		Reason: "Strava could not give its samples"}
	wait := backoff(2*tries - 1)
	givenUp := tries >= mostStreamTries && activity.Streams != store.StreamsExpired
	var refused *strava.Error
	switch {
	case errors.As(cause, &refused) && refused.Code == strava.CodeNotFound:
		givenUp = false
		failure.Reason = "Strava has no samples of it"
		late := s.uploadedAt(activity).Add(lateStreams)
		if !now.Before(late) {
			refinement, err := s.worker.without(activity, failure.Reason, t.profiles)
			if err != nil {
				return err
			}
			return s.store(ctx, t.due, refinement)
		}
		wait = min(firstLateWait<<min(tries-1, 10), longestLateWait, late.Sub(now))
	case refused != nil && refused.Code == strava.CodeNoTime:
		failure.Reason = "its samples have no time base"
	}
	level, event := slog.LevelInfo, logging.EventSyncPostponed
	if givenUp {
		failure.State, wait = store.StreamsParked, parkedEvery
		if activity.Streams != store.StreamsParked {
			level, event = slog.LevelWarn, logging.EventSyncParked
		}
	}
	if !givenUp || tries < mostStreamTries+mostParkedTries {
		at := now.Add(wait)
		failure.RetryAt = &at
	}
	logging.Log(ctx, level, event, "an activity's streams failed", slog.Int64("activity_id", activity.ID),
		slog.Int("attempts", tries), slog.String("cause", cause.Error()), slog.String("reason", failure.Reason))
	return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.NoteStreamsFailure(ctx, conn, t.due, failure, now)
	})
}

// uploadedAt is when an activity came to Strava, as far as is known: what was not there yet when the history was listed came
// when it was seen first, all else soon after it began.
func (s *session) uploadedAt(activity *store.Activity) time.Time {
	if s.backfilledAt != nil && activity.SeenAt.After(*s.backfilledAt) && activity.SeenAt.After(activity.StartAt) {
		return activity.SeenAt
	}
	return activity.StartAt
}

// blame notes the suspects' failures: Strava has just answered for another activity.
func (t *troubles) blame(ctx context.Context) error {
	for _, suspect := range t.suspects {
		if err := t.note(ctx, &suspect.activity, suspect.err); err != nil {
			return err
		}
	}
	t.suspects = nil
	return nil
}

// end finds out whose the failures are that nobody was blamed for yet: the activities' where Strava gives the streams of
// another one, else Strava's. Then the suspects are put behind the others, uncounted, so that the next unit begins with
// those that were not tried.
func (t *troubles) end(ctx context.Context) error {
	if len(t.suspects) == 0 {
		return nil
	}
	well, err := t.ask(ctx)
	if err != nil {
		return err
	}
	if well {
		return t.blame(ctx)
	}
	s, now := t.session, t.session.worker.now()
	at := now.Add(backoff(t.due.Refusals+1) + putBehind)
	for _, suspect := range t.suspects {
		failure := store.StreamsFailure{ActivityID: suspect.activity.ID, State: suspect.activity.Streams,
			Reason: suspect.activity.StreamsReason, RetryAt: &at}
		err := s.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.NoteStreamsFailure(ctx, conn, t.due, failure, now)
		})
		if err != nil {
			return err
		}
	}
	return t.suspects[len(t.suspects)-1].err
}

// putBehind is how much longer than the work itself a suspect waits that nobody could blame.
const putBehind = 5 * time.Minute

// ask asks again for the streams of an activity that Strava gave before, and says whether it gave them now. They are not
// kept.
func (t *troubles) ask(ctx context.Context) (well bool, err error) {
	s := t.session
	var proven int64
	found := false
	err = s.use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if err = store.KeepDue(ctx, conn, t.due, s.worker.now()); err != nil {
			return err
		}
		proven, found, err = store.NewestRefined(ctx, conn, s.accountID)
		return err
	})
	if err != nil || !found || timeIsUp(ctx) {
		return false, err
	}
	_, err = call(ctx, s, t.due.Lane, func(ctx context.Context, access string) (training.Streams, strava.Usage, error) {
		return s.worker.Strava.Streams(ctx, access, proven)
	})
	if err != nil && scopeOf(err) != strava.ScopeTransient && scopeOf(err) != strava.ScopeActivity {
		return false, err
	}
	return err == nil, nil
}
