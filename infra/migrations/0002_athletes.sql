-- What the athlete told about the body and about how load is to be shown.

-- +goose Up
CREATE TABLE athletes (
    account_id           bigint PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sex                  text NOT NULL DEFAULT 'unspecified' CHECK (sex IN ('female', 'male', 'unspecified')),
    birth_date           date,
    time_zone            text NOT NULL DEFAULT 'UTC',
    primary_sport        text NOT NULL DEFAULT 'run'
                         CHECK (primary_sport IN ('run', 'trail_run', 'ride', 'swim', 'triathlon', 'other')),
    units                text NOT NULL DEFAULT 'metric' CHECK (units IN ('metric', 'imperial')),
    recommendation_style text NOT NULL DEFAULT 'balanced'
                         CHECK (recommendation_style IN ('conservative', 'balanced', 'adaptive', 'aggressive')),
    chronic_days         smallint NOT NULL DEFAULT 42 CHECK (chronic_days BETWEEN 28 AND 90),
    decay_rate           double precision NOT NULL DEFAULT 0.05 CHECK (decay_rate BETWEEN 0.01 AND 0.20),
    profile_set_at       timestamptz,
    updated_at           timestamptz NOT NULL DEFAULT now()
);

-- One dated value of one threshold. The one with the latest effective_from on or before the day is valid on that day;
-- the first one also holds for the days before it. An empty sport means every sport.
--
-- Units: resting_hr, max_hr, lthr, vt1_hr, vt2_hr in beats per minute; ftp in watts; threshold_pace in seconds per
-- kilometre; swim_pace in seconds per 100 metres; weight in kilograms.
CREATE TABLE thresholds (
    account_id     bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
    kind           text NOT NULL CHECK (kind IN ('resting_hr', 'max_hr', 'lthr', 'vt1_hr', 'vt2_hr', 'ftp',
                                                 'threshold_pace', 'swim_pace', 'weight')),
    sport          text NOT NULL DEFAULT '',
    effective_from date NOT NULL,
    value          double precision NOT NULL CHECK (value > 0),
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, kind, sport, effective_from)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON athletes, thresholds TO traind_onboarding;
GRANT SELECT ON athletes, thresholds TO traind_sync;
