-- Another kind of e-mail: the address of before learns that it is not the account's any more.
--
-- The constraint is replaced by a wider one, as in 0009.

-- +goose Up
ALTER TABLE due_work DROP CONSTRAINT due_work_kind_check;
ALTER TABLE due_work ADD CONSTRAINT due_work_kind_check
    CHECK (kind IN ('backfill', 'streams', 'incremental', 'recompute', 'refetch', 'housekeeping', 'reread',
                    'authorization', 'reconcile', 'erasure', 'password_reset', 'email_verification',
                    'email_changed')) NOT VALID;
ALTER TABLE due_work VALIDATE CONSTRAINT due_work_kind_check;
