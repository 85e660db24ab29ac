package account

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
)

// who reads the identity of a token that is in force.
func (f *fixture) who(t *testing.T, token string) Identity {
	t.Helper()
	identity, err := f.Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return identity
}

func wants(t *testing.T, err error, kind fault.Kind, code string) {
	t.Helper()
	failure, ok := fault.As(err)
	if !ok || failure.Kind != kind || failure.Code != code {
		t.Errorf("got %v, want %v %q", err, kind, code)
	}
}

func TestWhatGuardsAnAccountNeedsARecentProof(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, identity := f.register(t, "ada@example.com")
	if err := f.DemandRecent(identity); err != nil {
		t.Errorf("right after signing in: %v", err)
	}
	f.pass(recentFor)
	guarded := map[string]func(Identity) error{
		"password":       func(i Identity) error { _, err := f.ChangePassword(t.Context(), i, "another horse"); return err },
		"e-mail":         func(i Identity) error { _, err := f.ChangeEmail(t.Context(), i, "new@example.com"); return err },
		"second factor":  func(i Identity) error { _, err := f.BeginSecondFactor(t.Context(), i); return err },
		"its removal":    func(i Identity) error { return f.RemoveSecondFactor(t.Context(), i) },
		"its code":       func(i Identity) error { _, err := f.ConfirmSecondFactor(t.Context(), i, "123456"); return err },
		"recovery codes": func(i Identity) error { _, err := f.RenewRecoveryCodes(t.Context(), i); return err },
	}
	for name, change := range guarded {
		if err := change(f.who(t, session.Token)); !errors.Is(err, errConfirm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := f.Confirm(t.Context(), f.who(t, session.Token), "a wrong guess", "")
	wants(t, err, fault.Unauthenticated, "credentials")
	confirmed, err := f.Confirm(t.Context(), f.who(t, session.Token), password, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Authenticate(t.Context(), session.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("the token of before: %v", err)
	}
	renewed := f.who(t, confirmed.Token)
	if err := f.DemandRecent(renewed); err != nil || !renewed.ExpiresAt.Equal(session.ExpiresAt) {
		t.Errorf("%v, ends %v instead of %v", err, renewed.ExpiresAt, session.ExpiresAt)
	}
	for range 10 {
		_, err = f.Confirm(t.Context(), renewed, "a wrong guess", "")
	}
	wants(t, err, fault.Throttled, "throttled")
}

func TestAnotherPasswordSignsOutEverywhereElse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	elsewhere, _ := f.register(t, "ada@example.com")
	eve, _ := f.register(t, "eve@example.com")
	here, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password}, Client{})
	if err != nil {
		t.Fatal(err)
	}
	f.letter(t, here.AccountID, store.KindPasswordReset, "link")
	_, err = f.ChangePassword(t.Context(), f.who(t, here.Token), "Example.com")
	wants(t, err, fault.Invalid, "invalid")
	_, err = f.ChangePassword(t.Context(), f.who(t, here.Token), "ada@example.com")
	wants(t, err, fault.Invalid, "invalid")
	changed, err := f.ChangePassword(t.Context(), f.who(t, here.Token), "another horse")
	if err != nil {
		t.Fatal(err)
	}
	f.who(t, changed.Token)
	f.who(t, eve.Token)
	for name, token := range map[string]string{"elsewhere": elsewhere.Token, "here, by the old token": here.Token} {
		if _, err := f.Authenticate(t.Context(), token); !errors.Is(err, errSignedOut) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if code, _ := f.attempt(t, "ada@example.com", password, Client{}); code != "credentials" {
		t.Errorf("the old password: %q", code)
	}
	if code, _ := f.attempt(t, "ada@example.com", "another horse", Client{}); code != "" {
		t.Errorf("the new password: %q", code)
	}
	wants(t, f.ResetPassword(t.Context(), "link", "third horse", Client{}), fault.NotFound, "link")
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	f := setup(t)
	_, ada := f.register(t, "ada@example.com")
	_, eve := f.register(t, "eve@example.com")
	f.pass(time.Minute)
	phone, err := f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password}, Client{UserAgent: "phone"})
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := f.Sessions(t.Context(), ada)
	if err != nil || len(sessions) != 2 || sessions[0].Device != "phone" || sessions[0].Current || !sessions[1].Current {
		t.Fatalf("%+v, %v", sessions, err)
	}
	wants(t, f.EndSession(t.Context(), eve, sessions[0].ID), fault.NotFound, "no-session")
	f.who(t, phone.Token)
	if err := f.EndSession(t.Context(), ada, sessions[0].ID); err != nil {
		t.Error(err)
	}
	if _, err := f.Authenticate(t.Context(), phone.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("an ended session: %v", err)
	}
	wants(t, f.EndSession(t.Context(), ada, sessions[0].ID), fault.NotFound, "no-session")
	if phone, err = f.SignIn(t.Context(), Attempt{Email: "ada@example.com", Password: password}, Client{}); err != nil {
		t.Fatal(err)
	}
	if err := f.EndOtherSessions(t.Context(), f.who(t, phone.Token)); err != nil {
		t.Error(err)
	}
	if sessions, err = f.Sessions(t.Context(), ada); err != nil || len(sessions) != 1 || sessions[0].Current {
		t.Errorf("%+v, %v", sessions, err)
	}
	if sessions, err = f.Sessions(t.Context(), eve); err != nil || len(sessions) != 1 {
		t.Errorf("another account's: %+v, %v", sessions, err)
	}
}

// letter keeps a token as Mail would.
func (f *fixture) letter(t *testing.T, accountID int64, kind, token string) {
	t.Helper()
	f.mailed(t, accountID, kind, token, "ada@example.com")
}

func (f *fixture) mailed(t *testing.T, accountID int64, kind, token, address string) {
	t.Helper()
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		return store.PutEmailToken(ctx, conn, store.EmailToken{Hash: hashOf(token), AccountID: accountID, Kind: kind, Letter: token,
			Address: address, CreatedAt: f.now(), ExpiresAt: f.now().Add(time.Hour)})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAForgottenPasswordIsResetOnceHoweverManyTry(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, _ := f.register(t, "ada@example.com")
	due, err := f.RequestPasswordReset(t.Context(), " ADA@example.com", Client{})
	if err != nil || due.AccountID != session.AccountID || due.DueID == 0 {
		t.Fatalf("%+v, %v", due, err)
	}
	nobody, err := f.RequestPasswordReset(t.Context(), "nobody@example.com", Client{})
	if err != nil || nobody != (store.DueAccount{}) {
		t.Errorf("%+v, %v", nobody, err)
	}
	f.letter(t, session.AccountID, store.KindPasswordReset, "link")
	if again, err := f.RequestPasswordReset(t.Context(), "ada@example.com", Client{}); err != nil || again != (store.DueAccount{}) {
		t.Errorf("right after one was sent: %+v, %v", again, err)
	}
	before := f.hashes.Load()
	wants(t, f.ResetPassword(t.Context(), "guessed", "another horse", Client{}), fault.NotFound, "link")
	if f.hashes.Load() != before {
		t.Error("a guess costs a hash")
	}
	var won atomic.Int64
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if err := f.ResetPassword(t.Context(), "link", "another horse", Client{}); err != nil {
				wants(t, err, fault.NotFound, "link")
				return
			}
			won.Add(1)
		})
	}
	group.Wait()
	if won.Load() != 1 {
		t.Errorf("%d resets won", won.Load())
	}
	if _, err := f.Authenticate(t.Context(), session.Token); !errors.Is(err, errSignedOut) {
		t.Errorf("a session of before: %v", err)
	}
	if code, _ := f.attempt(t, "ada@example.com", "another horse", Client{}); code != "" {
		t.Errorf("the new password: %q", code)
	}
}

func TestAnAddressIsChangedByWhoReadsItsMail(t *testing.T) {
	t.Parallel()
	f := setup(t)
	session, identity := f.register(t, "ada@example.com")
	if n := f.count(t, `SELECT count(*) FROM due_work WHERE id = $1 AND kind = 'email_verification' AND cursor = '{}'`, session.LetterID); n != 1 {
		t.Error("nothing verifies the address of a new account")
	}
	dueID, err := f.ChangeEmail(t.Context(), identity, "new@example.com")
	if err != nil || f.count(t, `SELECT count(*) FROM due_work WHERE id = $1 AND cursor->>'address' = 'new@example.com'`, dueID) != 1 {
		t.Errorf("%v: nothing is due to the new address", err)
	}
	if who, err := f.Who(t.Context(), identity); err != nil || who.Email != "ada@example.com" || who.EmailVerified {
		t.Errorf("%+v, %v", who, err)
	}
	f.mailed(t, session.AccountID, store.KindEmailVerification, "link", "new@example.com")
	if notice, err := f.VerifyEmail(t.Context(), "link", Client{}); err != nil || notice.DueID != 0 {
		t.Error(notice, err)
	}
	if who, err := f.Who(t.Context(), identity); err != nil || who.Email != "new@example.com" || !who.EmailVerified {
		t.Errorf("%+v, %v", who, err)
	}
	notices := func(address string) int {
		return f.count(t, `SELECT count(*) FROM due_work WHERE kind = 'email_changed' AND cursor->>'address' = $1`, address)
	}
	if notices("ada@example.com") != 0 {
		t.Error("an address that nobody verified is told")
	}
	f.mailed(t, session.AccountID, store.KindEmailVerification, "next link", "newest@example.com")
	notice, err := f.VerifyEmail(t.Context(), "next link", Client{})
	if err != nil || notices("new@example.com") != 1 || notice.DueID == 0 || notice.AccountID != session.AccountID {
		t.Errorf("%v, %v: the verified address of before is told %d times", notice, err, notices("new@example.com"))
	}
	f.mailed(t, session.AccountID, store.KindEmailVerification, "same link", "Newest@example.com")
	if _, err := f.VerifyEmail(t.Context(), "same link", Client{}); err != nil || notices("newest@example.com") != 0 {
		t.Errorf("%v: another spelling is told as a change", err)
	}
	_, err = f.VerifyEmail(t.Context(), "link", Client{})
	wants(t, err, fault.NotFound, "link")
	_, err = f.RequestVerification(t.Context(), identity)
	wants(t, err, fault.Conflict, "nothing-to-verify")
	for range 5 { // nobody's mailbox is flooded
		_, err = f.ChangeEmail(t.Context(), identity, "victim@example.com")
	}
	wants(t, err, fault.Throttled, "throttled")
}
