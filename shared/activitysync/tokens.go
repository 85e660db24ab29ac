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
	storeTries = 5
	// storePause is before the first try in another session; each further one is as much longer.
	storePause = 200 * time.Millisecond
)

// openedTokens are a connection's tokens as the session read them last.
type openedTokens struct {
	access     config.Secret
	expiresAt  time.Time
	generation int64
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
	s.tokens = &openedTokens{generation: connection.Generation, expiresAt: connection.TokenExpiresAt}
	s.backfilledAt = connection.BackfilledAt
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
	return s.rotate(ctx, &rotation{session: s, stale: s.tokens.generation})
}

func (s *session) rotate(ctx context.Context, r *rotation) error {
	err := s.outlive(ctx, func() bool { return r.fresh != nil }, r.run)
	if err == nil {
		err = r.gone
	}
	if err != nil {
		return fmt.Errorf("refresh tokens: %w", err)
	}
	if r.fresh != nil {
		logging.Log(ctx, slog.LevelInfo, logging.EventStravaTokenRefreshed, "tokens refreshed and stored",
			slog.Int64("generation", s.tokens.generation))
	}
	return nil
}

// rotation is one refresh. What Strava answered outlives the transaction that asked: the refresh token before is dead.
type rotation struct {
	session *session
	stale   int64          // the generation that is not good any more
	prove   bool           // Strava is asked whether the grant stands, though the tokens of the generation may be good
	fresh   *strava.Tokens // nil until Strava has answered
	from    int64          // the generation that fresh replaces
	gone    error          // the connection ended while Strava answered
}

// run is the transaction. It may run again after one of which nobody knows whether it was committed.
func (r *rotation) run(ctx context.Context, conn database.Conn) error {
	s := r.session
	connection, err := store.LockConnection(ctx, conn, s.accountID)
	if isNotConnected(err) && r.fresh != nil {
		r.gone = err
		return s.keepForRevocation(ctx, conn, r.fresh.Refresh)
	}
	if err != nil {
		return err
	}
	if r.fresh == nil {
		if r.prove && connection.Generation != r.stale {
			return nil // somebody else got tokens meanwhile, which proves it
		}
		if !r.prove {
			if err := s.open(connection); err != nil {
				return err
			}
			if connection.Generation != r.stale && s.tokens.good(s.worker.now()) {
				return nil
			}
		}
		if r.fresh, err = s.askForTokens(ctx, connection); err != nil {
			return err
		}
		r.from = connection.Generation
	}
	if connection.Generation != r.from { // stored after all, or replaced by what a new consent gave
		return s.open(connection)
	}
	access, refresh, err := sealTokens(s.worker.Sealer, s.accountID, *r.fresh)
	if err != nil {
		return err
	}
	if err := store.RotateTokens(ctx, conn, s.accountID, r.from, access, refresh, r.fresh.ExpiresAt); err != nil {
		return err
	}
	s.tokens = &openedTokens{access: r.fresh.Access, expiresAt: r.fresh.ExpiresAt, generation: r.from + 1}
	return nil
}

// outlive runs a transaction in which Strava is asked for tokens, until what it answered is stored: from then on nobody else
// has them, and the ones before are dead. A session that lost its connection gets no other, so each further try has its own.
func (s *session) outlive(ctx context.Context, answered func() bool, run func(ctx context.Context, conn database.Conn) error) error {
	err := s.db.InTx(ctx, run)
	for try := 1; err != nil && answered() && try < storeTries; try++ {
		err = s.again(ctx, time.Duration(try)*storePause, run)
	}
	return err
}

func (s *session) again(ctx context.Context, pause time.Duration, run func(ctx context.Context, conn database.Conn) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime+pause)
	defer cancel()
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	db, closeDB := s.worker.Databases.Open()
	defer closeDB(ctx)
	return db.InTx(ctx, run)
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
