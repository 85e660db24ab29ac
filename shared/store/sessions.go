package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// TokenHash is the SHA-256 of a secret that only its holder knows: a session's token, an OAuth state.
type TokenHash [32]byte

// NewSession is a session to be stored.
type NewSession struct {
	TokenHash TokenHash
	Device    string    // what the browser calls itself
	OpenedAt  time.Time // the start
	ExpiresAt time.Time // the end, however active it is
}

// Session is a session in force.
type Session struct {
	AccountID   int64
	Email       string
	ExpiresAt   time.Time
	ConfirmedAt time.Time // when its holder last proved who they are; zero for never
}

// OpenSession is a session as its account's owner sees it.
type OpenSession struct {
	TokenHash TokenHash
	Device    string
	CreatedAt time.Time
	SeenAt    time.Time // to the minute
	ExpiresAt time.Time
}

// InsertSession opens a session of the account, and removes those of its sessions that have ended: the ones whose time
// is up when this one opens, and the ones not seen since idleSince.
func InsertSession(ctx context.Context, conn database.Conn, accountID int64, session NewSession, idleSince time.Time) error {
	_, err := conn.Exec(ctx, `-- name: sessions.insert
WITH ended AS (
    DELETE FROM sessions WHERE account_id = $1 AND (expires_at <= $5 OR seen_at <= $6)
)
INSERT INTO sessions (token_hash, account_id, device, created_at, seen_at, confirmed_at, expires_at)
VALUES ($2, $1, $3, $5, $5, $5, $4)`,
		accountID, session.TokenHash[:], session.Device, session.ExpiresAt, session.OpenedAt, idleSince)
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

// FindSession asks for the session of a token that is in force at now: its time is not up and it was seen after idleSince.
// In the same round trip it notes that the session was seen, unless that was noted after seenBefore already, so that a
// busy page does not write at every request. check is told the session, or fault.NotFound where there is none in force,
// and says whether that refuses the request.
func FindSession(hash TokenHash, now, idleSince, seenBefore time.Time, check func(Session, error) error) *database.Ahead {
	return database.NewAhead(func(row pgx.Row) error {
		var found Session
		var confirmed *time.Time
		err := row.Scan(&found.AccountID, &found.Email, &found.ExpiresAt, &confirmed)
		if confirmed != nil {
			found.ConfirmedAt = *confirmed
		}
		return check(found, orNotFound("find session", err, "no-session", "There is no such session."))
	}, `-- name: sessions.find
WITH seen AS (
    UPDATE sessions SET seen_at = $2
    WHERE token_hash = $1 AND expires_at > $2 AND seen_at > $3 AND seen_at <= $4
)
SELECT session.account_id, coalesce(account.email, ''), session.expires_at, session.confirmed_at
FROM sessions AS session
JOIN accounts AS account ON account.id = session.account_id
WHERE session.token_hash = $1 AND session.expires_at > $2 AND session.seen_at > $3 AND account.erasing_at IS NULL`,
		hash[:], now, idleSince, seenBefore)
}

// DeleteSession ends a session; one that has ended already is no error.
func DeleteSession(ctx context.Context, conn database.Conn, hash TokenHash) error {
	if _, err := conn.Exec(ctx, `-- name: sessions.delete
DELETE FROM sessions WHERE token_hash = $1`, hash[:]); err != nil {
		return fmt.Errorf("delete session: %w", err)
	}
	return nil
}

// ListSessions gives the account's sessions in force at now, the one last seen first.
func ListSessions(ctx context.Context, conn database.Conn, accountID int64, now, idleSince time.Time) ([]OpenSession, error) {
	rows, err := conn.Query(ctx, `-- name: sessions.list
SELECT token_hash, device, created_at, seen_at, expires_at
FROM sessions
WHERE account_id = $1 AND expires_at > $2 AND seen_at > $3
ORDER BY seen_at DESC, created_at DESC`, accountID, now, idleSince)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	sessions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (session OpenSession, err error) {
		hash := session.TokenHash[:0]
		err = row.Scan(&hash, &session.Device, &session.CreatedAt, &session.SeenAt, &session.ExpiresAt)
		copy(session.TokenHash[:], hash)
		return session, err
	})
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return sessions, nil
}

// EndSession ends one of the account's sessions; fault.NotFound where it is no longer there, or somebody else's.
func EndSession(ctx context.Context, conn database.Conn, accountID int64, hash TokenHash) error {
	tag, err := conn.Exec(ctx, `-- name: sessions.end
DELETE FROM sessions WHERE account_id = $1 AND token_hash = $2`, accountID, hash[:])
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoSession()
	}
	return nil
}

// EndOtherSessions ends all of the account's sessions but one, and gives how many.
func EndOtherSessions(ctx context.Context, conn database.Conn, accountID int64, kept TokenHash) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: sessions.end_others
DELETE FROM sessions WHERE account_id = $1 AND token_hash <> $2`, accountID, kept[:])
	if err != nil {
		return 0, fmt.Errorf("end other sessions: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// RenewSession gives a session whose holder has just proved who they are another token; the one before is worth nothing.
func RenewSession(ctx context.Context, conn database.Conn, hash, renewed TokenHash, now time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: sessions.renew
UPDATE sessions SET token_hash = $2, confirmed_at = $3, seen_at = $3 WHERE token_hash = $1`, hash[:], renewed[:], now)
	if err != nil {
		return fmt.Errorf("renew session: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoSession()
	}
	return nil
}

func errNoSession() error {
	return fault.New(fault.NotFound, "no-session", "There is no such session.")
}

// SetOAuthState puts the hash of an OAuth state into the session that begins the consent, in place of an older one.
// fault.NotFound where the session has ended.
func SetOAuthState(ctx context.Context, conn database.Conn, session, state TokenHash, expiresAt time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: sessions.set_oauth_state
UPDATE sessions SET oauth_state_hash = $2, oauth_state_expires_at = $3 WHERE token_hash = $1`,
		session[:], state[:], expiresAt)
	if err != nil {
		return fmt.Errorf("set oauth state: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return errNoSession()
	}
	return nil
}

// TakeOAuthState removes the state from the session that it belongs to, so that it can be taken once only. fault.NotFound
// where the session has no such state or it is too old at now; another state that the session waits for then stays.
func TakeOAuthState(ctx context.Context, conn database.Conn, session, state TokenHash, now time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: sessions.take_oauth_state
UPDATE sessions SET oauth_state_hash = NULL, oauth_state_expires_at = NULL
WHERE token_hash = $1 AND oauth_state_hash = $2 AND oauth_state_expires_at > $3`, session[:], state[:], now)
	if err != nil {
		return fmt.Errorf("take oauth state: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.NotFound, "no-oauth-state", "There is no such OAuth state.")
	}
	return nil
}
