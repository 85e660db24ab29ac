package store

import (
	"testing"
	"time"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/fault"
)

func TestMailAndSyncClaimTheirOwnWorkAndWaitForNoLeaseOfTheOther(t *testing.T) {
	t.Parallel()
	db, sync, account := dueAccount(t)
	mail, dispatch := connect(t, db, "mail"), connect(t, db, "dispatch")
	now := time.Now()
	streams := enqueue(t, sync, DueRequest{AccountID: account, Kind: KindStreams})
	reset := enqueue(t, sync, DueRequest{AccountID: account, Kind: KindPasswordReset, DueAt: now.Add(-time.Hour)})

	woken, err := ListDueAccounts(t.Context(), dispatch, now, LaneBackfill, 0, 10)
	if err != nil || len(woken) != 1 || woken[0].DueID != streams {
		t.Errorf("Sync is woken for %+v, %v", woken, err)
	}
	mailed, err := ListDueMail(t.Context(), dispatch, now, 0, 10)
	if err != nil || len(mailed) != 1 || mailed[0] != (DueAccount{reset, account}) {
		t.Errorf("Mail is woken for %+v, %v", mailed, err)
	}
	oldest, err := OldestDue(t.Context(), dispatch, now, LaneBackfill)
	if err != nil || oldest == nil || now.Sub(*oldest) > time.Minute {
		t.Errorf("Sync's oldest work is of %v, %v: it counts e-mail", oldest, err)
	}
	if states, err := ListDue(t.Context(), connect(t, db, "onboarding"), account, now); err != nil || len(states) != 1 || states[0].ID != streams {
		t.Errorf("a sync's progress shows %+v, %v", states, err)
	}

	if due := claim(t, sync, account, now); due.ID != streams {
		t.Errorf("Sync claimed %+v", due)
	}
	letter, found, err := ClaimMail(t.Context(), mail, account, now, time.Minute)
	if err != nil || !found || letter.ID != reset {
		t.Fatalf("Mail claimed %+v, %v, %v", letter, found, err)
	}
	if due, found, err := ClaimDue(t.Context(), sync, account, now, time.Minute); err != nil || found {
		t.Errorf("Sync claimed %+v too, %v", due, err)
	}
	if due, found, err := ClaimMail(t.Context(), mail, account, now, time.Minute); err != nil || found {
		t.Errorf("Mail claimed %+v too, %v", due, err)
	}
}

func TestTheEndOfAConnectionLeavesEmailDue(t *testing.T) {
	t.Parallel()
	_, conn, account := dueAccount(t)
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindStreams})
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindPasswordReset})
	if err := deleteStravaWork(t.Context(), conn, account); err != nil {
		t.Fatal(err)
	}
	if left, err := ListDueMail(t.Context(), conn, time.Now(), 0, 10); err != nil || len(left) != 1 {
		t.Errorf("left: %+v, %v", left, err)
	}
	if left, err := ListDueAccounts(t.Context(), conn, time.Now(), LaneBackfill, 0, 10); err != nil || len(left) != 0 {
		t.Errorf("left: %+v, %v", left, err)
	}
}

func TestATokenTakesThePlaceOfAnotherLettersAndStandsBesideItsOwn(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	onboarding, mail := connect(t, db, "onboarding"), connect(t, db, "mail")
	account := newAccount(t, onboarding, "token@example.com")
	for _, put := range []struct{ secret, letter string }{{"first", "1-1"}, {"second", "2-1"}, {"second again", "2-1"}} {
		err := PutEmailToken(t.Context(), mail, EmailToken{Hash: hashOf(put.secret), AccountID: account, Kind: KindPasswordReset,
			Letter: put.letter, Address: "token@example.com", CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
	}
	for secret, good := range map[string]bool{"first": false, "second": true, "second again": true, "made up": false} {
		err := CheckEmailToken(t.Context(), onboarding, hashOf(secret), KindPasswordReset, noon)
		if (err == nil) != good || (err != nil && fault.KindOf(err) != fault.NotFound) {
			t.Errorf("%s: %v", secret, err)
		}
	}
	if err := CheckEmailToken(t.Context(), onboarding, hashOf("second"), KindEmailVerification, noon); fault.KindOf(err) != fault.NotFound {
		t.Errorf("as a token of another kind: %v", err)
	}
	if _, err := ResetPassword(t.Context(), onboarding, hashOf("second"), "new", noon.Add(time.Hour)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("when its time is up: %v", err)
	}
	if got, err := ResetPassword(t.Context(), onboarding, hashOf("second"), "new", noon); err != nil || got != account {
		t.Errorf("got %d, %v", got, err)
	}
	for _, secret := range []string{"second", "second again"} {
		if _, err := ResetPassword(t.Context(), onboarding, hashOf(secret), "newer", noon); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s, after the other was used: %v", secret, err)
		}
	}
	sync := connect(t, db, "sync")
	if swept, err := DeleteExpiredEmailTokens(t.Context(), sync, noon.Add(time.Hour), 10); err != nil || swept != 0 {
		t.Errorf("%d tokens were left, %v", swept, err)
	}
}

// Whoever asks learns nothing from it, and whose address it is gets one e-mail however often it is asked for.
func TestAPasswordResetIsDueOnceAndToNobodyElse(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	onboarding, mail := connect(t, db, "onboarding"), connect(t, db, "mail")
	account := newAccount(t, onboarding, "reset@example.com")
	ask := func(email string, notAfter time.Time) DueAccount {
		t.Helper()
		due, err := RequestPasswordReset(t.Context(), onboarding, email, notAfter, "trace")
		if err != nil {
			t.Fatal(err)
		}
		return due
	}
	if due := ask("nobody@example.com", noon); due != (DueAccount{}) {
		t.Errorf("nobody's address made %+v due", due)
	}
	first := ask("Reset@Example.com", noon)
	if first.AccountID != account || first.DueID == 0 {
		t.Fatalf("got %+v for account %d", first, account)
	}
	if again := ask("reset@example.com", noon); again != (DueAccount{}) {
		t.Errorf("asked for while it stands it gave %+v", again)
	}
	due, found, err := ClaimMail(t.Context(), mail, account, time.Now(), time.Minute)
	if err != nil || !found || due.ID != first.DueID || due.Kind != KindPasswordReset {
		t.Fatalf("claimed %+v, %v, %v", due, found, err)
	}
	err = PutEmailToken(t.Context(), mail, EmailToken{Hash: hashOf("secret"), AccountID: account, Kind: KindPasswordReset,
		Letter: "1-1", Address: "reset@example.com", CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)})
	if err == nil {
		err = FinishDue(t.Context(), mail, due)
	}
	if err != nil {
		t.Fatal(err)
	}
	if soon := ask("reset@example.com", noon.Add(-time.Minute)); soon != (DueAccount{}) {
		t.Errorf("a minute after the last it gave %+v", soon)
	}
	if later := ask("reset@example.com", noon.Add(time.Minute)); later.AccountID != account {
		t.Errorf("later it gave %+v", later)
	}
}
