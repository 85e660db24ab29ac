package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// DayHistory is all that an athlete's daily series is computed from.
type DayHistory struct {
	Athlete Athlete           // only what the series and its words depend on: zone, style, chronic days, decay rate
	Days    []training.DaySum // ascending; only days with activities. Intensities are not summed: they are 0
}

// dayColumns is DayHistory as one row: a column of days is one array, which reads three times faster than rows do.
type dayColumns struct {
	TimeZone            string
	RecommendationStyle string
	ChronicDays         int
	DecayRate           float64
	LocalDay            []int32
	Trimp               []float64
	Tss                 []float64
	ExternalKm          []float64
	Activities          []int32
	Scored              []int32
	ByAverage           []int32
	TssScored           []int32
	ExternalScored      []int32
}

// LoadDayHistory gives the account's settings and the sums of every day with activities, over the whole history, in one
// statement; fault.NotFound where there is no such account. The sums come from the index activities_days alone. An
// activity without a figure adds nothing to that sum and is counted as unscored.
func LoadDayHistory(ctx context.Context, conn database.Conn, accountID int64) (DayHistory, error) {
	rows, err := conn.Query(ctx, `-- name: days.load
SELECT athlete.time_zone, athlete.recommendation_style, athlete.chronic_days, athlete.decay_rate, history.*
FROM athletes AS athlete
CROSS JOIN LATERAL (
    SELECT array_agg(local_day - DATE '1970-01-01') AS local_day,
           array_agg(trimp) AS trimp,
           array_agg(tss) AS tss,
           array_agg(external_km) AS external_km,
           array_agg(activities::integer) AS activities,
           array_agg(scored::integer) AS scored,
           array_agg(by_average::integer) AS by_average,
           array_agg(tss_scored::integer) AS tss_scored,
           array_agg(external_scored::integer) AS external_scored
    FROM (SELECT local_day,
                 coalesce(sum(trimp), 0) AS trimp,
                 coalesce(sum(tss), 0) AS tss,
                 coalesce(sum(external_km), 0) AS external_km,
                 count(*) AS activities,
                 count(trimp) AS scored,
                 count(*) FILTER (WHERE quality = 'average') AS by_average,
                 count(tss) AS tss_scored,
                 count(external_km) AS external_scored
          FROM activities
          WHERE account_id = $1 AND deleted_at IS NULL
          GROUP BY local_day
          ORDER BY local_day) AS day) AS history
WHERE athlete.account_id = $1`, accountID)
	if err != nil {
		return DayHistory{}, fmt.Errorf("load days: %w", err)
	}
	columns, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[dayColumns])
	if err != nil {
		return DayHistory{}, orNotFound("load days", err, "no-athlete", "There is no such athlete.")
	}
	return columns.history(accountID), nil
}

func (c *dayColumns) history(accountID int64) DayHistory {
	days := make([]training.DaySum, len(c.LocalDay))
	for i := range days {
		days[i] = training.DaySum{
			Day:   training.Date(c.LocalDay[i]),
			TRIMP: c.Trimp[i], TSS: c.Tss[i], ExternalKm: c.ExternalKm[i],
			Scored: int(c.Scored[i]), Unscored: int(c.Activities[i] - c.Scored[i]),
			ByAverage: int(c.ByAverage[i]), TSSScored: int(c.TssScored[i]),
			ExternalUnscored: int(c.Activities[i] - c.ExternalScored[i]),
		}
	}
	return DayHistory{
		Athlete: Athlete{AccountID: accountID, TimeZone: c.TimeZone, RecommendationStyle: c.RecommendationStyle,
			ChronicDays: c.ChronicDays, DecayRate: c.DecayRate},
		Days: days,
	}
}
