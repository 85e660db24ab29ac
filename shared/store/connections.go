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

// The states of a connection to Strava.
const (
	ConnectionConnected = "connected"
	ConnectionReconnect = "reconnect" // Strava refuses its tokens: the athlete must authorize again
)

// StravaConnection is an account's authorization to read one Strava athlete.
type StravaConnection struct {
	AccountID          int64
	AthleteID          int64
	Scopes             []string
	SealedAccessToken  []byte
	SealedRefreshToken []byte
	TokenExpiresAt     time.Time
	Generation         int64 // rises with every change of the tokens
	Status             string
	ConnectedAt        time.Time
	SyncedAt           *time.Time // when Strava last answered a whole list
	BackfilledAt       *time.Time // when the whole history was listed
	RefinedAt          *time.Time // when no activity waited for its streams any more
	LastError          string     // in words, for the athlete; empty when the last attempt went well
}

const connectionColumns = `account_id, athlete_id, scopes, sealed_access_token, sealed_refresh_token, token_expires_at, generation,
       status, connected_at, synced_at, backfilled_at, refined_at, last_error`

// ReadConnection gives the account's connection, or NotFound with code strava-not-connected.
func ReadConnection(ctx context.Context, conn database.Conn, accountID int64) (StravaConnection, error) {
	return readConnection(ctx, conn, "read connection", `-- name: connections.read
SELECT `+connectionColumns+` FROM strava_connections WHERE account_id = $1`, accountID)
}

// LockConnection is ReadConnection that keeps every other refresh and status change waiting until the transaction ends.
func LockConnection(ctx context.Context, conn database.Conn, accountID int64) (StravaConnection, error) {
	return readConnection(ctx, conn, "lock connection", `-- name: connections.lock
SELECT `+connectionColumns+` FROM strava_connections WHERE account_id = $1 FOR UPDATE`, accountID)
}

func readConnection(ctx context.Context, conn database.Conn, operation, sql string, accountID int64) (StravaConnection, error) {
	rows, err := conn.Query(ctx, sql, accountID)
	if err != nil {
		return StravaConnection{}, fmt.Errorf("%s: %w", operation, err)
	}
	connection, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[StravaConnection])
	return connection, orNotFound(operation, err, "strava-not-connected", "Strava is not connected: connect it first")
}

// ConnectionOwner locks the connection of a Strava athlete and gives its account and generation; false where nobody has
// the athlete.
func ConnectionOwner(ctx context.Context, conn database.Conn, athleteID int64) (accountID, generation int64, found bool, err error) {
	err = conn.QueryRow(ctx, `-- name: connections.owner
SELECT account_id, generation FROM strava_connections WHERE athlete_id = $1 FOR UPDATE`, athleteID).Scan(&accountID, &generation)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("find connection's owner: %w", err)
	}
	return accountID, generation, true, nil
}

// ErrAthleteTaken means that another account has the Strava athlete. Trying again does not help.
var ErrAthleteTaken = fault.New(fault.Conflict, "strava-athlete-taken",
	"this Strava athlete is connected to another account: sign in to that one, or disconnect it there first")

// PutConnection stores the authorization of the athlete for the account, anew or over an earlier one of the same athlete.
// It is a Conflict, and changes nothing, with code strava-athlete-taken where another account has the athlete, and with
// code strava-other-athlete where the account has another one.
func PutConnection(ctx context.Context, conn database.Conn, connection StravaConnection) error {
	const operation = "put connection"
	tag, err := conn.Exec(ctx, `-- name: connections.put
INSERT INTO strava_connections AS stored (account_id, athlete_id, scopes, sealed_access_token, sealed_refresh_token,
    token_expires_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (account_id) DO UPDATE
SET scopes = excluded.scopes, sealed_access_token = excluded.sealed_access_token,
    sealed_refresh_token = excluded.sealed_refresh_token, token_expires_at = excluded.token_expires_at,
    generation = stored.generation + 1, status = 'connected', last_error = ''
WHERE stored.athlete_id = excluded.athlete_id`,
		connection.AccountID, connection.AthleteID, connection.Scopes, connection.SealedAccessToken,
		connection.SealedRefreshToken, connection.TokenExpiresAt)
	if err != nil {
		return orConflict(operation, err, "strava_connections_athlete_id_key", ErrAthleteTaken.Code, ErrAthleteTaken.Message)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%s: %w", operation, fault.New(fault.Conflict, "strava-other-athlete",
			"this account is connected to another Strava athlete: disconnect that one first"))
	}
	return nil
}

// RotateTokens stores newer tokens over those of the given generation, under LockConnection or ConnectionOwner.
func RotateTokens(ctx context.Context, conn database.Conn, accountID, generation int64, sealedAccess, sealedRefresh []byte,
	expiresAt time.Time) error {
	tag, err := conn.Exec(ctx, `-- name: connections.rotate_tokens
UPDATE strava_connections
SET sealed_access_token = $3, sealed_refresh_token = $4, token_expires_at = $5, generation = generation + 1
WHERE account_id = $1 AND generation = $2`, accountID, generation, sealedAccess, sealedRefresh, expiresAt)
	if err != nil {
		return fmt.Errorf("rotate tokens: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("rotate tokens: %w", fault.New(fault.Conflict, "tokens-moved", "the tokens were replaced meanwhile"))
	}
	return nil
}

// RequireReconnect marks the connection as refused by Strava with the reason in words, where its tokens still are of the
// given generation. It gives false where they moved on.
func RequireReconnect(ctx context.Context, conn database.Conn, accountID, generation int64, reason string) (bool, error) {
	tag, err := conn.Exec(ctx, `-- name: connections.require_reconnect
UPDATE strava_connections SET status = 'reconnect', last_error = $3 WHERE account_id = $1 AND generation = $2`,
		accountID, generation, reason)
	if err != nil {
		return false, fmt.Errorf("require reconnect: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// A SyncMark is a stage that a connection's sync has reached.
type SyncMark int

// Listed is a list page that Strava answered, Backfilled the whole history, Refined no activity left without streams.
const (
	MarkListed SyncMark = iota
	MarkBackfilled
	MarkRefined
)

// MarkSynced notes that the stage was reached at now, and that nothing is wrong.
func MarkSynced(ctx context.Context, conn database.Conn, accountID int64, mark SyncMark, now time.Time) error {
	batch := &pgx.Batch{}
	queueMark(batch, accountID, mark, now)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("mark synced: %w", err)
	}
	return nil
}

func queueMark(batch *pgx.Batch, accountID int64, mark SyncMark, now time.Time) {
	batch.Queue(`-- name: connections.mark
UPDATE strava_connections
SET synced_at = CASE WHEN $2 = 2 THEN synced_at ELSE $3 END,
    backfilled_at = CASE WHEN $2 = 1 THEN $3 ELSE backfilled_at END,
    refined_at = CASE WHEN $2 = 2 THEN $3 ELSE refined_at END,
    last_error = ''
WHERE account_id = $1`, accountID, int(mark), now)
}
