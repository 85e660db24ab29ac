-- E-mail that is due, and the single-use tokens that its links carry.
--
-- The constraint is replaced by a wider one: rows of the release before satisfy it, so nothing is checked under the lock,
-- and validating takes a lock that writers don't mind.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('CREATE ROLE %I NOLOGIN', 'traind_mail');
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END
$$;
-- +goose StatementEnd

ALTER TABLE due_work DROP CONSTRAINT due_work_kind_check;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind_check
    CHECK (kind IN ('backfill', 'streams', 'incremental', 'recompute', 'refetch', 'housekeeping', 'reread',
                    'authorization', 'reconcile', 'erasure', 'password_reset', 'email_verification')) NOT VALID;
ALTER TABLE due_work VALIDATE CONSTRAINT due_work_kind_check;

-- Null: nobody has shown yet that what is sent to the address reaches the owner.
ALTER TABLE accounts ADD COLUMN email_verified_at timestamptz;

-- A token is known by its SHA-256; using one deletes it. letter names the e-mail that carries it: one that is sent twice,
-- because nobody could note that it was sent, carries another token the second time, and either works.
CREATE TABLE email_tokens (
    token_hash bytea PRIMARY KEY CHECK (octet_length(token_hash) = 32),
    account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('password_reset', 'email_verification')),
    letter     text NOT NULL,
    address    text NOT NULL CHECK (length(address) <= 254),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX email_tokens_account_id ON email_tokens (account_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON email_tokens TO traind_onboarding;
-- Housekeeping deletes those that have expired; it needs to see no more of them.
GRANT SELECT (token_hash, expires_at), DELETE ON email_tokens TO traind_sync;

-- Mail learns where to send what is due, and keeps what proves a link; it reads no password and no training.
GRANT USAGE ON SCHEMA public TO traind_mail;
GRANT SELECT ON goose_db_version TO traind_mail;
GRANT SELECT (id, email, erasing_at) ON accounts TO traind_mail;
GRANT SELECT, UPDATE, DELETE ON due_work TO traind_mail;
GRANT SELECT (account_id, kind, letter), INSERT, DELETE ON email_tokens TO traind_mail;
