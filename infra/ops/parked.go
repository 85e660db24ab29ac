package ops

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Parked is work that was set aside until somebody looks at it.
type Parked struct {
	ID        int64
	AccountID int64 // 0 where it is nobody's
	Kind      string
	Subject   string
	Reason    string
	Attempts  int
	ParkedAt  time.Time
}

// ListParked gives up to most parked rows, the ones parked last first.
func ListParked(ctx context.Context, conn *pgx.Conn, most int) ([]Parked, error) {
	rows, err := conn.Query(ctx, `-- name: ops.list_parked
SELECT id, coalesce(account_id, 0) AS account_id, kind, subject, parked_reason AS reason, attempts, parked_at
FROM due_work
WHERE parked_at IS NOT NULL
ORDER BY parked_at DESC, id
LIMIT $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list parked work: %w", err)
	}
	parked, err := pgx.CollectRows(rows, pgx.RowToStructByName[Parked])
	if err != nil {
		return nil, fmt.Errorf("list parked work: %w", err)
	}
	return parked, nil
}

// ReplayParked makes parked rows due at once, those with the ids or all where none is given, and gives how many. Dispatch
// finds them within a minute.
func ReplayParked(ctx context.Context, conn *pgx.Conn, ids ...int64) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: ops.replay_parked
UPDATE due_work
SET parked_at = NULL, parked_reason = '', attempts = 0, refusals = 0, due_at = now()
WHERE parked_at IS NOT NULL AND (cardinality($1::bigint[]) = 0 OR id = ANY ($1))`, append([]int64{}, ids...))
	if err != nil {
		return 0, fmt.Errorf("replay parked work: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// ParkedActivity is an activity whose samples Strava could not give.
type ParkedActivity struct {
	AccountID int64
	ID        int64
	Reason    string
	Attempts  int
	RetryAt   *time.Time // nil: not by itself any more
}

// ListParkedActivities gives up to most activities whose samples were given up on, newest first.
func ListParkedActivities(ctx context.Context, conn *pgx.Conn, most int) ([]ParkedActivity, error) {
	rows, err := conn.Query(ctx, `-- name: ops.list_parked_activities
SELECT account_id, id, streams_reason AS reason, streams_attempts AS attempts, streams_retry_at AS retry_at
FROM activities
WHERE streams = 'parked' AND deleted_at IS NULL
ORDER BY start_at DESC, id
LIMIT $1`, most)
	if err != nil {
		return nil, fmt.Errorf("list parked activities: %w", err)
	}
	parked, err := pgx.CollectRows(rows, pgx.RowToStructByName[ParkedActivity])
	if err != nil {
		return nil, fmt.Errorf("list parked activities: %w", err)
	}
	return parked, nil
}

// ReplayParkedActivities has the samples of every parked activity asked for again at once, and gives how many.
func ReplayParkedActivities(ctx context.Context, conn *pgx.Conn) (int, error) {
	var activities int
	err := conn.QueryRow(ctx, `-- name: ops.replay_parked_activities
WITH asked AS (
    UPDATE activities
    SET streams = 'pending', streams_attempts = 0, streams_reason = '', streams_retry_at = NULL
    WHERE streams = 'parked' AND deleted_at IS NULL
    RETURNING account_id
), due AS (
    INSERT INTO due_work AS due (account_id, kind, lane, due_at)
    SELECT DISTINCT account_id, 'streams', 3, now() FROM asked
    ON CONFLICT (account_id, kind, subject) DO UPDATE
    SET due_at = least(due.due_at, excluded.due_at), parked_at = NULL, parked_reason = '', attempts = 0, refusals = 0,
        revision = due.revision + 1
)
SELECT count(*) FROM asked`).Scan(&activities)
	if err != nil {
		return 0, fmt.Errorf("replay parked activities: %w", err)
	}
	return activities, nil
}

// OpenErasure is an erasure that is not done.
type OpenErasure struct {
	ID          int64
	Reason      string
	Revocation  string
	RequestedAt time.Time
	ErasedAt    *time.Time
	Waits       string // what its due row waits for; "no due row" where it has none
}

// ListErasures gives the erasures that are not done, oldest first.
func ListErasures(ctx context.Context, conn *pgx.Conn) ([]OpenErasure, error) {
	rows, err := conn.Query(ctx, `-- name: ops.list_erasures
SELECT erasures.id, reason, revocation, requested_at, erased_at,
       CASE WHEN due_work.id IS NULL THEN 'no due row'
            WHEN parked_at IS NOT NULL THEN 'parked: ' || parked_reason
            ELSE 'due ' || due_at::text || ' ' || parked_reason END AS waits
FROM erasures
LEFT JOIN due_work ON kind = 'erasure' AND subject = erasures.id::text
WHERE erased_at IS NULL OR revocation = 'pending'
ORDER BY requested_at`)
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowToStructByName[OpenErasure])
	if err != nil {
		return nil, fmt.Errorf("list erasures: %w", err)
	}
	return open, nil
}
