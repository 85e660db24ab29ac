package training

import "math"

// The cost models behind grade-adjusted pace.
const (
	GAPMinetti = "minetti_2002"
	GAPFlat    = "none_no_altitude" // no altitude was recorded: grade-adjusted pace is pace
)

const (
	steepestGrade   = 0.45 // Minetti measured up to ±0.45
	gradeHalfWindow = 25.0 // m, half the distance the grade is taken over
	flatCost        = 3.6  // J per kg and m
)

// RunningCost returns Minetti's cost of running on a grade (rise/run), J per kg and metre; the grade is clamped to
// ±0.45 (Minetti, Moia, Roi, Susta & Ferretti, J Appl Physiol 93:1039, 2002).
func RunningCost(grade float64) float64 {
	i := min(max(grade, -steepestGrade), steepestGrade)
	return ((((155.4*i-30.4)*i-43.3)*i+46.3)*i+19.5)*i + flatCost
}

// WalkingCost returns Minetti's cost of walking on a grade, J per kg and metre, clamped likewise.
func WalkingCost(grade float64) float64 {
	i := min(max(grade, -steepestGrade), steepestGrade)
	return ((((280.5*i-58.7)*i-76.8)*i+51.9)*i+19.6)*i + 2.5
}

// RTSS returns hours · (threshold pace / GAP)² · 100: 100 is one hour at threshold pace. gap and threshold in s per km.
func RTSS(gap Figure, threshold Threshold, seconds float64) Figure {
	if !gap.Known {
		return gap
	}
	if !threshold.IsKnown() {
		return Absent(ReasonNoThresholdPace)
	}
	if gap.Value <= 0 {
		return Absent(ReasonOutOfRange)
	}
	intensity := threshold.Value / gap.Value
	return Known(seconds / 3600 * intensity * intensity * 100)
}

// SwimIntensity returns the mean speed over the moving time / threshold speed; threshold in s per 100 m.
func SwimIntensity(distanceM, movingS float64, threshold Threshold) Figure {
	if !threshold.IsKnown() {
		return Absent(ReasonNoSwimPace)
	}
	if !(distanceM > 0) {
		return Absent(ReasonNoDistance)
	}
	if !(movingS > 0) {
		return Absent(ReasonNoMovingTime)
	}
	return Known(distanceM / movingS * threshold.Value / 100)
}

// STSS returns IF³ · hours · 100 (Fitzgerald & McGregor, TrainingPeaks 2008): 100 is one hour at threshold pace.
func STSS(intensity Figure, movingS float64) Figure {
	if !intensity.Known {
		return intensity
	}
	return Known(intensity.Value * intensity.Value * intensity.Value * movingS / 3600 * 100)
}

// costFactors returns, per sample, the cost of the metres up to it relative to the flat: Minetti's cost at the grade
// over ±25 m of distance around the middle of those metres. Nil without altitude.
func costFactors(s *Streams) ([]float64, string) {
	profile := newElevationProfile(s)
	if profile == nil {
		return nil, GAPFlat
	}
	factors := make([]float64, len(s.Time))
	last := math.NaN()
	for i, distance := range s.Distance {
		factors[i] = 1
		if math.IsNaN(distance) {
			continue
		}
		if distance > last {
			factors[i] = RunningCost(profile.gradeAround((last+distance)/2)) / flatCost
		} else if i > 0 {
			factors[i] = factors[i-1]
		}
		last = distance
	}
	return factors, GAPMinetti
}

// flatEquivalent returns the distance covered in the included time and the flat distance that costs as much, in m.
func flatEquivalent(s *Streams, base *timeBase, factors []float64) (distance, flat float64) {
	last := math.NaN()
	for i, at := range s.Distance {
		if math.IsNaN(at) {
			continue
		}
		step := at - last
		last = at
		if !(step > 0) || base.includedAt(i) == 0 {
			continue
		}
		distance += step
		if factors == nil {
			flat += step
		} else {
			flat += step * factors[i]
		}
	}
	return distance, flat
}
