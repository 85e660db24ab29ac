package training

import "math"

// Threshold is one of an athlete's physiological anchors. Value 0 means not known.
type Threshold struct {
	Value     float64 `json:"value"`
	Estimated bool    `json:"estimated,omitempty"` // a default from age or from other thresholds, not the athlete's own
}

// Measured returns a threshold that the athlete gave.
func Measured(value float64) Threshold { return Threshold{Value: value} }

// Estimate returns a threshold that was derived, not given.
func Estimate(value float64) Threshold { return Threshold{Value: value, Estimated: true} }

// IsKnown says whether there is a usable value.
func (t Threshold) IsKnown() bool { return t.Value > 0 && !math.IsInf(t.Value, 0) }

// Thresholds are an athlete's anchors on one day, for the sport of the activity at hand.
type Thresholds struct {
	RestingHR     Threshold `json:"resting_hr"`     // bpm
	MaxHR         Threshold `json:"max_hr"`         // bpm
	LTHR          Threshold `json:"lthr"`           // bpm, heart rate at lactate threshold
	VT1           Threshold `json:"vt1"`            // bpm, first ventilatory threshold
	VT2           Threshold `json:"vt2"`            // bpm, second ventilatory threshold
	FTP           Threshold `json:"ftp"`            // W, functional threshold power
	ThresholdPace Threshold `json:"threshold_pace"` // s per km, running
	SwimPace      Threshold `json:"swim_pace"`      // s per 100 m, swimming
	WeightKg      Threshold `json:"weight_kg"`      // kg
}

// Profile is what of an athlete enters an activity's figures.
type Profile struct {
	Sex        Sex          `json:"sex"`
	Thresholds Thresholds   `json:"thresholds"`
	Zones      ZoneSettings `json:"zones"`
}

// Shares of the heart-rate reserve that stand in for thresholds an athlete has not given.
const (
	defaultRestingHR    = 60   // bpm
	lthrReserveShare    = 0.85 // Karvonen share used by elevate for LTHR
	vt1ReserveShare     = 0.60 // lower end of 0.60–0.65
	tanakaIntercept     = 208  // Tanaka, Monahan & Seals, J Am Coll Cardiol 37:153, 2001
	tanakaSlope         = 0.7
	oldestPlausibleYear = 130
)

// EstimateThresholds returns defaults for an athlete of the given age in years, all marked as estimates: maximum heart
// rate 208 − 0.7·age (Tanaka 2001), resting heart rate 60, LTHR at 85 % and VT1 at 60 % of the reserve, VT2 at LTHR.
// An age outside 1–130 gives the resting heart rate only. Power, paces and weight have no defensible default.
func EstimateThresholds(age int) Thresholds {
	thresholds := Thresholds{RestingHR: Estimate(defaultRestingHR)}
	if age >= 1 && age <= oldestPlausibleYear {
		thresholds.MaxHR = Estimate(tanakaIntercept - tanakaSlope*float64(age))
	}
	return thresholds.withDerived()
}

// WithDefaults fills what t does not know from [EstimateThresholds], deriving LTHR, VT1 and VT2 from the athlete's own
// resting and maximum heart rate where those are known.
func (t Thresholds) WithDefaults(age int) Thresholds {
	defaults := EstimateThresholds(age)
	if !t.RestingHR.IsKnown() {
		t.RestingHR = defaults.RestingHR
	}
	if !t.MaxHR.IsKnown() {
		t.MaxHR = defaults.MaxHR
	}
	return t.withDerived()
}

// withDerived fills LTHR, VT1 and VT2 from the heart-rate reserve, as estimates, where the athlete gave none.
func (t Thresholds) withDerived() Thresholds {
	reserve, reason := t.reserve()
	if reason == "" && !t.LTHR.IsKnown() {
		t.LTHR = Estimate(t.RestingHR.Value + lthrReserveShare*reserve)
	}
	if reason == "" && !t.VT1.IsKnown() {
		t.VT1 = Estimate(t.RestingHR.Value + vt1ReserveShare*reserve)
	}
	if !t.VT2.IsKnown() && t.LTHR.IsKnown() {
		t.VT2 = Estimate(t.LTHR.Value)
	}
	return t
}

// reserve returns the heart-rate reserve, maximum − resting, in bpm, or why there is none.
func (t Thresholds) reserve() (float64, Reason) {
	switch {
	case !t.MaxHR.IsKnown():
		return 0, ReasonNoMaxHR
	case !t.RestingHR.IsKnown():
		return 0, ReasonNoRestingHR
	case t.MaxHR.Value <= t.RestingHR.Value:
		return 0, ReasonHRSettings
	}
	return t.MaxHR.Value - t.RestingHR.Value, ""
}
