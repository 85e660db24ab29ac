-- When the athlete wants to be alerted: above which acute:chronic ratio, and whether at all.

-- +goose Up
ALTER TABLE athletes
    ADD COLUMN acwr_alert_threshold double precision NOT NULL DEFAULT 1.3 CHECK (acwr_alert_threshold BETWEEN 1 AND 2.5),
    ADD COLUMN injury_risk_alerts   boolean NOT NULL DEFAULT true;
