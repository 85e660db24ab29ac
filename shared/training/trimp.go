package training

import "math"

// trimpCurve is Banister's weight per minute a·x·e^(b·x) of the share x of the heart-rate reserve.
type trimpCurve struct{ a, b float64 }

// Banister 1991; Morton, Fitz-Clarke & Banister, J Appl Physiol 69:1171, 1990; lactate curve of Green 1983. The women's
// factor is 0.86: the 0.64 of several other systems goes back to a copying error.
var (
	curveMale   = trimpCurve{a: 0.64, b: 1.92}
	curveFemale = trimpCurve{a: 0.86, b: 1.67}
)

// perMinute returns the weight of a minute at x, which must lie in [0, 1].
func (c trimpCurve) perMinute(x float64) float64 { return c.a * x * math.Exp(c.b*x) }

// TRIMPPerMinute returns Banister's weight of one minute at the share x of the heart-rate reserve, clamped to [0, 1], in
// arbitrary units. Unspecified sex gives the mean of both curves.
func TRIMPPerMinute(sex Sex, x float64) float64 {
	x = min(max(x, 0), 1)
	male, female := sexShares(sex)
	return male*curveMale.perMinute(x) + female*curveFemale.perMinute(x)
}

// sexShares returns the shares of the men's and the women's curve: one of them, or half of each.
func sexShares(sex Sex) (male, female float64) {
	switch sex {
	case SexMale:
		return 1, 0
	case SexFemale:
		return 0, 1
	}
	return 0.5, 0.5
}

// TRIMP returns Banister's training impulse of the histogram: Σ minutes · a·x·e^(b·x), x = (HR − rest)/(max − rest)
// clamped to [0, 1], scaled by 1/coverage. Absent below half coverage or without resting and maximum heart rate.
func (h *Histogram) TRIMP(sex Sex, thresholds Thresholds) Figure {
	reserve, reason := thresholds.reserve()
	if reason != "" {
		return Absent(reason)
	}
	scale, reason := h.usable()
	if reason != "" {
		return Absent(reason)
	}
	return Known(h.impulse(sex, thresholds.RestingHR.Value, reserve) * scale / 60)
}

// impulse returns Σ seconds · weight over the valid beats. The exponential of the next beat is the last one's times a
// constant; 210 such steps lose less than 1e-13 of it and spare an exponential per beat.
func (h *Histogram) impulse(sex Sex, resting, reserve float64) float64 {
	maleShare, femaleShare := sexShares(sex)
	rate := max(lowestHeartRate, int(min(resting, highestHeartRate))+1) // the first beat above rest
	x := (float64(rate) - resting) / reserve
	male, maleStep := math.Exp(curveMale.b*x)*curveMale.a*maleShare, math.Exp(curveMale.b/reserve)
	female, femaleStep := math.Exp(curveFemale.b*x)*curveFemale.a*femaleShare, math.Exp(curveFemale.b/reserve)
	sum := 0.0
	for ; rate <= highestHeartRate; rate++ {
		x = (float64(rate) - resting) / reserve
		if x >= 1 {
			break
		}
		sum += float64(h.Seconds[rate]) * x * (male + female)
		male *= maleStep
		female *= femaleStep
	}
	atMaximum := TRIMPPerMinute(sex, 1)
	for ; rate <= highestHeartRate; rate++ {
		sum += float64(h.Seconds[rate]) * atMaximum
	}
	return sum
}

// AverageTRIMP returns Banister's training impulse of a mean heart rate in bpm held for the given seconds. The curve is
// convex, so this never exceeds the impulse of the stream it averages: it is the fallback.
func AverageTRIMP(sex Sex, thresholds Thresholds, meanHR, seconds float64) Figure {
	reserve, reason := thresholds.reserve()
	if reason != "" {
		return Absent(reason)
	}
	if !(meanHR >= lowestHeartRate && meanHR <= highestHeartRate) {
		return Absent(ReasonNoHeartRate)
	}
	if !(seconds >= 0) {
		return Absent(ReasonNoMovingTime)
	}
	x := (meanHR - thresholds.RestingHR.Value) / reserve
	return Known(seconds / 60 * TRIMPPerMinute(sex, x))
}

// HRTSS returns the training impulse as a percentage of the one of 60 minutes at LTHR by the same curve: 100 is one
// hour at threshold. TrainingPeaks' and intervals.icu's figures of the same name are defined otherwise.
func HRTSS(trimp Figure, sex Sex, thresholds Thresholds) Figure {
	if !trimp.Known {
		return trimp
	}
	reserve, reason := thresholds.reserve()
	if reason != "" {
		return Absent(reason)
	}
	lthr := thresholds.withDerived().LTHR.Value
	if lthr <= thresholds.RestingHR.Value {
		return Absent(ReasonHRSettings)
	}
	atThreshold := 60 * TRIMPPerMinute(sex, (lthr-thresholds.RestingHR.Value)/reserve)
	return Known(trimp.Value / atThreshold * 100)
}
