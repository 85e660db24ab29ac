package store

import (
	"testing"
	"time"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

func TestASessionIsWrittenOnlyWhenItWasNotSeenLately(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	newAccount(t, conn, "ada@example.com")
	hash := hashOf("ada@example.com")
	seen := func() (at time.Time, version string) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), `SELECT seen_at, xmin::text FROM sessions`).Scan(&at, &version); err != nil {
			t.Fatal(err)
		}
		return at, version
	}
	find := func(now time.Time) {
		t.Helper()
		if _, err := findSession(t.Context(), conn, hash, now, now.Add(-time.Hour), now.Add(-time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	_, first := seen()
	find(noon.Add(59 * time.Second))
	if at, version := seen(); !at.Equal(noon) || version != first {
		t.Errorf("written after 59 s: %v", at)
	}
	find(noon.Add(time.Minute))
	if at, version := seen(); !at.Equal(noon.Add(time.Minute)) || version == first {
		t.Errorf("not written after a minute: %v", at)
	}
}

func TestOpeningASessionRemovesTheEndedOnes(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	id := newAccount(t, conn, "ada@example.com") // ends after an hour
	newAccount(t, conn, "eve@example.com")       // so does another's, which must stay
	open := func(name string, at time.Time) {
		t.Helper()
		session := NewSession{TokenHash: hashOf(name), OpenedAt: at, ExpiresAt: at.Add(24 * time.Hour)}
		if err := InsertSession(t.Context(), conn, id, session, at.Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	has := func(name string) (found bool) {
		t.Helper()
		hash := hashOf(name)
		err := conn.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM sessions WHERE token_hash = $1)`, hash[:]).Scan(&found)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	open("second", noon.Add(59*time.Minute))
	if !has("ada@example.com") {
		t.Error("a session in force was removed")
	}
	open("third", noon.Add(2*time.Hour))
	if has("ada@example.com") || !has("second") || !has("eve@example.com") {
		t.Error("not just the ended session of the account was removed")
	}
	open("fourth", noon.Add(3*time.Hour)) // second was last seen two hours and a minute ago
	if has("second") || !has("third") || !has("fourth") {
		t.Error("not just the idle session was removed")
	}
}
