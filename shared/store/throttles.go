package store

import (
	"context"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
)

// Throttle counts attempts of one kind by one somebody.
type Throttle struct {
	Key     TokenHash     // of what is counted, and of whom
	Free    int           // attempts without a delay
	Longest time.Duration // the greatest delay
}

// forgetThrottles is how long after the last attempt its count is forgotten.
const forgetThrottles = 24 * time.Hour

// TakeThrottles counts one attempt at now against each of the throttles, or says how long to wait before another is allowed.
// The delay after an attempt beyond the free ones is one second, and doubles with each. What was refused is not counted
// against the throttle that refused it, and of attempts at the same time no more are allowed than one after another.
func TakeThrottles(ctx context.Context, conn database.Conn, throttles []Throttle, now time.Time) (wait time.Duration, err error) {
	keys, free, longest := make([][]byte, len(throttles)), make([]int, len(throttles)), make([]float64, len(throttles))
	for i, throttle := range throttles {
		keys[i], free[i], longest[i] = throttle.Key[:], throttle.Free, throttle.Longest.Seconds()
	}
	var allowed int
	var blocked *time.Time
	err = conn.QueryRow(ctx, `-- name: throttles.take
WITH asked AS (
    SELECT key, free, longest FROM unnest($1::bytea[], $2::int[], $3::float8[]) AS one (key, free, longest)
), taken AS (
    INSERT INTO throttles AS held (key, attempts, tried_at, blocked_until)
    SELECT key, 1, $4::timestamptz, $4::timestamptz + throttle_delay(1, free, longest) FROM asked ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET attempts = CASE WHEN held.tried_at <= $5 THEN 1 ELSE held.attempts + 1 END,
        tried_at = greatest($4, held.tried_at),
        blocked_until = greatest($4, held.tried_at) + (SELECT throttle_delay(CASE WHEN held.tried_at <= $5 THEN 1 ELSE held.attempts + 1 END, free, longest)
                              FROM asked WHERE asked.key = held.key)
    WHERE held.blocked_until <= greatest($4, held.tried_at) -- others' clocks may be ahead
    RETURNING key
)
SELECT (SELECT count(*) FROM taken),
       (SELECT max(blocked_until) FROM throttles WHERE key IN (SELECT key FROM asked) AND blocked_until > $4)`,
		keys, free, longest, now, now.Add(-forgetThrottles)).Scan(&allowed, &blocked)
	switch {
	case err != nil:
		return 0, fmt.Errorf("take throttles: %w", err)
	case allowed == len(throttles):
		return 0, nil
	case blocked == nil: // by an attempt at this very moment
		return time.Second, nil
	}
	return blocked.Sub(now), nil
}

// ReturnThrottles takes an attempt back that turned out to be its owner's: all attempts are forgotten of the throttles in
// cleared, and one of those in returned.
func ReturnThrottles(ctx context.Context, conn database.Conn, cleared, returned []Throttle) error {
	keys := func(throttles []Throttle) (keys [][]byte) {
		for _, throttle := range throttles {
			keys = append(keys, throttle.Key[:])
		}
		return keys
	}
	_, err := conn.Exec(ctx, `-- name: throttles.return
WITH cleared AS (
    DELETE FROM throttles WHERE key = ANY ($1::bytea[])
)
UPDATE throttles SET attempts = greatest(attempts - 1, 0), blocked_until = tried_at WHERE key = ANY ($2::bytea[])`, keys(cleared), keys(returned))
	if err != nil {
		return fmt.Errorf("return throttles: %w", err)
	}
	return nil
}

// DeleteOldThrottles deletes up to limit throttles whose last attempt is forgotten at now, and gives how many.
func DeleteOldThrottles(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: throttles.delete_old
DELETE FROM throttles
WHERE key IN (SELECT key FROM throttles WHERE tried_at <= $1 LIMIT $2)`, now.Add(-forgetThrottles), limit)
	if err != nil {
		return 0, fmt.Errorf("delete old throttles: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
