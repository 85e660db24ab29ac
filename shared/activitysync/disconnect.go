package activitysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// Disconnect ends the account's connection to Strava in one transaction, makes the erasure of all that came from there due,
// and gives the due row, which belongs to no account, for a Wake. What a worker has under way for the account it can't
// store any more. An account without a connection is NotFound with code strava-not-connected.
func (s *Service) Disconnect(ctx context.Context, accountID int64) (int64, error) {
	var dueID int64
	err := s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		connection, err := store.LockConnection(ctx, conn, accountID)
		if err != nil {
			return err
		}
		dueID, err = store.BeginErasure(ctx, conn, connection, store.ReasonDisconnected, logging.TraceOf(ctx).ID, s.now())
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("disconnect Strava: %w", err)
	}
	logDisconnected(ctx, accountID, store.ReasonDisconnected)
	return dueID, nil
}

func logDisconnected(ctx context.Context, accountID int64, reason string) {
	logging.Log(ctx, slog.LevelInfo, logging.EventStravaDisconnected, "the connection ended; its data is being erased",
		slog.Int64("account_id", accountID), slog.String("reason", reason))
}

// confirmAuthorization asks Strava whether the athlete still allows anything, by a refresh. Refused, the athlete has ended
// it there, and all is erased as if it had been ended here. Anything else proves nothing.
func (s *session) confirmAuthorization(ctx context.Context, due store.Due) error {
	var asked question
	if err := json.Unmarshal(due.Cursor, &asked); err != nil {
		return fmt.Errorf("read question: %w", err)
	}
	if asked.Answered {
		return s.finish(ctx, due)
	}
	var connection store.StravaConnection
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		connection, err = store.ReadConnection(ctx, conn, s.accountID)
		return err
	})
	if err != nil {
		return err
	}
	err = s.rotate(ctx, &rotation{session: s, stale: connection.Generation, prove: true})
	switch {
	case err == nil:
		return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.RestDue(ctx, conn, due, answered, s.worker.now().Add(store.RereadPause))
		})
	case isBadGrant(err):
		return s.deauthorized(ctx, due, connection.Generation)
	default:
		return err
	}
}

func isBadGrant(err error) bool {
	var refused *strava.Error
	return errors.As(err, &refused) && refused.Scope == strava.ScopeAthlete && refused.Code == strava.CodeBadGrant
}

// deauthorized erases as Disconnect does, unless the athlete has authorized anew since the refusal.
func (s *session) deauthorized(ctx context.Context, due store.Due, refused int64) error {
	var dueID int64
	err := s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		connection, err := store.LockConnection(ctx, conn, s.accountID)
		if err != nil {
			return err
		}
		if connection.Generation != refused {
			return store.RestDue(ctx, conn, due, answered, s.worker.now().Add(store.RereadPause))
		}
		dueID, err = store.BeginErasure(ctx, conn, connection, store.ReasonDeauthorized, due.OriginTrace, s.worker.now())
		return err
	})
	if err != nil || dueID == 0 {
		return err
	}
	s.tokens = nil
	logDisconnected(ctx, s.accountID, store.ReasonDeauthorized)
	if err := s.worker.Publisher.Publish(ctx, message.TopicSync, message.NewWake(dueID, 0)); err != nil {
		logging.Log(ctx, slog.LevelWarn, logging.EventFunctionFailed, "wake-up not published; the next tick finds the work",
			slog.Any("error", err), slog.Int64("due_id", dueID))
	}
	return nil
}
