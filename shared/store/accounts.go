package store

import (
	"context"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
)

// Registration is everything that a new account starts with.
type Registration struct {
	Email        string // empty for none
	PasswordHash string // PHC string; empty for none
	Consents     []Consent
	Session      NewSession // the first; the account begins with it
	Device       []byte     // TokenHash of the device that it is opened from; nil where that can't be known again
	Throttle     []byte     // key of a throttle whose attempt this was not; nil for none
	VerifyEmail  bool       // an e-mail is due that verifies the address
	Trace        string     // trace id of the request
}

// Register writes the account, its consents, its athlete with the defaults, its first session and the e-mail that is due, all
// or nothing, in one statement and so in one round trip. It gives the account, and the e-mail's row where one is due; a taken
// address is a fault.Conflict.
func Register(ctx context.Context, conn database.Conn, registration Registration) (accountID, dueID int64, err error) {
	documents := make([]string, len(registration.Consents))
	versions := make([]string, len(registration.Consents))
	for i, consent := range registration.Consents {
		documents[i], versions[i] = string(consent.Document), consent.Version
	}
	session := registration.Session
	err = conn.QueryRow(ctx, `-- name: accounts.register
WITH account AS (
    INSERT INTO accounts (email, password_hash, created_at) VALUES (nullif($1, ''), nullif($2, ''), $3) RETURNING id
), agreed AS (
    INSERT INTO consents (account_id, document, version, accepted_at)
    SELECT account.id, document, version, $3
    FROM account, unnest($4::text[], $5::text[]) AS given (document, version)
), athlete AS (
    INSERT INTO athletes (account_id, updated_at) SELECT id, $3 FROM account
), session AS (
    INSERT INTO sessions (token_hash, account_id, device, created_at, seen_at, confirmed_at, expires_at)
    SELECT $6, id, $7, $3, $3, $3, $8 FROM account
), device AS (
    INSERT INTO devices (token_hash, account_id, created_at, seen_at) SELECT $9, id, $3, $3 FROM account WHERE $9::bytea IS NOT NULL
), returned AS (
    UPDATE throttles SET attempts = greatest(attempts - 1, 0), blocked_until = tried_at FROM account WHERE key = $12
), letter AS (
    INSERT INTO due_work (account_id, kind, lane, due_at, origin_trace)
    SELECT id, 'email_verification', 0, now() - interval '5 seconds', $10 FROM account WHERE $11
    RETURNING id
)
SELECT account.id, coalesce(letter.id, 0) FROM account LEFT JOIN letter ON true`,
		registration.Email, registration.PasswordHash, session.OpenedAt, documents, versions,
		session.TokenHash[:], session.Device, session.ExpiresAt, registration.Device, registration.Trace, registration.VerifyEmail, registration.Throttle).Scan(&accountID, &dueID)
	return accountID, dueID, orConflict("register account", err, "accounts_email_key", "email-taken",
		"There is an account with this e-mail address already. Please sign in.")
}

// Credentials are what a sign-in is checked against.
type Credentials struct {
	AccountID    int64
	Email        string // empty where the account has none
	PasswordHash string // PHC string; empty where the account has no password
	SealedSecret []byte // of the second factor that counts; nil where there is none
	KnownDevice  bool   // the owner signed in from the device before
}

const credentialColumns = `account.id, coalesce(account.email, ''), coalesce(account.password_hash, ''), factor.sealed_secret`

const joinSecondFactor = `LEFT JOIN second_factors AS factor ON factor.account_id = account.id AND factor.confirmed_at IS NOT NULL`

// FindCredentials gives the credentials of an e-mail address in whatever case, asked for from a device; fault.NotFound where
// it is nobody's or its account is being erased.
func FindCredentials(ctx context.Context, conn database.Conn, email string, device TokenHash) (Credentials, error) {
	var found Credentials
	err := conn.QueryRow(ctx, `-- name: accounts.find_credentials
SELECT `+credentialColumns+`, EXISTS (SELECT FROM devices WHERE account_id = account.id AND token_hash = $2)
FROM accounts AS account
`+joinSecondFactor+`
WHERE lower(account.email) = lower($1) AND account.erasing_at IS NULL`, email, device[:]).
		Scan(&found.AccountID, &found.Email, &found.PasswordHash, &found.SealedSecret, &found.KnownDevice)
	return found, orNotFound("find credentials", err, "no-account", "There is no such account.")
}

// ReadCredentials gives an account's credentials; fault.NotFound where the account is gone.
func ReadCredentials(ctx context.Context, conn database.Conn, accountID int64) (Credentials, error) {
	var found Credentials
	err := conn.QueryRow(ctx, `-- name: accounts.read_credentials
SELECT `+credentialColumns+`
FROM accounts AS account
`+joinSecondFactor+`
WHERE account.id = $1`, accountID).Scan(&found.AccountID, &found.Email, &found.PasswordHash, &found.SealedSecret)
	return found, orNotFound("read credentials", err, "no-account", "There is no such account.")
}

// ReplacePasswordHash stores another hash of the same password, unless the password was changed meanwhile.
func ReplacePasswordHash(ctx context.Context, conn database.Conn, accountID int64, old, replacement string) error {
	_, err := conn.Exec(ctx, `-- name: accounts.replace_password_hash
UPDATE accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, accountID, old, replacement)
	if err != nil {
		return fmt.Errorf("replace password hash: %w", err)
	}
	return nil
}

// ChangePassword sets the account's password, ends all of its sessions but the one that asks, which gets a new token, and voids
// the links that could set another: all or nothing. fault.NotFound where the session has ended.
func ChangePassword(ctx context.Context, conn database.Conn, accountID int64, passwordHash string, session, renewed TokenHash, now time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: accounts.change_password
WITH kept AS (
    UPDATE sessions SET token_hash = $4, confirmed_at = $5, seen_at = $5 WHERE token_hash = $3 AND account_id = $1 RETURNING account_id
), ended AS (
    DELETE FROM sessions USING kept WHERE sessions.account_id = kept.account_id AND token_hash <> $3
), voided AS (
    DELETE FROM email_tokens USING kept WHERE email_tokens.account_id = kept.account_id AND kind = 'password_reset'
)
UPDATE accounts SET password_hash = $2 FROM kept WHERE id = kept.account_id`, accountID, passwordHash, session[:], renewed[:], now)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoSession()
	}
	return nil
}

// Who is what an account's owner sees of the account and the session.
type Who struct {
	AccountID     int64
	Email         string // empty where there is none
	EmailVerified bool
	HasPassword   bool
	SecondFactor  bool
	ExpiresAt     time.Time // of the session
	ConfirmedAt   *time.Time
	Consents      []Consent // in force
}

// ReadWho gives what the holder of a session sees; fault.NotFound where the session is not the account's.
func ReadWho(ctx context.Context, conn database.Conn, accountID int64, session TokenHash) (Who, error) {
	who := Who{AccountID: accountID}
	var documents, versions []string
	err := conn.QueryRow(ctx, `-- name: accounts.read_who
SELECT coalesce(account.email, ''), account.email_verified_at IS NOT NULL, account.password_hash IS NOT NULL,
       EXISTS (SELECT FROM second_factors WHERE account_id = account.id AND confirmed_at IS NOT NULL),
       session.expires_at, session.confirmed_at, given.documents, given.versions
FROM accounts AS account
JOIN sessions AS session ON session.account_id = account.id AND session.token_hash = $2,
LATERAL (SELECT coalesce(array_agg(document), '{}') AS documents, coalesce(array_agg(version), '{}') AS versions
         FROM consents WHERE account_id = account.id AND withdrawn_at IS NULL) AS given
WHERE account.id = $1`, accountID, session[:]).Scan(&who.Email, &who.EmailVerified, &who.HasPassword, &who.SecondFactor,
		&who.ExpiresAt, &who.ConfirmedAt, &documents, &versions)
	for i, name := range documents {
		who.Consents = append(who.Consents, Consent{Document: document.Name(name), Version: versions[i]})
	}
	return who, orNotFound("read who", err, "no-session", "There is no such session.")
}
