package activitysync

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// eraseBatch is how many activities one transaction erases with their samples.
	eraseBatch = 500
	// eraseWithin is what athletes are promised; what takes longer is told to the operator every minute.
	eraseWithin = 24 * time.Hour
	// revokeWithin is how long the refresh token is kept for a Strava that neither confirms nor refuses.
	revokeWithin = 30 * 24 * time.Hour
	// receiptsKept is how long a receipt stays.
	receiptsKept = 2 * 365 * 24 * time.Hour
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

// erase works an erasure off: first the rows, some at a time, until counting finds none; then the authorization at Strava.
// Killed anywhere it goes on with what is left.
func (s *session) erase(ctx context.Context, due store.Due) error {
	id, err := strconv.ParseInt(due.Subject, 10, 64)
	if err != nil {
		return fmt.Errorf("read subject of erasure: %w", err)
	}
	erased := map[string]int{"strava_connections": 1}
	if string(due.Cursor) != "{}" {
		if err := json.Unmarshal(due.Cursor, &erased); err != nil {
			return fmt.Errorf("read cursor of erasure: %w", err)
		}
	}
	for {
		if timeIsUp(ctx) {
			return s.giveBack(ctx, due)
		}
		done, err := s.eraseSome(ctx, due, id, erased)
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	if err := s.revoke(ctx, id); err != nil {
		return err
	}
	return s.finish(ctx, due)
}

// eraseSome is one transaction of an erasure; done where nothing is left and the receipt is written.
func (s *session) eraseSome(ctx context.Context, due store.Due, id int64, erased map[string]int) (done bool, err error) {
	now := s.worker.now()
	var erasure store.Erasure
	var some map[string]int
	err = s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if erasure, err = store.LockErasure(ctx, conn, id); err != nil {
			return err
		}
		if done = erasure.ErasedAt != nil; done {
			return nil
		}
		if some, err = store.EraseSome(ctx, conn, erasure.AccountID, eraseBatch); err != nil {
			return err
		}
		if len(some) == 0 {
			done = true
			return store.EndErasing(ctx, conn, erasure, erased, now)
		}
		total := map[string]int{}
		for _, counts := range []map[string]int{erased, some} {
			for table, rows := range counts {
				total[table] += rows
			}
		}
		cursor, err := json.Marshal(total)
		if err != nil {
			return fmt.Errorf("write cursor of erasure: %w", err)
		}
		return store.AdvanceDue(ctx, conn, due, cursor, now)
	})
	if err != nil {
		return false, err
	}
	for table, rows := range some {
		erased[table] += rows
	}
	if done && erasure.ErasedAt == nil {
		logging.Log(ctx, slog.LevelInfo, logging.EventErasureCompleted, "nothing from Strava is left of an account",
			slog.Int64("erasure_id", id), slog.String("reason", erasure.Reason), slog.Any("rows", erased),
			logging.Millis("took_ms", now.Sub(erasure.RequestedAt)))
	}
	return done, nil
}

// revoke ends the authorization at Strava with the connection's last access token, where that has expired with a fresh one.
// Strava's refusal of both means that there is nothing left to end. What passes is tried again, for revokeWithin.
func (s *session) revoke(ctx context.Context, id int64) error {
	err := s.deauthorize(ctx, id, "")
	if isUnauthorized(err) {
		var access string
		if access, err = s.revocationAccess(ctx, id); err == nil && access != "" {
			err = s.deauthorize(ctx, id, access)
		}
	}
	var refused *strava.Error
	if errors.As(err, &refused) && refused.Scope == strava.ScopeAthlete {
		return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.SettleRevocation(ctx, conn, id, store.RevocationEnded)
		})
	}
	return err
}

// revocationAccess gives a fresh access token, once the refresh token that came with it is stored; empty where the
// revocation is not pending any more.
func (s *session) revocationAccess(ctx context.Context, id int64) (string, error) {
	var fresh *strava.Tokens
	err := s.outlive(ctx, func() bool { return fresh != nil }, func(ctx context.Context, conn database.Conn) error {
		erasure, err := store.LockErasure(ctx, conn, id)
		if err != nil || erasure.Revocation != store.RevocationPending {
			return err
		}
		owner := secret.ForAccount(erasure.AccountID)
		if fresh == nil {
			refresh, err := s.worker.Sealer.Open(erasure.SealedRefreshToken, owner)
			if err != nil {
				return fmt.Errorf("open refresh token: %w", err)
			}
			asking, cancel := context.WithTimeout(ctx, refreshTimeout)
			defer cancel()
			tokens, err := s.worker.Strava.Refresh(asking, string(refresh))
			if err != nil {
				return err
			}
			fresh = &tokens
		}
		sealed, err := s.worker.Sealer.Seal([]byte(fresh.Refresh.Reveal()), owner)
		if err != nil {
			return fmt.Errorf("seal refresh token: %w", err)
		}
		return store.KeepRevocationToken(ctx, conn, id, sealed)
	})
	if err != nil || fresh == nil {
		return "", err
	}
	return fresh.Access.Reveal(), nil
}

// deauthorize ends the authorization while the erasure is locked, so that nobody connects anew in between and loses it. An
// empty access token means the connection's last one. After revokeWithin it gives up.
func (s *session) deauthorize(ctx context.Context, id int64, access string) error {
	return s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		erasure, err := store.LockErasure(ctx, conn, id)
		if err != nil || erasure.Revocation != store.RevocationPending {
			return err
		}
		if erasure.RequestedAt.Add(revokeWithin).Before(s.worker.now()) {
			return store.SettleRevocation(ctx, conn, id, store.RevocationGivenUp)
		}
		if access == "" {
			opened, err := s.worker.Sealer.Open(erasure.SealedAccessToken, secret.ForAccount(erasure.AccountID))
			if err != nil {
				return fmt.Errorf("open access token: %w", err)
			}
			access = string(opened)
		}
		asking, cancel := context.WithTimeout(ctx, refreshTimeout)
		defer cancel()
		if err := s.worker.Strava.Deauthorize(asking, access); err != nil {
			return err
		}
		return store.SettleRevocation(ctx, conn, id, store.RevocationEnded)
	})
}

// keepForRevocation stores tokens that Strava gave for a connection which ended meanwhile: the ones that its erasure has
// are dead.
func (s *session) keepForRevocation(ctx context.Context, conn database.Conn, refresh config.Secret) error {
	erasure, found, err := store.OpenErasure(ctx, conn, s.accountID)
	if err != nil || !found {
		return err
	}
	sealed, err := s.worker.Sealer.Seal([]byte(refresh.Reveal()), secret.ForAccount(s.accountID))
	if err != nil {
		return fmt.Errorf("seal refresh token: %w", err)
	}
	return store.KeepRevocationToken(ctx, conn, erasure.ID, sealed)
}
