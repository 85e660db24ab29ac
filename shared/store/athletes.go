package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/training"
)

// Athlete is what an athlete told about the body and about how load is to be shown. Every account has one.
type Athlete struct {
	AccountID           int64
	Sex                 training.Sex
	BirthDate           *training.Date // nil where it was not given
	TimeZone            string         // IANA name; decides only what today is
	PrimarySport        string         // run, trail_run, ride, swim, triathlon, other
	Units               string         // metric, imperial
	RecommendationStyle string         // conservative, balanced, adaptive, aggressive
	ChronicDays         int            // window of the decayed chronic load, in days
	DecayRate           float64        // of the decayed chronic load, per day
	ACWRAlertThreshold  float64        // above this acute:chronic ratio the athlete wants to be alerted
	InjuryRiskAlerts    bool           // whether the athlete wants to be alerted at all
	ProfileSetAt        *time.Time     // when sex, birth date or a threshold was first given; nil before
	MaxHRDismissed      float64        // bpm; peaks up to it propose no maximum heart rate. UpdateAthlete leaves it
}

// Today is the athlete's civil day at the moment now.
func (a Athlete) Today(now time.Time) (training.Date, error) {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil {
		return 0, fmt.Errorf("read the athlete's time zone: %w", err)
	}
	return training.DateOf(now.In(zone)), nil
}

// Age is the athlete's age in full years on the day, 0 where the birth date is not known or lies after the day.
func (a Athlete) Age(day training.Date) int {
	if a.BirthDate == nil || *a.BirthDate > day {
		return 0
	}
	born, on := a.BirthDate.Time(), day.Time()
	years := on.Year() - born.Year()
	if on.Month() < born.Month() || (on.Month() == born.Month() && on.Day() < born.Day()) {
		years--
	}
	return years
}

// Days are read as the number of days since 1970-01-01, which is what training.Date is.
const athleteColumns = `account_id, sex, birth_date - date '1970-01-01' AS birth_date, time_zone, primary_sport, units,
       recommendation_style, chronic_days, decay_rate, acwr_alert_threshold, injury_risk_alerts, profile_set_at,
       max_hr_dismissed`

// LoadAthlete gives the account's athlete; fault.NotFound where there is no such account.
func LoadAthlete(ctx context.Context, conn database.Conn, accountID int64) (Athlete, error) {
	rows, err := conn.Query(ctx, `-- name: athletes.load
SELECT `+athleteColumns+` FROM athletes WHERE account_id = $1`, accountID)
	if err != nil {
		return Athlete{}, fmt.Errorf("load athlete: %w", err)
	}
	return collectAthlete(rows)
}

// UpdateAthlete stores everything of the athlete but what was dismissed.
func UpdateAthlete(ctx context.Context, conn database.Conn, athlete Athlete, now time.Time) error {
	var birth *time.Time
	if athlete.BirthDate != nil {
		day := athlete.BirthDate.Time()
		birth = &day
	}
	_, err := conn.Exec(ctx, `-- name: athletes.update
UPDATE athletes
SET sex = $2, birth_date = $3, time_zone = $4, primary_sport = $5, units = $6, recommendation_style = $7,
    chronic_days = $8, decay_rate = $9, acwr_alert_threshold = $10, injury_risk_alerts = $11, profile_set_at = $12,
    updated_at = $13
WHERE account_id = $1`,
		athlete.AccountID, string(athlete.Sex), birth, athlete.TimeZone, athlete.PrimarySport, athlete.Units,
		athlete.RecommendationStyle, athlete.ChronicDays, athlete.DecayRate, athlete.ACWRAlertThreshold, athlete.InjuryRiskAlerts,
		athlete.ProfileSetAt, now)
	if err != nil {
		return fmt.Errorf("update athlete: %w", err)
	}
	return nil
}

func collectAthlete(rows pgx.Rows) (Athlete, error) {
	athlete, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Athlete])
	return athlete, orNotFound("load athlete", err, "no-athlete", "There is no such athlete.")
}

// OnboardingFacts is all that says how far an athlete has come on the way to a first load chart.
type OnboardingFacts struct {
	Consented    bool       // every document is agreed to as it reads now, none withdrawn
	ProfileSetAt *time.Time // as in Athlete
	MaxHRKnown   bool       // given, or to be estimated from the birth date: without it no activity has a load
	Connected    bool       // there is a Strava connection
	Reconnect    bool       // Strava no longer accepts the connection's tokens
	SyncedAt     *time.Time // when Strava was last asked with success
	BackfilledAt *time.Time // when the whole history had been listed
	RefinedAt    *time.Time // when no activity waited for its streams any more
	LastError    string     // of the sync, in words; empty where the last one went well
	Activities   int        // listed and not deleted
	Pending      int        // of those, the ones that wait for their streams
	Parked       int        // of those, the ones whose streams could not be had
}

// LoadOnboardingFacts gives the account's facts in one round trip; fault.NotFound where there is no such account.
func LoadOnboardingFacts(ctx context.Context, conn database.Conn, accountID int64) (OnboardingFacts, error) {
	var documents, versions []string
	for _, one := range document.All() {
		documents, versions = append(documents, string(one.Name)), append(versions, one.Version)
	}
	rows, err := conn.Query(ctx, `-- name: athletes.onboarding_facts
SELECT (SELECT count(*) = cardinality($2::text[]) FROM consents
        WHERE account_id = athlete.account_id AND withdrawn_at IS NULL
          AND (document, version) IN (SELECT * FROM unnest($2::text[], $4::text[]))) AS consented,
       athlete.profile_set_at,
       athlete.birth_date IS NOT NULL OR EXISTS (
           SELECT FROM thresholds
           WHERE account_id = athlete.account_id AND kind = $3 AND sport = '') AS max_hr_known,
       connection.account_id IS NOT NULL AS connected,
       coalesce(connection.status = 'reconnect', false) AS reconnect,
       connection.synced_at,
       connection.backfilled_at,
       connection.refined_at,
       coalesce(connection.last_error, '') AS last_error,
       activity.activities,
       activity.pending,
       activity.parked
FROM athletes AS athlete
LEFT JOIN strava_connections AS connection ON connection.account_id = athlete.account_id
CROSS JOIN LATERAL (
    SELECT count(*) AS activities,
           count(*) FILTER (WHERE streams = 'pending') AS pending,
           count(*) FILTER (WHERE streams = 'parked') AS parked
    FROM activities
    WHERE account_id = athlete.account_id AND deleted_at IS NULL) AS activity
WHERE athlete.account_id = $1`, accountID, documents, string(ThresholdMaxHR), versions)
	if err != nil {
		return OnboardingFacts{}, fmt.Errorf("load onboarding facts: %w", err)
	}
	facts, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[OnboardingFacts])
	return facts, orNotFound("load onboarding facts", err, "no-athlete", "There is no such athlete.")
}
