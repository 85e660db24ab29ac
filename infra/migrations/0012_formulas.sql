-- Finds the athletes with figures of older formulas, so that these are worked out again after formulas change.
--
-- The index is built while nobody may write activities: some seconds per million of them.

-- +goose Up
CREATE INDEX activities_formula ON activities (account_id, formula_version) WHERE deleted_at IS NULL;
