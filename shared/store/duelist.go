package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
)

// ResumeParked makes all parked work of the account but e-mail due at dueAt, where it was.
func ResumeParked(ctx context.Context, conn database.Conn, accountID int64, dueAt time.Time) error {
	_, err := conn.Exec(ctx, `-- name: due.resume_parked
UPDATE due_work
SET parked_at = NULL, parked_reason = '', attempts = 0, refusals = 0, due_at = $2
WHERE account_id = $1 AND parked_at IS NOT NULL AND kind NOT IN `+mailKinds, accountID, dueAt)
	if err != nil {
		return fmt.Errorf("resume parked work: %w", err)
	}
	return nil
}

// LastTried gives when a row of the account's listing kinds was claimed last; nil where none was.
func LastTried(ctx context.Context, conn database.Conn, accountID int64) (*time.Time, error) {
	var tried *time.Time
	err := conn.QueryRow(ctx, `-- name: due.last_tried
SELECT max(tried_at) FROM due_work WHERE account_id = $1 AND kind IN ('backfill', 'incremental')`, accountID).Scan(&tried)
	if err != nil {
		return nil, fmt.Errorf("read last try: %w", err)
	}
	return tried, nil
}

// CountRefetches counts the account's activities, other than one, whose streams a page waits for.
func CountRefetches(ctx context.Context, conn database.Conn, accountID int64, but string) (int, error) {
	var waiting int
	err := conn.QueryRow(ctx, `-- name: due.count_refetches
SELECT count(*) FROM due_work WHERE account_id = $1 AND kind = 'refetch' AND lane = 0 AND subject <> $2 AND parked_at IS NULL`,
		accountID, but).Scan(&waiting)
	if err != nil {
		return 0, fmt.Errorf("count refetches: %w", err)
	}
	return waiting, nil
}

// DueAccount is an account with something due, and the most urgent of it. The account is 0 where the work is nobody's.
type DueAccount struct {
	DueID     int64
	AccountID int64
}

// waitsForAWorker is what, e-mail aside, is due at $1 and nobody has a lease on, in the lanes up to $2.
const waitsForAWorker = `parked_at IS NULL AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1)
  AND (lane <= $2 OR kind IN ('recompute', 'housekeeping', 'erasure')) AND kind NOT IN ` + mailKinds

// ListDueAccounts gives the accounts that have unleased work due at now, one row each, by ascending id above after (-1 at
// the start), so that pages of it visit every account once however long the list is. Work that calls Strava counts only
// in the lanes up to lastLane; -1 leaves all of it out. An erasure is always woken: its rows go without
// Strava.
func ListDueAccounts(ctx context.Context, conn database.Conn, now time.Time, lastLane int, after int64, limit int) (
	[]DueAccount, error) {
	const sql = `-- name: due.list_accounts
SELECT DISTINCT ON (coalesce(account_id, 0)) id AS due_id, coalesce(account_id, 0) AS account_id
FROM due_work
WHERE coalesce(account_id, 0) > $3 AND ` + waitsForAWorker + `
ORDER BY coalesce(account_id, 0), lane, due_at
LIMIT $4`
	rows, err := conn.Query(ctx, sql, now, lastLane, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list due accounts: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowToStructByName[DueAccount])
	if err != nil {
		return nil, fmt.Errorf("list due accounts: %w", err)
	}
	return accounts, nil
}

// ListDueMail is ListDueAccounts for e-mail.
func ListDueMail(ctx context.Context, conn database.Conn, now time.Time, after int64, limit int) ([]DueAccount, error) {
	const sql = `-- name: due.list_mail
SELECT DISTINCT ON (account_id) id AS due_id, account_id
FROM due_work
WHERE account_id > $2 AND kind IN ` + mailKinds + ` AND parked_at IS NULL AND due_at <= $1
  AND (lease_until IS NULL OR lease_until <= $1)
ORDER BY account_id, due_at
LIMIT $3`
	rows, err := conn.Query(ctx, sql, now, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list due mail: %w", err)
	}
	accounts, err := pgx.CollectRows(rows, pgx.RowToStructByName[DueAccount])
	if err != nil {
		return nil, fmt.Errorf("list due mail: %w", err)
	}
	return accounts, nil
}

// OldestDue is since when the longest-waiting of what ListDueAccounts counts waits: since it became due, or since a worker
// last had it. Nil where nothing waits.
func OldestDue(ctx context.Context, conn database.Conn, now time.Time, lastLane int) (*time.Time, error) {
	var since *time.Time
	err := conn.QueryRow(ctx, `-- name: due.oldest
SELECT min(greatest(due_at, tried_at)) FROM due_work WHERE `+waitsForAWorker, now, lastLane).Scan(&since)
	if err != nil {
		return nil, fmt.Errorf("find oldest due work: %w", err)
	}
	return since, nil
}

// DueState is what a row of due work looks like from outside, for a page that shows progress.
type DueState struct {
	ID       int64
	Kind     string
	DueAt    time.Time
	Running  bool
	Parked   bool
	Reason   string
	Attempts int
}

// ListDue gives the account's due work but e-mail, most urgent first.
func ListDue(ctx context.Context, conn database.Conn, accountID int64, now time.Time) ([]DueState, error) {
	const sql = `-- name: due.list
SELECT id, kind, due_at, coalesce(lease_until > $2, false) AS running, parked_at IS NOT NULL AS parked,
       parked_reason AS reason, attempts
FROM due_work
WHERE account_id = $1 AND kind NOT IN ` + mailKinds + `
ORDER BY lane, due_at, id`
	rows, err := conn.Query(ctx, sql, accountID, now)
	if err != nil {
		return nil, fmt.Errorf("list due work: %w", err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowToStructByName[DueState])
	if err != nil {
		return nil, fmt.Errorf("list due work: %w", err)
	}
	return states, nil
}

// mostRivals bounds how many accounts are looked at for CountRivalCalls; of more, these stand for all.
const mostRivals = 100

// CountRivalCalls estimates how many streams other accounts will ask for while this one asks for its own: turns go round, so
// each takes at most as many as this one, and who is still being listed is taken to. Counted are accounts whose work is due at
// now, or waits with the reason.
func CountRivalCalls(ctx context.Context, conn database.Conn, accountID int64, own int, now time.Time, reason string) (int, error) {
	const sql = `-- name: due.count_rival_calls
WITH rivals AS MATERIALIZED (
    SELECT account_id, bool_or(kind = 'backfill') AS listing
    FROM due_work
    WHERE kind IN ('backfill', 'streams') AND account_id <> $1 AND parked_at IS NULL AND (due_at <= $3 OR parked_reason = $4)
    GROUP BY account_id
)
SELECT ceil(coalesce(avg(CASE WHEN listing THEN $2 ELSE pending.n END), 0) * (SELECT count(*) FROM rivals))::integer
FROM (SELECT account_id, listing FROM rivals LIMIT $5) AS sampled,
LATERAL (SELECT count(*) AS n
         FROM (SELECT FROM activities
               WHERE account_id = sampled.account_id AND streams = 'pending' AND deleted_at IS NULL
               LIMIT $2) AS theirs) AS pending`
	var calls int
	if err := conn.QueryRow(ctx, sql, accountID, own, now, reason, mostRivals).Scan(&calls); err != nil {
		return 0, fmt.Errorf("count rival calls: %w", err)
	}
	return calls, nil
}
