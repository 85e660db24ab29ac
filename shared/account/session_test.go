package account

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

func TestASessionGoesIdle(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, _ := f.register(t, "ada@example.com")
	for range 3 { // in use, it outlives the idle time
		f.pass(f.settings.SessionIdle - time.Minute)
		if _, err := f.Authenticate(t.Context(), session.Token); err != nil {
			t.Fatalf("in use: %v", err)
		}
	}
	f.pass(f.settings.SessionIdle)
	if _, err := f.Authenticate(t.Context(), session.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("idle: got %v", err)
	}
	if _, err := f.Authenticate(t.Context(), session.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("asking again brought it back: %v", err)
	}
}

func TestASessionInUseEndsToo(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, _ := f.register(t, "ada@example.com")
	step := 24 * time.Hour
	for age := step; age < f.settings.SessionLifetime; age += step {
		f.pass(step)
		if _, err := f.Authenticate(t.Context(), session.Token); err != nil {
			t.Fatalf("after %v: %v", age, err)
		}
	}
	f.pass(step)
	if _, err := f.Authenticate(t.Context(), session.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("got %v", err)
	}
}

func TestAShortIdleTimeDoesNotEndASessionInUse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.settings.SessionIdle = 30 * time.Second
	session, _ := f.register(t, "ada@example.com")
	for range 4 {
		f.pass(20 * time.Second)
		if _, err := f.Authenticate(t.Context(), session.Token); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEachSignInHasATokenOfItsOwn(t *testing.T) {
	t.Parallel()
	f := setup(t)
	first, identity := f.register(t, "ada@example.com")
	second, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password}, Client{UserAgent: "another"})
	if err != nil || second.Token == first.Token || second.AccountID != first.AccountID {
		t.Fatalf("second session %+v, %v", second, err)
	}
	for range 2 {
		if err := f.SignOut(t.Context(), identity); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Authenticate(t.Context(), first.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("signed out: got %v", err)
	}
	if _, err := f.Authenticate(t.Context(), second.Token); err != nil {
		t.Errorf("the other session: %v", err)
	}
}

// I31: routes were open. Whatever is no token of a session is nobody.
func TestWhatIsNoTokenIsNobody(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, identity := f.register(t, "ada@example.com")
	secret, owner, _ := strings.Cut(session.Token, ".")
	for _, token := range []string{
		"", "x", ".", owner, "." + owner, strings.Repeat("A", len(secret)), secret + "A", secret[1:], " " + secret[1:],
		secret + "A." + owner, strings.Repeat("A", len(secret)) + "." + owner,
		string(identity.SessionHash[:]), strings.Repeat("\x00", len(secret)), strings.Repeat("x", 1<<16),
	} {
		if _, err := f.Authenticate(t.Context(), token); !errors.Is(err, errSignedOut) {
			t.Errorf("%.60q: got %v", token, err)
		}
		if _, presumed, ok := f.Presume(t.Context(), token); ok {
			t.Errorf("%.60q was presumed to be %d's", token, presumed.AccountID)
		}
	}
}

// A token says whose it is only under the system's own keys, and only for its own session; the proof decides all the same.
func TestOnlyATokenOfOursIsPresumed(t *testing.T) {
	t.Parallel()
	f := setup(t)
	ada, adasIdentity := f.register(t, "ada@example.com")
	bob, _ := f.register(t, "bob@example.com")
	secretOf := func(token string) string { secret, _, _ := strings.Cut(token, "."); return secret }
	ownerOf := func(token string) string { _, owner, _ := strings.Cut(token, "."); return owner }

	ctx, presumed, ok := f.Presume(t.Context(), ada.Token)
	if !ok || presumed.AccountID != ada.AccountID || presumed.SessionHash != adasIdentity.SessionHash {
		t.Fatalf("presumed %+v, %v", presumed, ok)
	}
	if err := f.Settle(ctx); err != nil {
		t.Errorf("a session in force: %v", err)
	}
	for name, token := range map[string]string{
		"without an owner": secretOf(ada.Token), "with another's owner": secretOf(ada.Token) + "." + ownerOf(bob.Token),
		"with a number": secretOf(ada.Token) + ".MQ",
	} {
		if _, presumed, ok := f.Presume(t.Context(), token); ok {
			t.Errorf("%s it was presumed to be %d's", name, presumed.AccountID)
		}
		if identity, err := f.Authenticate(t.Context(), token); err != nil || identity.AccountID != ada.AccountID {
			t.Errorf("%s it is %d's: %v", name, identity.AccountID, err)
		}
	}
	if err := f.SignOut(t.Context(), adasIdentity); err != nil {
		t.Fatal(err)
	}
	ctx, _, ok = f.Presume(t.Context(), ada.Token)
	if err := f.Settle(ctx); !ok || !errors.Is(err, errSignedOut) {
		t.Errorf("after signing out: %v, %v", err, ok)
	}
	// Whose a session is says the database, not the token.
	forged, err := f.withOwner(secretOf(bob.Token), ada.AccountID)
	if err != nil {
		t.Fatal(err)
	}
	ctx, _, _ = f.Presume(t.Context(), forged)
	if err := f.Settle(ctx); !errors.Is(err, errSignedOut) {
		t.Errorf("another's session: %v", err)
	}
}

// I33: OAuth had no state.
func TestAnOAuthStateComesBackOnceToItsOwnSession(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, ada := f.register(t, "ada@example.com")
	_, eve := f.register(t, "eve@example.com")
	begin := func() string {
		t.Helper()
		state, err := f.BeginOAuth(t.Context(), ada)
		if err != nil {
			t.Fatal(err)
		}
		return state
	}
	accepted := func(who Identity, state string) bool {
		t.Helper()
		err := f.ConsumeOAuth(t.Context(), who, state)
		if failure, ok := fault.As(err); err != nil && (!ok || failure.Kind != fault.Forbidden || failure.Code != "oauth-state") {
			t.Fatalf("got %v", err)
		}
		return err == nil
	}

	state := begin()
	if accepted(ada, "") || accepted(ada, "guess") || accepted(eve, state) {
		t.Error("a wrong or foreign state was accepted")
	}
	if !accepted(ada, state) {
		t.Error("the right state was refused after wrong ones")
	}
	if accepted(ada, state) {
		t.Error("a state was accepted twice")
	}
	old := begin()
	if recent := begin(); accepted(ada, old) || !accepted(ada, recent) {
		t.Error("not the last state counts")
	}
	late := begin()
	f.pass(oauthStateLifetime)
	if accepted(ada, late) {
		t.Error("an old state was accepted")
	}
	justInTime := begin()
	f.pass(oauthStateLifetime - time.Millisecond)
	if !accepted(ada, justInTime) {
		t.Error("a state was refused within its time")
	}

	if err := f.SignOut(t.Context(), ada); err != nil {
		t.Fatal(err)
	}
	if _, err := f.BeginOAuth(t.Context(), ada); !errors.Is(err, errSignedOut) {
		t.Errorf("after signing out: %v", err)
	}
}
