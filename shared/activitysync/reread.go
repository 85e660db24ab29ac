package activitysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// mostMisses is how often a new activity is looked for that Strava announced and does not show yet.
	mostMisses = 5
	// firstMissWait is the wait after the first time; each further one is twice as long, so that an hour passes.
	firstMissWait = 2 * time.Minute
)

// question is the cursor of work that asks Strava whether a hint is true.
type question struct {
	Aspect   string `json:"aspect,omitempty"`   // what was hinted at last; decides nothing but how long a new activity is looked for
	Misses   int    `json:"misses,omitempty"`   // times that Strava did not show a new activity
	Answered bool   `json:"answered,omitempty"` // Strava was asked, and the row only keeps it from being asked too soon
}

// answered is the cursor of a question that was.
var answered = json.RawMessage(`{"answered":true}`)

// Hint makes work of what a webhook said, in one statement, and does the account's work that is due. An unknown athlete
// costs neither a row nor a call of Strava. An error means that the hint is not written down: the message must come again.
func (w *Worker) Hint(ctx context.Context, hint message.Hint) error {
	asked := store.Question{Kind: store.KindReread, Subject: strconv.FormatInt(hint.ObjectID, 10), Lane: store.LaneWebhook,
		Trace: logging.TraceOf(ctx).ID}
	if hint.Object == message.ObjectAthlete {
		asked.Kind, asked.Subject = store.KindAuthorization, ""
	}
	cursor, err := json.Marshal(question{Aspect: hint.Aspect})
	if err != nil {
		return fmt.Errorf("write question: %w", err)
	}
	asked.Cursor = cursor
	db, closeDB := w.open(ctx)
	defer closeDB()
	var wake message.Wake
	known := false
	err = db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		dueID, accountID, found, err := store.AskAbout(ctx, conn, hint.OwnerID, asked)
		known, wake = found, message.NewWake(dueID, accountID)
		return err
	})
	if err != nil {
		return err
	}
	if !known {
		logging.Log(ctx, slog.LevelDebug, logging.EventSyncHintIgnored, "a hint about nobody who can be asked", slog.Int64("owner_id", hint.OwnerID))
		return nil
	}
	return w.work(ctx, db, wake)
}

// reread asks Strava for one activity and stores what it says: the activity as it is now, or that there is none any more.
// Whatever hints led here, and in whatever order, the outcome is Strava's answer.
func (s *session) reread(ctx context.Context, due store.Due) (report, error) {
	var asked question
	if err := json.Unmarshal(due.Cursor, &asked); err != nil {
		return report{}, fmt.Errorf("read question: %w", err)
	}
	id, err := strconv.ParseInt(due.Subject, 10, 64)
	if err != nil {
		return report{}, fmt.Errorf("read subject of reread: %w", err)
	}
	if asked.Answered {
		return report{}, s.finish(ctx, due)
	}
	activity, err := call(ctx, s, due.Lane, func(ctx context.Context, access string) (strava.Activity, strava.Usage, error) {
		return s.worker.Strava.Activity(ctx, access, id)
	})
	var refused *strava.Error
	switch {
	case err == nil:
		return s.storeReread(ctx, due, activity)
	case errors.As(err, &refused) && refused.Scope == strava.ScopeActivity && refused.Code == strava.CodeNotFound:
		return report{}, s.missed(ctx, due, id, asked)
	default:
		return report{}, err
	}
}

// storeReread stores the activity. Where its samples are to be asked for, that is due at once in the same lane; should they
// come late, phase two goes on asking.
func (s *session) storeReread(ctx context.Context, due store.Due, activity strava.Activity) (report, error) {
	now := s.worker.now()
	done := report{listed: 1}
	err := s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err := store.LoadProfiles(ctx, conn, s.accountID)
		if err != nil {
			return err
		}
		listed := newListing([]strava.Activity{activity}, true)
		found, err := store.ReadStoredSummaries(ctx, conn, s.accountID, listed.seen)
		if err != nil {
			return err
		}
		if done.written, err = s.ingest(ctx, conn, listed, found, profiles); err != nil {
			return err
		}
		stored, err := store.ReadActivity(ctx, conn, s.accountID, activity.ID)
		if err != nil {
			return err
		}
		if done.written > 0 && stored.Streams == store.StreamsPending {
			for _, request := range []store.DueRequest{
				{Kind: store.KindRefetch, Subject: due.Subject, Lane: due.Lane},
				{Kind: store.KindStreams, Lane: store.LaneBackfill, DueAt: now.Add(firstLateWait), Resume: true},
			} {
				request.AccountID, request.Trace = s.accountID, due.OriginTrace
				if _, err := store.EnqueueDue(ctx, conn, request); err != nil {
					return err
				}
			}
		}
		return store.RestDue(ctx, conn, due, answered, now.Add(store.RereadPause))
	})
	return done, err
}

// missed is the answer that there is no such activity: one that we have is deleted, a new one may not be there yet.
func (s *session) missed(ctx context.Context, due store.Due, id int64, asked question) error {
	now := s.worker.now()
	return s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		known, err := store.DeleteActivity(ctx, conn, s.accountID, id, now)
		if err != nil {
			return err
		}
		if known || asked.Aspect == message.AspectDelete || asked.Misses+1 >= mostMisses {
			return store.RestDue(ctx, conn, due, answered, now.Add(store.RereadPause))
		}
		cursor, err := json.Marshal(question{Aspect: asked.Aspect, Misses: asked.Misses + 1})
		if err != nil {
			return err
		}
		return store.RestDue(ctx, conn, due, cursor, now.Add(firstMissWait<<asked.Misses))
	})
}
