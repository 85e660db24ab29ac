package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// Headline is how a day stands: the figures that an athlete looks at first.
type Headline struct {
	CTL  training.Figure `json:"ctl"`
	ATL  training.Figure `json:"atl"`
	TSB  training.Figure `json:"tsb"`
	ACWR training.Figure `json:"acwr"`
	// Decayed is ACWR by the athlete's own window and rate; absent in what was noted before it was kept.
	Decayed training.Figure `json:"acwr_decayed"`
}

// LoadChange is what one working out again did to the figures.
type LoadChange struct {
	ID          int64
	Causes      []string       // settings that changed, by the name of their field; CauseFormula
	From        *training.Date // first day whose activities could change; nil for the whole history
	FirstDay    *training.Date // first day whose load changed
	Activities  int            // whose load changed
	TRIMPBefore float64        // of those activities together
	TRIMPAfter  float64
	Before      Headline  // the day of the change
	After       *Headline // nil while it is under way
	BegunAt     time.Time
	FinishedAt  *time.Time
}

// CauseFormula is the cause of a change by this program itself: its formulas are of another version.
const CauseFormula = "formula"

// BeginLoadChange notes that the account's figures are being worked out again, and gives the note's id. One that is under way
// already takes the causes over: its beginning is what the athlete saw last.
func BeginLoadChange(ctx context.Context, conn database.Conn, accountID int64, causes []string, from *training.Date, before Headline, now time.Time) (int64, error) {
	text, err := json.Marshal(before)
	if err != nil {
		return 0, fmt.Errorf("begin load change: %w", err)
	}
	if causes == nil {
		causes = []string{}
	}
	var id int64
	err = conn.QueryRow(ctx, `-- name: load_changes.begin
INSERT INTO load_changes AS held (account_id, causes, from_day, before, begun_at)
VALUES ($1, $2, DATE '1970-01-01' + $3::integer, $4, $5)
ON CONFLICT (account_id) WHERE finished_at IS NULL DO UPDATE
SET causes = held.causes || ARRAY (SELECT cause FROM unnest(excluded.causes) AS cause WHERE cause <> ALL (held.causes)),
    from_day = CASE WHEN held.from_day < excluded.from_day THEN held.from_day ELSE excluded.from_day END
RETURNING id`, accountID, causes, (*int32)(from), text, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("begin load change: %w", err)
	}
	return id, nil
}

// FiguresChange is what an update did to the load of some activities.
type FiguresChange struct {
	Written     int            // activities of which any figure changed
	Activities  int            // of those, the ones whose load did
	FirstDay    *training.Date // the first day of these
	TRIMPBefore float64        // of these together
	TRIMPAfter  float64
}

// AddLoadChange adds a part of the activities to a note that is under way.
func AddLoadChange(ctx context.Context, conn database.Conn, id int64, change FiguresChange) error {
	_, err := conn.Exec(ctx, `-- name: load_changes.add
UPDATE load_changes
SET activities = activities + $2, trimp_before = trimp_before + $3, trimp_after = trimp_after + $4,
    first_day = least(first_day, DATE '1970-01-01' + $5::integer)
WHERE id = $1`, id, change.Activities, change.TRIMPBefore, change.TRIMPAfter, (*int32)(change.FirstDay))
	if err != nil {
		return fmt.Errorf("add to load change: %w", err)
	}
	return nil
}

// FinishLoadChange completes a note; one of no activity goes, as it would tell nothing.
func FinishLoadChange(ctx context.Context, conn database.Conn, id int64, after Headline, now time.Time) error {
	text, err := json.Marshal(after)
	if err != nil {
		return fmt.Errorf("finish load change: %w", err)
	}
	_, err = conn.Exec(ctx, `-- name: load_changes.finish
WITH empty AS (
    DELETE FROM load_changes WHERE id = $1 AND activities = 0
)
UPDATE load_changes SET after = $2, finished_at = $3 WHERE id = $1 AND activities > 0`, id, text, now)
	if err != nil {
		return fmt.Errorf("finish load change: %w", err)
	}
	return nil
}

// ListLoadChanges gives up to limit of the account's changes with ids below before, the latest first.
func ListLoadChanges(ctx context.Context, conn database.Conn, accountID, before int64, limit int) ([]LoadChange, error) {
	rows, err := conn.Query(ctx, `-- name: load_changes.list
SELECT id, causes, from_day - DATE '1970-01-01', first_day - DATE '1970-01-01', activities, trimp_before, trimp_after,
       before, after, begun_at, finished_at
FROM load_changes
WHERE account_id = $1 AND id < $2
ORDER BY id DESC
LIMIT $3`, accountID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list load changes: %w", err)
	}
	changes, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (change LoadChange, err error) {
		err = row.Scan(&change.ID, &change.Causes, &change.From, &change.FirstDay, &change.Activities,
			&change.TRIMPBefore, &change.TRIMPAfter, &change.Before, &change.After, &change.BegunAt, &change.FinishedAt)
		return change, err
	})
	if err != nil {
		return nil, fmt.Errorf("list load changes: %w", err)
	}
	return changes, nil
}
