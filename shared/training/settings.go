package training

import (
	"errors"
	"fmt"
)

// LoadKind chooses the daily series that load, ACWR, CTL and the rest are computed from. The two never mix.
type LoadKind string

// The load series.
const (
	LoadTRIMP LoadKind = "trimp" // the headline: Banister's training impulse
	LoadTSS   LoadKind = "tss"   // 100 = one hour at threshold, by power, heart rate or pace
)

// Bounds and defaults of the decayed ACWR.
const (
	DecayDaysMin     = 28
	DecayDaysDefault = 42
	DecayDaysMax     = 90
	DecayRateMin     = 0.01
	DecayRateDefault = 0.05
	DecayRateMax     = 0.20
)

// SeriesSettings are an athlete's choices for the daily series. The zero value means the defaults throughout.
type SeriesSettings struct {
	Load      LoadKind `json:"load,omitempty"`       // default LoadTRIMP
	DecayDays int      `json:"decay_days,omitempty"` // window of the decayed chronic load, days, 28–90; 0 = 42
	DecayRate float64  `json:"decay_rate,omitempty"` // its decay per day, 0.01–0.20; 0 = 0.05
	StartCTL  float64  `json:"start_ctl,omitempty"`  // CTL on the day before the first activity
	StartATL  float64  `json:"start_atl,omitempty"`  // ATL on the day before the first activity
}

// WithDefaults returns s with its zero values replaced.
func (s SeriesSettings) WithDefaults() SeriesSettings {
	if s.Load == "" {
		s.Load = LoadTRIMP
	}
	if s.DecayDays == 0 {
		s.DecayDays = DecayDaysDefault
	}
	if s.DecayRate == 0 {
		s.DecayRate = DecayRateDefault
	}
	return s
}

// Validate returns every mistake in s, after defaults, in one joined error.
func (s SeriesSettings) Validate() error {
	s = s.WithDefaults()
	var mistakes []error
	if s.Load != LoadTRIMP && s.Load != LoadTSS {
		mistakes = append(mistakes, fmt.Errorf("load %q is neither %q nor %q", s.Load, LoadTRIMP, LoadTSS))
	}
	if s.DecayDays < DecayDaysMin || s.DecayDays > DecayDaysMax {
		mistakes = append(mistakes, fmt.Errorf("decay_days %d is outside %d–%d", s.DecayDays, DecayDaysMin, DecayDaysMax))
	}
	if !(s.DecayRate >= DecayRateMin && s.DecayRate <= DecayRateMax) {
		mistakes = append(mistakes, fmt.Errorf("decay_rate %g is outside %g–%g", s.DecayRate, DecayRateMin, DecayRateMax))
	}
	if !(s.StartCTL >= 0 && s.StartCTL <= 1000) || !(s.StartATL >= 0 && s.StartATL <= 1000) {
		mistakes = append(mistakes, errors.New("start_ctl and start_atl must lie in 0–1000"))
	}
	return errors.Join(mistakes...)
}
