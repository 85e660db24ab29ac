package activitysync

import (
	"context"
	"errors"
	"log/slog"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
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
		return nil
	default:
		return err
	}
}

// note counts the activity's failure. Without streams for good it is done; after too many tries it is parked.
func (t *troubles) note(ctx context.Context, activity *store.Activity, cause error) error {
	s, tries := t.session, activity.StreamsAttempts+1
	state, reason := activity.Streams, "Strava could not give its samples"
	var refused *strava.Error
	if errors.As(cause, &refused) && refused.Code == strava.CodeNotFound {
		reason = "Strava has no samples of it"
		if tries >= mostStreamTries-1 || s.worker.now().Sub(activity.StartAt) > lateStreams {
			refinement, err := s.worker.without(activity, reason, t.profiles)
			if err != nil {
				return err
			}
			return s.store(ctx, t.due, refinement)
		}
	} else if errors.As(cause, &refused) && refused.Code == strava.CodeNoTime {
		reason = "its samples have no time base"
	}
	level, event := slog.LevelInfo, logging.EventSyncPostponed
	if tries >= mostStreamTries {
		state, level, event = store.StreamsParked, slog.LevelWarn, logging.EventSyncParked
	}
	logging.Log(ctx, level, event, "an activity's streams failed", slog.Int64("activity_id", activity.ID),
		slog.Int("attempts", tries), slog.String("cause", cause.Error()), slog.String("reason", reason))
	return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.NoteStreamsFailure(ctx, conn, t.due, activity.ID, state, reason, s.worker.now())
	})
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

// end gives the failure that nobody could be blamed for. Where it has come again and again with nothing else left to
// ask for, the activities are it.
func (t *troubles) end(ctx context.Context) error {
	if len(t.suspects) == 0 {
		return nil
	}
	if t.due.Attempts >= mostAttempts && len(t.suspects) < mostSuspects {
		return t.blame(ctx)
	}
	return t.suspects[len(t.suspects)-1].err
}
