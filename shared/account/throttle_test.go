package account

import (
	"context"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// attempt signs in and gives the code of the refusal, empty for none, and when to come back.
func (f *fixture) attempt(t *testing.T, email, password string, client Client) (code string, after time.Duration) {
	t.Helper()
	_, err := f.SignIn(t.Context(), Attempt{Email: email, Password: password}, client)
	if err == nil {
		return "", 0
	}
	failure, ok := fault.As(err)
	if !ok {
		t.Fatal(err)
	}
	return failure.Code, failure.RetryAfter
}

func TestGuessingIsSlowedDownForKnownAndUnknownAddressesAlike(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(t, "ada@example.com")
	var delays [2][]time.Duration
	for i, email := range []string{"ada@example.com", "nobody@example.com"} {
		client := Client{Address: "203.0.113." + string(rune('1'+i))}
		for range 12 {
			code, after := f.attempt(t, email, "a wrong guess", client)
			for code == "throttled" {
				delays[i] = append(delays[i], after)
				hashes := f.hashes.Load()
				if again, _ := f.attempt(t, email, password, client); again != "throttled" { // not even the right password
					t.Fatalf("%s: %q in between", email, again)
				}
				if f.hashes.Load() != hashes {
					t.Error("a refused attempt costs a hash")
				}
				f.pass(after)
				code, after = f.attempt(t, email, "a wrong guess", client)
			}
			if code != "credentials" {
				t.Fatalf("%s: %q", email, code)
			}
		}
	}
	if len(delays[0]) != 6 || delays[0][0] != time.Second || delays[0][5] != 32*time.Second {
		t.Errorf("delays %v", delays[0])
	}
	for i := range delays[0] {
		if delays[0][i] != delays[1][i] {
			t.Errorf("told apart: %v and %v", delays[0], delays[1])
		}
	}
}

func TestStrangersDoNotKeepAnOwnerOutOfAKnownDevice(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, _ := f.register(t, "ada@example.com")
	for range 20 { // until it is refused
		f.attempt(t, "ada@example.com", "a wrong guess", Client{Address: "198.51.100.9", Device: "x"})
	}
	if code, _ := f.attempt(t, "ada@example.com", password, Client{Address: "203.0.113.7"}); code != "throttled" {
		t.Fatalf("from anywhere: %q", code)
	}
	known := Client{Address: "203.0.113.7", Device: session.Device}
	if code, _ := f.attempt(t, "ada@example.com", password, known); code != "" {
		t.Errorf("from the owner's device: %q", code)
	}
	// The device is spared, not let in: whoever has stolen it has attempts of their own.
	refused := ""
	for range 12 {
		refused, _ = f.attempt(t, "ada@example.com", "a wrong guess", known)
	}
	if refused != "throttled" {
		t.Errorf("at the device, for ever: %q", refused)
	}
	// And it spares delays for its own account alone.
	f.register(t, "eve@example.com")
	for range 8 {
		f.attempt(t, "eve@example.com", "a wrong guess", Client{Address: "198.51.100.9", Device: session.Device})
	}
	if code, _ := f.attempt(t, "eve@example.com", password, Client{Address: "203.0.113.7", Device: session.Device}); code != "throttled" {
		t.Errorf("another account's device: %q", code)
	}
}

func TestAskingForTakenAddressesIsSlowedDown(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(t, "ada@example.com")
	client := Client{Address: "203.0.113.7"}
	for i := range registrationAtAddress.free + 2 {
		_, err := f.Register(t.Context(), Registration{Email: "ada@example.com", Password: password, AcceptTerms: true}, client)
		want := fault.Conflict
		if i > registrationAtAddress.free {
			want = fault.Throttled
		}
		if fault.KindOf(err) != want {
			t.Fatalf("attempt %d: %v", i+1, err)
		}
	}
	// Who opens an account is not counted, however many share the address.
	other := Client{Address: "203.0.113.8"}
	for i := range registrationAtAddress.free + 5 {
		_, err := f.Register(t.Context(), Registration{Email: string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@example.com", Password: password, AcceptTerms: true}, other)
		if err != nil {
			t.Fatalf("registration %d: %v", i+1, err)
		}
	}
}

func TestAHashOfOldParametersIsRaisedWhenItsOwnerSignsIn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.register(t, "ada@example.com")
	weaker := present
	weaker.memory /= 2
	salt := random(saltBytes)
	old := encodePHC(weaker, salt, f.hasher.derive([]byte(password), salt, weaker))
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.weaken\nUPDATE accounts SET password_hash = $1", old)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := f.attempt(t, "ada@example.com", "a wrong guess", Client{}); code != "credentials" {
		t.Errorf("a wrong one: %q", code)
	}
	if n := f.count(t, `SELECT count(*) FROM accounts WHERE password_hash = $1`, old); n != 1 {
		t.Error("a wrong password changed the hash")
	}
	if code, _ := f.attempt(t, "ada@example.com", password, Client{}); code != "" {
		t.Errorf("the right one: %q", code)
	}
	if n := f.count(t, `SELECT count(*) FROM accounts WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'`); n != 1 {
		t.Error("the hash was not raised")
	}
	if code, _ := f.attempt(t, "ada@example.com", password, Client{}); code != "" {
		t.Errorf("afterwards: %q", code)
	}
}
