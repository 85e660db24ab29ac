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
	switch sex {
	case SexFemale:
		return curveFemale.perMinute(x)
	case SexMale:
		return curveMale.perMinute(x)
	}
	return (curveFemale.perMinute(x) + curveMale.perMinute(x)) / 2
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
	sum := 0.0
	for rate := lowestHeartRate; rate <= highestHeartRate; rate++ {
		seconds := h.Seconds[rate]
		if seconds == 0 {
			continue
		}
		x := (float64(rate) - thresholds.RestingHR.Value) / reserve
		if x <= 0 {
			continue
		}
		sum += float64(seconds) * TRIMPPerMinute(sex, x)
	}
	return Known(sum * scale / 60)
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
