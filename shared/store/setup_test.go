package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
)

// connect opens a connection of a function's login, which owns nothing.
func connect(t *testing.T, db *postgrestest.DB, login string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.DSN(login))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// noon is a moment to reckon from.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// newAccount registers an account with one session, whose token hash is that of its e-mail address.
func newAccount(t *testing.T, conn *pgx.Conn, email string) int64 {
	t.Helper()
	var consents []Consent
	for _, one := range document.All() {
		consents = append(consents, Consent{Document: one.Name, Version: one.Version})
	}
	id, _, err := Register(t.Context(), conn, Registration{
		Email: email, PasswordHash: "hash",
		Consents: consents,
		Session:  NewSession{TokenHash: hashOf(email), Device: "test", OpenedAt: noon, ExpiresAt: noon.Add(time.Hour)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func hashOf(text string) TokenHash { return sha256.Sum256([]byte(text)) }

// checkedValues are the texts that a CHECK constraint of a column allows, sorted.
func checkedValues(t *testing.T, conn *pgx.Conn, table, column string) []string {
	t.Helper()
	var definition string
	err := conn.QueryRow(t.Context(), `SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'c' AND conrelid = $1::regclass AND conname = $2`,
		table, fmt.Sprintf("%s_%s_check", table, column)).Scan(&definition)
	if err != nil {
		t.Fatalf("check of %s.%s: %v", table, column, err)
	}
	var values []string
	for _, match := range regexp.MustCompile(`'([^']*)'::text`).FindAllStringSubmatch(definition, -1) {
		values = append(values, match[1])
	}
	slices.Sort(values)
	return values
}

func sorted[T ~string](values ...T) []string {
	texts := make([]string, len(values))
	for i, value := range values {
		texts[i] = string(value)
	}
	slices.Sort(texts)
	return texts
}

// findSession asks for a session alone.
func findSession(ctx context.Context, conn database.Conn, hash TokenHash, now, idleSince, seenBefore time.Time) (found Session, err error) {
	err = FindSession(hash, now, idleSince, seenBefore, func(session Session, err error) error {
		found = session
		return err
	}).Ask(ctx, conn)
	return found, err
}
