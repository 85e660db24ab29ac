package activitysync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// expiryMargin is how long an access token must still be good for to be used.
	expiryMargin = time.Minute
	// refreshTimeout bounds the refresh, during which a transaction holds the connection's row.
	refreshTimeout = 10 * time.Second
	// storeTries is how often it is tried to store refreshed tokens: the ones before are dead.
	storeTries = 3
)

// openedTokens are a connection's tokens as the session read them last.
type openedTokens struct {
	access     config.Secret
	expiresAt  time.Time
	generation int64
	scopes     []string
}

func (t *openedTokens) good(now time.Time) bool { return t.expiresAt.After(now.Add(expiryMargin)) }

// access gives an access token that is good, refreshed where need be.
func (s *session) access(ctx context.Context) (string, error) {
	if s.tokens == nil {
		err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
			connection, err := store.ReadConnection(ctx, conn, s.accountID)
			if err != nil {
				return err
			}
			return s.open(connection)
		})
		if err != nil {
			return "", err
		}
	}
	if !s.tokens.good(s.worker.now()) {
		if err := s.refresh(ctx); err != nil {
			return "", err
		}
	}
	return s.tokens.access.Reveal(), nil
}

// open takes the connection's tokens over; one that must be renewed by the athlete is refused.
func (s *session) open(connection store.StravaConnection) error {
	s.tokens = &openedTokens{generation: connection.Generation, scopes: connection.Scopes, expiresAt: connection.TokenExpiresAt}
	if connection.Status == store.ConnectionReconnect {
		return &strava.Error{Op: "open connection", Scope: strava.ScopeAthlete, Code: strava.CodeUnauthorized}
	}
	access, err := s.worker.Sealer.Open(connection.SealedAccessToken, secret.ForAccount(s.accountID))
	if err != nil {
		return fmt.Errorf("open access token: %w", err)
	}
	s.tokens.access = config.NewSecret(string(access))
	return nil
}

// renew replaces the tokens of the generation, unless the session has newer ones already.
func (s *session) renew(ctx context.Context, generation int64) error {
	if s.tokens != nil && s.tokens.generation != generation {
		return nil
	}
	return s.refresh(ctx)
}

// refresh replaces the session's tokens by newer ones: those that somebody else stored meanwhile, else Strava's. The row
// is locked from reading the old refresh token to storing the new one, so that one refresh happens at a time and nobody
// uses an access token whose refresh token is not stored (I19).
func (s *session) refresh(ctx context.Context) error {
	stale := s.tokens.generation
	var fresh *strava.Tokens // outlives the transaction: once Strava has answered, the old refresh token is dead
	inTx := func(ctx context.Context, conn database.Conn) error {
		connection, err := store.LockConnection(ctx, conn, s.accountID)
		if err != nil {
			return err
		}
		if err := s.open(connection); err != nil {
			return err
		}
		if connection.Generation != stale && s.tokens.good(s.worker.now()) {
			return nil
		}
		if fresh == nil {
			if fresh, err = s.askForTokens(ctx, connection); err != nil {
				return err
			}
		}
		access, refresh, err := sealTokens(s.worker.Sealer, s.accountID, *fresh)
		if err != nil {
			return err
		}
		err = store.RotateTokens(ctx, conn, s.accountID, connection.Generation, access, refresh, fresh.ExpiresAt)
		if err != nil {
			return err
		}
		s.tokens = &openedTokens{access: fresh.Access, expiresAt: fresh.ExpiresAt, generation: connection.Generation + 1,
			scopes: connection.Scopes}
		return nil
	}
	err := s.db.InTx(ctx, inTx)
	for try := 1; err != nil && fresh != nil && try < storeTries; try++ {
		err = s.inTxAtLast(ctx, inTx)
	}
	if err != nil {
		return fmt.Errorf("refresh tokens: %w", err)
	}
	if fresh != nil {
		logging.Log(ctx, slog.LevelInfo, logging.EventStravaTokenRefreshed, "tokens refreshed and stored",
			slog.Int64("generation", s.tokens.generation))
	}
	return nil
}

func (s *session) inTxAtLast(ctx context.Context, f func(ctx context.Context, conn database.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	return s.db.InTx(ctx, f)
}

func (s *session) askForTokens(ctx context.Context, connection store.StravaConnection) (*strava.Tokens, error) {
	refresh, err := s.worker.Sealer.Open(connection.SealedRefreshToken, secret.ForAccount(s.accountID))
	if err != nil {
		return nil, fmt.Errorf("open refresh token: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	tokens, err := s.worker.Strava.Refresh(ctx, string(refresh))
	if err != nil {
		return nil, err
	}
	return &tokens, nil
}

// isUnauthorized says that Strava refused the access token itself.
func isUnauthorized(err error) bool {
	var refused *strava.Error
	return errors.As(err, &refused) && refused.Scope == strava.ScopeAthlete && refused.Code == strava.CodeUnauthorized
}
