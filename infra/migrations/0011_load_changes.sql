-- What a change of settings or formulas did to the figures, for the athlete to read: why, from when, how many activities, and
-- how the present day came out before and after.

-- +goose Up
CREATE TABLE load_changes (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    causes       text[] NOT NULL,
    from_day     date,
    first_day    date,
    activities   int NOT NULL DEFAULT 0,
    trimp_before double precision NOT NULL DEFAULT 0,
    trimp_after  double precision NOT NULL DEFAULT 0,
    before       jsonb NOT NULL,
    after        jsonb,
    begun_at     timestamptz NOT NULL,
    finished_at  timestamptz
);
CREATE INDEX load_changes_account_id ON load_changes (account_id, id DESC);
-- One is under way at a time: what is asked for meanwhile is part of it.
CREATE UNIQUE INDEX load_changes_under_way ON load_changes (account_id) WHERE finished_at IS NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON load_changes TO traind_onboarding, traind_sync;
