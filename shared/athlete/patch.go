package athlete

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Patch is a partial change of the settings; what is nil stays as it is.
type Patch struct {
	Sex          *training.Sex   `json:"sex,omitempty"`
	BirthDate    *string         `json:"birth_date,omitempty"` // YYYY-MM-DD
	TimeZone     *string         `json:"time_zone,omitempty"`  // IANA name
	PrimarySport *string         `json:"primary_sport,omitempty"`
	Units        *string         `json:"units,omitempty"`
	Thresholds   *ThresholdPatch `json:"thresholds,omitempty"`
	Load         *LoadPatch      `json:"load,omitempty"`

	// Null are the fields that the JSON gives as null. None of them can be taken away, so that they are refused: to leave
	// them silently as they are is not what was asked for.
	Null []string `json:"-"`
}

// UnmarshalJSON tells a field that is null from one that is not named.
func (p *Patch) UnmarshalJSON(text []byte) error {
	type plain Patch
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	var err error
	p.Null, err = nullsOf(text)
	return err
}

// nullsOf are the names that a JSON object gives as null, ascending.
func nullsOf(text []byte) ([]string, error) {
	var named map[string]json.RawMessage
	if err := json.Unmarshal(text, &named); err != nil {
		return nil, err
	}
	maps.DeleteFunc(named, func(_ string, value json.RawMessage) bool { return string(value) != "null" })
	return slices.Sorted(maps.Keys(named)), nil
}

// ThresholdPatch gives new values of thresholds.
type ThresholdPatch struct {
	ThresholdValues
	// EffectiveFrom is the day (YYYY-MM-DD, not after today) from which the values are valid; nil is today in the athlete's
	// zone. The first value of a kind also holds for all days before it.
	EffectiveFrom *string `json:"effective_from,omitempty"`
	// Sport is the group of sports (training.Sports) that the values are for; nil is every sport that has none of its own.
	Sport *string `json:"sport,omitempty"`

	// Deleted are the kinds that the JSON gives as null: what is valid for the sport on the day, or begins on EffectiveFrom
	// where that is given, is taken away. What is not there needs no taking.
	Deleted []store.ThresholdKind `json:"-"`
}

// UnmarshalJSON tells a value that is null from one that is not named.
func (p *ThresholdPatch) UnmarshalJSON(text []byte) error {
	type plain ThresholdPatch
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	nulls, err := nullsOf(text)
	for _, kind := range store.ThresholdKinds {
		if slices.Contains(nulls, string(kind)) {
			p.Deleted = append(p.Deleted, kind)
		}
	}
	return err
}

// nulls are the paths of the fields that can't be null and are.
func (p *Patch) nulls() []string {
	paths := slices.Clone(p.Null)
	if p.Load != nil {
		for _, name := range p.Load.Null {
			paths = append(paths, "load."+name)
		}
	}
	return paths
}

// LoadPatch changes how the daily series is shown.
type LoadPatch struct {
	ChronicDays         *int     `json:"chronic_days,omitempty"`
	DecayRate           *float64 `json:"decay_rate,omitempty"`
	RecommendationStyle *string  `json:"recommendation_style,omitempty"`
	ACWRAlertThreshold  *float64 `json:"acwr_alert_threshold,omitempty"`
	InjuryRiskAlerts    *bool    `json:"injury_risk_alerts,omitempty"`

	Null []string `json:"-"` // as Patch's
}

// UnmarshalJSON tells a field that is null from one that is not named.
func (p *LoadPatch) UnmarshalJSON(text []byte) error {
	type plain LoadPatch
	if err := json.Unmarshal(text, (*plain)(p)); err != nil {
		return err
	}
	var err error
	p.Null, err = nullsOf(text)
	return err
}

// Update changes the account's settings, as a whole or not at all, and gives the new ones. Wrong fields come back
// together, as joined faults of kind Invalid that name their path ("thresholds.max_hr"). Where activities' figures can come
// out differently, the due row of their recomputation is written in the same transaction: Settings.DueID.
func (s *Service) Update(ctx context.Context, accountID int64, patch Patch) (Settings, error) {
	now := s.now()
	var updated Settings
	var wrong error // the patch's own faults, which no wrapping must hide from whoever lists them
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		before, err := store.LockProfiles(ctx, conn, accountID)
		if err != nil {
			return err
		}
		change, err := s.plan(before, patch, now)
		if err != nil {
			wrong = err
			return err
		}
		if updated, err = settingsOf(ctx, conn, change.after, now); err != nil {
			return err
		}
		if change.athlete {
			if err := store.UpdateAthlete(ctx, conn, change.after.Athlete, now); err != nil {
				return err
			}
		}
		if len(change.thresholds) > 0 {
			if err := store.SetThresholds(ctx, conn, accountID, change.thresholds); err != nil {
				return err
			}
		}
		if len(change.deleted) > 0 {
			if err := store.DeleteThresholds(ctx, conn, accountID, change.deleted); err != nil {
				return err
			}
		}
		if change.recompute {
			updated.DueID, err = store.EnqueueRecompute(ctx, conn, accountID, change.from, change.causes...)
		}
		return err
	})
	switch {
	case fault.KindOf(wrong) == fault.Invalid:
		return Settings{}, wrong
	case err != nil:
		return Settings{}, fmt.Errorf("update settings: %w", err)
	}
	return updated, nil
}

// faults gathers wrong fields, so that a person learns of all of them at once; the first of each field stands.
type faults struct {
	errs   []error
	fields map[string]bool
}

func (f *faults) add(field string, err error) {
	if f.fields[field] {
		return
	}
	if f.fields == nil {
		f.fields = map[string]bool{}
	}
	f.fields[field] = true
	f.errs = append(f.errs, err)
}

func (f *faults) join() error { return errors.Join(f.errs...) }
