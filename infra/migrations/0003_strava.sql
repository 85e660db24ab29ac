-- The connection to Strava, its quota, the activities and their streams.

-- +goose Up
-- Tokens are sealed (Tink AEAD, associated data the account). generation counts the refreshes, so that whoever waited
-- for the row lock sees that somebody else refreshed meanwhile.
CREATE TABLE strava_connections (
    account_id           bigint PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    athlete_id           bigint NOT NULL UNIQUE,
    scopes               text[] NOT NULL,
    sealed_access_token  bytea NOT NULL,
    sealed_refresh_token bytea NOT NULL,
    token_expires_at     timestamptz NOT NULL,
    generation           bigint NOT NULL DEFAULT 1,
    status               text NOT NULL DEFAULT 'connected' CHECK (status IN ('connected', 'reconnect')),
    connected_at         timestamptz NOT NULL DEFAULT now(),
    synced_at            timestamptz,
    backfilled_at        timestamptz,
    refined_at           timestamptz,
    last_error           text NOT NULL DEFAULT ''
);

-- The ledger of Strava's rate limits, shared by all instances: reserve, call, settle from the response's headers, which
-- also tell the limits.
CREATE TABLE strava_quota (
    kind          text NOT NULL CHECK (kind IN ('overall', 'read')),
    span          text NOT NULL CHECK (span IN ('quarter', 'day')),
    window_start  timestamptz NOT NULL,
    call_limit    integer NOT NULL CHECK (call_limit >= 0),
    used          integer NOT NULL DEFAULT 0 CHECK (used >= 0),
    blocked_until timestamptz,
    PRIMARY KEY (kind, span)
);

-- One activity. local_day is the date part of start_date_local as Strava sent it, fixed when stored. hr_histogram holds
-- the seconds at each beat per minute and is, with the summary and the stream figures, all that a recomputation needs.
-- quality says what the load was computed from; a null trimp is unscored, never 0.
CREATE TABLE activities (
    account_id           bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    id                   bigint NOT NULL,
    sport_type           text NOT NULL,
    name                 text NOT NULL,
    start_at             timestamptz NOT NULL,
    start_local          text NOT NULL,
    time_zone            text NOT NULL DEFAULT '',
    local_day            date NOT NULL,
    summary              jsonb NOT NULL,
    summary_hash         bytea NOT NULL,
    hr_histogram         bytea,
    stream_figures       jsonb,
    figures              jsonb NOT NULL,
    trimp                double precision CHECK (trimp >= 0),
    tss                  double precision CHECK (tss >= 0),
    external_km          double precision CHECK (external_km >= 0),
    quality              text NOT NULL CHECK (quality IN ('stream', 'average', 'none')),
    formula_version      integer NOT NULL,
    streams              text NOT NULL CHECK (streams IN ('pending', 'stored', 'none', 'expired', 'parked')),
    streams_attempts     smallint NOT NULL DEFAULT 0,
    streams_reason       text NOT NULL DEFAULT '',
    deleted_at           timestamptz,
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, id)
);
-- The list, newest first, by keyset.
CREATE INDEX activities_newest ON activities (account_id, start_at DESC, id DESC) WHERE deleted_at IS NULL;
-- The day sums, answered from the index alone.
CREATE INDEX activities_days ON activities (account_id, local_day)
    INCLUDE (trimp, tss, external_km, quality) WHERE deleted_at IS NULL;
-- Phase two of a backfill: what still waits for its streams, newest first.
CREATE INDEX activities_pending ON activities (account_id, start_at DESC, id DESC)
    WHERE streams = 'pending' AND deleted_at IS NULL;

-- The raw samples, packed. expires_at is null where they are kept for ever.
CREATE TABLE activity_streams (
    account_id  bigint NOT NULL,
    activity_id bigint NOT NULL,
    packed      bytea NOT NULL,
    samples     integer NOT NULL,
    fetched_at  timestamptz NOT NULL DEFAULT now(),
    expires_at  timestamptz,
    PRIMARY KEY (account_id, activity_id),
    FOREIGN KEY (account_id, activity_id) REFERENCES activities ON DELETE CASCADE
);
CREATE INDEX activity_streams_expiry ON activity_streams (expires_at) WHERE expires_at IS NOT NULL;

GRANT SELECT, INSERT, UPDATE, DELETE ON strava_connections TO traind_onboarding, traind_sync;
GRANT SELECT, INSERT, UPDATE ON strava_quota TO traind_onboarding, traind_sync, traind_dispatch;
GRANT SELECT, INSERT, UPDATE, DELETE ON activities, activity_streams TO traind_onboarding, traind_sync;
GRANT SELECT ON strava_connections TO traind_dispatch;
