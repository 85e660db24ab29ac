-- Work that webhooks and reconciliation cause, and the erasure of what came from Strava.
--
-- The constraint is replaced by a wider one: rows of the release before satisfy it, so nothing is checked under the lock,
-- and validating takes a lock that writers don't mind.

-- +goose Up
ALTER TABLE due_work DROP CONSTRAINT due_work_kind_check;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind_check
    CHECK (kind IN ('backfill', 'streams', 'incremental', 'recompute', 'refetch', 'housekeeping', 'reread',
                    'authorization', 'reconcile', 'erasure')) NOT VALID;
ALTER TABLE due_work VALIDATE CONSTRAINT due_work_kind_check;

-- One end of a connection to Strava. It hangs off nothing: it outlives the connection, and the account too. account_id,
-- athlete_id and the tokens stand until both are done: the rows are erased, and Strava has confirmed or refused to end the
-- authorization, or 30 days have passed. What stays then is a receipt that names nobody.
CREATE TABLE erasures (
    id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id           bigint,
    athlete_id           bigint,
    sealed_access_token  bytea,
    sealed_refresh_token bytea,
    reason               text NOT NULL CHECK (reason IN ('disconnected', 'deauthorized')),
    revocation           text NOT NULL CHECK (revocation IN ('pending', 'ended', 'superseded', 'given_up')),
    requested_at         timestamptz NOT NULL,
    erased_at            timestamptz,
    erased               jsonb NOT NULL DEFAULT '{}',
    CHECK (erased_at IS NOT NULL OR account_id IS NOT NULL),
    CHECK ((sealed_access_token IS NULL AND sealed_refresh_token IS NULL) OR (revocation = 'pending' AND account_id IS NOT NULL))
);
-- What is not done, for those who look after it and for whoever connects anew.
CREATE INDEX erasures_open ON erasures (athlete_id) WHERE erased_at IS NULL OR revocation = 'pending';

GRANT SELECT, INSERT, UPDATE, DELETE ON erasures TO traind_sync;
GRANT SELECT ON erasures TO traind_dispatch;

-- Counts an account's rows in a table that the catalogue names, but for those that meet a condition of ours. It runs with its
-- caller's rights.
-- +goose StatementBegin
CREATE FUNCTION count_held(held regclass, owner_column name, account bigint, kept text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    counted bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s WHERE %I = $1 AND NOT (%s)', held, owner_column, kept) INTO counted USING account;
    RETURN counted;
END
$$;
-- +goose StatementEnd
