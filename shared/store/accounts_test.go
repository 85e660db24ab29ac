package store

import (
	"slices"
	"testing"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
)

// I39: an enum in code drifted from a CHECK in the database and broke saves.
func TestEnumsEqualTheDatabasesChecks(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	for _, enum := range []struct {
		table, column string
		values        []string
	}{
		{"consents", "document", sorted(document.Names...)},
		{"thresholds", "kind", sorted(ThresholdKinds...)},
		{"erasures", "reason", sorted(ReasonDisconnected, ReasonDeauthorized, ReasonAccount)},
		{"erasures", "revocation", sorted(RevocationPending, RevocationEnded, RevocationSuperseded, RevocationGivenUp)},
	} {
		t.Run(enum.table+"."+enum.column, func(t *testing.T) {
			if want := checkedValues(t, conn, enum.table, enum.column); !slices.Equal(enum.values, want) {
				t.Errorf("code has %v, the database %v", enum.values, want)
			}
		})
	}
}

func TestRegisterWritesEverythingAnAccountStartsWith(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	id := newAccount(t, conn, "Ada@Example.com")

	found, err := FindCredentials(t.Context(), conn, "ada@example.COM", TokenHash{})
	if err != nil || found.AccountID != id || found.Email != "Ada@Example.com" || found.PasswordHash != "hash" {
		t.Errorf("credentials %+v, %v", found, err)
	}
	facts, err := LoadOnboardingFacts(t.Context(), conn, id)
	if err != nil || !facts.Consented || facts.MaxHRKnown || facts.Connected || facts.Activities != 0 {
		t.Errorf("facts %+v, %v", facts, err)
	}
	athlete, err := LoadAthlete(t.Context(), conn, id)
	if err != nil || athlete.TimeZone != "UTC" || athlete.BirthDate != nil || athlete.ChronicDays != 42 {
		t.Errorf("athlete %+v, %v", athlete, err)
	}
	session, err := findSession(t.Context(), conn, hashOf("Ada@Example.com"), noon, noon.AddDate(0, 0, -1), noon)
	if err != nil || session.AccountID != id {
		t.Errorf("session %+v, %v", session, err)
	}
}

func TestRegisterOfATakenAddressIsAConflictAndLeavesNothing(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	newAccount(t, conn, "ada@example.com")

	_, _, err := Register(t.Context(), conn, Registration{
		Email: "ADA@example.com", PasswordHash: "other", Consents: []Consent{{Document: document.Terms, Version: "2"}},
		Session: NewSession{TokenHash: hashOf("other"), OpenedAt: noon, ExpiresAt: noon},
	})
	if failure, ok := fault.As(err); !ok || failure.Kind != fault.Conflict || failure.Code != "email-taken" {
		t.Errorf("got %v, want a conflict", err)
	}
	var accounts, consents, athletes, sessions int
	err = conn.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM accounts), (SELECT count(*) FROM consents),
		(SELECT count(*) FROM athletes), (SELECT count(*) FROM sessions)`).Scan(&accounts, &consents, &athletes, &sessions)
	if err != nil || accounts != 1 || consents != 3 || athletes != 1 || sessions != 1 {
		t.Errorf("accounts %d, consents %d, athletes %d, sessions %d, %v", accounts, consents, athletes, sessions, err)
	}
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	const nobody = 404
	for name, call := range map[string]func() error{
		"credentials": func() error {
			_, err := FindCredentials(t.Context(), conn, "nobody@example.com", TokenHash{})
			return err
		},
		"session": func() error {
			_, err := findSession(t.Context(), conn, hashOf("nobody"), noon, noon, noon)
			return err
		},
		"oauth state":     func() error { return SetOAuthState(t.Context(), conn, hashOf("nobody"), hashOf("state"), noon) },
		"no oauth state":  func() error { return TakeOAuthState(t.Context(), conn, hashOf("nobody"), hashOf("state"), noon) },
		"athlete":         func() error { _, err := LoadAthlete(t.Context(), conn, nobody); return err },
		"profiles":        func() error { _, err := LoadProfiles(t.Context(), conn, nobody); return err },
		"onboarding":      func() error { _, err := LoadOnboardingFacts(t.Context(), conn, nobody); return err },
		"locked profiles": func() error { _, err := LockProfiles(t.Context(), conn, nobody); return err },
	} {
		if err := call(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: got %v, want not found", name, err)
		}
	}
}
