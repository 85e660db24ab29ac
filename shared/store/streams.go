package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// Refinement is what phase two finds out about one activity.
type Refinement struct {
	ActivityID    int64
	Streams       string                  // StreamsStored, or StreamsNone where Strava has none
	Reason        string                  // in words, why there are none
	Histogram     []byte                  // packed; nil without heart-rate samples
	StreamFigures *training.StreamFigures // nil with StreamsNone
	Figures       training.Figures
	Packed        []byte // PackStreams; nil with StreamsNone
	Samples       int
	FetchedAt     time.Time
	ExpiresAt     *time.Time // nil keeps the samples for ever
}

// RefineActivity stores everything that an activity's streams gave, and renews the lease of the work that it is part of:
// all of it or, with ErrLeaseLost, nothing. One statement, so it needs no transaction around it.
func RefineActivity(ctx context.Context, conn database.Conn, due Due, refinement Refinement, now time.Time) error {
	figures, err := refinement.Figures.AppendJSON(nil)
	if err != nil {
		return fmt.Errorf("write figures of %d: %w", refinement.ActivityID, err)
	}
	var streamFigures *string
	if refinement.StreamFigures != nil {
		text, err := json.Marshal(refinement.StreamFigures)
		if err != nil {
			return fmt.Errorf("write stream figures of %d: %w", refinement.ActivityID, err)
		}
		encoded := string(text)
		streamFigures = &encoded
	}
	const sql = `-- name: activities.refine
WITH leased AS (
    UPDATE due_work SET lease_until = $3, attempts = 0, refusals = 0, parked_reason = ''
    WHERE id = $1 AND lease_token = $2
    RETURNING account_id
), refined AS (
    UPDATE activities
    SET streams = $5, streams_reason = $6, streams_retry_at = NULL, hr_histogram = $7, stream_figures = $8::text::jsonb,
        figures = $9::text::jsonb, trimp = $10, tss = $11, external_km = $12, quality = $13, formula_version = $14,
        low_s = $19, moderate_s = $20, high_s = $21, peak_hr = $22, updated_at = now()
    FROM leased
    WHERE activities.account_id = leased.account_id AND activities.id = $4
    RETURNING activities.account_id, activities.id
), kept AS (
    INSERT INTO activity_streams (account_id, activity_id, packed, samples, fetched_at, expires_at)
    SELECT account_id, id, $15::bytea, $16, $17, $18 FROM refined WHERE $15 IS NOT NULL
    ON CONFLICT (account_id, activity_id) DO UPDATE
    SET packed = excluded.packed, samples = excluded.samples, fetched_at = excluded.fetched_at,
        expires_at = excluded.expires_at
)
SELECT count(*) FROM leased`
	f := refinement.Figures
	low, moderate, high := intensity(&f)
	var leased int
	err = conn.QueryRow(ctx, sql, due.ID, due.LeaseToken, now.Add(due.Lease), refinement.ActivityID,
		refinement.Streams, refinement.Reason, refinement.Histogram, streamFigures, string(figures),
		f.TRIMP.Pointer(), f.TSS.Pointer(), f.ExternalKm.Pointer(), string(f.Quality), f.FormulaVersion,
		refinement.Packed, refinement.Samples, refinement.FetchedAt, refinement.ExpiresAt, low, moderate, high, peak(&f)).Scan(&leased)
	if err != nil {
		return fmt.Errorf("refine activity: %w", err)
	}
	if leased == 0 {
		return ErrLeaseLost
	}
	return nil
}

// StreamsFailure is an attempt at an activity's streams that came to nothing.
type StreamsFailure struct {
	ActivityID int64
	State      string     // StreamsPending, StreamsParked where it is given up on for now
	Reason     string     // in words
	Counted    bool       // the attempt is the activity's own failure
	RetryAt    *time.Time // when to try again; nil never again where it is parked
}

// NoteStreamsFailure notes a failure, and renews the lease of the work that it is part of, as RefineActivity does.
func NoteStreamsFailure(ctx context.Context, conn database.Conn, due Due, failure StreamsFailure, now time.Time) error {
	const sql = `-- name: activities.note_streams_failure
WITH leased AS (
    UPDATE due_work SET lease_until = $3
    WHERE id = $1 AND lease_token = $2
    RETURNING account_id
), noted AS (
    UPDATE activities
    SET streams = $5, streams_reason = $6, streams_attempts = streams_attempts + CASE WHEN $7 THEN 1 ELSE 0 END,
        streams_retry_at = $8, updated_at = now()
    FROM leased
    WHERE activities.account_id = leased.account_id AND activities.id = $4
)
SELECT count(*) FROM leased`
	var leased int
	err := conn.QueryRow(ctx, sql, due.ID, due.LeaseToken, now.Add(due.Lease), failure.ActivityID, failure.State,
		failure.Reason, failure.Counted, failure.RetryAt).Scan(&leased)
	if err != nil {
		return fmt.Errorf("note streams failure: %w", err)
	}
	if leased == 0 {
		return ErrLeaseLost
	}
	return nil
}

// ReadStreams gives the activity's samples, or false where none are stored or they have expired at now.
func ReadStreams(ctx context.Context, conn database.Conn, accountID, activityID int64, now time.Time) (training.Streams, bool, error) {
	const sql = `-- name: streams.read
SELECT packed
FROM activity_streams
WHERE account_id = $1 AND activity_id = $2 AND (expires_at IS NULL OR expires_at > $3)`
	var packed []byte
	err := conn.QueryRow(ctx, sql, accountID, activityID, now).Scan(&packed)
	if errors.Is(err, pgx.ErrNoRows) {
		return training.Streams{}, false, nil
	}
	if err != nil {
		return training.Streams{}, false, fmt.Errorf("read streams: %w", err)
	}
	streams, err := UnpackStreams(packed)
	if err != nil {
		return training.Streams{}, false, fmt.Errorf("read streams of %d: %w", activityID, err)
	}
	return streams, true, nil
}
