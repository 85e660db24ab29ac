-- Sign-ins at Strava that are under way. One is known by the SHA-256 of its state and belongs to the browser that began it;
-- it is no session's, and joined to no account before Strava has said who it is.

-- +goose Up
CREATE TABLE strava_sign_ins (
    state_hash   bytea PRIMARY KEY CHECK (octet_length(state_hash) = 32),
    browser_hash bytea NOT NULL CHECK (octet_length(browser_hash) = 32),
    accept_terms boolean NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX strava_sign_ins_expires_at ON strava_sign_ins (expires_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON strava_sign_ins TO traind_onboarding;
GRANT SELECT (state_hash, expires_at), DELETE ON strava_sign_ins TO traind_sync;
