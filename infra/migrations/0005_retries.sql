-- When an activity's streams are asked for again, and which failures of due work are Strava's.

-- +goose Up
-- Null: at once while they are pending, never again once they are parked.
ALTER TABLE activities ADD COLUMN streams_retry_at timestamptz;
UPDATE activities SET streams_retry_at = now() WHERE streams = 'parked';

-- Phase two of a backfill walks over what is pending or parked: the least tried first, of those the newest. It takes the
-- place of an index over what is pending alone.
CREATE INDEX activities_unrefined ON activities (account_id, streams_attempts, start_at DESC, id DESC)
    WHERE streams IN ('pending', 'parked') AND deleted_at IS NULL;
DROP INDEX activities_pending;

-- attempts counts the claims since the last outcome that was not the work's own failure, and finds what kills its worker;
-- refusals counts Strava's in a row, which only stretch the wait. tried_at is the last claim.
ALTER TABLE due_work ADD COLUMN refusals integer NOT NULL DEFAULT 0;
ALTER TABLE due_work ADD COLUMN tried_at timestamptz;

-- Housekeeping deletes the sessions that have ended; it needs to see no more of them.
GRANT SELECT (token_hash, expires_at), DELETE ON sessions TO traind_sync;
