package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// EmailToken is the single-use secret of a link in an e-mail.
type EmailToken struct {
	Hash      TokenHash
	AccountID int64
	Kind      string // KindPasswordReset or KindEmailVerification
	Letter    string // names the e-mail: a token of the same letter stays beside this one
	Address   string // where the e-mail goes
	CreatedAt time.Time
	ExpiresAt time.Time
}

// FindRecipient gives the account's e-mail address; empty where it has none, fault.NotFound where the account is gone or
// being erased.
func FindRecipient(ctx context.Context, conn database.Conn, accountID int64) (string, error) {
	var address string
	err := conn.QueryRow(ctx, `-- name: accounts.find_recipient
SELECT coalesce(email, '') FROM accounts WHERE id = $1 AND erasing_at IS NULL`, accountID).Scan(&address)
	return address, orNotFound("find recipient", err, "no-account", "There is no such account.")
}

// PutEmailToken keeps a token, in place of those that other letters of this kind brought to the account.
func PutEmailToken(ctx context.Context, conn database.Conn, token EmailToken) error {
	_, err := conn.Exec(ctx, `-- name: email_tokens.put
WITH older AS (
    DELETE FROM email_tokens WHERE account_id = $2 AND kind = $3 AND letter <> $4
)
INSERT INTO email_tokens (token_hash, account_id, kind, letter, address, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		token.Hash[:], token.AccountID, token.Kind, token.Letter, token.Address, token.CreatedAt, token.ExpiresAt)
	if err != nil {
		return fmt.Errorf("put e-mail token: %w", err)
	}
	return nil
}

// RequestPasswordReset makes an e-mail due to whoever owns the address, and gives the row for a message; zeros where it is
// nobody's, and where one was sent or asked for after notAfter. It is one statement, of the same work in each case. A
// request that stands already is left as it is.
func RequestPasswordReset(ctx context.Context, conn database.Conn, email string, notAfter time.Time, trace string) (DueAccount, error) {
	var due DueAccount
	err := conn.QueryRow(ctx, `-- name: due.request_password_reset
INSERT INTO due_work (account_id, kind, lane, due_at, origin_trace)
SELECT id, 'password_reset', 0, now() - interval '5 seconds', $3
FROM accounts
WHERE lower(email) = lower($1) AND erasing_at IS NULL
  AND NOT EXISTS (SELECT FROM email_tokens
                  WHERE account_id = accounts.id AND kind = 'password_reset' AND created_at > $2)
ON CONFLICT (account_id, kind, subject) DO UPDATE
SET parked_at = NULL, parked_reason = '', attempts = 0, refusals = 0, due_at = excluded.due_at,
    origin_trace = excluded.origin_trace
WHERE due_work.parked_at IS NOT NULL
RETURNING id, account_id`, email, notAfter, trace).Scan(&due.DueID, &due.AccountID)
	if errors.Is(err, pgx.ErrNoRows) {
		return DueAccount{}, nil
	}
	if err != nil {
		return DueAccount{}, fmt.Errorf("request password reset: %w", err)
	}
	return due, nil
}

// errEmailToken is the answer to a token that is unknown, used or too old at now.
func errEmailToken() error {
	return fault.New(fault.NotFound, "link", "This link was used before, is too old or was replaced by a newer one. Please ask for another.")
}

// CheckEmailToken says that a token could be used at now; fault.NotFound where it could not. It uses nothing up.
func CheckEmailToken(ctx context.Context, conn database.Conn, hash TokenHash, kind string, now time.Time) error {
	var good bool
	err := conn.QueryRow(ctx, `-- name: email_tokens.check
SELECT EXISTS (SELECT FROM email_tokens WHERE token_hash = $1 AND kind = $2 AND expires_at > $3)`, hash[:], kind, now).Scan(&good)
	if err != nil {
		return fmt.Errorf("check e-mail token: %w", err)
	}
	if !good {
		return errEmailToken()
	}
	return nil
}

// ResetPassword uses a token up and sets the account's password by it: all or nothing, in one statement, and once however
// many try at the same time. Every session of the account ends, every other token and verification that is due goes: who
// has read the owner's mail or session until now must not stay in. The address is verified where it is the one that the
// token was sent to. It gives the account; fault.NotFound where the token is used, unknown or too old at now.
func ResetPassword(ctx context.Context, conn database.Conn, hash TokenHash, passwordHash string, now time.Time) (int64, error) {
	var account int64
	err := conn.QueryRow(ctx, `-- name: email_tokens.reset_password
WITH used AS (
    DELETE FROM email_tokens
    WHERE token_hash = $1 AND kind = 'password_reset' AND expires_at > $3
    RETURNING account_id, address
), changed AS (
    UPDATE accounts
    SET password_hash = $2,
        email_verified_at = CASE WHEN email = used.address THEN coalesce(email_verified_at, $3) ELSE email_verified_at END
    FROM used
    WHERE id = used.account_id AND erasing_at IS NULL
    RETURNING id
), ended AS (
    DELETE FROM sessions USING changed WHERE account_id = changed.id
), voided AS (
    DELETE FROM email_tokens USING changed WHERE account_id = changed.id AND token_hash <> $1
), unsent AS (
    DELETE FROM due_work USING changed WHERE account_id = changed.id AND kind = 'email_verification'
)
SELECT id FROM changed`, hash[:], passwordHash, now).Scan(&account)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, errEmailToken()
	}
	if err != nil {
		return 0, fmt.Errorf("reset password: %w", err)
	}
	return account, nil
}

// VerifyEmail uses a token up: the address that it was sent to is the account's from now on, and known to be its owner's.
// It gives the account, and the address that it had before where another one had been verified; fault.NotFound where the
// token is used, unknown or too old at now, fault.Conflict where somebody else has the address meanwhile.
func VerifyEmail(ctx context.Context, conn database.Conn, hash TokenHash, now time.Time) (account int64, before string, err error) {
	err = conn.QueryRow(ctx, `-- name: email_tokens.verify
WITH used AS (
    DELETE FROM email_tokens
    WHERE token_hash = $1 AND kind = 'email_verification' AND expires_at > $2
    RETURNING account_id, address
), changed AS (
    UPDATE accounts SET email = used.address, email_verified_at = $2
    FROM used, accounts AS before
    WHERE accounts.id = used.account_id AND accounts.erasing_at IS NULL AND before.id = accounts.id
    RETURNING accounts.id, CASE WHEN before.email_verified_at IS NOT NULL AND lower(before.email) <> lower(used.address)
                                THEN before.email ELSE '' END AS before
), voided AS (
    DELETE FROM email_tokens USING changed WHERE account_id = changed.id AND token_hash <> $1
)
SELECT id, before FROM changed`, hash[:], now).Scan(&account, &before)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, "", errEmailToken()
	}
	return account, before, orConflict("verify e-mail", err, "accounts_email_key", "email-taken",
		"Somebody else has this e-mail address already.")
}
