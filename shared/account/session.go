package account

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

const (
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
	Device    string // token by which the device is known again
	LetterID  int64  // due row of the e-mail that verifies the address; 0 where none is due

	// Who is what its holder sees, known when it was opened: a read afterwards could fail, and the answer with it, though
	// the session is there. It is not filled in for one opened at Strava.
	Who store.Who
}

// Identity is who holds a session that was just opened.
func (s Session) Identity() Identity {
	key, _, _ := splitToken(s.Token)
	return Identity{AccountID: s.AccountID, Email: s.Email, ExpiresAt: s.ExpiresAt, SessionHash: hashOf(key)}
}

// Identity is who holds a session.
type Identity struct {
	AccountID   int64
	Email       string
	ExpiresAt   time.Time
	ConfirmedAt time.Time // when the holder last proved who they are; zero for never
	SessionHash store.TokenHash
}

// errSignedOut is the answer to a token that is unknown, ended or unused for too long.
var errSignedOut = fault.New(fault.Unauthenticated, "signed-out", "Please sign in.")

// Authenticate tells who holds the token, in one round trip that also keeps the session from going idle. A session
// in use is written at most once a minute.
func (s *Service) Authenticate(ctx context.Context, token string) (Identity, error) {
	key, _, ok := splitToken(token)
	if !ok {
		return Identity{}, errSignedOut
	}
	identity := Identity{SessionHash: hashOf(key)}
	err := s.database.Use(ctx, s.find(identity.SessionHash, func(found store.Session) bool {
		identity.AccountID, identity.Email = found.AccountID, found.Email
		identity.ExpiresAt, identity.ConfirmedAt = found.ExpiresAt, found.ConfirmedAt
		return true
	}).Ask)
	if err != nil {
		return Identity{}, fmt.Errorf("authenticate: %w", err)
	}
	return identity, nil
}

// Presume tells who holds the token if it is in force, from the token alone, and gives a context in which the first read
// takes the proof along in its round trip. Until then nothing but reads is allowed, and at the end Settle asks where
// nothing was read. The identity has neither e-mail address nor times. ok is false for tokens that do not say whose they
// are, as those from before the keys were changed: they have to be authenticated.
func (s *Service) Presume(ctx context.Context, token string) (presumed context.Context, identity Identity, ok bool) {
	key, owner, ok := splitToken(token)
	if !ok {
		return nil, Identity{}, false
	}
	hash := hashOf(key)
	accountID, ok := s.ownerOf(hash, owner)
	if !ok {
		return nil, Identity{}, false
	}
	ahead := s.find(hash, func(found store.Session) bool { return found.AccountID == accountID })
	return database.WithAhead(ctx, ahead), Identity{AccountID: accountID, SessionHash: hash}, true
}

// Settle asks for the proof of who was presumed, in a context that Presume gave, unless a read has brought it. It is
// the request's refusal, Unauthenticated where the session is not in force.
func (s *Service) Settle(ctx context.Context) error { return database.Settle(ctx, s.database) }

// find asks for a session. It refuses the request where none is in force or it is not the one that fits.
func (s *Service) find(hash store.TokenHash, fits func(store.Session) bool) *database.Ahead {
	now := s.now()
	// A setting shorter than two intervals must not end sessions in use.
	seenBefore := now.Add(-min(seenInterval, s.settings.SessionIdle/2))
	return store.FindSession(hash, now, s.idleSince(now), seenBefore, func(found store.Session, err error) error {
		if fault.KindOf(err) == fault.NotFound || (err == nil && !fits(found)) {
			return errSignedOut
		}
		return err
	})
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
	state := secret.NewToken()
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
		return oauthState(err)
	case err != nil:
		return fmt.Errorf("consume oauth state: %w", err)
	}
	return nil
}

// newSession makes a session as its holder sees it and as it is stored.
func (s *Service) newSession(client Client) (Session, store.NewSession) {
	now := s.now().Truncate(time.Microsecond) // as Postgres keeps it
	token := secret.NewToken()
	expires := now.Add(s.settings.SessionLifetime)
	stored := store.NewSession{TokenHash: hashOf(token), Device: cleanDevice(client.UserAgent), OpenedAt: now, ExpiresAt: expires}
	device, _ := deviceOf(client)
	return Session{Token: token, ExpiresAt: expires, Device: device}, stored
}

// A token is a key, by whose hash the session is found, and behind a dot its account's id, sealed for that session. The
// id proves nothing: it saves asking for it before anything can be read.
const keyLength = 43 // of what secret.NewToken gives

func splitToken(token string) (key, owner string, ok bool) {
	key, owner, _ = strings.Cut(token, ".")
	return key, owner, len(key) == keyLength
}

// withOwner completes a token.
func (s *Service) withOwner(key string, accountID int64) (string, error) {
	hash := hashOf(key)
	sealed, err := s.sealer.Seal(strconv.AppendInt(nil, accountID, 10), hash[:])
	if err != nil {
		return "", fmt.Errorf("make session token: %w", err)
	}
	return key + "." + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// ownerOf opens what withOwner sealed. It is not ok where it was made with a key that is gone, or by somebody else.
func (s *Service) ownerOf(session store.TokenHash, owner string) (accountID int64, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(owner)
	if err != nil || len(sealed) == 0 {
		return 0, false
	}
	plain, err := s.sealer.Open(sealed, session[:])
	if err != nil {
		return 0, false
	}
	accountID, err = strconv.ParseInt(string(plain), 10, 64)
	return accountID, err == nil
}

// idleSince is the moment at or before which a session last seen has gone idle at now.
func (s *Service) idleSince(now time.Time) time.Time { return now.Add(-s.settings.SessionIdle) }

func hashOf(token string) store.TokenHash { return sha256.Sum256([]byte(token)) }
