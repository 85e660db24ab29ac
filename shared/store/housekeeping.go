package store

import (
	"context"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
)

// EnsureHousekeeping writes the due row of housekeeping, which belongs to no account, where there is none.
func EnsureHousekeeping(ctx context.Context, conn database.Conn) error {
	_, err := conn.Exec(ctx, `-- name: due.ensure_housekeeping
INSERT INTO due_work (kind, lane, due_at)
SELECT 'housekeeping', 3, now() - interval '5 seconds'
WHERE NOT EXISTS (SELECT FROM due_work WHERE account_id IS NULL AND kind = 'housekeeping')
ON CONFLICT (account_id, kind, subject) DO NOTHING`)
	if err != nil {
		return fmt.Errorf("ensure housekeeping: %w", err)
	}
	return nil
}

// ExpireStreams deletes up to limit activities' samples that have expired at now, oldest first, and gives how many.
func ExpireStreams(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: streams.expire
WITH gone AS (
    DELETE FROM activity_streams
    WHERE (account_id, activity_id) IN (SELECT account_id, activity_id
                                        FROM activity_streams
                                        WHERE expires_at <= $1
                                        ORDER BY expires_at
                                        LIMIT $2)
      AND expires_at <= $1
    RETURNING account_id, activity_id
), expired AS (
    UPDATE activities
    SET streams = 'expired', updated_at = now()
    FROM gone
    WHERE activities.account_id = gone.account_id AND activities.id = gone.activity_id AND activities.streams = 'stored'
)
SELECT FROM gone`, now, limit)
	if err != nil {
		return 0, fmt.Errorf("expire streams: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// DeleteExpiredEmailTokens deletes up to limit tokens whose time is up at now, and gives how many.
func DeleteExpiredEmailTokens(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: email_tokens.delete_expired
DELETE FROM email_tokens
WHERE token_hash IN (SELECT token_hash FROM email_tokens WHERE expires_at <= $1 LIMIT $2)`, now, limit)
	if err != nil {
		return 0, fmt.Errorf("delete expired e-mail tokens: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// DeleteEndedSessions deletes up to limit sessions whose time is up at now, and gives how many.
func DeleteEndedSessions(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error) {
	tag, err := conn.Exec(ctx, `-- name: sessions.delete_ended
DELETE FROM sessions
WHERE token_hash IN (SELECT token_hash FROM sessions WHERE expires_at <= $1 LIMIT $2)`, now, limit)
	if err != nil {
		return 0, fmt.Errorf("delete ended sessions: %w", err)
	}
	return int(tag.RowsAffected()), nil
}
