-- The highest heart rate of each activity beside its loads, so that one above the athlete's maximum is found, and the one that
-- the athlete does not want to hear of.
--
-- The columns come without rewriting a table; rows of the release before get their peak when their figures are worked out
-- again. Null: the strap is not believed about it, or there was none.

-- +goose Up
ALTER TABLE activities ADD COLUMN peak_hr smallint CHECK (peak_hr BETWEEN 30 AND 240);
CREATE INDEX activities_peaks ON activities (account_id, peak_hr) WHERE peak_hr IS NOT NULL AND deleted_at IS NULL;

ALTER TABLE athletes ADD COLUMN max_hr_dismissed double precision NOT NULL DEFAULT 0;
