package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// The kinds of due work. Backfill lists the whole history, streams refines it, incremental lists what is new, recompute
// works figures out again, refetch asks again for one activity's streams. Reread asks again for one activity that a webhook
// named or a list did not, authorization whether the athlete still allows anything, reconcile compares the whole history.
// Erasure and housekeeping belong to no account; an erasure's row is its subject.
const (
	KindBackfill      = "backfill"
	KindStreams       = "streams"
	KindIncremental   = "incremental"
	KindRecompute     = "recompute"
	KindRefetch       = "refetch"
	KindReread        = "reread"
	KindAuthorization = "authorization"
	KindReconcile     = "reconcile"
	KindErasure       = "erasure"
	KindHousekeeping  = "housekeeping"
)

// The kinds of due e-mail. They are Mail's to work off, with leases of their own; every other kind is Sync's. The cursor names
// the address, in "address", where it is not the account's: not yet for a verification, not any more for a change.
const (
	KindPasswordReset     = "password_reset"
	KindEmailVerification = "email_verification"
	KindEmailChanged      = "email_changed"
)

const mailKinds = `('password_reset', 'email_verification', 'email_changed')`

// The lanes of due work, most urgent first: what a person waits for, what a webhook told, what reconciles, what fills up.
const (
	LaneInteractive = 0
	LaneWebhook     = 1
	LaneReconcile   = 2
	LaneBackfill    = 3
)

// ErrLeaseLost means that the row is no longer this worker's: the lease ran out and somebody else holds it, or the account
// is gone. Whatever transaction reads it must be rolled back; the work itself goes on elsewhere, so it is not retried.
var ErrLeaseLost = fault.New(fault.Postponed, "lease-lost", "another worker has taken over this work")

// Due is one claimed row of due work. It is owned until its lease runs out.
type Due struct {
	ID          int64
	AccountID   int64 // 0 where the work belongs to no account
	Kind        string
	Subject     string // an activity's id where a kind has a row per activity, else empty
	Lane        int
	Cursor      json.RawMessage // how far the work has come; {} at the start
	Attempts    int             // claims since the last progress or refusal by Strava, this one included
	Refusals    int             // failures in a row that are Strava's and not the work's
	Revision    int64           // moves when the row is asked for again
	LeaseToken  [16]byte
	OriginTrace string        // trace id of what caused the work
	Lease       time.Duration `db:"-"`
}

// DueRequest asks for work. A zero DueAt is at once, whatever the clock of whoever claims it; a nil Cursor is the start.
type DueRequest struct {
	AccountID int64 // 0 where the work belongs to no account
	Kind      string
	Subject   string
	Lane      int
	Cursor    json.RawMessage
	DueAt     time.Time
	Trace     string // trace id of the request that causes the work
	Resume    bool   // a row that stands goes on where it is: cursor and revision stay
}

// EnqueueDue writes the row that causes work, and gives its id for a Wake. A row of the same account, kind and subject
// that stands already is asked for again: unparked, no later and no less urgent than before, from the request's cursor,
// and with a new revision, so that a worker who holds it right now doesn't finish it. With Resume it is only made sure
// that the row is under way; what is counted against a row that is not parked stays counted.
func EnqueueDue(ctx context.Context, conn database.Conn, request DueRequest) (int64, error) {
	cursor := request.Cursor
	if cursor == nil {
		cursor = json.RawMessage("{}")
	}
	var dueAt *time.Time
	if !request.DueAt.IsZero() {
		dueAt = &request.DueAt
	}
	const sql = `-- name: due.enqueue
INSERT INTO due_work AS due (account_id, kind, subject, lane, cursor, due_at, origin_trace)
VALUES (nullif($1::bigint, 0), $2, $3, $4, $5, coalesce($6::timestamptz, now() - interval '5 seconds'), $7)
ON CONFLICT (account_id, kind, subject) DO UPDATE
SET lane = least(due.lane, excluded.lane),
    cursor = CASE WHEN $8 THEN due.cursor ELSE excluded.cursor END,
    due_at = CASE WHEN due.parked_at IS NULL THEN least(due.due_at, excluded.due_at) ELSE excluded.due_at END,
    attempts = CASE WHEN $8 AND due.parked_at IS NULL THEN due.attempts ELSE 0 END,
    refusals = CASE WHEN $8 AND due.parked_at IS NULL THEN due.refusals ELSE 0 END,
    parked_at = NULL,
    parked_reason = CASE WHEN $8 AND due.parked_at IS NULL THEN due.parked_reason ELSE '' END,
    revision = CASE WHEN $8 THEN due.revision ELSE due.revision + 1 END,
    origin_trace = excluded.origin_trace
RETURNING id`
	var id int64
	err := conn.QueryRow(ctx, sql, request.AccountID, request.Kind, request.Subject, request.Lane, cursor, dueAt,
		request.Trace, request.Resume).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("enqueue %s: %w", request.Kind, err)
	}
	return id, nil
}

// ClaimDue leases the account's most urgent row that is due at now, oldest first; e-mail is left to ClaimMail. It gives
// false where nothing is due and also while another lease of the account runs: one unit per athlete at a time. It needs no
// transaction around it. The claim counts as an attempt until progress is made, so that work which kills its worker is
// found.
func ClaimDue(ctx context.Context, conn database.Conn, accountID int64, now time.Time, lease time.Duration) (Due, bool, error) {
	return claimOne(ctx, conn, accountID, false, now, lease)
}

// ClaimMail is ClaimDue for the account's e-mail alone: neither waits for the other's lease.
func ClaimMail(ctx context.Context, conn database.Conn, accountID int64, now time.Time, lease time.Duration) (Due, bool, error) {
	return claimOne(ctx, conn, accountID, true, now, lease)
}

func claimOne(ctx context.Context, conn database.Conn, accountID int64, mail bool, now time.Time, lease time.Duration) (Due, bool, error) {
	// The lock must be taken before the claiming statement takes its snapshot, else two workers could each see only
	// the row that the other has not taken. Both statements travel in one round trip and one implicit transaction.
	batch := &pgx.Batch{}
	batch.Queue(`-- name: due.lock_account
SELECT pg_advisory_xact_lock(hashtextextended(CASE WHEN $2 THEN 'train-d/mail/' ELSE 'train-d/due/' END || $1::bigint, 0))`,
		accountID, mail)
	batch.Queue(`-- name: due.claim
UPDATE due_work
SET lease_until = $3, lease_token = gen_random_uuid(), attempts = attempts + 1, tried_at = $2
WHERE id = (SELECT id
            FROM due_work
            WHERE (account_id = $1 OR ($1 = 0 AND account_id IS NULL))
              AND (kind IN `+mailKinds+`) = $4
              AND parked_at IS NULL
              AND due_at <= $2
              AND NOT EXISTS (SELECT 1
                              FROM due_work AS running
                              WHERE (running.account_id = $1 OR ($1 = 0 AND running.account_id IS NULL))
                                AND (running.kind IN `+mailKinds+`) = $4
                                AND running.lease_until > $2)
            ORDER BY lane, due_at, id
            LIMIT 1)
RETURNING id, coalesce(account_id, 0) AS account_id, kind, subject, lane, cursor, attempts, refusals,
    revision, lease_token, origin_trace`,
		accountID, now, now.Add(lease), mail)
	results := conn.SendBatch(ctx, batch)
	defer func() { _ = results.Close() }()
	if _, err := results.Exec(); err != nil {
		return Due{}, false, fmt.Errorf("lock due work: %w", err)
	}
	rows, err := results.Query()
	if err != nil {
		return Due{}, false, fmt.Errorf("claim due work: %w", err)
	}
	claimed, err := pgx.CollectRows(rows, pgx.RowToStructByName[Due])
	if err != nil {
		return Due{}, false, fmt.Errorf("claim due work: %w", err)
	}
	if err := results.Close(); err != nil {
		return Due{}, false, fmt.Errorf("claim due work: %w", err)
	}
	if len(claimed) == 0 {
		return Due{}, false, nil
	}
	claimed[0].Lease = lease
	return claimed[0], true, nil
}

// FinishDue removes the row in the transaction that stores the work's last result. Where the row was asked for again
// meanwhile it stays, free and due.
func FinishDue(ctx context.Context, conn database.Conn, due Due) error {
	tag, err := conn.Exec(ctx, `-- name: due.finish
DELETE FROM due_work WHERE id = $1 AND lease_token = $2 AND revision = $3`, due.ID, due.LeaseToken, due.Revision)
	if err != nil {
		return fmt.Errorf("finish due work: %w", err)
	}
	if tag.RowsAffected() == 1 {
		return nil
	}
	return changeLeased(ctx, conn, due, `-- name: due.release_asked_again
UPDATE due_work SET lease_until = NULL, lease_token = NULL, attempts = 0, refusals = 0 WHERE id = $1 AND lease_token = $2`)
}

// AdvanceDue moves the cursor in the transaction that stores the rows up to it, and renews the lease from now. Where the
// row was asked for again meanwhile, the cursor of that request stands. It says whether the row should be given back: because
// of that, or because more urgent work of the account is due at now.
func AdvanceDue(ctx context.Context, conn database.Conn, due Due, cursor json.RawMessage, now time.Time) (yield bool, err error) {
	return advance(ctx, conn, &pgx.Batch{}, due, cursor, now)
}

// AdvanceListing is AdvanceDue for a page of the list, and notes that Strava told at now what is new. One round trip.
func AdvanceListing(ctx context.Context, conn database.Conn, due Due, cursor json.RawMessage, now time.Time) (yield bool, err error) {
	batch := &pgx.Batch{}
	queueMark(batch, due.AccountID, MarkListed, now)
	return advance(ctx, conn, batch, due, cursor, now)
}

// advance is AdvanceDue behind what is in the batch.
func advance(ctx context.Context, conn database.Conn, batch *pgx.Batch, due Due, cursor json.RawMessage, now time.Time) (yield bool, err error) {
	batch.Queue(`-- name: due.advance
UPDATE due_work AS due
SET cursor = CASE WHEN revision = $3 THEN $4::jsonb ELSE cursor END, lease_until = $5, attempts = 0,
    refusals = 0, parked_reason = ''
WHERE id = $1 AND lease_token = $2
RETURNING due.revision <> $3
       OR EXISTS (SELECT FROM due_work AS other
                  WHERE other.account_id = due.account_id AND other.kind NOT IN `+mailKinds+`
                    AND other.parked_at IS NULL AND other.due_at <= $6 AND other.lane < due.lane)`,
		due.ID, due.LeaseToken, due.Revision, cursor, now.Add(due.Lease), now).QueryRow(func(row pgx.Row) error { return row.Scan(&yield) })
	err = conn.SendBatch(ctx, batch).Close()
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrLeaseLost
	}
	if err != nil {
		return false, fmt.Errorf("advance due work: %w", err)
	}
	return yield, nil
}

// ReleaseDue gives the row back untried and still due, for whoever comes next: the worker's time is up.
func ReleaseDue(ctx context.Context, conn database.Conn, due Due) error {
	return changeLeased(ctx, conn, due, `-- name: due.release
UPDATE due_work
SET lease_until = NULL, lease_token = NULL, attempts = greatest(attempts - 1, 0)
WHERE id = $1 AND lease_token = $2`)
}

// PostponeDue moves the row to dueAt with the reason that it waits for; nothing is wrong with it and no attempt is
// counted. Where the row was asked for again meanwhile it stays due.
func PostponeDue(ctx context.Context, conn database.Conn, due Due, dueAt time.Time, reason string) error {
	return changeLeased(ctx, conn, due, `-- name: due.postpone
UPDATE due_work
SET due_at = CASE WHEN revision = $3 THEN $4 ELSE due_at END,
    parked_reason = $5, lease_until = NULL, lease_token = NULL, attempts = greatest(attempts - 1, 0)
WHERE id = $1 AND lease_token = $2`, due.Revision, dueAt, reason)
}

// KeepDue renews the lease from now, for a step that stored nothing.
func KeepDue(ctx context.Context, conn database.Conn, due Due, now time.Time) error {
	return changeLeased(ctx, conn, due, `-- name: due.keep
UPDATE due_work SET lease_until = $3 WHERE id = $1 AND lease_token = $2`, now.Add(due.Lease))
}

// RefuseDue frees the row after Strava's failure, to be tried again at dueAt: no attempt is counted, but a refusal.
func RefuseDue(ctx context.Context, conn database.Conn, due Due, dueAt time.Time, reason string) error {
	return changeLeased(ctx, conn, due, `-- name: due.refuse
UPDATE due_work
SET due_at = CASE WHEN revision = $3 THEN $4 ELSE due_at END,
    parked_reason = $5, lease_until = NULL, lease_token = NULL, attempts = greatest(attempts - 1, 0), refusals = refusals + 1
WHERE id = $1 AND lease_token = $2`, due.Revision, dueAt, reason)
}

// ExhaustDue frees the row of a worker whose time ran out in the middle of a step. Where there was progress since the
// claim it stays due. Else the attempt stays counted: the row is due at dueAt, or parked where it was the last of most.
func ExhaustDue(ctx context.Context, conn database.Conn, due Due, now, dueAt time.Time, most int, reason string) (parked bool, err error) {
	err = conn.QueryRow(ctx, `-- name: due.exhaust
UPDATE due_work
SET due_at = CASE WHEN revision = $3 AND attempts > 0 THEN $4 ELSE due_at END,
    parked_at = CASE WHEN attempts >= $5 THEN $6::timestamptz END,
    parked_reason = CASE WHEN attempts > 0 THEN $7 ELSE parked_reason END, lease_until = NULL, lease_token = NULL
WHERE id = $1 AND lease_token = $2
RETURNING parked_at IS NOT NULL`, due.ID, due.LeaseToken, due.Revision, dueAt, most, now, reason).Scan(&parked)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, ErrLeaseLost
	}
	if err != nil {
		return false, fmt.Errorf("exhaust due work: %w", err)
	}
	return parked, nil
}

// FailDue frees the row after a failed attempt, which stays counted, to be tried again at dueAt.
func FailDue(ctx context.Context, conn database.Conn, due Due, dueAt time.Time, reason string) error {
	return changeLeased(ctx, conn, due, `-- name: due.fail
UPDATE due_work
SET due_at = CASE WHEN revision = $3 THEN $4 ELSE due_at END,
    parked_reason = $5, lease_until = NULL, lease_token = NULL
WHERE id = $1 AND lease_token = $2`, due.Revision, dueAt, reason)
}

// ParkDue takes the row out of the running until it is asked for again or replayed. reason is for a person to read.
func ParkDue(ctx context.Context, conn database.Conn, due Due, now time.Time, reason string) error {
	return changeLeased(ctx, conn, due, `-- name: due.park
UPDATE due_work
SET parked_at = $3, parked_reason = $4, lease_until = NULL, lease_token = NULL
WHERE id = $1 AND lease_token = $2`, now, reason)
}

// changeLeased runs an update whose first two arguments are the row and its lease.
func changeLeased(ctx context.Context, conn database.Conn, due Due, sql string, args ...any) error {
	tag, err := conn.Exec(ctx, sql, append([]any{due.ID, due.LeaseToken}, args...)...)
	if err != nil {
		return fmt.Errorf("change due work: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrLeaseLost
	}
	return nil
}
