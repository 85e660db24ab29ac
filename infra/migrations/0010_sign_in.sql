-- What keeps strangers out: attempts counted for all instances together, the devices that their owners signed in from, when a
-- session last proved who holds it, and the second factor.

-- +goose Up
-- A throttle's key is the SHA-256 of what is counted and of whom: neither an address nor an e-mail stands here.
CREATE TABLE throttles (
    key           bytea PRIMARY KEY CHECK (octet_length(key) = 32),
    attempts      int NOT NULL,
    tried_at      timestamptz NOT NULL,
    blocked_until timestamptz NOT NULL
);
CREATE INDEX throttles_tried_at ON throttles (tried_at);

-- How long an attempt keeps the next one waiting: a second after the first beyond the free ones, then twice as long each time.
CREATE FUNCTION throttle_delay(attempts int, free int, longest float8) RETURNS interval IMMUTABLE LANGUAGE sql AS
$$ SELECT make_interval(secs => CASE WHEN attempts > free THEN least(power(2, least(attempts - free - 1, 30)), longest) ELSE 0 END) $$;

-- A device is known by the SHA-256 of the token that it got when its owner signed in. It lets nobody in.
CREATE TABLE devices (
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (account_id, token_hash)
);
CREATE INDEX devices_seen_at ON devices (seen_at);

-- Null: the session is older than this column.
ALTER TABLE sessions ADD COLUMN confirmed_at timestamptz;

-- The secret is sealed for its account. It counts from confirmed_at on, and no code of used_step or before counts again.
CREATE TABLE second_factors (
    account_id    bigint PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sealed_secret bytea NOT NULL,
    created_at    timestamptz NOT NULL,
    confirmed_at  timestamptz,
    used_step     bigint NOT NULL DEFAULT 0
);

-- Using a code deletes it.
CREATE TABLE recovery_codes (
    account_id bigint NOT NULL REFERENCES second_factors ON DELETE CASCADE,
    code_hash  bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, code_hash)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON throttles, devices, second_factors, recovery_codes TO traind_onboarding;
-- Housekeeping deletes what is out of date; it needs to see no more of it.
GRANT SELECT (key, tried_at), DELETE ON throttles TO traind_sync;
GRANT SELECT (account_id, token_hash, seen_at), DELETE ON devices TO traind_sync;
