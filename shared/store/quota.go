package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
)

// QuotaLimit is what Strava allows an application until its headers say otherwise: calls per quarter hour and per day.
type QuotaLimit struct{ Quarter, Day int }

// The limits of a new application. Every call counts as overall; what only reads counts as read as well.
var (
	initialOverall = QuotaLimit{Quarter: 200, Day: 2000}
	initialRead    = QuotaLimit{Quarter: 100, Day: 1000}
)

// laneFloors is the share of every limit, in per cent, that stays out of reach of a lane, so that the more urgent ones
// find something left: interactive work may use all of it.
var laneFloors = [...]int{LaneInteractive: 0, LaneWebhook: 5, LaneReconcile: 10, LaneBackfill: 20}

// The windows begin at the quarter hours and at midnight UTC (Strava's own definition of its rate limits).
func quarterStart(now time.Time) time.Time { return now.UTC().Truncate(15 * time.Minute) }

func dayStart(now time.Time) time.Time { return now.UTC().Truncate(24 * time.Hour) }

// Reservation is the ledger's answer to a call that is about to be made.
type Reservation struct {
	Granted bool
	At      time.Time // when the call was reserved
	RetryAt time.Time // when there will be room, where it was not granted

	overall, read QuotaUsage // as the ledger has them, the call included
}

// ReserveQuota enters one reading call in all four windows, or in none where one of them has no room left for the lane.
// What the answers to earlier calls told is settled first, in the same round trip. It commits by itself, for its row locks are
// those of every instance.
func ReserveQuota(ctx context.Context, conn database.Conn, lane int, now time.Time, told ...QuotaTold) (Reservation, error) {
	const sql = `-- name: quota.reserve
WITH locked AS MATERIALIZED (
    SELECT kind, span, window_start, call_limit, used, blocked_until
    FROM strava_quota
    ORDER BY kind, span
    FOR UPDATE
), state AS (
    SELECT kind, span, call_limit, blocked_until, start,
           CASE WHEN window_start < start THEN 0 ELSE used END AS used,
           CASE span WHEN 'quarter' THEN start + interval '15 minutes' ELSE start + interval '1 day' END AS reset
    FROM locked, LATERAL (SELECT CASE span WHEN 'quarter' THEN $1::timestamptz ELSE $2::timestamptz END AS start) AS span_start
), verdict AS (
    SELECT array_agg(call_limit ORDER BY kind, span) AS limits, array_agg(used ORDER BY kind, span) AS used,
           max(greatest(CASE WHEN used >= call_limit - call_limit * $3 / 100 THEN reset END,
                        CASE WHEN blocked_until > $4 THEN blocked_until END)) AS retry_at
    FROM state
), entered AS (
    UPDATE strava_quota AS ledger
    SET used = state.used + 1, window_start = state.start, blocked_until = NULL
    FROM state, verdict
    WHERE ledger.kind = state.kind AND ledger.span = state.span AND cardinality(verdict.limits) = 4 AND verdict.retry_at IS NULL
)
SELECT limits, used, retry_at FROM verdict`
	for {
		batch := &pgx.Batch{}
		queueSettling(batch, now, told)
		var limits, used []int // of overall and read, each the day and the quarter hour
		var retryAt *time.Time
		batch.Queue(sql, quarterStart(now), dayStart(now), laneFloors[lane], now).QueryRow(func(row pgx.Row) error {
			return row.Scan(&limits, &used, &retryAt)
		})
		err := conn.SendBatch(ctx, batch).Close()
		switch {
		case err != nil:
			return Reservation{}, fmt.Errorf("reserve quota: %w", err)
		case retryAt != nil:
			return Reservation{At: now, RetryAt: *retryAt}, nil
		case len(limits) == 4:
			return Reservation{Granted: true, At: now, overall: QuotaUsage{limits[1], used[1] + 1, limits[0], used[0] + 1},
				read: QuotaUsage{limits[3], used[3] + 1, limits[2], used[2] + 1}}, nil
		}
		if err := openLedger(ctx, conn, now); err != nil {
			return Reservation{}, err
		}
	}
}

// openLedger writes the four windows with the limits of a new application, where they are missing.
func openLedger(ctx context.Context, conn database.Conn, now time.Time) error {
	_, err := conn.Exec(ctx, `-- name: quota.open
INSERT INTO strava_quota (kind, span, window_start, call_limit)
VALUES ('overall', 'day', $2, $4), ('overall', 'quarter', $1, $3), ('read', 'day', $2, $6), ('read', 'quarter', $1, $5)
ON CONFLICT (kind, span) DO NOTHING`, quarterStart(now), dayStart(now),
		initialOverall.Quarter, initialOverall.Day, initialRead.Quarter, initialRead.Day)
	if err != nil {
		return fmt.Errorf("open quota ledger: %w", err)
	}
	return nil
}

// QuotaUsage is what Strava's headers told of one kind of limit. A zero limit was not told.
type QuotaUsage struct{ QuarterLimit, QuarterUsed, DayLimit, DayUsed int }

// isNews says whether the ledger does not know what was told: another limit, or more calls than it has.
func (u QuotaUsage) isNews(ledger QuotaUsage) bool {
	other := func(told, known int) bool { return told > 0 && told != known }
	return other(u.QuarterLimit, ledger.QuarterLimit) || other(u.DayLimit, ledger.DayLimit) ||
		u.QuarterUsed > ledger.QuarterUsed || u.DayUsed > ledger.DayUsed
}

// QuotaTold is what the headers told of both kinds of limit with the answer to a reserved call.
type QuotaTold struct {
	Reservation   Reservation
	Overall, Read QuotaUsage
}

// IsNews says whether there is anything to settle: the ledger only rises, so that it still knows what it knew when the call was
// reserved.
func (t *QuotaTold) IsNews() bool {
	return t.Overall.isNews(t.Reservation.overall) || t.Read.isNews(t.Reservation.read)
}

// queueSettling makes settling what was told the next part of a batch; nothing where nothing was told. Whoever locks several
// windows locks them in one order, so that no two wait for each other.
func queueSettling(batch *pgx.Batch, now time.Time, told []QuotaTold) {
	if len(told) == 0 {
		return
	}
	batch.Queue(`-- name: quota.lock
SELECT FROM strava_quota ORDER BY kind, span FOR UPDATE`)
	for i := range told {
		told[i].queue(batch, now)
	}
}

// queue settles one answer. What Strava counted in a window that has ended since is not carried into the new one.
func (t *QuotaTold) queue(batch *pgx.Batch, now time.Time) {
	quarter, day, overall, read := quarterStart(now), dayStart(now), t.Overall, t.Read
	if !quarter.Equal(quarterStart(t.Reservation.At)) {
		overall.QuarterUsed, read.QuarterUsed = 0, 0
	}
	if !day.Equal(dayStart(t.Reservation.At)) {
		overall.DayUsed, read.DayUsed = 0, 0
	}
	batch.Queue(`-- name: quota.settle
WITH told (kind, span, start, call_limit, used) AS (
    VALUES ('overall', 'quarter', $1::timestamptz, $3::integer, $4::integer), ('overall', 'day', $2, $5, $6),
           ('read', 'quarter', $1, $7, $8), ('read', 'day', $2, $9, $10)
)
UPDATE strava_quota AS ledger
SET call_limit = coalesce(nullif(told.call_limit, 0), ledger.call_limit),
    used = CASE WHEN ledger.window_start < told.start THEN told.used ELSE greatest(ledger.used, told.used) END,
    window_start = greatest(ledger.window_start, told.start)
FROM told
WHERE ledger.kind = told.kind AND ledger.span = told.span
  AND ((told.call_limit > 0 AND told.call_limit <> ledger.call_limit)
       OR told.used > CASE WHEN ledger.window_start < told.start THEN 0 ELSE ledger.used END)`, quarter, day,
		overall.QuarterLimit, overall.QuarterUsed, overall.DayLimit, overall.DayUsed,
		read.QuarterLimit, read.QuarterUsed, read.DayLimit, read.DayUsed)
}

// SettleQuota corrects the ledger by what answers told. Usage only rises: calls of other instances that are still under
// way are in the ledger and not yet in the headers.
func SettleQuota(ctx context.Context, conn database.Conn, now time.Time, told ...QuotaTold) error {
	if len(told) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	queueSettling(batch, now, told)
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("settle quota: %w", err)
	}
	return nil
}

// BlockQuota lets nobody call Strava before until: it refused the whole application.
func BlockQuota(ctx context.Context, conn database.Conn, until, now time.Time) error {
	if err := openLedger(ctx, conn, now); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, `-- name: quota.block
UPDATE strava_quota
SET blocked_until = greatest(blocked_until, $1)
WHERE kind = 'overall' AND span = 'quarter'`, until)
	if err != nil {
		return fmt.Errorf("block quota: %w", err)
	}
	return nil
}

// QuotaWindow is one window of the ledger as it stands at a time.
type QuotaWindow struct {
	Kind, Span   string
	CallLimit    int
	Used         int
	BlockedUntil *time.Time
}

// Left is the number of calls that the window still allows the lane.
func (w QuotaWindow) Left(lane int) int {
	return max(w.CallLimit-w.CallLimit*laneFloors[lane]/100-w.Used, 0)
}

// ReadQuota gives the ledger's windows at now; none where Strava was never called.
func ReadQuota(ctx context.Context, conn database.Conn, now time.Time) ([]QuotaWindow, error) {
	rows, err := conn.Query(ctx, `-- name: quota.read
SELECT kind, span, call_limit,
       CASE WHEN window_start < CASE span WHEN 'quarter' THEN $1::timestamptz ELSE $2::timestamptz END
            THEN 0 ELSE used END AS used,
       CASE WHEN blocked_until > $3 THEN blocked_until END AS blocked_until
FROM strava_quota
ORDER BY kind, span`, quarterStart(now), dayStart(now), now)
	if err != nil {
		return nil, fmt.Errorf("read quota: %w", err)
	}
	windows, err := pgx.CollectRows(rows, pgx.RowToStructByName[QuotaWindow])
	if err != nil {
		return nil, fmt.Errorf("read quota: %w", err)
	}
	return windows, nil
}

// Reset is when the window that now lies in ends.
func (w QuotaWindow) Reset(now time.Time) time.Time {
	if w.Span == "day" {
		return dayStart(now).Add(24 * time.Hour)
	}
	return quarterStart(now).Add(15 * time.Minute)
}
