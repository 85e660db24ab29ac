package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
)

// RereadPause is how long a question that Strava has answered is not asked again, however often a webhook hints at it.
const RereadPause = time.Minute

// askAgain is what happens to a question that stands already: it is asked anew from the request's cursor, no earlier than
// RereadPause after the last time, and a worker that holds it right now doesn't finish it.
const askAgain = `
ON CONFLICT (account_id, kind, subject) DO UPDATE
SET lane = least(due.lane, excluded.lane), cursor = excluded.cursor, revision = due.revision + 1,
    due_at = least(CASE WHEN due.parked_at IS NULL THEN due.due_at END,
                   greatest(excluded.due_at, due.tried_at + interval '1 minute')),
    attempts = CASE WHEN due.parked_at IS NULL THEN due.attempts ELSE 0 END,
    refusals = CASE WHEN due.parked_at IS NULL THEN due.refusals ELSE 0 END,
    parked_at = NULL, parked_reason = '', origin_trace = excluded.origin_trace`

// A Question is something to be asked of Strava before it is believed.
type Question struct {
	Kind    string // KindReread or KindAuthorization
	Subject string // the activity's id; empty with KindAuthorization
	Lane    int
	Cursor  json.RawMessage
	Trace   string
}

// AskAbout makes a question about a Strava athlete due, and gives the due row and its account for a Wake; false, and
// nothing written, where no account has the athlete, or one that must connect again before anything but the authorization can be
// asked about: then the whole history is listed anyway. One statement, so it needs no transaction around it.
func AskAbout(ctx context.Context, conn database.Conn, athleteID int64, question Question) (dueID, accountID int64, known bool, err error) {
	const sql = `-- name: due.ask_about
INSERT INTO due_work AS due (account_id, kind, subject, lane, cursor, due_at, origin_trace)
SELECT account_id, $2, $3, $4::smallint, $5::jsonb, now() - interval '5 seconds', $6
FROM strava_connections
WHERE athlete_id = $1 AND (status = 'connected' OR $2 = '` + KindAuthorization + `')` + askAgain + `
RETURNING id, account_id`
	err = conn.QueryRow(ctx, sql, athleteID, question.Kind, question.Subject, question.Lane, question.Cursor,
		question.Trace).Scan(&dueID, &accountID)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, false, nil
	}
	if err != nil {
		return 0, 0, false, fmt.Errorf("ask about athlete: %w", err)
	}
	return dueID, accountID, true, nil
}

// AskForActivities makes it due to ask again for each of the account's activities.
func AskForActivities(ctx context.Context, conn database.Conn, accountID int64, activityIDs []int64, lane int, cursor json.RawMessage,
	trace string) error {
	if len(activityIDs) == 0 {
		return nil
	}
	const sql = `-- name: due.ask_for_activities
INSERT INTO due_work AS due (account_id, kind, subject, lane, cursor, due_at, origin_trace)
SELECT $1, '` + KindReread + `', id::text, $3::smallint, $4::jsonb, now() - interval '5 seconds', $5
FROM unnest($2::bigint[]) AS asked (id)` + askAgain
	if _, err := conn.Exec(ctx, sql, accountID, activityIDs, lane, cursor, trace); err != nil {
		return fmt.Errorf("ask for activities: %w", err)
	}
	return nil
}

// RestDue keeps the row of a question that was answered until until, so that the same question is not asked sooner; then
// whoever claims it finds the cursor answered. Where it was asked again meanwhile, it will be due with that one's cursor.
func RestDue(ctx context.Context, conn database.Conn, due Due, answered json.RawMessage, until time.Time) error {
	return changeLeased(ctx, conn, due, `-- name: due.rest
UPDATE due_work
SET cursor = CASE WHEN revision = $3 THEN $4::jsonb ELSE cursor END, due_at = $5,
    lease_until = NULL, lease_token = NULL, attempts = 0, refusals = 0, parked_reason = ''
WHERE id = $1 AND lease_token = $2`, due.Revision, answered, until)
}

// DeleteActivity takes an activity that Strava does not have any more out of everything, and leaves a tombstone: its id
// and time, and nothing of what was recorded. It says whether the activity was ever here; one that is buried stays as it is.
func DeleteActivity(ctx context.Context, conn database.Conn, accountID, activityID int64, now time.Time) (known bool, err error) {
	const sql = `-- name: activities.bury
WITH samples AS (
    DELETE FROM activity_streams WHERE account_id = $1 AND activity_id = $2
), buried AS (
    UPDATE activities
    SET deleted_at = $3, name = '', summary = '{}', hr_histogram = NULL, stream_figures = NULL, figures = '{}', trimp = NULL,
        tss = NULL, external_km = NULL, quality = 'none', low_s = NULL, moderate_s = NULL, high_s = NULL,
        streams = 'pending', streams_attempts = 0, streams_reason = '', streams_retry_at = NULL, updated_at = now()
    WHERE account_id = $1 AND id = $2 AND deleted_at IS NULL
)
SELECT EXISTS (SELECT FROM activities WHERE account_id = $1 AND id = $2)`
	if err := conn.QueryRow(ctx, sql, accountID, activityID, now).Scan(&known); err != nil {
		return false, fmt.Errorf("bury activity: %w", err)
	}
	return known, nil
}
