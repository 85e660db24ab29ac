package training

import (
	"encoding/json"
	"fmt"
	"math"
)

// Reason says why a figure has no value. It is shown to athletes in words and is part of the API.
type Reason string

// The reasons a figure can be absent for.
const (
	ReasonNotComputed       Reason = "not_computed"          // the zero Figure: nobody asked for it
	ReasonNoTime            Reason = "no_time"               // the streams have no usable time base
	ReasonNoHeartRate       Reason = "no_heart_rate"         // no heart rate was recorded, or none that can be
	ReasonLowCoverage       Reason = "low_coverage"          // heart rate covers less than half of the included time
	ReasonBadHeartRate      Reason = "bad_heart_rate"        // most of what the strap sent lies outside 30–240 bpm
	ReasonNoStream          Reason = "no_stream"             // needs sample data, which is not there
	ReasonNoMovingTime      Reason = "no_moving_time"        // the summary has no moving time
	ReasonNoDistance        Reason = "no_distance"           // the summary or the streams have no distance
	ReasonNoRestingHR       Reason = "no_resting_hr"         // the athlete's resting heart rate is not known
	ReasonNoMaxHR           Reason = "no_max_hr"             // the athlete's maximum heart rate is not known
	ReasonHRSettings        Reason = "contradictory_hr"      // maximum or threshold heart rate not above the resting one
	ReasonNoZones           Reason = "no_zones"              // the athlete's own zones are missing or not ascending
	ReasonNoPower           Reason = "no_power"              // no power was recorded
	ReasonEstimatedPower    Reason = "estimated_power"       // power was estimated by Strava, not measured
	ReasonNoFTP             Reason = "no_ftp"                // functional threshold power is not known
	ReasonNoThresholdPace   Reason = "no_threshold_pace"     // running threshold pace is not known
	ReasonNoSwimPace        Reason = "no_swim_pace"          // swimming threshold pace is not known
	ReasonTooShort          Reason = "too_short"             // shorter than the figure needs
	ReasonOtherSport        Reason = "other_sport"           // the figure is not defined for this sport
	ReasonNoExertion        Reason = "no_perceived_exertion" // the athlete gave no exertion
	ReasonNoRelativeEffort  Reason = "no_relative_effort"    // Strava gave no relative effort
	ReasonImplausibleClock  Reason = "implausible_clock"     // the time base spans more than an activity can
	ReasonOutOfRange        Reason = "out_of_range"          // the inputs give no finite number
	ReasonNoThresholds      Reason = "no_thresholds"         // none of the thresholds the figure could use is known
	ReasonBeforeHistory     Reason = "before_first_activity" // the day lies before the athlete's first activity
	ReasonShortHistory      Reason = "short_history"         // fewer days of history than the figure's window
	ReasonNoLoad            Reason = "no_load"               // the figure would divide by a load of 0
	ReasonNoIntensity       Reason = "no_intensity"          // no activity of the window has time in intensity zones
	ReasonNoActivity        Reason = "no_activity"           // no activity in the window
	ReasonMissingComparison Reason = "missing_comparison"    // one of the two figures to compare is absent
)

// Figure is a number that may be absent. The zero Figure is absent. In JSON it is {"value": 1.5} or
// {"value": null, "reason": "no_heart_rate"}.
type Figure struct {
	Value  float64 // meaningful only when Known
	Known  bool
	Reason Reason // why there is no value; empty when Known
}

// Known returns a figure with a value; a value that is not finite gives an absent figure instead.
func Known(value float64) Figure {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return Absent(ReasonOutOfRange)
	}
	return Figure{Value: value, Known: true}
}

// Absent returns a figure without a value.
func Absent(reason Reason) Figure { return Figure{Reason: reason} }

// Get returns the value and whether there is one.
func (f Figure) Get() (float64, bool) { return f.Value, f.Known }

// Pointer returns the value, nil when absent, as databases and optional JSON fields want it.
func (f Figure) Pointer() *float64 {
	if !f.Known {
		return nil
	}
	return &f.Value
}

// why returns the reason of an absent figure, never empty.
func (f Figure) why() Reason {
	if f.Reason == "" {
		return ReasonNotComputed
	}
	return f.Reason
}

type figureJSON struct {
	Value  *float64 `json:"value"`
	Reason Reason   `json:"reason,omitempty"`
}

// MarshalJSON writes the value, or null and the reason.
func (f Figure) MarshalJSON() ([]byte, error) {
	w := jsonWriter{to: make([]byte, 0, 48)}
	w.figure(f)
	return w.to, w.err
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(data []byte) error {
	var raw figureJSON
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("read figure: %w", err)
	}
	if raw.Value == nil {
		*f = Absent(raw.Reason)
		f.Reason = f.why()
		return nil
	}
	*f = Known(*raw.Value)
	return nil
}
