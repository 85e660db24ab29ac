package training

// Band is the owner's word for where a figure lies. Bands describe; they predict no injury.
type Band string

// Bands of the acute:chronic ratio.
const (
	ACWRUnder    Band = "under"     // below 0.8
	ACWRBalanced Band = "balanced"  // 0.8 to 1.3
	ACWRHigh     Band = "high"      // above 1.3 to 1.5
	ACWRVeryHigh Band = "very_high" // above 1.5
)

// Bands of the normalized divergence.
const (
	DivergenceHighStrain      Band = "high_strain"      // below −0.15
	DivergenceStrain          Band = "strain"           // −0.15 to below −0.05
	DivergenceBalanced        Band = "balanced"         // −0.05 to 0.05
	DivergenceEfficient       Band = "efficient"        // above 0.05 to 0.15
	DivergenceUnderStimulated Band = "under_stimulated" // above 0.15
)

// Bands of a day's training impulse.
const (
	TRIMPLow      Band = "low"       // below 30
	TRIMPModerate Band = "moderate"  // 30 to 70
	TRIMPHigh     Band = "high"      // above 70 to 120
	TRIMPVeryHigh Band = "very_high" // above 120
)

// ACWRBand returns the band of an acute:chronic ratio; a value on the line between two bands belongs to the one nearer
// to balanced.
func ACWRBand(ratio float64) Band {
	switch {
	case ratio < 0.8:
		return ACWRUnder
	case ratio <= 1.3:
		return ACWRBalanced
	case ratio <= 1.5:
		return ACWRHigh
	}
	return ACWRVeryHigh
}

// DivergenceBand returns the band of a normalized divergence, with lines as in [ACWRBand].
func DivergenceBand(divergence float64) Band {
	switch {
	case divergence < -0.15:
		return DivergenceHighStrain
	case divergence < -0.05:
		return DivergenceStrain
	case divergence <= 0.05:
		return DivergenceBalanced
	case divergence <= 0.15:
		return DivergenceEfficient
	}
	return DivergenceUnderStimulated
}

// TRIMPBand returns the band of a training impulse; a value on the line belongs to the lower band, 30 to moderate.
func TRIMPBand(trimp float64) Band {
	switch {
	case trimp < 30:
		return TRIMPLow
	case trimp <= 70:
		return TRIMPModerate
	case trimp <= 120:
		return TRIMPHigh
	}
	return TRIMPVeryHigh
}

// StyleName names a recommendation style.
type StyleName string

// The recommendation styles.
const (
	StyleConservative StyleName = "conservative"
	StyleBalanced     StyleName = "balanced"
	StyleAdaptive     StyleName = "adaptive"
	StyleAggressive   StyleName = "aggressive"
)

// Style is where a recommendation style draws its lines.
type Style struct {
	Name               StyleName `json:"name"`
	ACWRHigh           float64   `json:"acwr_high"`           // above: load rises fast
	ACWRUnder          float64   `json:"acwr_under"`          // below: load falls away
	DivergenceStrain   float64   `json:"divergence_strain"`   // below: the body carries more than the distances say
	DivergenceModerate float64   `json:"divergence_moderate"` // below: a first sign of that
	MostDaysNoRest     int       `json:"most_days_without_rest"`
}

var styles = [...]Style{
	{StyleConservative, 1.2, 0.85, -0.10, -0.03, 6},
	{StyleBalanced, 1.3, 0.80, -0.15, -0.05, 7},
	{StyleAdaptive, 1.35, 0.80, -0.15, -0.05, 7},
	{StyleAggressive, 1.5, 0.75, -0.20, -0.08, 8},
}

// StyleOf returns the style of that name; an unknown name gives the balanced style and false.
func StyleOf(name StyleName) (Style, bool) {
	for _, style := range styles {
		if style.Name == name {
			return style, true
		}
	}
	return styles[1], false
}
