package store

import (
	"context"

	"github.com/train-d/train-d/shared/database"
)

// Registration is everything that a new account starts with.
type Registration struct {
	Email        string
	PasswordHash string // PHC string
	Consents     []Consent
	Session      NewSession // the first; the account begins with it
}

// Register writes the account, its consents, its athlete with the defaults and its first session, all or nothing, in one
// statement and so in one round trip. It gives the account's id; a taken e-mail address is a fault.Conflict.
func Register(ctx context.Context, conn database.Conn, registration Registration) (int64, error) {
	documents := make([]string, len(registration.Consents))
	versions := make([]string, len(registration.Consents))
	for i, consent := range registration.Consents {
		documents[i], versions[i] = string(consent.Document), consent.Version
	}
	session := registration.Session
	var id int64
	err := conn.QueryRow(ctx, `-- name: accounts.register
WITH account AS (
    INSERT INTO accounts (email, password_hash, created_at) VALUES ($1, $2, $3) RETURNING id
), agreed AS (
    INSERT INTO consents (account_id, document, version, accepted_at)
    SELECT account.id, document, version, $3
    FROM account, unnest($4::text[], $5::text[]) AS given (document, version)
), athlete AS (
    INSERT INTO athletes (account_id, updated_at) SELECT id, $3 FROM account
), session AS (
    INSERT INTO sessions (token_hash, account_id, device, created_at, seen_at, expires_at)
    SELECT $6, id, $7, $3, $3, $8 FROM account
)
SELECT id FROM account`,
		registration.Email, registration.PasswordHash, session.OpenedAt, documents, versions,
		session.TokenHash[:], session.Device, session.ExpiresAt).Scan(&id)
	return id, orConflict("register account", err, "accounts_email_key", "email-taken",
		"There is an account with this e-mail address already. Please sign in.")
}

// Credentials are what a sign-in is checked against.
type Credentials struct {
	AccountID    int64
	Email        string
	PasswordHash string // PHC string; empty where the account has no password
}

// FindCredentials gives the credentials of an e-mail address in whatever case; fault.NotFound where it is nobody's.
func FindCredentials(ctx context.Context, conn database.Conn, email string) (Credentials, error) {
	var found Credentials
	err := conn.QueryRow(ctx, `-- name: accounts.find_credentials
SELECT id, email, coalesce(password_hash, '') FROM accounts WHERE lower(email) = lower($1)`, email).
		Scan(&found.AccountID, &found.Email, &found.PasswordHash)
	return found, orNotFound("find credentials", err, "no-account", "There is no such account.")
}
