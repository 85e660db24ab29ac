package account

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/secret"
)

// codeAt is what an authenticator shows.
func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// withFactor gives an account a second factor.
func (f *fixture) withFactor(t *testing.T, identity Identity) (secret string, codes []string) {
	t.Helper()
	factor, err := f.BeginSecondFactor(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	if codes, err = f.ConfirmSecondFactor(t.Context(), identity, codeAt(t, factor.Secret, f.now())); err != nil {
		t.Fatal(err)
	}
	return factor.Secret, codes
}

func (f *fixture) signInWith(t *testing.T, code string) error {
	t.Helper()
	_, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password, Code: code}, Client{})
	return err
}

func TestASecondFactorIsAskedForOnceItWasSeenToWork(t *testing.T) {
	t.Parallel()
	f := setup(t)
	elsewhere, _ := f.register(t, "ada@example.com")
	here, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password}, Client{})
	if err != nil {
		t.Fatal(err)
	}
	identity := f.who(t, here.Token)
	factor, err := f.BeginSecondFactor(t.Context(), identity)
	if err != nil {
		t.Fatal(err)
	}
	key, err := otp.NewKeyFromURL(factor.URI)
	if err != nil || key.Secret() != factor.Secret || key.Issuer() != "Train-D" || key.AccountName() != "ada@example.com" {
		t.Errorf("%s: %v", factor.URI, err)
	}
	if _, err := url.Parse(factor.URI); err != nil {
		t.Error(err)
	}
	if err := f.signInWith(t, ""); err != nil {
		t.Errorf("before it counts: %v", err)
	}
	_, err = f.ConfirmSecondFactor(t.Context(), identity, "000000x")
	wants(t, err, fault.Invalid, "invalid")
	codes, err := f.ConfirmSecondFactor(t.Context(), identity, codeAt(t, factor.Secret, f.now()))
	if err != nil || len(codes) != recoveryCodes {
		t.Fatalf("%v, %v", codes, err)
	}
	if _, err := f.Authenticate(t.Context(), elsewhere.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("elsewhere: %v", err)
	}
	if _, err := f.BeginSecondFactor(t.Context(), identity); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second one: %v", err)
	}
	// I33: neither the secret nor a code stands in the database.
	if n := f.count(t, `SELECT count(*) FROM second_factors, recovery_codes WHERE position(convert_to($1, 'UTF8') IN sealed_secret) > 0
		OR code_hash = convert_to($2, 'UTF8')`, factor.Secret, codes[0]); n != 0 {
		t.Error("a secret is stored as it is")
	}

	if err := f.signInWith(t, ""); !errors.Is(err, errFactorNeeded) {
		t.Errorf("without a code: %v", err)
	}
	if _, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: "a wrong guess", Code: codeAt(t, factor.Secret, f.now().Add(codePeriod))}, Client{}); !errors.Is(err, errCredentials) {
		t.Errorf("a code with a wrong password: %v", err) // and it is not used up
	}
	f.pass(codePeriod)
	code := codeAt(t, factor.Secret, f.now())
	if err := f.signInWith(t, " "+code[:3]+" "+code[3:]); err != nil {
		t.Errorf("the code: %v", err)
	}
	if err := f.signInWith(t, code); !errors.Is(err, errFactorWrong) {
		t.Errorf("the code once more: %v", err)
	}
	if err := f.signInWith(t, codeAt(t, factor.Secret, f.now().Add(-3*codePeriod))); !errors.Is(err, errFactorWrong) {
		t.Errorf("an old code: %v", err)
	}
	if err := f.signInWith(t, codeAt(t, factor.Secret, f.now().Add(codePeriod))); err != nil {
		t.Errorf("a clock that is fast: %v", err)
	}
	if err := f.signInWith(t, strings.ToUpper(codes[3])); err != nil {
		t.Errorf("a recovery code: %v", err)
	}
	if err := f.signInWith(t, codes[3]); !errors.Is(err, errFactorWrong) {
		t.Errorf("a recovery code once more: %v", err)
	}
}

func TestCodesOfASecondFactorCannotBeGuessed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	f.withFactor(t, identity)
	tried := 0
	for range 1000 {
		err := f.signInWith(t, "000000")
		if fault.KindOf(err) == fault.Throttled {
			failure, _ := fault.As(err)
			f.pass(failure.RetryAfter)
			continue
		}
		tried++
	}
	// Of 1,000 requests that each wait as told; a day of them would be as few as there are quarter hours.
	if took := f.now().Sub(identity.ExpiresAt.Add(-f.settings.SessionLifetime)); tried > 510 || took < 4*24*time.Hour {
		t.Errorf("%d guesses in %v", tried, took)
	}
}

// A key that is to leave the keyset is not needed any more once a code was used after the next one took its place.
func TestASecondFactorOutlivesTheKeyThatSealedIt(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	key, _ := f.withFactor(t, identity)
	signIn := func() error {
		f.pass(2 * codePeriod)
		return f.signInWith(t, codeAt(t, key, f.now()))
	}
	sealed := func() (held []byte) {
		err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
			return conn.QueryRow(ctx, "-- name: test.sealed\nSELECT sealed_secret FROM second_factors").Scan(&held)
		})
		if err != nil {
			t.Fatal(err)
		}
		return held
	}
	first := sealed()
	f.rotate(t, secret.AddKey)
	if err := signIn(); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sealed(), first) {
		t.Error("the secret was sealed anew by a key that seals nothing yet")
	}
	f.rotate(t, secret.PromoteKey)
	for range 2 {
		if err := signIn(); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(sealed(), first) {
		t.Error("the secret is sealed by the former key still")
	}
	f.rotate(t, secret.DropKeys)
	if err := signIn(); err != nil {
		t.Errorf("without the former key: %v", err)
	}
}

func TestOfOneCodeUsedManyTimesAtOnceOneCounts(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	secret, codes := f.withFactor(t, identity)
	for name, codeNow := range map[string]func() string{
		"code": func() string { return codeAt(t, secret, f.now()) }, "recovery code": func() string { return codes[0] },
	} {
		f.pass(25 * time.Hour) // the attempts of before are forgotten
		code := codeNow()
		var won atomic.Int64
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if err := f.signInWith(t, code); err == nil {
					won.Add(1)
				} else if !errors.Is(err, errFactorWrong) {
					t.Errorf("%s: %v", name, err)
				}
			})
		}
		group.Wait()
		if won.Load() != 1 {
			t.Errorf("the same %s let in %d times", name, won.Load())
		}
	}
}

func TestASecondFactorAndItsCodesAreOfOneAccount(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, ada := f.register(t, "ada@example.com")
	_, eve := f.register(t, "eve@example.com")
	f.withFactor(t, ada)
	secret, codes := f.withFactor(t, eve)
	if err := f.signInWith(t, codes[0]); !errors.Is(err, errFactorWrong) {
		t.Errorf("another's recovery code: %v", err)
	}
	// A sealed secret that was moved to another account opens nothing.
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, `-- name: test.substitute
UPDATE second_factors SET sealed_secret = (SELECT sealed_secret FROM second_factors WHERE account_id = $2) WHERE account_id = $1`, ada.AccountID, eve.AccountID)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	f.pass(codePeriod)
	if err := f.signInWith(t, codeAt(t, secret, f.now())); err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("another's secret: %v", err)
	}
}

func TestASecondFactorIsTakenAwayAndItsRecoveryCodesRenewed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, identity := f.register(t, "ada@example.com")
	_, err := f.RenewRecoveryCodes(t.Context(), identity)
	wants(t, err, fault.NotFound, "no-second-factor")
	_, old := f.withFactor(t, identity)
	fresh, err := f.RenewRecoveryCodes(t.Context(), identity)
	if err != nil || len(fresh) != recoveryCodes {
		t.Fatalf("%v, %v", fresh, err)
	}
	if err := f.signInWith(t, old[0]); !errors.Is(err, errFactorWrong) {
		t.Errorf("a code of before: %v", err)
	}
	if err := f.signInWith(t, fresh[0]); err != nil {
		t.Errorf("a fresh code: %v", err)
	}
	if err := f.RemoveSecondFactor(t.Context(), identity); err != nil {
		t.Error(err)
	}
	if err := f.signInWith(t, ""); err != nil {
		t.Errorf("without it: %v", err)
	}
	wants(t, f.RemoveSecondFactor(t.Context(), identity), fault.NotFound, "no-second-factor")
	if n := f.count(t, `SELECT count(*) FROM recovery_codes`); n != 0 {
		t.Errorf("%d codes are left", n)
	}
}
