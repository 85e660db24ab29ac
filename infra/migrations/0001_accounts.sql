-- Accounts, who may sign in to them, and what their owners agreed to.
--
-- Group roles are cluster-wide and may exist already (another database of the same cluster, a test's clone), so their
-- creation tolerates that. A function's login is a member of exactly one group; nobody but Migrate owns anything.

-- +goose Up
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['traind_onboarding', 'traind_dispatch', 'traind_sync'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;
-- +goose StatementEnd

GRANT USAGE ON SCHEMA public TO traind_onboarding, traind_dispatch, traind_sync;
-- What Onboarding cannot read it could neither show nor export; the others are granted what they need, table by table.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO traind_onboarding;

-- Every person is one row here; everything else about a person hangs off it and goes with it.
CREATE TABLE accounts (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email         text CHECK (email IS NULL OR length(email) <= 254),
    password_hash text,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- One account per address, whatever the case it is typed in.
CREATE UNIQUE INDEX accounts_email_key ON accounts (lower(email));

CREATE TABLE consents (
    account_id   bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    document     text NOT NULL CHECK (document IN ('terms', 'privacy', 'health_data')),
    version      text NOT NULL,
    accepted_at  timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    PRIMARY KEY (account_id, document, version)
);

-- A session is known by the SHA-256 of its token. The OAuth state lives in the session that began it, so that nobody
-- else's browser can finish it; it is hashed too, and consumed before the code is exchanged.
CREATE TABLE sessions (
    token_hash             bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account_id             bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    device                 text NOT NULL DEFAULT '',
    created_at             timestamptz NOT NULL DEFAULT now(),
    seen_at                timestamptz NOT NULL DEFAULT now(),
    expires_at             timestamptz NOT NULL,
    oauth_state_hash       bytea,
    oauth_state_expires_at timestamptz
);
CREATE INDEX sessions_account_id ON sessions (account_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON accounts, consents, sessions TO traind_onboarding;
