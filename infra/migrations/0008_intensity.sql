-- The time in each phase of intensity beside the loads, so that the day sums need no figures read.
--
-- The columns come without a value and the table is not rewritten; rows of the release before get theirs when their figures
-- are worked out again. Null: the activity has no usable heart rate, which is not the same as no time.

-- +goose Up
ALTER TABLE activities
    ADD COLUMN low_s      integer CHECK (low_s >= 0),
    ADD COLUMN moderate_s integer CHECK (moderate_s >= 0),
    ADD COLUMN high_s     integer CHECK (high_s >= 0);

-- The day sums, answered from the index alone. It takes the place of the one without intensities.
CREATE INDEX activities_day_sums ON activities (account_id, local_day)
    INCLUDE (trimp, tss, external_km, quality, low_s, moderate_s, high_s) WHERE deleted_at IS NULL;
DROP INDEX activities_days;
