package account

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// recentFor is how long after proving who they are the holder of a session may change what guards the account, take everything
// out of it or end it.
const recentFor = 10 * time.Minute

// IsRecent reports whether the holder of the session proved a short while ago who they are.
func (s *Service) IsRecent(confirmedAt time.Time) bool { return s.now().Sub(confirmedAt) < recentFor }

// errConfirm is the answer to what needs a recent proof.
var errConfirm = fault.New(fault.Forbidden, "confirmation-needed", "Please confirm first that it is you.")

// DemandRecent refuses an identity that was not proven lately: Forbidden "confirmation-needed".
func (s *Service) DemandRecent(identity Identity) error {
	if !s.IsRecent(identity.ConfirmedAt) {
		return errConfirm
	}
	return nil
}

// Confirm takes the proof that the holder of a session is the account's owner: the password, where there is one, and a code,
// where there is a second factor. The session gets a new token.
func (s *Service) Confirm(ctx context.Context, identity Identity, password, code string) (Session, error) {
	throttle := confirmOfAccount.byAccount(identity.AccountID)
	if err := s.admit(ctx, throttle); err != nil {
		return Session{}, fmt.Errorf("confirm: %w", err)
	}
	found, err := s.ownCredentials(ctx, identity)
	if err != nil {
		return Session{}, fmt.Errorf("confirm: %w", err)
	}
	switch {
	case found.PasswordHash != "":
		err = s.prove(ctx, found, password, code)
	case found.SealedSecret != nil:
		err = s.proveSecondFactor(ctx, found, code)
	default:
		err = fault.New(fault.Conflict, "no-proof", "This account has neither a password nor a second factor. Please sign out and sign in again.")
	}
	if err != nil {
		return Session{}, fmt.Errorf("confirm: %w", err)
	}
	session, renewed, err := s.renewed(identity)
	if err != nil {
		return Session{}, err
	}
	err = s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if err := store.RenewSession(ctx, conn, identity.SessionHash, renewed, s.now()); err != nil {
			return err
		}
		return store.ReturnThrottles(ctx, conn, []store.Throttle{throttle}, nil)
	})
	if err != nil {
		return Session{}, fmt.Errorf("confirm: %w", signedOut(err))
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountConfirmed, "identity confirmed")
	return session, nil
}

// ChangePassword sets the account's password, also its first, and signs out everywhere else. The session, which must be recent,
// gets a new token.
func (s *Service) ChangePassword(ctx context.Context, identity Identity, password string) (Session, error) {
	if err := s.DemandRecent(identity); err != nil {
		return Session{}, err
	}
	if err := checkPassword("new_password", password, identity.Email); err != nil {
		return Session{}, err
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return Session{}, fmt.Errorf("change password: %w", err)
	}
	session, renewed, err := s.renewed(identity)
	if err != nil {
		return Session{}, err
	}
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.ChangePassword(ctx, conn, identity.AccountID, hash, identity.SessionHash, renewed, s.now())
	})
	if err != nil {
		return Session{}, fmt.Errorf("change password: %w", signedOut(err))
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountPasswordChanged, "password changed")
	return session, nil
}

func (s *Service) ownCredentials(ctx context.Context, identity Identity) (found store.Credentials, err error) {
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		found, err = store.ReadCredentials(ctx, conn, identity.AccountID)
		return err
	})
	return found, signedOut(err)
}

// renewed makes another token for a session.
func (s *Service) renewed(identity Identity) (Session, store.TokenHash, error) {
	key := secret.NewToken()
	token, err := s.withOwner(key, identity.AccountID)
	return Session{Token: token, ExpiresAt: identity.ExpiresAt, AccountID: identity.AccountID, Email: identity.Email}, hashOf(key), err
}

// signedOut turns a session or account that is no longer there into the answer to who is not signed in.
func signedOut(err error) error {
	if fault.KindOf(err) == fault.NotFound {
		return errSignedOut
	}
	return err
}
