package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// EraseWithin is what athletes are promised of every erasure.
const EraseWithin = 24 * time.Hour

// AccountErasure is the beginning of an account's end.
type AccountErasure struct {
	Receipt string // a UUID that only its holder knows
	DueID   int64  // the due row, which belongs to no account
}

// BeginAccountErasure ends an account when the transaction that this must run in commits: nobody can sign in, every session
// is void, the e-mail address is free, the connection to Strava and whatever is due are gone. The rest is an erasure that
// is made due. fault.NotFound where there is no such account any more.
func BeginAccountErasure(ctx context.Context, conn database.Conn, accountID int64, trace string, now time.Time) (AccountErasure, error) {
	var begun AccountErasure
	tag, err := conn.Exec(ctx, `-- name: accounts.end
WITH ended AS (
    DELETE FROM sessions WHERE account_id = $1
)
UPDATE accounts SET erasing_at = $2, email = NULL, password_hash = NULL WHERE id = $1 AND erasing_at IS NULL`, accountID, now)
	if err != nil {
		return begun, fmt.Errorf("end account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return begun, fmt.Errorf("end account: %w", fault.New(fault.NotFound, "no-account", "There is no such account."))
	}
	var id int64
	err = conn.QueryRow(ctx, `-- name: erasures.begin_account
INSERT INTO erasures (account_id, reason, revocation, requested_at) VALUES ($1, 'account', 'ended', $2)
RETURNING id, receipt::text`, accountID, now).Scan(&id, &begun.Receipt)
	if err != nil {
		return begun, fmt.Errorf("begin erasure of account: %w", err)
	}
	if err := adoptConnection(ctx, conn, id, accountID); err != nil {
		return begun, err
	}
	if _, err := conn.Exec(ctx, `-- name: due.delete_account
DELETE FROM due_work WHERE account_id = $1`, accountID); err != nil {
		return begun, fmt.Errorf("delete due work: %w", err)
	}
	begun.DueID, err = EnqueueDue(ctx, conn, DueRequest{Kind: KindErasure, Subject: strconv.FormatInt(id, 10), Lane: LaneInteractive, Trace: trace})
	return begun, err
}

// adoptConnection makes an account's connection to Strava, if there is one, the erasure's to revoke.
func adoptConnection(ctx context.Context, conn database.Conn, erasureID, accountID int64) error {
	_, err := conn.Exec(ctx, `-- name: erasures.adopt
WITH ended AS (
    DELETE FROM strava_connections WHERE account_id = $2 RETURNING athlete_id, sealed_access_token, sealed_refresh_token
)
UPDATE erasures
SET athlete_id = ended.athlete_id, sealed_access_token = ended.sealed_access_token,
    sealed_refresh_token = ended.sealed_refresh_token, revocation = 'pending'
FROM ended WHERE id = $1`, erasureID, accountID)
	if err != nil {
		return fmt.Errorf("adopt connection: %w", err)
	}
	return nil
}

// endAccount deletes an account whose erasure is asked for, with all that still hangs off it, and adds to erased how many
// rows went from which table. That nothing is left is verified by counting.
func endAccount(ctx context.Context, conn database.Conn, erasure Erasure, erased map[string]int) (map[string]int, error) {
	// A consent at Strava that was under way when the account ended may have come in since.
	if err := adoptConnection(ctx, conn, erasure.ID, erasure.AccountID); err != nil {
		return nil, err
	}
	total, err := CountHeld(ctx, conn, erasure.AccountID, nil)
	if err != nil {
		return nil, err
	}
	for table, rows := range erased {
		total[table] += rows
	}
	var gone bool
	if err := conn.QueryRow(ctx, `-- name: accounts.erase
SELECT erase_account($1)`, erasure.AccountID).Scan(&gone); err != nil {
		return nil, fmt.Errorf("erase account: %w", err)
	}
	if gone {
		total["accounts"]++
	}
	left, err := CountHeld(ctx, conn, erasure.AccountID, nil)
	if err != nil {
		return nil, err
	}
	if len(left) > 0 {
		return nil, fmt.Errorf("erase account %d: rows are left: %v", erasure.AccountID, left)
	}
	return total, nil
}

// ErasureReceipt is what an erasure shows to the holder of its receipt. It names nobody.
type ErasureReceipt struct {
	Reason      string
	Revocation  string
	RequestedAt time.Time
	ErasedAt    *time.Time     // when counting found nothing left; nil while it is under way
	Erased      map[string]int // rows by table
}

// ReadReceipt gives what a receipt, a UUID, stands for; fault.NotFound where there is no such one.
func ReadReceipt(ctx context.Context, conn database.Conn, receipt string) (ErasureReceipt, error) {
	var found ErasureReceipt
	var erased []byte
	err := conn.QueryRow(ctx, `-- name: erasures.read_receipt
SELECT reason, revocation, requested_at, erased_at, erased FROM erasures WHERE receipt = $1::text::uuid`, receipt).
		Scan(&found.Reason, &found.Revocation, &found.RequestedAt, &found.ErasedAt, &erased)
	if err != nil {
		return found, orNotFound("read receipt", err, "no-erasure", "There is no erasure with this receipt.")
	}
	if err := json.Unmarshal(erased, &found.Erased); err != nil {
		return found, fmt.Errorf("read receipt: %w", err)
	}
	return found, nil
}
