-- Work that is due. A row is written in the transaction that causes it; a message is only a wake-up, so losing one loses
-- nothing. subject tells two rows of one kind apart (an activity's id) and is empty where one row per account is enough.

-- +goose Up
CREATE TABLE due_work (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint REFERENCES accounts ON DELETE CASCADE,
    kind         text NOT NULL CHECK (kind IN ('backfill', 'streams', 'incremental', 'recompute', 'refetch',
                                               'housekeeping')),
    subject      text NOT NULL DEFAULT '',
    lane         smallint NOT NULL DEFAULT 3 CHECK (lane BETWEEN 0 AND 3),
    cursor       jsonb NOT NULL DEFAULT '{}',
    due_at       timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    lease_token  uuid,
    parked_at    timestamptz,
    parked_reason text NOT NULL DEFAULT '',
    revision     bigint NOT NULL DEFAULT 1,
    origin_trace text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL DEFAULT now(),
    UNIQUE NULLS NOT DISTINCT (account_id, kind, subject)
);
-- What Dispatch looks for every minute.
CREATE INDEX due_work_due ON due_work (due_at) WHERE parked_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON due_work TO traind_onboarding, traind_sync, traind_dispatch;

-- Which schema a database has, for whoever asks.
GRANT SELECT ON goose_db_version TO traind_onboarding, traind_dispatch, traind_sync;
