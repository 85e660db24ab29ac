package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// FigureInputs is what of a stored activity its figures are computed from, beside the athlete's profile. It is read as it
// is stored: Figures makes sense of it, while the connection may go on.
type FigureInputs struct {
	ID            int64
	LocalDay      training.Date
	Summary       json.RawMessage // training.Summary
	Histogram     []byte          // training.Histogram, packed; nil without heart-rate samples
	StreamFigures json.RawMessage // training.StreamFigures; nil until the streams were read once
	TRIMP, TSS    *float64        // as they stand; nil where absent
}

// Figures computes the figures with the profile that is valid on the activity's day. What can't be read is an error.
func (in *FigureInputs) Figures(profiles Profiles) (training.Figures, error) {
	var summary training.Summary
	if err := json.Unmarshal(in.Summary, &summary); err != nil {
		return training.Figures{}, fmt.Errorf("read summary: %w", err)
	}
	var streams *training.StreamFigures
	if in.StreamFigures != nil {
		if err := json.Unmarshal(in.StreamFigures, &streams); err != nil {
			return training.Figures{}, fmt.Errorf("read stream figures: %w", err)
		}
	}
	return profiles.Figures(in.LocalDay, summary, in.Histogram, streams)
}

// RecomputeCursor is how far a recompute has come, and which days it is about.
type RecomputeCursor struct {
	Before int64          `json:"before,omitempty"` // the lowest id that is done; 0 at the start
	From   *training.Date `json:"from,omitempty"`   // the first day whose activities can differ; nil for the whole history
	Causes []string       `json:"causes,omitempty"` // as in LoadChange
	Change int64          `json:"change,omitempty"` // the note of what it does; 0 until that is begun
}

// EnqueueRecompute makes it due to work out the account's figures again from a day on; nil is the whole history. Where that
// is asked for already, and not done, the earlier of both days holds. The caller keeps other requests of the account
// waiting (LockProfiles).
func EnqueueRecompute(ctx context.Context, conn database.Conn, accountID int64, from *training.Date, causes ...string) (int64, error) {
	var standing RecomputeCursor
	err := conn.QueryRow(ctx, `-- name: due.recompute_cursor
SELECT cursor FROM due_work WHERE account_id = $1 AND kind = '`+KindRecompute+`' AND subject = '' FOR UPDATE`, accountID).
		Scan(&standing)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return 0, fmt.Errorf("read recompute cursor: %w", err)
	case standing.From == nil || from != nil && *standing.From < *from:
		from = standing.From
	}
	for _, cause := range standing.Causes {
		if !slices.Contains(causes, cause) {
			causes = append(causes, cause)
		}
	}
	slices.Sort(causes)
	cursor, err := json.Marshal(RecomputeCursor{From: from, Causes: causes})
	if err != nil {
		return 0, fmt.Errorf("write recompute cursor: %w", err)
	}
	return EnqueueDue(ctx, conn, DueRequest{AccountID: accountID, Kind: KindRecompute, Lane: LaneInteractive, Cursor: cursor})
}

// EnqueueOutdated makes it due to work out the figures of up to limit accounts that have some of older formulas than
// version, and gives how many. An account whose figures are to be worked out anyway is left to that: what stays outdated is
// found the next time. So it keeps nobody waiting, and a request that it crosses loses nothing.
func EnqueueOutdated(ctx context.Context, conn database.Conn, version, limit int) (int, error) {
	cursor, err := json.Marshal(RecomputeCursor{Causes: []string{CauseFormula}})
	if err != nil {
		return 0, fmt.Errorf("write recompute cursor: %w", err)
	}
	// A probe of the index per account: however many activities are outdated, each account is looked at once.
	tag, err := conn.Exec(ctx, `-- name: due.enqueue_outdated
INSERT INTO due_work (account_id, kind, lane, cursor, due_at)
SELECT athletes.account_id, '`+KindRecompute+`', $4, $3, now() - interval '5 seconds'
FROM athletes,
LATERAL (SELECT
         FROM activities
         WHERE account_id = athletes.account_id AND formula_version < $1 AND deleted_at IS NULL
         LIMIT 1) AS outdated
WHERE NOT EXISTS (SELECT FROM due_work WHERE account_id = athletes.account_id AND kind = '`+KindRecompute+`')
LIMIT $2
ON CONFLICT (account_id, kind, subject) DO NOTHING`, version, limit, cursor, LaneBackfill)
	if err != nil {
		return 0, fmt.Errorf("enqueue outdated: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// ListFigureInputs gives activities for computing their figures again, by descending id, those of the cursor's days below
// the id that it has come to. Newer activities mostly have higher ids, so that what an athlete looks at comes first.
func ListFigureInputs(ctx context.Context, conn database.Conn, accountID int64, cursor RecomputeCursor, limit int) ([]FigureInputs, error) {
	const sql = `-- name: figures.inputs
SELECT id, local_day - DATE '1970-01-01' AS local_day, summary, hr_histogram AS histogram, stream_figures, trimp, tss
FROM activities
WHERE account_id = $1 AND id < coalesce(nullif($2::bigint, 0), 9223372036854775807) AND deleted_at IS NULL
  AND local_day >= coalesce(DATE '1970-01-01' + $4::integer, '-infinity')
ORDER BY id DESC
LIMIT $3`
	rows, err := conn.Query(ctx, sql, accountID, cursor.Before, limit, (*int32)(cursor.From))
	if err != nil {
		return nil, fmt.Errorf("list figure inputs: %w", err)
	}
	inputs, err := pgx.CollectRows(rows, pgx.RowToStructByName[FigureInputs])
	if err != nil {
		return nil, fmt.Errorf("list figure inputs: %w", err)
	}
	return inputs, nil
}

// ActivityFigures are the figures of one activity, and the loads that it had.
type ActivityFigures struct {
	ID               int64
	Figures          training.Figures
	TRIMPWas, TSSWas *float64 // nil where absent
}

// FigureRows are activities' figures as the database takes them.
type FigureRows struct {
	ids              []int64
	columns          figureColumns
	trimpWas, tssWas []*float64
}

// Len is how many activities there are.
func (r FigureRows) Len() int { return len(r.ids) }

// NewFigureRows writes figures down for UpdateFigures.
func NewFigureRows(computed []ActivityFigures) (FigureRows, error) {
	n := len(computed)
	rows := FigureRows{make([]int64, n), newFigureColumns(n), make([]*float64, n), make([]*float64, n)}
	for i := range computed {
		one := &computed[i]
		rows.ids[i], rows.trimpWas[i], rows.tssWas[i] = one.ID, one.TRIMPWas, one.TSSWas
		text, err := one.Figures.AppendJSON(nil)
		if err != nil {
			return FigureRows{}, fmt.Errorf("write figures of %d: %w", one.ID, err)
		}
		rows.columns.put(i, &one.Figures, text)
	}
	return rows, nil
}

// UpdateFigures replaces the figures of stored activities, in one statement, and gives what came out differently; the others
// are not written. Who calls it holds the account's lease, so that the loads are still what they were.
func UpdateFigures(ctx context.Context, conn database.Conn, accountID int64, rows FigureRows) (change FiguresChange, err error) {
	const sql = `-- name: figures.update
WITH changed AS (
UPDATE activities AS stored
SET figures = computed.figures, trimp = computed.trimp, tss = computed.tss, external_km = computed.external_km,
    quality = computed.quality, formula_version = computed.formula_version, low_s = computed.low_s,
    moderate_s = computed.moderate_s, high_s = computed.high_s, peak_hr = computed.peak_hr, updated_at = now()
FROM (SELECT id, figures::jsonb AS figures, trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s,
             peak_hr, trimp_was, tss_was
      FROM unnest($2::bigint[], $3::text[], $4::float8[], $5::float8[], $6::float8[], $7::text[], $8::integer[],
                  $9::integer[], $10::integer[], $11::integer[], $12::smallint[], $13::float8[], $14::float8[])
           AS given (id, figures, trimp, tss, external_km, quality, formula_version, low_s, moderate_s, high_s,
                     peak_hr, trimp_was, tss_was)) AS computed
WHERE stored.account_id = $1 AND stored.id = computed.id
  -- The figures last: to compare them takes longest, and where a load differs it is not needed.
  AND (stored.trimp, stored.tss, stored.external_km, stored.quality, stored.formula_version,
       stored.low_s, stored.moderate_s, stored.high_s, stored.peak_hr, stored.figures)
      IS DISTINCT FROM (computed.trimp, computed.tss, computed.external_km, computed.quality,
                        computed.formula_version, computed.low_s, computed.moderate_s, computed.high_s, computed.peak_hr,
                        computed.figures)
RETURNING stored.local_day, computed.trimp_was AS was, stored.trimp AS becomes,
          (computed.trimp_was, computed.tss_was) IS DISTINCT FROM (stored.trimp, stored.tss) AS load
)
SELECT count(*), count(*) FILTER (WHERE load), (min(local_day) FILTER (WHERE load)) - DATE '1970-01-01',
       coalesce(sum(was) FILTER (WHERE load), 0), coalesce(sum(becomes) FILTER (WHERE load), 0)
FROM changed`
	err = conn.QueryRow(ctx, sql, slices.Concat([]any{accountID, rows.ids}, rows.columns.arrays(), []any{rows.trimpWas, rows.tssWas})...).
		Scan(&change.Written, &change.Activities, &change.FirstDay, &change.TRIMPBefore, &change.TRIMPAfter)
	if err != nil {
		return FiguresChange{}, fmt.Errorf("update figures: %w", err)
	}
	return change, nil
}

// KeepFigures marks activities as worked through by the formulas of a version, though their figures stay as they are.
func KeepFigures(ctx context.Context, conn database.Conn, accountID int64, ids []int64, version int) error {
	_, err := conn.Exec(ctx, `-- name: figures.keep
UPDATE activities SET formula_version = $3 WHERE account_id = $1 AND id = ANY ($2) AND formula_version < $3`, accountID, ids, version)
	if err != nil {
		return fmt.Errorf("keep figures: %w", err)
	}
	return nil
}
