package training

// Flag marks a figure's known weakness, to be shown beside it.
type Flag string

// The flags of an activity's figures.
const (
	FlagPartial             Flag = "partial"              // heart rate covers 50–80 % of the time; scaled up
	FlagMaxHRExceeded       Flag = "max_hr_exceeded"      // a heart rate above the stored maximum: it is out of date
	FlagSexUnspecified      Flag = "sex_unspecified"      // mean of both sexes' curves
	FlagEstimatedThresholds Flag = "estimated_thresholds" // resting or maximum heart rate is an estimate
	FlagEstimatedLTHR       Flag = "estimated_lthr"       // hrTSS rests on an estimated LTHR
	FlagEstimatedVT         Flag = "estimated_vt"         // Lucia rests on an estimated VT1 or VT2
	FlagShortPower          Flag = "short_power"          // under 20 minutes of power: NP and TSS say little
	FlagEstimatedPower      Flag = "estimated_power"      // Strava estimated the power; it enters no load
	FlagSwimTooFast         Flag = "swim_too_fast"        // sTSS at IF above 1.3: the pool length is wrong, or the pace
)

// TSSMethod names what the activity's entry in the TSS series rests on.
type TSSMethod string

// The methods of the TSS series, in the order of preference.
const (
	TSSByPower     TSSMethod = "power"
	TSSByHeartRate TSSMethod = "heart_rate"
	TSSByAverageHR TSSMethod = "average_heart_rate"
	TSSByPace      TSSMethod = "pace"
	TSSBySwimPace  TSSMethod = "swim_pace"
)

// Figures are all computed figures of one activity. Every absent one carries its reason.
type Figures struct {
	FormulaVersion int     `json:"formula_version"`
	Quality        Quality `json:"quality"`  // what TRIMP rests on
	Coverage       Figure  `json:"coverage"` // valid heart rate / included time, 0–1; absent without a stream
	Flags          []Flag  `json:"flags,omitempty"`

	TRIMP  Figure `json:"trimp"`   // AU, Banister
	MeanHR Figure `json:"mean_hr"` // bpm, over the stream's valid seconds, else Strava's average

	PeakHR Figure `json:"peak_hr"` // bpm, highest that was held and is believed; absent without a stream

	Edwards   Figure     `json:"edwards"` // AU
	EdwardsS  [6]float64 `json:"edwards_zone_s"`
	Lucia     Figure     `json:"lucia"` // AU
	LuciaS    [3]float64 `json:"lucia_zone_s"`
	HeartRate ZoneTable  `json:"heart_rate_zones"`
	HRTSS     Figure     `json:"hrtss"` // 100 = one hour at LTHR

	AveragePower     Figure `json:"average_power"`     // W, over the recorded time
	NormalizedPower  Figure `json:"normalized_power"`  // W
	XPower           Figure `json:"xpower"`            // W, only to explain Strava's weighted average
	IntensityFactor  Figure `json:"intensity_factor"`  // NP / FTP
	VariabilityIndex Figure `json:"variability_index"` // NP / average power
	WorkKJ           Figure `json:"work_kj"`           // kJ
	PowerTSS         Figure `json:"power_tss"`         // 100 = one hour at FTP

	GAP          Figure `json:"gap"`                 // s per km, grade-adjusted pace
	GAPModel     string `json:"gap_model,omitempty"` // the cost model behind it
	FlatKm       Figure `json:"flat_equivalent_km"`  // km on the flat that cost as much
	RTSS         Figure `json:"rtss"`                // 100 = one hour at threshold pace
	STSS         Figure `json:"stss"`                // 100 = one hour at threshold swim pace
	SessionRPE   Figure `json:"session_rpe"`         // exertion · minutes, enters no series
	StravaEffort Figure `json:"relative_effort"`     // Strava's own unit, enters no series

	TSS       Figure    `json:"tss"` // the activity's entry in the TSS series
	TSSMethod TSSMethod `json:"tss_method,omitempty"`

	ExternalKm Figure `json:"external_km"` // km-equivalents

	Decoupling   []Decoupling   `json:"decoupling,omitempty"`
	BestPower    []BestPower    `json:"best_power,omitempty"`
	BestDistance []BestDistance `json:"best_distance,omitempty"`
}

// HasFlag says whether the figures carry the flag.
func (f *Figures) HasFlag(flag Flag) bool {
	for _, carried := range f.Flags {
		if carried == flag {
			return true
		}
	}
	return false
}

func (f *Figures) flag(condition bool, flag Flag) {
	if condition {
		f.Flags = append(f.Flags, flag)
	}
}
