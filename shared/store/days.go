package store

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// DayHistory is all that an athlete's daily series is computed from.
type DayHistory struct {
	Athlete         Athlete           // only what the series and its words depend on: sex, zone, and how load is shown
	HeartRatesGiven bool              // the athlete gave resting and maximum heart rate; else one of them at least is an estimate
	Days            []training.DaySum // ascending; only days with activities
}

// dayColumns is DayHistory as one row. Entry i of every array is one activity, by day; a load that is not known is NaN.
// Arrays read several times faster than rows, and adding up here takes half of the time that GROUP BY does.
type dayColumns struct {
	Sex                 training.Sex
	TimeZone            string
	RecommendationStyle string
	ChronicDays         int
	DecayRate           float64
	AcwrAlertThreshold  float64
	InjuryRiskAlerts    bool
	HeartRatesGiven     bool
	LocalDay            []int32
	Trimp               []float64
	Tss                 []float64
	ExternalKm          []float64
	ByAverage           []bool
	LowS                []int32
	ModerateS           []int32
	HighS               []int32
}

// LoadDayHistory gives the account's settings and the sums of every day with activities, over the whole history, in one
// statement; fault.NotFound where there is no such account. The loads come from the index activities_day_sums alone. An
// activity without a load adds nothing to that sum and is counted as unscored.
func LoadDayHistory(ctx context.Context, conn database.Conn, accountID int64) (DayHistory, error) {
	rows, err := conn.Query(ctx, `-- name: days.load
SELECT athlete.sex, athlete.time_zone, athlete.recommendation_style, athlete.chronic_days, athlete.decay_rate,
       athlete.acwr_alert_threshold, athlete.injury_risk_alerts,
       (SELECT count(DISTINCT kind) = 2 FROM thresholds
        WHERE account_id = $1 AND kind IN ('resting_hr', 'max_hr')) AS heart_rates_given,
       history.*
FROM athletes AS athlete
CROSS JOIN LATERAL (
    SELECT array_agg(local_day - DATE '1970-01-01') AS local_day,
           array_agg(coalesce(trimp, 'NaN')) AS trimp,
           array_agg(coalesce(tss, 'NaN')) AS tss,
           array_agg(coalesce(external_km, 'NaN')) AS external_km,
           array_agg(quality = 'average') AS by_average,
           array_agg(coalesce(low_s, 0)) AS low_s,
           array_agg(coalesce(moderate_s, 0)) AS moderate_s,
           array_agg(coalesce(high_s, 0)) AS high_s
    FROM (SELECT local_day, trimp, tss, external_km, quality, low_s, moderate_s, high_s
          FROM activities
          WHERE account_id = $1 AND deleted_at IS NULL
          ORDER BY local_day) AS activity) AS history
WHERE athlete.account_id = $1`, accountID)
	if err != nil {
		return DayHistory{}, fmt.Errorf("load days: %w", err)
	}
	columns, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[dayColumns])
	if err != nil {
		return DayHistory{}, orNotFound("load days", err, "no-athlete", "There is no such athlete.")
	}
	return DayHistory{
		Athlete: Athlete{AccountID: accountID, Sex: columns.Sex, TimeZone: columns.TimeZone,
			RecommendationStyle: columns.RecommendationStyle, ChronicDays: columns.ChronicDays, DecayRate: columns.DecayRate,
			ACWRAlertThreshold: columns.AcwrAlertThreshold, InjuryRiskAlerts: columns.InjuryRiskAlerts},
		HeartRatesGiven: columns.HeartRatesGiven,
		Days:            columns.sums(),
	}, nil
}

// sums adds the activities up by day.
func (c *dayColumns) sums() []training.DaySum {
	known := func(load float64) training.Figure {
		if math.IsNaN(load) {
			return training.Figure{}
		}
		return training.Known(load)
	}
	days := make([]training.DaySum, 0, len(c.LocalDay))
	for i, day := range c.LocalDay {
		if last := len(days) - 1; last < 0 || days[last].Day != training.Date(day) {
			days = append(days, training.DaySum{Day: training.Date(day)})
		}
		figures := training.Figures{TRIMP: known(c.Trimp[i]), TSS: known(c.Tss[i]), ExternalKm: known(c.ExternalKm[i])}
		if c.ByAverage[i] {
			figures.Quality = training.QualityAverage
		}
		sum := &days[len(days)-1]
		sum.Add(figures)
		sum.AddIntensity([3]float64{float64(c.LowS[i]), float64(c.ModerateS[i]), float64(c.HighS[i])})
	}
	return days
}
