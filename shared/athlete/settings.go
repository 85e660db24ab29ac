package athlete

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// The values that a choice among the settings can have, the default first.
var (
	Sexes                = []training.Sex{training.SexUnspecified, training.SexFemale, training.SexMale}
	PrimarySports        = []string{"run", "trail_run", "ride", "swim", "triathlon", "other"}
	UnitSystems          = []string{"metric", "imperial"}
	RecommendationStyles = []string{"balanced", "conservative", "adaptive", "aggressive"}
)

// Settings are all settings of an athlete, as valid today in the athlete's zone.
type Settings struct {
	Sex          training.Sex   `json:"sex"`
	BirthDate    *training.Date `json:"birth_date"` // nil where it was not given
	TimeZone     string         `json:"time_zone"`  // IANA name
	PrimarySport string         `json:"primary_sport"`
	Units        string         `json:"units"`
	Thresholds   Thresholds     `json:"thresholds"`
	Load         Load           `json:"load"`
	Proposals    []Proposal     `json:"proposals"` // of better thresholds

	// DueID is the due row that recomputes the figures, where an update can have altered some; else 0.
	DueID int64 `json:"-"`
}

// ThresholdValues holds one value of each kind of threshold; nil is not known, or not to be changed.
type ThresholdValues struct {
	RestingHR     *float64 `json:"resting_hr,omitempty"`     // bpm
	MaxHR         *float64 `json:"max_hr,omitempty"`         // bpm
	LTHR          *float64 `json:"lthr,omitempty"`           // bpm, heart rate at lactate threshold
	VT1HR         *float64 `json:"vt1_hr,omitempty"`         // bpm, first ventilatory threshold
	VT2HR         *float64 `json:"vt2_hr,omitempty"`         // bpm, second ventilatory threshold
	FTP           *float64 `json:"ftp,omitempty"`            // W, functional threshold power
	ThresholdPace *float64 `json:"threshold_pace,omitempty"` // s per km, running
	SwimPace      *float64 `json:"swim_pace,omitempty"`      // s per 100 m
	Weight        *float64 `json:"weight,omitempty"`         // kg
}

// of gives the place of a kind's value.
func (v *ThresholdValues) of(kind store.ThresholdKind) **float64 {
	switch kind {
	case store.ThresholdRestingHR:
		return &v.RestingHR
	case store.ThresholdMaxHR:
		return &v.MaxHR
	case store.ThresholdLTHR:
		return &v.LTHR
	case store.ThresholdVT1HR:
		return &v.VT1HR
	case store.ThresholdVT2HR:
		return &v.VT2HR
	case store.ThresholdFTP:
		return &v.FTP
	case store.ThresholdPace:
		return &v.ThresholdPace
	case store.ThresholdSwimPace:
		return &v.SwimPace
	default:
		return &v.Weight
	}
}

// Thresholds are the values valid today, the athlete's own and the estimated ones.
type Thresholds struct {
	ThresholdValues
	// EffectiveFrom is the day since when the athlete's own values of today are all valid; nil where there are none.
	EffectiveFrom *training.Date `json:"effective_from,omitempty"`
	// Estimated names the values that were derived from age or from other thresholds.
	Estimated []store.ThresholdKind `json:"estimated"`
	// History are all values that the athlete gave, by day; the first of a kind also holds for the days before it.
	History []DatedThreshold `json:"history"`
}

// DatedThreshold is a value that is valid from a day on, until a later one is.
type DatedThreshold struct {
	Kind          store.ThresholdKind `json:"kind"`
	Sport         string              `json:"sport,omitempty"` // empty for every sport
	EffectiveFrom training.Date       `json:"effective_from"`
	Value         float64             `json:"value"`
}

// Load says how the daily series is shown.
type Load struct {
	ChronicDays         int     `json:"chronic_days"` // window of the decayed chronic load, in days
	DecayRate           float64 `json:"decay_rate"`   // of the decayed chronic load, per day
	RecommendationStyle string  `json:"recommendation_style"`
	ACWRAlertThreshold  float64 `json:"acwr_alert_threshold"` // acute:chronic ratio above which today alerts
	InjuryRiskAlerts    bool    `json:"injury_risk_alerts"`   // whether today alerts at all
}

// Settings gives the account's settings.
func (s *Service) Settings(ctx context.Context, accountID int64) (Settings, error) {
	var settings Settings
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		profiles, err := store.LoadProfiles(ctx, conn, accountID)
		if err != nil {
			return err
		}
		settings, err = settingsOf(ctx, conn, profiles, s.now())
		return err
	})
	if err != nil {
		return Settings{}, fmt.Errorf("read settings: %w", err)
	}
	return settings, nil
}

func settingsOf(ctx context.Context, conn database.Conn, profiles store.Profiles, now time.Time) (Settings, error) {
	athlete := profiles.Athlete
	today, err := athlete.Today(now)
	if err != nil {
		return Settings{}, err
	}
	proposals, err := propose(ctx, conn, profiles, now)
	if err != nil {
		return Settings{}, err
	}
	return Settings{
		Sex: athlete.Sex, BirthDate: athlete.BirthDate, TimeZone: athlete.TimeZone,
		PrimarySport: athlete.PrimarySport, Units: athlete.Units,
		Thresholds: thresholdsOf(profiles, today),
		Load: Load{
			ChronicDays: athlete.ChronicDays, DecayRate: athlete.DecayRate,
			RecommendationStyle: athlete.RecommendationStyle,
			ACWRAlertThreshold:  athlete.ACWRAlertThreshold, InjuryRiskAlerts: athlete.InjuryRiskAlerts,
		},
		Proposals: proposals,
	}, nil
}

func thresholdsOf(profiles store.Profiles, today training.Date) Thresholds {
	shown := Thresholds{
		Estimated: []store.ThresholdKind{},
		History:   make([]DatedThreshold, len(profiles.Thresholds)),
	}
	for i, threshold := range profiles.Thresholds {
		shown.History[i] = DatedThreshold(threshold)
	}
	valid := profiles.On(today, "").Thresholds
	for _, kind := range store.ThresholdKinds {
		threshold := anchor(valid, kind)
		if !threshold.IsKnown() {
			continue
		}
		value := threshold.Value
		if threshold.Estimated {
			value = math.Round(value*10) / 10 // an estimate is not known any better
			shown.Estimated = append(shown.Estimated, kind)
		}
		*shown.of(kind) = &value
		if own, ok := profiles.Pick(kind, today, ""); ok {
			if shown.EffectiveFrom == nil || own.EffectiveFrom > *shown.EffectiveFrom {
				shown.EffectiveFrom = &own.EffectiveFrom
			}
		}
	}
	slices.Sort(shown.Estimated)
	return shown
}

// anchor gives the threshold of a kind out of training's set.
func anchor(thresholds training.Thresholds, kind store.ThresholdKind) training.Threshold {
	switch kind {
	case store.ThresholdRestingHR:
		return thresholds.RestingHR
	case store.ThresholdMaxHR:
		return thresholds.MaxHR
	case store.ThresholdLTHR:
		return thresholds.LTHR
	case store.ThresholdVT1HR:
		return thresholds.VT1
	case store.ThresholdVT2HR:
		return thresholds.VT2
	case store.ThresholdFTP:
		return thresholds.FTP
	case store.ThresholdPace:
		return thresholds.ThresholdPace
	case store.ThresholdSwimPace:
		return thresholds.SwimPace
	default:
		return thresholds.WeightKg
	}
}
