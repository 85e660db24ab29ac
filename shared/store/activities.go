package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/training"
)

// What is known of an activity's streams: still to be fetched, stored, none to be had (a manual activity, a refusal),
// stored once and expired, or given up on with a reason until asked for again.
const (
	StreamsPending = "pending"
	StreamsStored  = "stored"
	StreamsNone    = "none"
	StreamsExpired = "expired"
	StreamsParked  = "parked"
)

// Activity is one activity as it is stored, without its samples.
type Activity struct {
	ID              int64 // Strava's, beyond 32 bits
	SportType       string
	Name            string
	StartAt         time.Time
	StartLocal      string // start_date_local as Strava sent it: local wall time with a false Z
	TimeZone        string
	LocalDay        training.Date
	Summary         training.Summary
	SummaryHash     []byte
	Histogram       []byte                  // training.Histogram, packed; nil without heart-rate samples
	StreamFigures   *training.StreamFigures // nil until the streams were read once
	Figures         training.Figures
	Streams         string
	StreamsAttempts int
	StreamsReason   string
	StreamsRetryAt  *time.Time // when its streams are asked for again; nil at once where they are pending, else never by itself
	SeenAt          time.Time  // when it was listed or pushed first; zero in what is to be stored
}

const activityColumns = `id, sport_type, name, start_at, start_local, time_zone, local_day - DATE '1970-01-01' AS local_day,
       summary, summary_hash, hr_histogram AS histogram, stream_figures, figures, streams, streams_attempts, streams_reason,
       streams_retry_at, created_at AS seen_at`

// ActivityFilter picks activities; the zero value picks all.
type ActivityFilter struct {
	SportType string           // as Strava names it
	Quality   training.Quality // what the load rests on
	From, To  *training.Date   // the first and the last local day
}

// ListActivities gives a page of the account's activities that the filter picks, newest first: those before the key
// (beforeStart, beforeID), from the newest where beforeStart is zero.
func ListActivities(ctx context.Context, conn database.Conn, accountID int64, filter ActivityFilter, beforeStart time.Time,
	beforeID int64, limit int) ([]Activity, error) {
	if beforeStart.IsZero() {
		beforeStart = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	const sql = `-- name: activities.page
SELECT ` + activityColumns + `
FROM activities
WHERE account_id = $1 AND deleted_at IS NULL AND (start_at, id) < ($2, $3)
  AND ($5 = '' OR sport_type = $5) AND ($6 = '' OR quality = $6)
  AND ($7::integer IS NULL OR local_day >= DATE '1970-01-01' + $7)
  AND ($8::integer IS NULL OR local_day <= DATE '1970-01-01' + $8)
ORDER BY start_at DESC, id DESC
LIMIT $4`
	return collectActivities(ctx, conn, sql, accountID, beforeStart, beforeID, limit, filter.SportType, string(filter.Quality),
		(*int32)(filter.From), (*int32)(filter.To))
}

// RetryStreams takes an activity out of parking, as if its streams had never been asked for. It gives false where the
// activity is not parked, so that of two who ask at the same time one does it.
func RetryStreams(ctx context.Context, conn database.Conn, accountID, activityID int64) (bool, error) {
	tag, err := conn.Exec(ctx, `-- name: activities.retry_streams
UPDATE activities
SET streams = 'pending', streams_attempts = 0, streams_reason = '', streams_retry_at = NULL, updated_at = now()
WHERE account_id = $1 AND id = $2 AND streams = 'parked' AND deleted_at IS NULL`, accountID, activityID)
	if err != nil {
		return false, fmt.Errorf("retry streams: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// ReadActivity gives one activity, or NotFound where the account has no such activity.
func ReadActivity(ctx context.Context, conn database.Conn, accountID, activityID int64) (Activity, error) {
	const sql = `-- name: activities.read
SELECT ` + activityColumns + `
FROM activities
WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL`
	found, err := collectActivities(ctx, conn, sql, accountID, activityID)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "no-activity", "there is no such activity")
	}
	if err != nil {
		return Activity{}, err
	}
	return found[0], nil
}

// unrefined is what still waits for its streams: what is pending, and what is parked until its next try.
const unrefined = `account_id = $1 AND streams IN ('pending', 'parked') AND deleted_at IS NULL
  AND NOT (streams = 'parked' AND streams_retry_at IS NULL)`

// ListUnrefinedActivities gives activities whose streams are to be asked for at now: those that failed least first, of
// those the newest.
func ListUnrefinedActivities(ctx context.Context, conn database.Conn, accountID int64, now time.Time, limit int) ([]Activity, error) {
	const sql = `-- name: activities.unrefined
SELECT ` + activityColumns + `
FROM activities
WHERE ` + unrefined + ` AND (streams_retry_at IS NULL OR streams_retry_at <= $2)
ORDER BY streams_attempts, start_at DESC, id DESC
LIMIT $3`
	return collectActivities(ctx, conn, sql, accountID, now, limit)
}

// UnrefinedLeft is what is left of phase two.
type UnrefinedLeft struct {
	Pending int        // activities that are not given up on for now
	RetryAt *time.Time // when the next of all is to be tried; nil where none is
}

// CountUnrefined says what is left to be asked for, at once or later; now stands for at once.
func CountUnrefined(ctx context.Context, conn database.Conn, accountID int64, now time.Time) (UnrefinedLeft, error) {
	var left UnrefinedLeft
	err := conn.QueryRow(ctx, `-- name: activities.count_unrefined
SELECT count(*) FILTER (WHERE streams = 'pending'), min(coalesce(streams_retry_at, $2))
FROM activities
WHERE `+unrefined, accountID, now).Scan(&left.Pending, &left.RetryAt)
	if err != nil {
		return UnrefinedLeft{}, fmt.Errorf("count unrefined activities: %w", err)
	}
	return left, nil
}

// NewestRefined gives the newest activity that Strava gave streams of; false where there is none.
func NewestRefined(ctx context.Context, conn database.Conn, accountID int64) (int64, bool, error) {
	var id int64
	err := conn.QueryRow(ctx, `-- name: activities.newest_refined
SELECT id
FROM activities
WHERE account_id = $1 AND streams IN ('stored', 'expired') AND deleted_at IS NULL
ORDER BY start_at DESC
LIMIT 1`, accountID).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, fmt.Errorf("find newest refined activity: %w", err)
	}
	return id, true, nil
}

func collectActivities(ctx context.Context, conn database.Conn, sql string, args ...any) ([]Activity, error) {
	rows, err := conn.Query(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("list activities: %w", err)
	}
	activities, err := pgx.CollectRows(rows, pgx.RowToStructByName[Activity])
	if err != nil {
		return nil, fmt.Errorf("list activities: %w", err)
	}
	return activities, nil
}

// ActivityCounts says how far an account's history is listed and refined. All is the sum of the other four.
type ActivityCounts struct {
	All, Pending, Refined, WithoutStreams, Parked int
	NewestStart                                   *time.Time
}

// CountActivities counts the account's activities by the state of their streams. Expired streams were read once, so they
// count as refined.
func CountActivities(ctx context.Context, conn database.Conn, accountID int64) (ActivityCounts, error) {
	const sql = `-- name: activities.count
SELECT count(*), count(*) FILTER (WHERE streams = 'pending'), count(*) FILTER (WHERE streams IN ('stored', 'expired')),
       count(*) FILTER (WHERE streams = 'none'), count(*) FILTER (WHERE streams = 'parked'), max(start_at)
FROM activities
WHERE account_id = $1 AND deleted_at IS NULL`
	var counts ActivityCounts
	err := conn.QueryRow(ctx, sql, accountID).Scan(&counts.All, &counts.Pending, &counts.Refined, &counts.WithoutStreams,
		&counts.Parked, &counts.NewestStart)
	if err != nil {
		return ActivityCounts{}, fmt.Errorf("count activities: %w", err)
	}
	return counts, nil
}

// HasActivities says whether anything stands of the account's activities, be it deleted.
func HasActivities(ctx context.Context, conn database.Conn, accountID int64) (has bool, err error) {
	err = conn.QueryRow(ctx, `-- name: activities.has_any
SELECT EXISTS (SELECT FROM activities WHERE account_id = $1)`, accountID).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("look for activities: %w", err)
	}
	return has, nil
}

// WaitingActivity is an activity whose streams were asked for in vain.
type WaitingActivity struct {
	ID       int64
	Name     string
	StartAt  time.Time
	Parked   bool // given up on for now
	Reason   string
	Attempts int
	RetryAt  *time.Time // when it is tried again; nil at once where it is not parked, else never by itself
}

// ListWaitingActivities gives the activities that are parked or were tried in vain, newest first.
func ListWaitingActivities(ctx context.Context, conn database.Conn, accountID int64, limit int) ([]WaitingActivity, error) {
	const sql = `-- name: activities.waiting
SELECT id, name, start_at, streams = 'parked' AS parked, streams_reason AS reason, streams_attempts AS attempts,
       streams_retry_at AS retry_at
FROM activities
WHERE account_id = $1 AND deleted_at IS NULL AND (streams = 'parked' OR (streams = 'pending' AND streams_attempts > 0))
ORDER BY start_at DESC, id DESC
LIMIT $2`
	rows, err := conn.Query(ctx, sql, accountID, limit)
	if err != nil {
		return nil, fmt.Errorf("list waiting activities: %w", err)
	}
	waiting, err := pgx.CollectRows(rows, pgx.RowToStructByName[WaitingActivity])
	if err != nil {
		return nil, fmt.Errorf("list waiting activities: %w", err)
	}
	return waiting, nil
}
