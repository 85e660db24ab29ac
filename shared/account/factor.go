package account

import (
	"context"
	"encoding/base32"
	"fmt"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

const (
	// codePeriod and codeSkew are RFC 6238's time step, and by how many steps a clock may be off.
	codePeriod = 30 * time.Second
	codeSkew   = 1
	// recoveryCodes is how many there are; each is 80 random bits.
	recoveryCodes     = 10
	recoveryCodeBytes = 10
	secretBytes       = 20 // RFC 4226, 4: as long as the hash
	issuer            = "Train-D"
)

var (
	errFactorNeeded = fault.New(fault.Unauthenticated, "second-factor-needed", "Please enter the code that your authenticator shows.")
	errFactorWrong  = fault.New(fault.Unauthenticated, "second-factor-wrong", "The code is wrong, too old or was used before.")
)

// NewFactor is a second factor that does not count yet.
type NewFactor struct {
	Secret string // base32, for typing
	URI    string // otpauth://, for an authenticator to scan
}

// BeginSecondFactor makes a secret for an authenticator. It counts once ConfirmSecondFactor has seen a code of it; a Conflict
// where a second factor counts already.
func (s *Service) BeginSecondFactor(ctx context.Context, identity Identity) (NewFactor, error) {
	if err := s.DemandRecent(identity); err != nil {
		return NewFactor{}, err
	}
	if err := s.demandPassword(ctx, identity); err != nil {
		return NewFactor{}, fmt.Errorf("begin second factor: %w", err)
	}
	key := random(secretBytes)
	sealed, err := s.sealer.Seal(key, factorOf(identity.AccountID))
	if err != nil {
		return NewFactor{}, fmt.Errorf("begin second factor: %w", err)
	}
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.PutSecondFactor(ctx, conn, identity.AccountID, sealed, s.now())
	})
	if err != nil {
		return NewFactor{}, fmt.Errorf("begin second factor: %w", err)
	}
	name := identity.Email
	if name == "" {
		name = strconv.FormatInt(identity.AccountID, 10)
	}
	text := base32Text(key)
	uri := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + name, RawQuery: url.Values{"secret": {text}, "issuer": {issuer}}.Encode()}
	return NewFactor{Secret: text, URI: uri.String()}, nil
}

// ConfirmSecondFactor lets the second factor count from now on and gives its recovery codes, which are seen here and never
// again. A wrong code is an Invalid "code". Everywhere else is signed out.
func (s *Service) ConfirmSecondFactor(ctx context.Context, identity Identity, code string) ([]string, error) {
	if err := s.DemandRecent(identity); err != nil {
		return nil, err
	}
	throttle := confirmOfAccount.byAccount(identity.AccountID)
	if err := s.admit(ctx, throttle); err != nil {
		return nil, fmt.Errorf("confirm second factor: %w", err)
	}
	var codes []string
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		found, err := store.FindSecondFactor(ctx, conn, identity.AccountID)
		if err != nil {
			return err
		}
		step, ok, err := s.stepOf(identity.AccountID, found.SealedSecret, code)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Field("code", "is not the one that the authenticator shows now")
		}
		var hashes []store.TokenHash
		codes, hashes = newRecoveryCodes()
		if err := store.ConfirmSecondFactor(ctx, conn, identity.AccountID, found.SealedSecret, step, hashes, s.now()); err != nil {
			return err
		}
		if _, err := store.EndOtherSessions(ctx, conn, identity.AccountID, identity.SessionHash); err != nil {
			return err
		}
		return store.ReturnThrottles(ctx, conn, []store.Throttle{throttle}, nil)
	})
	if err != nil {
		return nil, fmt.Errorf("confirm second factor: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSecondFactor, "second factor changed", slog.String("change", "set"))
	return codes, nil
}

// RemoveSecondFactor takes the second factor and its recovery codes away; NotFound where there is none.
func (s *Service) RemoveSecondFactor(ctx context.Context, identity Identity) error {
	if err := s.DemandRecent(identity); err != nil {
		return err
	}
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.DeleteSecondFactor(ctx, conn, identity.AccountID)
	})
	if err != nil {
		return fmt.Errorf("remove second factor: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSecondFactor, "second factor changed", slog.String("change", "removed"))
	return nil
}

// RenewRecoveryCodes gives new recovery codes in place of all before; NotFound where there is no second factor.
func (s *Service) RenewRecoveryCodes(ctx context.Context, identity Identity) ([]string, error) {
	if err := s.DemandRecent(identity); err != nil {
		return nil, err
	}
	codes, hashes := newRecoveryCodes()
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.ReplaceRecoveryCodes(ctx, conn, identity.AccountID, hashes, s.now())
	})
	if err != nil {
		return nil, fmt.Errorf("renew recovery codes: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventAccountSecondFactor, "second factor changed", slog.String("change", "codes"))
	return codes, nil
}

// proveSecondFactor checks and uses up a code, or a recovery code, where the account has a second factor.
func (s *Service) proveSecondFactor(ctx context.Context, found store.Credentials, code string) error {
	if found.SealedSecret == nil {
		return nil
	}
	if code == "" {
		return errFactorNeeded
	}
	step, ok, err := s.stepOf(found.AccountID, found.SealedSecret, code)
	if err != nil {
		return err
	}
	var used bool
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if ok {
			if used, err = store.UseStep(ctx, conn, found.AccountID, step); err != nil || !used {
				return err
			}
			return s.resealFactor(ctx, conn, found)
		}
		used, err = store.UseRecoveryCode(ctx, conn, found.AccountID, hashOf(plainCode(code)))
		return err
	})
	if err != nil {
		return err
	}
	if !used {
		return errFactorWrong
	}
	return nil
}

// resealFactor seals the secret by the key that seals at present, where another one did: a rotated key is needed until every
// secret was used once.
func (s *Service) resealFactor(ctx context.Context, conn database.Conn, found store.Credentials) error {
	if s.sealer.Current(found.SealedSecret) {
		return nil
	}
	key, err := s.sealer.Open(found.SealedSecret, factorOf(found.AccountID))
	if err != nil {
		return fmt.Errorf("open second factor: %w", err)
	}
	sealed, err := s.sealer.Seal(key, factorOf(found.AccountID))
	if err != nil {
		return fmt.Errorf("seal second factor: %w", err)
	}
	return store.ResealSecondFactor(ctx, conn, found.AccountID, found.SealedSecret, sealed)
}

// stepOf tells of which time step around now the code is (RFC 6238); not ok where it is of none.
func (s *Service) stepOf(accountID int64, sealed []byte, code string) (step int64, ok bool, err error) {
	key, err := s.sealer.Open(sealed, factorOf(accountID))
	if err != nil {
		return 0, false, fmt.Errorf("open second factor: %w", err)
	}
	present := s.now().Unix() / int64(codePeriod/time.Second)
	options := hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}
	for step := present - codeSkew; step <= present+codeSkew; step++ {
		// An error says that the code has not six digits, as a recovery code.
		if right, err := hotp.ValidateCustom(plainCode(code), uint64(step), base32Text(key), options); err == nil && right {
			return step, true, nil
		}
	}
	return 0, false, nil
}

// factorOf is the associated data that a second factor's secret is sealed with.
func factorOf(accountID int64) []byte {
	return strconv.AppendInt([]byte("second factor of account "), accountID, 10)
}

var base32Text = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString

// newRecoveryCodes gives codes as they are shown, and as they are stored.
func newRecoveryCodes() (codes []string, hashes []store.TokenHash) {
	for range recoveryCodes {
		text := strings.ToLower(base32Text(random(recoveryCodeBytes)))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, hashOf(text))
	}
	return codes, hashes
}

// plainCode is a code however it was typed.
func plainCode(code string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return -1
		}
		return r
	}, code))
}
