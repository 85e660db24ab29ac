package account

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

// resetInterval is how long after one e-mail that resets a password another is sent.
const resetInterval = 2 * time.Minute

// RequestPasswordReset makes an e-mail due to the owner of an address, whose link sets a new password, and gives its row for a
// message. An address that is nobody's gets the same answer after the same work, and zeros.
func (s *Service) RequestPasswordReset(ctx context.Context, email string, client Client) (store.DueAccount, error) {
	email, err := normaliseEmail(email)
	if err != nil {
		return store.DueAccount{}, err
	}
	if err := s.admit(ctx, resetAtAddress.by(client.Address)); err != nil {
		return store.DueAccount{}, fmt.Errorf("request password reset: %w", err)
	}
	var due store.DueAccount
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		due, err = store.RequestPasswordReset(ctx, conn, email, s.now().Add(-resetInterval), logging.TraceOf(ctx).ID)
		return err
	})
	if err != nil {
		return store.DueAccount{}, fmt.Errorf("request password reset: %w", err)
	}
	return due, nil
}

// ResetPassword sets a password by the token of such a link, once, and signs out everywhere. A token that is unknown, used or
// too old is NotFound "link".
func (s *Service) ResetPassword(ctx context.Context, token, password string, client Client) error {
	if err := checkPassword("new_password", password, ""); err != nil {
		return err
	}
	throttle := linkAtAddress.by(client.Address)
	if err := s.admit(ctx, throttle); err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error { // a guess is not worth a hash
		return store.CheckEmailToken(ctx, conn, hashOf(token), store.KindPasswordReset, s.now())
	})
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	hash, err := s.hasher.hash(ctx, password)
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	var accountID int64
	err = s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if accountID, err = store.ResetPassword(ctx, conn, hashOf(token), hash, s.now()); err != nil {
			return err
		}
		return store.ReturnThrottles(ctx, conn, nil, []store.Throttle{throttle})
	})
	if err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountPasswordChanged, "password changed", slog.Int64("account_id", accountID))
	return nil
}

// RequestVerification makes another e-mail due that verifies the account's address, and gives its row; a Conflict where there is
// no address, or it is verified.
func (s *Service) RequestVerification(ctx context.Context, identity Identity) (dueID int64, err error) {
	who, err := s.Who(ctx, identity)
	if err != nil {
		return 0, err
	}
	if who.Email == "" || who.EmailVerified {
		return 0, fault.New(fault.Conflict, "nothing-to-verify", "There is no e-mail address that waits to be verified.")
	}
	return s.verifyLater(ctx, identity, nil)
}

// ChangeEmail makes an e-mail due to another address. The address is the account's once its link was followed; that it is
// somebody else's already is told there, to who reads its mail, and not here.
func (s *Service) ChangeEmail(ctx context.Context, identity Identity, email string) (dueID int64, err error) {
	if err := s.DemandRecent(identity); err != nil {
		return 0, err
	}
	if email, err = normaliseEmail(email); err != nil {
		return 0, err
	}
	cursor, err := cursorTo(email)
	if err != nil {
		return 0, fmt.Errorf("change e-mail: %w", err)
	}
	return s.verifyLater(ctx, identity, cursor)
}

func (s *Service) verifyLater(ctx context.Context, identity Identity, cursor json.RawMessage) (dueID int64, err error) {
	if err := s.admit(ctx, letterOfAccount.byAccount(identity.AccountID)); err != nil {
		return 0, fmt.Errorf("request verification: %w", err)
	}
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		dueID, err = store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: identity.AccountID, Kind: store.KindEmailVerification,
			Lane: store.LaneInteractive, Cursor: cursor, Trace: logging.TraceOf(ctx).ID})
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("request verification: %w", err)
	}
	return dueID, nil
}

// VerifyEmail makes the address that a link was sent to the account's, known to be its owner's. A token that is unknown, used or
// too old is NotFound "link"; an address that somebody else has meanwhile a Conflict "email-taken". Where it takes the place of a
// verified one, an e-mail is due to that, whose row it gives; else a row without an id.
func (s *Service) VerifyEmail(ctx context.Context, token string, client Client) (notice store.DueAccount, err error) {
	throttle := linkAtAddress.by(client.Address)
	if err := s.admit(ctx, throttle); err != nil {
		return store.DueAccount{}, fmt.Errorf("verify e-mail: %w", err)
	}
	err = s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		accountID, before, err := store.VerifyEmail(ctx, conn, hashOf(token), s.now())
		if err != nil {
			return err
		}
		notice = store.DueAccount{AccountID: accountID}
		if before != "" {
			if notice.DueID, err = tellOfChange(ctx, conn, accountID, before); err != nil {
				return err
			}
		}
		return store.ReturnThrottles(ctx, conn, nil, []store.Throttle{throttle})
	})
	if err != nil {
		return store.DueAccount{}, fmt.Errorf("verify e-mail: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountEmailVerified, "e-mail address verified", slog.Int64("account_id", notice.AccountID))
	return notice, nil
}

// tellOfChange makes an e-mail due to an address that is not the account's any more: whoever takes an account over would
// change it unseen.
func tellOfChange(ctx context.Context, conn database.Conn, accountID int64, address string) (dueID int64, err error) {
	cursor, err := cursorTo(address)
	if err != nil {
		return 0, err
	}
	return store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindEmailChanged, Subject: address,
		Lane: store.LaneInteractive, Cursor: cursor, Trace: logging.TraceOf(ctx).ID})
}

// cursorTo names the address of an e-mail that does not go to the account's.
func cursorTo(address string) (json.RawMessage, error) {
	cursor, err := json.Marshal(map[string]string{"address": address})
	if err != nil {
		return nil, fmt.Errorf("name the address: %w", err)
	}
	return cursor, nil
}
