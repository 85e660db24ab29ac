package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

// OpenSession is a session in force, as the account's owner sees it.
type OpenSession struct {
	ID      string // names the session, and tells nothing of its token
	Current bool   // it is the one that asks
	store.OpenSession
}

// Sessions gives the account's sessions in force, the one last seen first.
func (s *Service) Sessions(ctx context.Context, identity Identity) (sessions []OpenSession, err error) {
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		found, err := store.ListSessions(ctx, conn, identity.AccountID, s.now(), s.idleSince(s.now()))
		sessions = make([]OpenSession, len(found))
		for i, one := range found {
			sessions[i] = OpenSession{ID: sessionID(one.TokenHash), Current: one.TokenHash == identity.SessionHash, OpenSession: one}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessions, nil
}

// EndSession ends the account's session of that id; NotFound where the account has none.
func (s *Service) EndSession(ctx context.Context, identity Identity, id string) error {
	sessions, err := s.Sessions(ctx, identity)
	if err != nil {
		return err
	}
	for _, session := range sessions {
		if session.ID != id {
			continue
		}
		err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
			return store.EndSession(ctx, conn, identity.AccountID, session.TokenHash)
		})
		if err != nil {
			return fmt.Errorf("end session: %w", err)
		}
		logging.Log(ctx, slog.LevelInfo, logging.EventAccountSessionsEnded, "sessions ended", slog.Int("sessions", 1))
		return nil
	}
	return fault.New(fault.NotFound, "no-session", "There is no such session: it may have ended already.")
}

// EndOtherSessions signs out everywhere but here.
func (s *Service) EndOtherSessions(ctx context.Context, identity Identity) error {
	var ended int
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		ended, err = store.EndOtherSessions(ctx, conn, identity.AccountID, identity.SessionHash)
		return err
	})
	if err != nil {
		return fmt.Errorf("end other sessions: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSessionsEnded, "sessions ended", slog.Int("sessions", ended))
	return nil
}

// sessionID is half a hash of the token's hash: enough to tell an account's sessions apart.
func sessionID(hash store.TokenHash) string {
	sum := sha256.Sum256(hash[:])
	return hex.EncodeToString(sum[:16])
}

// Who gives what the holder of a session sees of the account and the session.
func (s *Service) Who(ctx context.Context, identity Identity) (who store.Who, err error) {
	err = s.leading.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		who, err = store.ReadWho(ctx, conn, identity.AccountID, identity.SessionHash)
		return err
	})
	if err != nil {
		return store.Who{}, fmt.Errorf("who: %w", signedOut(err))
	}
	return who, nil
}
