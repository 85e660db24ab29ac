package account

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

func TestRegistrationSignsIn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, err := f.Register(t.Context(), Registration{
		Email: "  Ada@Example.com\t", Password: password, AcceptTerms: true,
	}, Client{UserAgent: "Browser\x00\n1.0\xff" + strings.Repeat("ü", 300)})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := f.Authenticate(t.Context(), session.Token)
	if err != nil || identity.AccountID != session.AccountID || identity.Email != "Ada@Example.com" {
		t.Errorf("identity %+v, %v", identity, err)
	}
	if want := f.now().Add(f.settings.SessionLifetime); !session.ExpiresAt.Equal(want) || !identity.ExpiresAt.Equal(want) {
		t.Errorf("expires %v and %v, want %v", session.ExpiresAt, identity.ExpiresAt, want)
	}
	if n := f.count(t, `SELECT count(*) FROM consents WHERE withdrawn_at IS NULL`); n != 3 {
		t.Errorf("%d consents", n)
	}
	if n := f.count(t, `SELECT length(device) FROM sessions WHERE device LIKE 'Browser1.0ü%'`); n != maxDeviceLength {
		t.Errorf("device of %d characters", n)
	}
	// I33: neither the password nor the token stands in the database.
	if n := f.count(t, `SELECT count(*) FROM accounts, sessions WHERE password_hash NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'
		OR token_hash = convert_to($1, 'UTF8')`, strings.Split(session.Token, ".")[0]); n != 0 {
		t.Error("a secret is stored as it is")
	}
}

func TestOfSimultaneousRegistrationsOneWins(t *testing.T) {
	t.Parallel()
	f := setup(t)
	const attempts = 8
	errs := make([]error, attempts)
	var group sync.WaitGroup
	for i := range attempts {
		group.Go(func() {
			email := []string{"ada@example.com", "ADA@example.com"}[i%2]
			_, errs[i] = f.Register(t.Context(), Registration{Email: email, Password: password, AcceptTerms: true}, Client{})
		})
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		if failure, ok := fault.As(err); !ok || failure.Kind != fault.Conflict || failure.Code != "email-taken" {
			t.Errorf("got %v, want a conflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d registrations won", won)
	}
	for table, want := range map[string]int{"accounts": 1, "consents": 3, "athletes": 1, "sessions": 1} {
		if n := f.count(t, `SELECT count(*) FROM `+table); n != want {
			t.Errorf("%d rows in %s, want %d", n, table, want)
		}
	}
}

func TestRegistrationNamesEveryWrongField(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, test := range []struct {
		name         string
		registration Registration
		want         []string
	}{
		{"all", Registration{}, []string{"email", "password", "accept_terms"}},
		{"short password", Registration{Email: "a@example.com", Password: "1234567", AcceptTerms: true}, []string{"password"}},
		{"short in characters", Registration{Email: "a@example.com", Password: "üüüüüüü", AcceptTerms: true}, []string{"password"}},
		{"long password", Registration{Email: "a@example.com", Password: strings.Repeat("a", MaxPasswordLength+1), AcceptTerms: true}, []string{"password"}},
		{"terms", Registration{Email: "a@example.com", Password: password}, []string{"accept_terms"}},
	} {
		_, err := f.Register(t.Context(), test.registration, Client{})
		joined, ok := err.(interface{ Unwrap() []error })
		if !ok || fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: got %v", test.name, err)
			continue
		}
		var fields []string
		for _, one := range joined.Unwrap() {
			failure, _ := fault.As(one)
			fields = append(fields, failure.Field)
		}
		if !slices.Equal(fields, test.want) {
			t.Errorf("%s: fields %v, want %v", test.name, fields, test.want)
		}
	}
	if n := f.hashes.Load(); n != 0 {
		t.Errorf("%d hashes for input that is wrong", n)
	}
	long := strings.Repeat("über", MaxPasswordLength/4)
	if _, err := f.Register(t.Context(), Registration{Email: "a@example.com", Password: long, AcceptTerms: true}, Client{}); err != nil {
		t.Errorf("the longest password: %v", err)
	}
	if _, err := f.SignIn(t.Context(), Attempt{Email: "a@example.com", Password: long}, Client{}); err != nil {
		t.Errorf("sign-in with the longest password: %v", err)
	}
}

// I36: made-up addresses. What can't be an address is refused; whether it is one, only a mail can tell.
func TestEmailSyntax(t *testing.T) {
	t.Parallel()
	local := strings.Repeat("a", 64)
	longest := local + "@" + strings.Repeat("b.", 93) + "com" // 254 bytes
	for email, want := range map[string]string{
		" ada@example.com\n":            "ada@example.com",
		"Ada.Lovelace+x@sub.example.io": "Ada.Lovelace+x@sub.example.io",
		"ada@exämple.com":               "ada@exämple.com",
		longest:                         longest,
		"x" + longest:                   "",
		"":                              "",
		"ada":                           "",
		"ada@":                          "",
		"@example.com":                  "",
		"ada@localhost":                 "",
		"ada@[127.0.0.1]":               "",
		"ada@.com":                      "",
		"ada@example..com":              "",
		"Ada <ada@example.com>":         "",
		"ada@example.com (Ada)":         "",
		"ada@example.com, eve@e.com":    "",
		"ada@exam\x00ple.com":           "",
		"a da@example.com":              "",
		"ada@example.com\r\nBcc: e@e.c": "",
	} {
		got, err := normaliseEmail(email)
		if (err == nil) != (want != "") || got != want {
			t.Errorf("%q: %q, %v, want %q", email, got, err, want)
		}
	}
}

func TestUnknownAddressAndWrongPasswordLookAndCostTheSame(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(t, "ada@example.com")
	f.register(t, "oauth@example.com")
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.no_password\nUPDATE accounts SET password_hash = NULL WHERE email LIKE 'oauth%'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, attempt := range map[string][2]string{
		"wrong password":        {"ada@example.com", "wrong"},
		"empty password":        {"ada@example.com", ""},
		"unknown address":       {"eve@example.com", password},
		"no address":            {"ada\x00", password},
		"account without one":   {"oauth@example.com", password},
		"without one, and none": {"oauth@example.com", ""},
	} {
		before := f.hashes.Load()
		session, err := f.SignIn(t.Context(), Attempt{Email: attempt[0], Password: attempt[1]}, Client{Address: name})
		if !errors.Is(err, errCredentials) || session.Token != "" {
			t.Errorf("%s: %+v, %v", name, session, err)
		}
		if n := f.hashes.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes, want 1", name, n)
		}
	}
	for _, c := range f.costs {
		if c != present {
			t.Errorf("a hash of cost %+v, want %+v", c, present)
		}
	}
	if _, err := f.SignIn(t.Context(), Attempt{Email: " ADA@example.com", Password: password}, Client{}); err != nil {
		t.Errorf("the right password: %v", err)
	}
}

func TestABrokenStoredHashIsNotAWrongPassword(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(t, "ada@example.com")
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.break_hash\nUPDATE accounts SET password_hash = 'plain'")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: "plain"}, Client{}); !errors.Is(err, errHash) || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v, want %v", err, errHash)
	}
}
