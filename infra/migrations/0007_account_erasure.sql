-- The erasure of a whole account, by the same rows and the same worker as the end of a connection to Strava.

-- +goose Up
-- From this moment on nobody gets in; the row goes last, when nothing hangs off it any more.
ALTER TABLE accounts ADD COLUMN erasing_at timestamptz;

-- What the person keeps of it: it shows how far the erasure is to whoever holds it, so it can't be guessed.
ALTER TABLE erasures ADD COLUMN receipt uuid NOT NULL DEFAULT gen_random_uuid();
CREATE UNIQUE INDEX erasures_receipt_key ON erasures (receipt);

ALTER TABLE erasures DROP CONSTRAINT erasures_reason_check;
ALTER TABLE erasures ADD CONSTRAINT erasures_reason_check CHECK (reason IN ('disconnected', 'deauthorized', 'account')) NOT VALID;
ALTER TABLE erasures VALIDATE CONSTRAINT erasures_reason_check;

-- Sync erases, and must see that nothing is left in tables that it may not read: these two let it count and no more, and
-- delete an account whose owner asked for that and no other. They run with the rights of the schema's owner.
-- +goose StatementBegin
CREATE FUNCTION count_of_account(held regclass, owner_column name, account bigint) RETURNS bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    counted bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s WHERE %I = $1', held, owner_column) INTO counted USING account;
    RETURN counted;
END
$$;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE FUNCTION erase_account(account bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM public.accounts WHERE id = account AND erasing_at IS NOT NULL;
    RETURN FOUND;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION count_of_account(regclass, name, bigint), erase_account(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION count_of_account(regclass, name, bigint), erase_account(bigint) TO traind_sync;
