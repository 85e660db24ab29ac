package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// ThresholdKind names one of an athlete's physiological anchors.
type ThresholdKind string

// The kinds of threshold, with their units.
const (
	ThresholdRestingHR ThresholdKind = "resting_hr"     // bpm
	ThresholdMaxHR     ThresholdKind = "max_hr"         // bpm
	ThresholdLTHR      ThresholdKind = "lthr"           // bpm
	ThresholdVT1HR     ThresholdKind = "vt1_hr"         // bpm
	ThresholdVT2HR     ThresholdKind = "vt2_hr"         // bpm
	ThresholdFTP       ThresholdKind = "ftp"            // W
	ThresholdPace      ThresholdKind = "threshold_pace" // s per km, running
	ThresholdSwimPace  ThresholdKind = "swim_pace"      // s per 100 m
	ThresholdWeight    ThresholdKind = "weight"         // kg
)

// ThresholdKinds are all kinds, in the order in which they are shown.
var ThresholdKinds = []ThresholdKind{ThresholdRestingHR, ThresholdMaxHR, ThresholdLTHR, ThresholdVT1HR, ThresholdVT2HR,
	ThresholdFTP, ThresholdPace, ThresholdSwimPace, ThresholdWeight}

// Threshold is one dated value of one kind, in the kind's unit. It is valid from its day on, until a later one is.
type Threshold struct {
	Kind          ThresholdKind
	Sport         string // a Strava sport type or a training.Sport; empty for every sport
	EffectiveFrom training.Date
	Value         float64
}

// Profiles are everything of an athlete that figures depend on, over the whole history. Thresholds are ascending by day.
type Profiles struct {
	Athlete    Athlete
	Thresholds []Threshold
}

// LoadProfiles gives the account's athlete with all dated thresholds in one round trip; fault.NotFound where there is no
// such account.
func LoadProfiles(ctx context.Context, conn database.Conn, accountID int64) (Profiles, error) {
	return loadProfiles(ctx, conn, accountID, `-- name: profiles.load
SELECT `+athleteColumns+` FROM athletes WHERE account_id = $1`)
}

// LockProfiles is LoadProfiles that also keeps every other change of the athlete waiting until the transaction ends.
func LockProfiles(ctx context.Context, conn database.Conn, accountID int64) (Profiles, error) {
	return loadProfiles(ctx, conn, accountID, `-- name: profiles.lock
SELECT `+athleteColumns+` FROM athletes WHERE account_id = $1 FOR UPDATE`)
}

func loadProfiles(ctx context.Context, conn database.Conn, accountID int64, athleteSQL string) (profiles Profiles, err error) {
	batch := &pgx.Batch{}
	batch.Queue(athleteSQL, accountID)
	batch.Queue(`-- name: thresholds.list
SELECT kind, sport, effective_from - date '1970-01-01' AS effective_from, value
FROM thresholds
WHERE account_id = $1
ORDER BY effective_from, kind, sport`, accountID)
	results := conn.SendBatch(ctx, batch)
	defer func() {
		if closeErr := results.Close(); err == nil && closeErr != nil {
			err = fmt.Errorf("load profiles: %w", closeErr)
		}
	}()
	rows, err := results.Query()
	if err != nil {
		return Profiles{}, fmt.Errorf("load athlete: %w", err)
	}
	if profiles.Athlete, err = collectAthlete(rows); err != nil {
		return Profiles{}, err
	}
	if rows, err = results.Query(); err != nil {
		return Profiles{}, fmt.Errorf("list thresholds: %w", err)
	}
	if profiles.Thresholds, err = pgx.CollectRows(rows, pgx.RowToStructByName[Threshold]); err != nil {
		return Profiles{}, fmt.Errorf("list thresholds: %w", err)
	}
	return profiles, nil
}

// SetThresholds stores dated values; one that stands for the same kind, sport and day is replaced.
func SetThresholds(ctx context.Context, conn database.Conn, accountID int64, thresholds []Threshold) error {
	kinds := make([]string, len(thresholds))
	sports := make([]string, len(thresholds))
	days := make([]int32, len(thresholds))
	values := make([]float64, len(thresholds))
	for i, threshold := range thresholds {
		kinds[i], sports[i] = string(threshold.Kind), threshold.Sport
		days[i], values[i] = int32(threshold.EffectiveFrom), threshold.Value
	}
	_, err := conn.Exec(ctx, `-- name: thresholds.set
INSERT INTO thresholds (account_id, kind, sport, effective_from, value)
SELECT $1, kind, sport, date '1970-01-01' + day, value
FROM unnest($2::text[], $3::text[], $4::integer[], $5::double precision[]) AS given (kind, sport, day, value)
ON CONFLICT (account_id, kind, sport, effective_from) DO UPDATE SET value = excluded.value`,
		accountID, kinds, sports, days, values)
	if err != nil {
		return fmt.Errorf("set thresholds: %w", err)
	}
	return nil
}

// DeleteThresholds takes dated values away, each by its kind, sport and day; one that is not there is no error.
func DeleteThresholds(ctx context.Context, conn database.Conn, accountID int64, thresholds []Threshold) error {
	kinds, sports, days := make([]string, len(thresholds)), make([]string, len(thresholds)), make([]int32, len(thresholds))
	for i, threshold := range thresholds {
		kinds[i], sports[i], days[i] = string(threshold.Kind), threshold.Sport, int32(threshold.EffectiveFrom)
	}
	_, err := conn.Exec(ctx, `-- name: thresholds.delete
DELETE FROM thresholds AS stored
USING unnest($2::text[], $3::text[], $4::integer[]) AS given (kind, sport, day)
WHERE stored.account_id = $1 AND stored.kind = given.kind AND stored.sport = given.sport
  AND stored.effective_from = date '1970-01-01' + given.day`, accountID, kinds, sports, days)
	if err != nil {
		return fmt.Errorf("delete thresholds: %w", err)
	}
	return nil
}

// On gives what enters the figures of an activity of the day and the sport, a Strava sport type as "TrailRun" or a
// training.Sport (empty: of no sport in particular). Of each threshold the value for this sport type goes before that for
// its group (training.SportOf), and that before the one for every sport; where none was given it is estimated and marked so.
func (p Profiles) On(day training.Date, sport string) training.Profile {
	given := func(kind ThresholdKind) training.Threshold {
		if threshold, ok := p.Pick(kind, day, sport); ok {
			return training.Measured(threshold.Value)
		}
		return training.Threshold{}
	}
	thresholds := training.Thresholds{
		RestingHR: given(ThresholdRestingHR), MaxHR: given(ThresholdMaxHR), LTHR: given(ThresholdLTHR),
		VT1: given(ThresholdVT1HR), VT2: given(ThresholdVT2HR), FTP: given(ThresholdFTP),
		ThresholdPace: given(ThresholdPace), SwimPace: given(ThresholdSwimPace), WeightKg: given(ThresholdWeight),
	}
	return training.Profile{Sex: p.Athlete.Sex, Thresholds: thresholds.WithDefaults(p.Athlete.Age(day))}
}

// Pick gives the stored value of a kind that is valid on the day for the sport, as On describes: the latest that is
// effective on or before the day, else the earliest one. It gives false where the athlete gave none.
func (p Profiles) Pick(kind ThresholdKind, day training.Date, sport string) (Threshold, bool) {
	candidates := []string{""}
	switch {
	case slices.Contains(training.Sports, training.Sport(sport)):
		candidates = []string{sport, ""}
	case sport != "":
		candidates = []string{sport, string(training.SportOf(sport)), ""}
	}
	for _, candidate := range candidates {
		var picked Threshold
		found := false
		for _, threshold := range p.Thresholds {
			if threshold.Kind != kind || threshold.Sport != candidate {
				continue
			}
			if found && threshold.EffectiveFrom > day {
				break // ascending by day: whatever follows is not valid yet either
			}
			picked, found = threshold, true
		}
		if found {
			return picked, true
		}
	}
	return Threshold{}, false
}

// Figures computes an activity's figures from what is stored of it and the profile that is valid on its day. A histogram
// that can't be read is an error.
func (p Profiles) Figures(day training.Date, summary training.Summary, packed []byte, streams *training.StreamFigures) (
	training.Figures, error) {
	var histogram *training.Histogram
	if packed != nil {
		histogram = new(training.Histogram)
		if err := histogram.UnmarshalBinary(packed); err != nil {
			return training.Figures{}, fmt.Errorf("read histogram: %w", err)
		}
	}
	return training.Compute(summary, histogram, streams, p.On(day, summary.SportType)), nil
}
