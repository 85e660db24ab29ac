package mail

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

func TestAResetIsMailedToTheOwnerAndItsLinkSetsThePassword(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	mails := f.smtp.Mails()
	if len(mails) != 1 || mails[0].To != address || mails[0].From != "no-reply@example.com" || f.rows("SELECT count(*) FROM due_work") != 0 {
		t.Fatalf("got %+v", mails)
	}
	header := mails[0].Header
	if header.Get("Auto-Submitted") != "auto-generated" || header.Get("Subject") != "Set a new password for Train-D" || header.Get("Date") == "" {
		t.Errorf("header: %v", header)
	}
	hash := f.token(mails[0], "/reset#")
	if _, err := store.ResetPassword(t.Context(), f.browser, hash, "new", f.clock.Add(time.Hour)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an hour later: %v", err)
	}
	if got, err := store.ResetPassword(t.Context(), f.browser, hash, "new", f.clock); err != nil || got != f.account {
		t.Errorf("got %d, %v", got, err)
	}
	if f.rows("SELECT count(*) FROM sessions") != 0 || f.rows("SELECT count(*) FROM accounts WHERE password_hash = 'new' AND email_verified_at IS NOT NULL") != 1 {
		t.Error("a session outlived the reset, or the password or the address's verification was not stored")
	}
	if strings.Contains(f.log.String(), address) || strings.Contains(f.log.String(), "#") {
		t.Errorf("the log names the recipient or a link: %s", f.log.String())
	}
}

func TestAVerificationGoesToTheAddressThatItIsAbout(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ask(store.DueRequest{Kind: store.KindEmailVerification, Cursor: []byte(`{"address":"new@example.com"}`)})
	mails := f.smtp.Mails()
	if len(mails) != 1 || mails[0].To != "new@example.com" {
		t.Fatalf("got %+v", mails)
	}
	if got, _, err := store.VerifyEmail(t.Context(), f.browser, f.token(mails[0], "/verify#"), f.clock); err != nil || got != f.account {
		t.Errorf("got %d, %v", got, err)
	}
	if f.rows("SELECT count(*) FROM accounts WHERE email = 'new@example.com' AND email_verified_at IS NOT NULL") != 1 {
		t.Error("the address is not the account's")
	}
}

func TestTheAddressOfBeforeIsToldWithoutASecret(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ask(store.DueRequest{Kind: store.KindEmailChanged, Subject: "old@example.com", Cursor: []byte(`{"address":"old@example.com"}`)})
	mails := f.smtp.Mails()
	if len(mails) != 1 || mails[0].To != "old@example.com" || strings.Contains(mails[0].Body, "#") {
		t.Fatalf("got %+v", mails)
	}
	if f.rows("SELECT (SELECT count(*) FROM email_tokens) + (SELECT count(*) FROM due_work)") != 0 {
		t.Error("a token was made, or the row is left")
	}
}

func TestAnEmailThatNobodyCouldNoteAsSentComesAgainAsTheSame(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	// As if the sender had died after the mail server took the e-mail: the row stands as it was.
	if _, err := f.browser.Exec(t.Context(), `INSERT INTO due_work (id, account_id, kind, due_at) OVERRIDING SYSTEM VALUE
SELECT split_part(letter, '-', 1)::bigint, account_id, kind, now() - interval '5 seconds' FROM email_tokens`); err != nil {
		t.Fatal(err)
	}
	f.wake()
	mails := f.smtp.Mails()
	if len(mails) != 2 || mails[0].Header.Get("Message-Id") == "" || mails[0].Header.Get("Message-Id") != mails[1].Header.Get("Message-Id") {
		t.Fatalf("got %+v", mails)
	}
	// A mailbox may keep only the first.
	if _, err := store.ResetPassword(t.Context(), f.browser, f.token(mails[0], "/reset#"), "new", f.clock); err != nil {
		t.Error(err)
	}
}

func TestAMailServerThatTakesNothingForNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for name, order := range map[string][2]string{"RCPT": {"RCPT", "451 later"}, "DATA": {"DATA", "452 full"}, "sender": {"MAIL", "550 who are you"}} {
		f.smtp.Answer(order[0], order[1])
		f.ask(store.DueRequest{Kind: store.KindPasswordReset})
		if parked, at, refusals := f.due(); parked || !at.After(f.clock) || refusals != 1 || len(f.smtp.Mails()) != 0 {
			t.Errorf("%s: parked %t, due at %v, %d refusals", name, parked, at, refusals)
		}
		f.smtp.Answer(order[0], "")
	}
	f.clock = f.clock.Add(time.Hour)
	f.wake()
	if len(f.smtp.Mails()) != 1 {
		t.Errorf("sent in the end: %+v", f.smtp.Mails())
	}
}

func TestAMailServerOutOfReachIsTriedAgainForADay(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if err := f.smtp.Close(); err != nil {
		t.Fatal(err)
	}
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	began := f.clock
	for {
		parked, at, _ := f.due()
		if parked {
			break
		}
		f.clock = at.Add(time.Second)
		f.wake()
	}
	if waited := f.clock.Sub(began); waited < 12*time.Hour || waited > 36*time.Hour {
		t.Errorf("given up after %v", waited)
	}
}

func TestARecipientThatThereIsNotIsParkedAtOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.smtp.Answer("RCPT", "550 no such user "+address)
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	if parked, _, _ := f.due(); !parked {
		t.Error("it is tried again")
	}
	if strings.Contains(f.log.String(), address) {
		t.Errorf("the log names the recipient: %s", f.log.String())
	}
}

func TestSendersAtTheSameTimeSendOnce(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if _, err := store.EnqueueDue(t.Context(), f.browser, store.DueRequest{AccountID: f.account, Kind: store.KindPasswordReset}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			if err := f.sender.Wake(t.Context(), message.NewMail(1, f.account)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(f.smtp.Mails()) != 1 {
		t.Errorf("%d e-mails", len(f.smtp.Mails()))
	}
}

func TestWithoutAnAddressNothingIsSent(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if _, err := f.browser.Exec(t.Context(), "UPDATE accounts SET email = NULL"); err != nil {
		t.Fatal(err)
	}
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	if len(f.smtp.Mails()) != 0 || f.rows("SELECT count(*) FROM due_work") != 0 || f.rows("SELECT count(*) FROM email_tokens") != 0 {
		t.Error("something is left or was sent")
	}
}

func TestNothingIsSentForAnAccountThatIsBeingErased(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if _, err := f.browser.Exec(t.Context(), "UPDATE accounts SET erasing_at = now()"); err != nil {
		t.Fatal(err)
	}
	f.ask(store.DueRequest{Kind: store.KindPasswordReset})
	f.ask(store.DueRequest{Kind: store.KindEmailVerification, Cursor: []byte(`{"address":"new@example.com"}`)})
	if mails := f.smtp.Mails(); len(mails) != 0 {
		t.Errorf("sent %+v", mails)
	}
	if n := f.rows("SELECT (SELECT count(*) FROM due_work) + (SELECT count(*) FROM email_tokens)"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}
