package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// Why a connection to Strava ended.
const (
	ReasonDisconnected = "disconnected" // the athlete ended it here
	ReasonDeauthorized = "deauthorized" // the athlete ended it at Strava
	ReasonAccount      = "account"      // the account as a whole ends
)

// How far the authorization's end is.
const (
	RevocationPending    = "pending"
	RevocationEnded      = "ended"      // Strava has ended it, or knows of none
	RevocationSuperseded = "superseded" // the athlete connected anew meanwhile
	RevocationGivenUp    = "given_up"   // Strava did neither confirm nor refuse for too long
)

// Erasure is the end of a connection to Strava: rows to erase and an authorization to end.
type Erasure struct {
	ID                 int64
	AccountID          int64 // whose rows; 0 once both are done
	AthleteID          int64
	SealedAccessToken  []byte // the last one, sealed for the account; nil unless the revocation is pending
	SealedRefreshToken []byte // as the access token
	Reason             string
	Revocation         string
	RequestedAt        time.Time
	ErasedAt           *time.Time // when counting found nothing left
}

const erasureColumns = `id, coalesce(account_id, 0) AS account_id, coalesce(athlete_id, 0) AS athlete_id, sealed_access_token,
       sealed_refresh_token, reason, revocation, requested_at, erased_at`

// BeginErasure ends the account's connection: its row and whatever is due with Strava are gone when the transaction that
// this must run in commits, and so is every lease, so that a worker under way can store nothing any more. It gives the due
// row of the erasure, which belongs to no account. The tokens are kept for the revocation, unless Strava has refused
// them already, which is what ReasonDeauthorized means.
func BeginErasure(ctx context.Context, conn database.Conn, connection StravaConnection, reason, trace string, now time.Time) (dueID int64, err error) {
	revocation, access, refresh := RevocationPending, connection.SealedAccessToken, connection.SealedRefreshToken
	if reason == ReasonDeauthorized {
		revocation, access, refresh = RevocationEnded, nil, nil
	}
	var id int64
	err = conn.QueryRow(ctx, `-- name: erasures.begin
INSERT INTO erasures (account_id, athlete_id, sealed_access_token, sealed_refresh_token, reason, revocation, requested_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id`, connection.AccountID, connection.AthleteID, access, refresh, reason, revocation, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("begin erasure: %w", err)
	}
	if _, err := conn.Exec(ctx, `-- name: connections.delete
DELETE FROM strava_connections WHERE account_id = $1`, connection.AccountID); err != nil {
		return 0, fmt.Errorf("delete connection: %w", err)
	}
	if err := deleteStravaWork(ctx, conn, connection.AccountID); err != nil {
		return 0, err
	}
	return EnqueueDue(ctx, conn, DueRequest{Kind: KindErasure, Subject: strconv.FormatInt(id, 10), Lane: LaneInteractive, Trace: trace})
}

// deleteStravaWork deletes what is due for an account with Strava.
func deleteStravaWork(ctx context.Context, conn database.Conn, accountID int64) error {
	if _, err := conn.Exec(ctx, `-- name: due.delete_strava
DELETE FROM due_work WHERE account_id = $1 AND kind <> 'recompute' AND kind NOT IN `+mailKinds, accountID); err != nil {
		return fmt.Errorf("delete due work: %w", err)
	}
	return nil
}

// ReadErasure gives an erasure; LockErasure keeps everybody else from changing it until the transaction ends.
func ReadErasure(ctx context.Context, conn database.Conn, id int64) (Erasure, error) {
	return readErasure(ctx, conn, `-- name: erasures.read
SELECT `+erasureColumns+` FROM erasures WHERE id = $1`, id)
}

// LockErasure is ReadErasure that keeps everybody else waiting until the transaction ends.
func LockErasure(ctx context.Context, conn database.Conn, id int64) (Erasure, error) {
	return readErasure(ctx, conn, `-- name: erasures.lock
SELECT `+erasureColumns+` FROM erasures WHERE id = $1 FOR UPDATE`, id)
}

func readErasure(ctx context.Context, conn database.Conn, sql string, id int64) (Erasure, error) {
	rows, err := conn.Query(ctx, sql, id)
	if err != nil {
		return Erasure{}, fmt.Errorf("read erasure: %w", err)
	}
	erasure, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Erasure])
	return erasure, orNotFound("read erasure", err, "no-erasure", "there is no such erasure")
}

// EraseSome deletes up to limit of the account's activities with everything that hangs off them, and gives how many rows
// went from each table. Empty means that none is left.
func EraseSome(ctx context.Context, conn database.Conn, accountID int64, limit int) (map[string]int, error) {
	var activities, streams, changes int
	err := conn.QueryRow(ctx, `-- name: activities.erase
WITH chosen AS (
    SELECT id FROM activities WHERE account_id = $1 LIMIT $2
), samples AS (
    DELETE FROM activity_streams WHERE account_id = $1 AND activity_id IN (SELECT id FROM chosen) RETURNING 1
), gone AS (
    DELETE FROM activities WHERE account_id = $1 AND id IN (SELECT id FROM chosen) RETURNING 1
), changes AS (
    DELETE FROM load_changes WHERE account_id = $1 RETURNING 1
)
SELECT (SELECT count(*) FROM gone), (SELECT count(*) FROM samples), (SELECT count(*) FROM changes)`, accountID, limit).Scan(&activities, &streams, &changes)
	if err != nil {
		return nil, fmt.Errorf("erase activities: %w", err)
	}
	if activities == 0 && changes == 0 {
		return nil, nil
	}
	erased := map[string]int{"activities": activities, "activity_streams": streams}
	if changes > 0 {
		erased["load_changes"] = changes
	}
	return erased, nil
}

// EndErasing verifies that nothing from Strava is left of the account, or with ReasonAccount nothing at all, by counting,
// and writes the receipt: how many rows went from each table, which it gives; erased went before. Rows that are left are an
// error that names their tables, and no receipt is written.
func EndErasing(ctx context.Context, conn database.Conn, erasure Erasure, erased map[string]int, now time.Time) (map[string]int, error) {
	end := endConnection
	if erasure.Reason == ReasonAccount {
		end = endAccount
	}
	erased, err := end(ctx, conn, erasure, erased)
	if err != nil {
		return nil, err
	}
	receipt, err := json.Marshal(erased)
	if err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	_, err = conn.Exec(ctx, `-- name: erasures.erased
UPDATE erasures
SET erased_at = $2, erased = $3, account_id = CASE WHEN revocation = 'pending' THEN account_id END,
    athlete_id = CASE WHEN revocation = 'pending' THEN athlete_id END
WHERE id = $1 AND erased_at IS NULL`, erasure.ID, now, string(receipt))
	if err != nil {
		return nil, fmt.Errorf("write receipt: %w", err)
	}
	return erased, nil
}

// endConnection deletes what is due with Strava and verifies that nothing from there is left of the account.
func endConnection(ctx context.Context, conn database.Conn, erasure Erasure, erased map[string]int) (map[string]int, error) {
	if err := deleteStravaWork(ctx, conn, erasure.AccountID); err != nil {
		return nil, err
	}
	left, err := CountHeld(ctx, conn, erasure.AccountID, keptOnDisconnect)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("erase account %d: rows are left: %v", erasure.AccountID, left)
	}
	return erased, nil
}

// ErrErasing means that what the account had from Strava is still being erased. It takes seconds.
var ErrErasing = fault.New(fault.Conflict, "strava-erasing",
	"the data of the connection before is still being erased: connect again in a minute")

// OpenErasure locks an erasure of the account whose rows are not erased yet; false where there is none.
func OpenErasure(ctx context.Context, conn database.Conn, accountID int64) (Erasure, bool, error) {
	rows, err := conn.Query(ctx, `-- name: erasures.open
SELECT `+erasureColumns+`
FROM erasures
WHERE account_id = $1 AND erased_at IS NULL
ORDER BY id DESC
LIMIT 1
FOR UPDATE`, accountID)
	if err != nil {
		return Erasure{}, false, fmt.Errorf("find open erasure: %w", err)
	}
	erasure, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Erasure])
	if errors.Is(err, pgx.ErrNoRows) {
		return Erasure{}, false, nil
	}
	if err != nil {
		return Erasure{}, false, fmt.Errorf("find open erasure: %w", err)
	}
	return erasure, true, nil
}

// CountLateErasures counts the erasures asked for before a time whose rows are not erased.
func CountLateErasures(ctx context.Context, conn database.Conn, before time.Time) (int, error) {
	var late int
	err := conn.QueryRow(ctx, `-- name: erasures.late
SELECT count(*) FROM erasures WHERE erased_at IS NULL AND requested_at < $1`, before).Scan(&late)
	if err != nil {
		return 0, fmt.Errorf("count late erasures: %w", err)
	}
	return late, nil
}

// ForgetErasures gives up revocations that were asked for before tokensBefore, and deletes receipts of what was done before
// receiptsBefore.
func ForgetErasures(ctx context.Context, conn database.Conn, tokensBefore, receiptsBefore time.Time) error {
	_, err := conn.Exec(ctx, `-- name: erasures.give_up
UPDATE erasures
SET revocation = 'given_up', sealed_access_token = NULL, sealed_refresh_token = NULL,
    account_id = CASE WHEN erased_at IS NULL THEN account_id END,
    athlete_id = CASE WHEN erased_at IS NULL THEN athlete_id END
WHERE revocation = 'pending' AND requested_at < $1`, tokensBefore)
	if err != nil {
		return fmt.Errorf("give up revocations: %w", err)
	}
	_, err = conn.Exec(ctx, `-- name: erasures.forget
DELETE FROM erasures WHERE erased_at < $1 AND revocation <> 'pending'`, receiptsBefore)
	if err != nil {
		return fmt.Errorf("forget receipts: %w", err)
	}
	return nil
}
