// Package account is the use case of who may enter: registration with consent, sign-in, sessions, and the OAuth state that
// ties a consent at Strava to the session that began it.
//
// Secrets are known to their holder alone: passwords are stored as argon2id, tokens and states as SHA-256.
package account

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// The least and the greatest length of a password, in characters.
const (
	MinPasswordLength = 8
	MaxPasswordLength = 128
)

const (
	maxEmailLength  = 254 // bytes, RFC 5321
	maxDeviceLength = 200 // characters kept of what a browser calls itself
)

// Service answers for accounts. All methods are safe for concurrent use.
type Service struct {
	database database.Database
	leading  database.Leading // what reads in the round trip that proves the session
	sealer   *secret.Sealer
	settings config.Accounts
	hasher   *hasher
	exports  chan struct{} // a place for each that may be written at once
	now      func() time.Time
}

// New makes the use case over a database; the sealer's keys seal what a token says of its owner. One per process: it bounds
// how many passwords are hashed at once.
func New(db database.Database, sealer *secret.Sealer, settings config.Accounts) *Service {
	return &Service{database: db, leading: database.Leading{Database: db}, sealer: sealer, settings: settings, hasher: newHasher(), exports: make(chan struct{}, mostExports), now: time.Now}
}

// Registration is what a person gives to open an account.
type Registration struct {
	Email       string
	Password    string
	AcceptTerms bool // terms, privacy notice and use of health data
}

// Register opens an account with consents, default settings and a first session, all or nothing, and makes an e-mail due that
// verifies the address. Wrong fields come back together as joined faults of kind Invalid; a taken address is a Conflict
// "email-taken", and too many of those from one place are Throttled.
func (s *Service) Register(ctx context.Context, registration Registration, client Client) (Session, error) {
	email, emailErr := normaliseEmail(registration.Email)
	err := errors.Join(emailErr, checkPassword("password", registration.Password, email), checkTerms(registration.AcceptTerms))
	if err != nil {
		return Session{}, err
	}
	throttle := registrationAtAddress.by(client.Address)
	if err := s.admit(ctx, throttle); err != nil {
		return Session{}, fmt.Errorf("register: %w", err)
	}
	hash, err := s.hasher.hash(ctx, registration.Password)
	if err != nil {
		return Session{}, fmt.Errorf("register: %w", err)
	}
	session, stored := s.newSession(client)
	session.Email = email
	device, consents := hashOf(session.Device), currentConsents()
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		session.AccountID, session.LetterID, err = store.Register(ctx, conn, store.Registration{
			Email: email, PasswordHash: hash, Consents: consents, Session: stored, Device: device[:],
			Throttle: throttle.Key[:], VerifyEmail: true, Trace: logging.TraceOf(ctx).ID,
		})
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("register: %w", err)
	}
	if session.Token, err = s.withOwner(session.Token, session.AccountID); err != nil {
		return Session{}, err
	}
	session.Who = store.Who{
		AccountID: session.AccountID, Email: email, HasPassword: true, ExpiresAt: stored.ExpiresAt, ConfirmedAt: &stored.OpenedAt, Consents: consents,
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountRegistered, "account registered",
		slog.Int64("account_id", session.AccountID))
	return session, nil
}

// errCredentials is the answer to an unknown e-mail and to a wrong password alike.
var errCredentials = fault.New(fault.Unauthenticated, "credentials", "The e-mail address or the password is wrong.")

// Attempt is what somebody signs in with.
type Attempt struct {
	Email    string
	Password string
	Code     string // of the second factor, or a recovery code; empty where none was asked for yet
}

// SignIn opens a new session, with a token of its own. An unknown e-mail address and a wrong password get the same answer
// after the same work, so that nobody learns whose accounts there are; only who knows the password learns that a second
// factor is needed. Too many attempts are Throttled, at a device that the owner signed in from apart from all others.
func (s *Service) SignIn(ctx context.Context, attempt Attempt, client Client) (Session, error) {
	_, device := deviceOf(client)
	found, err := s.credentials(ctx, attempt.Email, device)
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	cleared, returned := ofSignIn(attempt.Email, client, found.KnownDevice)
	if err := s.admit(ctx, slices.Concat(cleared, returned)...); err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	if err := s.prove(ctx, found, attempt.Password, attempt.Code); err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	session, stored := s.newSession(client)
	session.AccountID, session.Email = found.AccountID, found.Email
	if session.Token, err = s.withOwner(session.Token, session.AccountID); err != nil {
		return Session{}, err
	}
	err = s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if err := store.InsertSession(ctx, conn, found.AccountID, stored, s.idleSince(stored.OpenedAt)); err != nil {
			return err
		}
		if err := store.PutDevice(ctx, conn, found.AccountID, hashOf(session.Device), stored.OpenedAt); err != nil {
			return err
		}
		if err := store.ReturnThrottles(ctx, conn, cleared, returned); err != nil {
			return err
		}
		session.Who, err = store.ReadWho(ctx, conn, found.AccountID, stored.TokenHash)
		return err
	})
	if err != nil {
		return Session{}, fmt.Errorf("sign in: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSignedIn, "signed in", slog.Int64("account_id", session.AccountID))
	return session, nil
}

// prove checks a password, and a code where the account has a second factor. A hash made with other parameters than the present
// ones is replaced where the password is right.
func (s *Service) prove(ctx context.Context, found store.Credentials, password, code string) error {
	right, err := s.hasher.verify(ctx, password, found.PasswordHash)
	if err != nil {
		return err
	}
	if right {
		err = s.proveSecondFactor(ctx, found, code)
	} else {
		err = errCredentials
	}
	if err != nil {
		if fault.KindOf(err) == fault.Unauthenticated && !errors.Is(err, errFactorNeeded) {
			logging.Log(ctx, slog.LevelInfo, logging.EventAccountSignInRefused, "sign-in refused")
		}
		return err
	}
	if !isOutdated(found.PasswordHash) {
		return nil
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return err
	}
	return s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.ReplacePasswordHash(ctx, conn, found.AccountID, found.PasswordHash, hash)
	})
}

// credentials finds whom an e-mail address belongs to; the zero Credentials where it is nobody's.
func (s *Service) credentials(ctx context.Context, email string, device store.TokenHash) (found store.Credentials, err error) {
	email, mistake := normaliseEmail(email)
	if mistake == nil { // what is no address is nobody's
		err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			found, err = store.FindCredentials(ctx, conn, email, device)
			return err
		})
	}
	if fault.KindOf(err) == fault.NotFound {
		return store.Credentials{}, nil
	}
	return found, err
}

// normaliseEmail trims an address and checks its syntax. Its case stays as typed; it is compared without.
func normaliseEmail(email string) (string, error) {
	email = strings.TrimSpace(email)
	if len(email) > maxEmailLength {
		return "", fault.Field("email", fmt.Sprintf("must have at most %d characters", maxEmailLength))
	}
	address, err := mail.ParseAddress(email)
	if err != nil || address.Address != email || !isPublicHost(email[strings.LastIndexByte(email, '@')+1:]) {
		return "", fault.Field("email", `must be an e-mail address, as "name@example.com"`)
	}
	return email, nil
}

// isPublicHost refuses what no mail can reach from outside: names without a dot, and addresses in brackets.
func isPublicHost(host string) bool {
	dot := strings.IndexByte(host, '.')
	return dot > 0 && !strings.HasPrefix(host, "[")
}

// The results of these two are error, not *fault.Error: a nil of the latter joined to others would count as one.
func checkPassword(field, password, email string) error {
	length := utf8.RuneCountInString(password)
	if length < MinPasswordLength || length > MaxPasswordLength {
		return fault.Field(field, fmt.Sprintf("must have from %d to %d characters", MinPasswordLength, MaxPasswordLength))
	}
	if isEasy(password, email) {
		return fault.Field(field, "is among the first that anybody would try: take another, of several words for instance")
	}
	return nil
}

func checkTerms(accepted bool) error {
	if !accepted {
		return fault.Field("accept_terms", "must be accepted: without consent nothing may be stored")
	}
	return nil
}

// cleanDevice keeps what can be stored and shown of a browser's name.
func cleanDevice(device string) string {
	device = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(device, ""))
	if runes := []rune(device); len(runes) > maxDeviceLength {
		return string(runes[:maxDeviceLength])
	}
	return device
}
