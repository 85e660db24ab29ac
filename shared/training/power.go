package training

import "math"

const (
	normalizedWindow = 30 // s of the rolling mean below normalized power
	xPowerTau        = 25 // s, time constant of xPower's weighted mean
	shortPowerS      = 20 * 60
	longestSeriesS   = 14 * 24 * 60 * 60 // beyond this the clock is wrong, not the ride long
)

// powerSeries expands the power of s to one value per recorded second: the first sample once, every other w_i for its
// recorded seconds. Missing watts count 0, as in Strava's averages; pauses insert nothing, standing still does (zeros
// are real power). Nil when there is no power or the clock is implausible.
func powerSeries(s *Streams, base *timeBase) ([]int32, Reason) {
	if s.Watts == nil {
		return nil, ReasonNoPower
	}
	if base.recorded > longestSeriesS {
		return nil, ReasonImplausibleClock
	}
	measured := false
	series := make([]int32, 0, base.recorded+1)
	for i, watts := range s.Watts {
		measured = measured || watts >= 0
		power := int32(max(watts, 0))
		if i == 0 {
			series = append(series, power)
		}
		for range base.recordedAt(i) {
			series = append(series, power)
		}
	}
	if !measured {
		return nil, ReasonNoPower
	}
	return series, ""
}

// NormalizedPower returns (mean of (30 s mean)⁴)^¼ over full windows of a 1 Hz series, in watts (Coggan 2003; the same
// windows as Garmin's, Hammerhead's and Zwift's devices). Absent below 30 s.
func NormalizedPower(series []int32) Figure {
	if len(series) < normalizedWindow {
		return Absent(ReasonTooShort)
	}
	var window int64
	for _, watts := range series[:normalizedWindow] {
		window += int64(watts)
	}
	sum := fourth(float64(window))
	for i := normalizedWindow; i < len(series); i++ {
		window += int64(series[i]) - int64(series[i-normalizedWindow])
		sum += fourth(float64(window))
	}
	windows := float64(len(series) - normalizedWindow + 1)
	return Known(math.Sqrt(math.Sqrt(sum/windows)) / normalizedWindow)
}

// xPowerAlpha is the weight of a new second in xPower's mean.
var xPowerAlpha = -math.Expm1(-1.0 / xPowerTau)

// XPower returns the fourth-power mean of the exponentially weighted power of a 1 Hz series (time constant 25 s, seeded
// with the first second, every second counted), in watts (Skiba 2006). It explains Strava's weighted average and never
// stands in for normalized power.
func XPower(series []int32) Figure {
	if len(series) == 0 {
		return Absent(ReasonNoPower)
	}
	weighted, sum := float64(series[0]), 0.0
	for _, watts := range series {
		weighted += (float64(watts) - weighted) * xPowerAlpha
		sum += fourth(weighted)
	}
	return Known(math.Sqrt(math.Sqrt(sum / float64(len(series)))))
}

// MeanPower returns the mean of a 1 Hz series, in watts.
func MeanPower(series []int32) Figure {
	if len(series) == 0 {
		return Absent(ReasonNoPower)
	}
	return Known(sumPower(series) / float64(len(series)))
}

func sumPower(series []int32) float64 {
	var sum int64
	for _, watts := range series {
		sum += int64(watts)
	}
	return float64(sum)
}

func fourth(value float64) float64 {
	square := value * value
	return square * square
}

// IntensityFactor returns normalized power / FTP.
func IntensityFactor(normalized Figure, ftp Threshold) Figure {
	if !normalized.Known {
		return normalized
	}
	if !ftp.IsKnown() {
		return Absent(ReasonNoFTP)
	}
	return Known(normalized.Value / ftp.Value)
}

// PowerTSS returns hours · IF² · 100 (Coggan): 100 is one hour at FTP. seconds is the recorded time.
func PowerTSS(intensity Figure, seconds float64) Figure {
	if !intensity.Known {
		return intensity
	}
	return Known(seconds / 3600 * intensity.Value * intensity.Value * 100)
}
