package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// StoredSummary is what stands of an activity that a list page names again.
type StoredSummary struct {
	ID            int64
	Unchanged     bool // the same as seen and not deleted: nothing is to be written, the fields below are empty
	StartAt       *time.Time
	Summary       *training.Summary
	Histogram     []byte
	StreamFigures *training.StreamFigures
	Streams       *string
}

// Seen is an activity as Strava shows it now.
type Seen struct {
	ID       int64
	Hash     []byte   // of its summary
	Exertion *float64 // what the athlete entered; only the detail tells
	Detailed bool
}

// ReadStoredSummaries gives what stands of the activities that were seen. Those that are not stored are not in the answer.
func ReadStoredSummaries(ctx context.Context, conn database.Conn, accountID int64, seen []Seen) ([]StoredSummary, error) {
	stored, _, err := CompareActivities(ctx, conn, accountID, seen, nil, 0)
	return stored, err
}

// Span is a stretch of start times: From and later, and before To. Nil is without an end.
type Span struct{ From, To *time.Time }

// storedSummaries has what was seen materialized, so that each activity is looked up by its key: of an account whose history is
// being listed Postgres' statistics know nothing, and it would read all that stands of it for every page.
const storedSummaries = `-- name: activities.stored_summaries
WITH seen AS MATERIALIZED (
    SELECT $1::bigint AS account_id, id, hash, exertion, detailed
    FROM unnest($2::bigint[], $3::bytea[], $4::float8[], $5::boolean[]) AS given (id, hash, exertion, detailed)
)
SELECT activities.id, unchanged,
       CASE WHEN NOT unchanged THEN start_at END AS start_at,
       CASE WHEN NOT unchanged THEN summary END AS summary,
       CASE WHEN NOT unchanged THEN hr_histogram END AS histogram,
       CASE WHEN NOT unchanged THEN stream_figures END AS stream_figures,
       CASE WHEN NOT unchanged THEN streams END AS streams
FROM seen
JOIN activities ON activities.account_id = seen.account_id AND activities.id = seen.id,
LATERAL (SELECT summary_hash = hash AND deleted_at IS NULL
                AND (NOT detailed OR (summary->>'perceived_exertion')::float8 IS NOT DISTINCT FROM exertion) AS unchanged
        ) AS compared`

// CompareActivities gives what stands of the activities that Strava listed; those that are not stored are not in the answer.
// And it gives which of the account's activities within the span are not among them, newest first and at most limit; none where
// the span is nil. One round trip.
func CompareActivities(ctx context.Context, conn database.Conn, accountID int64, listed []Seen, span *Span, limit int) (stored []StoredSummary, unlisted []int64, err error) {
	ids, hashes := make([]int64, len(listed)), make([][]byte, len(listed))
	exertions, detailed := make([]*float64, len(listed)), make([]bool, len(listed))
	for i, one := range listed {
		ids[i], hashes[i], exertions[i], detailed[i] = one.ID, one.Hash, one.Exertion, one.Detailed
	}
	batch := &pgx.Batch{}
	batch.Queue(storedSummaries, accountID, ids, hashes, exertions, detailed).Query(func(rows pgx.Rows) (err error) {
		stored, err = pgx.CollectRows(rows, pgx.RowToStructByName[StoredSummary])
		return err
	})
	if span != nil {
		batch.Queue(`-- name: activities.unlisted
SELECT id
FROM activities
WHERE account_id = $1 AND deleted_at IS NULL
  AND start_at >= coalesce($2, '-infinity'::timestamptz) AND start_at < coalesce($3, 'infinity'::timestamptz)
  AND id <> ALL ($4::bigint[])
ORDER BY start_at DESC, id DESC
LIMIT $5`, accountID, span.From, span.To, ids, limit).Query(func(rows pgx.Rows) (err error) {
			unlisted, err = pgx.CollectRows(rows, pgx.RowTo[int64])
			return err
		})
	}
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return nil, nil, fmt.Errorf("compare activities: %w", err)
	}
	return stored, unlisted, nil
}

// SummaryRow is an activity as InsertActivities and UpsertActivities take it, its documents written already.
type SummaryRow struct {
	activity         *Activity
	summary, figures []byte
}

// NewSummaryRow writes an activity's documents down.
func NewSummaryRow(activity *Activity) (SummaryRow, error) {
	summary, err := json.Marshal(activity.Summary)
	if err != nil {
		return SummaryRow{}, fmt.Errorf("write summary of %d: %w", activity.ID, err)
	}
	figures, err := activity.Figures.AppendJSON(nil)
	if err != nil {
		return SummaryRow{}, fmt.Errorf("write figures of %d: %w", activity.ID, err)
	}
	return SummaryRow{activity, summary, figures}, nil
}

// UpsertActivities writes summaries with the figures computed for them, in one statement. A row whose summary is the
// same and not deleted is left alone, updated_at too; a changed one keeps its histogram and stream figures, and takes
// the Streams state that it is given. It gives the number of rows written.
func UpsertActivities(ctx context.Context, conn database.Conn, accountID int64, rows []SummaryRow) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	const sql = `-- name: activities.upsert
INSERT INTO activities AS stored (account_id, id, sport_type, name, start_at, start_local, time_zone, local_day, summary,
    summary_hash, streams, figures, trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s, peak_hr)
SELECT $1, id, sport_type, name, start_at, start_local, time_zone, DATE '1970-01-01' + local_day, summary::jsonb,
       summary_hash, streams, figures::jsonb, trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s,
       peak_hr
FROM unnest($2::bigint[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::text[], $8::integer[], $9::text[],
            $10::bytea[], $11::text[], $12::text[], $13::float8[], $14::float8[], $15::float8[], $16::text[],
            $17::integer[], $18::integer[], $19::integer[], $20::integer[], $21::smallint[])
     AS listed (id, sport_type, name, start_at, start_local, time_zone, local_day, summary, summary_hash, streams, figures,
                trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s, peak_hr)
ON CONFLICT (account_id, id) DO UPDATE
SET sport_type = excluded.sport_type, name = excluded.name, start_at = excluded.start_at,
    start_local = excluded.start_local, time_zone = excluded.time_zone, local_day = excluded.local_day,
    summary = excluded.summary, summary_hash = excluded.summary_hash, figures = excluded.figures,
    trimp = excluded.trimp, tss = excluded.tss, external_km = excluded.external_km, quality = excluded.quality,
    formula_version = excluded.formula_version, low_s = excluded.low_s, moderate_s = excluded.moderate_s,
    high_s = excluded.high_s, peak_hr = excluded.peak_hr, streams = excluded.streams, streams_attempts = 0,
    streams_reason = '', streams_retry_at = NULL, deleted_at = NULL, updated_at = now()
WHERE stored.summary_hash <> excluded.summary_hash OR stored.summary <> excluded.summary OR stored.deleted_at IS NOT NULL`
	tag, err := conn.Exec(ctx, sql, append([]any{accountID}, summaryColumns(rows)...)...)
	if err != nil {
		return 0, fmt.Errorf("upsert activities: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// InsertActivities writes activities of which none is stored: the fastest way to do it. Where one is after all, somebody else has
// the account's work, and the transaction fails as a whole.
func InsertActivities(ctx context.Context, conn database.Conn, accountID int64, rows []SummaryRow) (int, error) {
	if len(rows) == 0 {
		return 0, nil
	}
	columns := []string{"account_id", "id", "sport_type", "name", "start_at", "start_local", "time_zone", "local_day", "summary",
		"summary_hash", "streams", "figures", "trimp", "tss", "external_km", "quality", "formula_version", "low_s", "moderate_s",
		"high_s", "peak_hr"}
	source := pgx.CopyFromSlice(len(rows), func(i int) ([]any, error) {
		activity, figures := rows[i].activity, &rows[i].activity.Figures
		low, moderate, high := intensity(figures)
		return []any{accountID, activity.ID, activity.SportType, activity.Name, activity.StartAt, activity.StartLocal,
			activity.TimeZone, activity.LocalDay.Time(), rows[i].summary, activity.SummaryHash, activity.Streams, rows[i].figures,
			figures.TRIMP.Pointer(), figures.TSS.Pointer(), figures.ExternalKm.Pointer(), string(figures.Quality),
			int32(figures.FormulaVersion), low, moderate, high, peak(figures)}, nil
	})
	written, err := conn.CopyFrom(ctx, pgx.Identifier{"activities"}, columns, source)
	if err != nil {
		return 0, fmt.Errorf("insert activities: %w", err)
	}
	return int(written), nil
}

// summaryColumns turns rows into the arrays that one statement unnests.
func summaryColumns(rows []SummaryRow) []any {
	n := len(rows)
	ids, startAt, days := make([]int64, n), make([]time.Time, n), make([]int32, n)
	sports, names, startLocal, zones := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	summaries, hashes, streams := make([][]byte, n), make([][]byte, n), make([]string, n)
	figures := newFigureColumns(n)
	for i := range rows {
		activity := rows[i].activity
		figures.put(i, &activity.Figures, rows[i].figures)
		ids[i], startAt[i], days[i] = activity.ID, activity.StartAt, int32(activity.LocalDay)
		sports[i], names[i] = activity.SportType, activity.Name
		startLocal[i], zones[i] = activity.StartLocal, activity.TimeZone
		summaries[i], hashes[i], streams[i] = rows[i].summary, activity.SummaryHash, activity.Streams
	}
	return slices.Concat([]any{ids, sports, names, startAt, startLocal, zones, days, summaries, hashes, streams},
		figures.arrays())
}
