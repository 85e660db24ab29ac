package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
)

const (
	// tokenBytes is the entropy of a token and of an OAuth state: 256 bits.
	tokenBytes = 32
	// seenInterval is how often at most a session in use is written.
	seenInterval = time.Minute
	// oauthStateLifetime is how long a consent at Strava may take.
	oauthStateLifetime = 10 * time.Minute
)

// Session is a session just opened. Its token is seen here and never again.
type Session struct {
	Token     string
	ExpiresAt time.Time // the end, however active it is
	AccountID int64
	Email     string
}

// Identity is who holds a session.
type Identity struct {
	AccountID   int64
	Email       string
	ExpiresAt   time.Time
	SessionHash store.TokenHash
}

// errSignedOut is the answer to a token that is unknown, ended or unused for too long.
var errSignedOut = fault.New(fault.Unauthenticated, "signed-out", "Please sign in.")

// Authenticate tells who holds the token, in one round trip that also keeps the session from going idle. A session
// in use is written at most once a minute.
func (s *Service) Authenticate(ctx context.Context, token string) (Identity, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return Identity{}, errSignedOut
	}
	hash := hashOf(token)
	now := s.now()
	// A setting shorter than two intervals must not end sessions in use.
	seenBefore := now.Add(-min(seenInterval, s.settings.SessionIdle/2))
	var found store.Session
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		found, err = store.FindSession(ctx, conn, hash, now, s.idleSince(now), seenBefore)
		return err
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return Identity{}, errSignedOut
	case err != nil:
		return Identity{}, fmt.Errorf("authenticate: %w", err)
	}
	return Identity{AccountID: found.AccountID, Email: found.Email, ExpiresAt: found.ExpiresAt, SessionHash: hash}, nil
}

// SignOut ends the session; its token is worth nothing from then on. Signing out twice is no error.
func (s *Service) SignOut(ctx context.Context, identity Identity) error {
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.DeleteSession(ctx, conn, identity.SessionHash)
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// BeginOAuth gives a state to take along to Strava. It can come back for 10 minutes, once, and to this session only; a
// state that the session began before is void.
func (s *Service) BeginOAuth(ctx context.Context, identity Identity) (string, error) {
	state := newToken()
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.SetOAuthState(ctx, conn, identity.SessionHash, hashOf(state), s.now().Add(oauthStateLifetime))
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return "", errSignedOut
	case err != nil:
		return "", fmt.Errorf("begin oauth: %w", err)
	}
	return state, nil
}

// ConsumeOAuth accepts a state that came back, and voids it, before the code beside it is exchanged. One that is wrong,
// used, too old or another session's is a Forbidden "oauth-state".
func (s *Service) ConsumeOAuth(ctx context.Context, identity Identity, state string) error {
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.TakeOAuthState(ctx, conn, identity.SessionHash, hashOf(state), s.now())
	})
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return fault.Wrap(fault.Forbidden, "oauth-state",
			"This answer from Strava is too old, was used before or belongs to another session. Please connect again.", err)
	case err != nil:
		return fmt.Errorf("consume oauth state: %w", err)
	}
	return nil
}

// newSession makes a session as its holder sees it and as it is stored.
func (s *Service) newSession(device string) (Session, store.NewSession) {
	now := s.now().Truncate(time.Microsecond) // as Postgres keeps it
	token := newToken()
	expires := now.Add(s.settings.SessionLifetime)
	stored := store.NewSession{TokenHash: hashOf(token), Device: cleanDevice(device), OpenedAt: now, ExpiresAt: expires}
	return Session{Token: token, ExpiresAt: expires}, stored
}

// idleSince is the moment at or before which a session last seen has gone idle at now.
func (s *Service) idleSince(now time.Time) time.Time { return now.Add(-s.settings.SessionIdle) }

// newToken gives a secret of 256 random bits as 43 characters that need no escaping in a URL or a cookie.
func newToken() string {
	return base64.RawURLEncoding.EncodeToString(random(tokenBytes))
}

func hashOf(token string) store.TokenHash { return sha256.Sum256([]byte(token)) }
