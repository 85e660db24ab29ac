package stravasim

import "math"

// derive fills the measured facts of a summary from the streams by the rules found in real data: heart rate, power
// and cadence are means over the samples flagged as moving (a power that is null counts 0, a heart rate or cadence
// that is null does not count); moving_time is the time that ends in such samples; kilojoules are the mean power
// times moving_time. Elevation gain counts swings of more than half a metre.
func derive(a *Activity, s *Samples) {
	n := len(s.Time)
	if n == 0 {
		return
	}
	a.ElapsedTime = s.Time[n-1] - s.Time[0]
	a.MovingTime = a.ElapsedTime
	if len(s.Moving) == n {
		a.MovingTime = movingTime(s)
	}
	if len(s.Distance) > 0 {
		a.Distance = lastNumber(s.Distance)
	}
	a.AverageSpeed = 0
	if a.MovingTime > 0 {
		a.AverageSpeed = math.Round(a.Distance/float64(a.MovingTime)*1000) / 1000
	}
	_, a.MaxSpeed = bounds(s.Velocity)
	if low, high := bounds(s.Altitude); s.has("altitude") {
		a.ElevLow, a.ElevHigh = &low, &high
		a.TotalElevationGain = tenth(climb(s.Altitude))
	}
	if mean, ok := meanMoving(s.Cadence, s.Moving, false); ok {
		mean = tenth(mean)
		a.AverageCadence = &mean
	}
	if mean, ok := meanMoving(s.Temp, nil, false); ok {
		whole := int(math.Round(mean))
		a.AverageTemp = &whole
	}
	deriveHeart(a, s)
	derivePower(a, s)
}

func deriveHeart(a *Activity, s *Samples) {
	mean, ok := meanMoving(s.HeartRate, s.Moving, false)
	a.HasHeartrate = ok
	a.DisplayHide = ok
	if !ok {
		return
	}
	mean = tenth(mean)
	_, highest := bounds(s.HeartRate)
	score := math.Round(float64(a.MovingTime) / 3600 * 100 * math.Pow(max(mean-60, 0)/110, 3))
	a.AverageHeartrate, a.MaxHeartrate, a.SufferScore = &mean, &highest, &score
}

func derivePower(a *Activity, s *Samples) {
	mean, ok := meanMoving(s.Watts, s.Moving, true)
	if !ok {
		return
	}
	average, energy, device := tenth(mean), tenth(mean*float64(a.MovingTime)/1000), true
	_, highest := bounds(s.Watts)
	weighted, peak := int(math.Round(weightedPower(s.Watts))), int(highest)
	a.AverageWatts, a.Kilojoules, a.WeightedWatts = &average, &energy, &weighted
	a.MaxWatts, a.DeviceWatts = &peak, &device
}

// movingTime sums the time steps that end in a moving sample. A step longer than half a minute is a pause even when
// its end is flagged, unless the streams are that sparse throughout (one sample per length of a pool).
func movingTime(s *Samples) int {
	sparse := len(s.Time) > 1 && (s.Time[len(s.Time)-1]-s.Time[0])/(len(s.Time)-1) > 10
	total := 0
	for i := 1; i < len(s.Time); i++ {
		if step := s.Time[i] - s.Time[i-1]; s.Moving[i] && step > 0 && (step <= 30 || sparse) {
			total += step
		}
	}
	return total
}

// meanMoving is the mean over the samples that are flagged as moving, or over all when there are no flags or none of
// them is set. Nulls count as 0 or not at all.
func meanMoving(values []float64, moving []bool, nullIsZero bool) (float64, bool) {
	if len(moving) != len(values) {
		moving = nil
	}
	sum, n := 0.0, 0
	for i, v := range values {
		if moving != nil && !moving[i] {
			continue
		}
		if math.IsNaN(v) {
			if nullIsZero {
				n++
			}
			continue
		}
		sum += v
		n++
	}
	if n == 0 && moving != nil {
		return meanMoving(values, nil, nullIsZero)
	}
	return sum / float64(max(n, 1)), n > 0
}

// climb sums the rises of a height profile; swings of up to half a metre are noise of the barometer.
func climb(heights []float64) float64 {
	const swing = 0.5
	total, low, high := 0.0, math.Inf(1), math.Inf(-1)
	rising := false
	for _, h := range heights {
		if math.IsNaN(h) {
			continue
		}
		if rising {
			high = max(high, h)
			if h < high-swing {
				total += high - low
				rising, low = false, h
			}
			continue
		}
		low = min(low, h)
		if h > low+swing {
			rising, high = true, h
		}
	}
	if rising {
		total += high - low
	}
	return total
}

// weightedPower is xPower: a 25 s exponential mean, averaged in the fourth power. It reproduces the
// weighted_average_watts of the real activities at hand.
func weightedPower(watts []float64) float64 {
	smoothed, sum := 0.0, 0.0
	for _, w := range watts {
		if math.IsNaN(w) {
			w = 0
		}
		smoothed += (w - smoothed) / 25
		square := smoothed * smoothed
		sum += square * square
	}
	return math.Pow(sum/float64(max(len(watts), 1)), 0.25)
}

// bounds returns the least and the greatest value; nulls do not count, 0 and 0 without values.
func bounds(values []float64) (low, high float64) {
	found := false
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if !found {
			low, high, found = v, v, true
			continue
		}
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

func lastNumber(values []float64) float64 {
	for i := len(values) - 1; i >= 0; i-- {
		if !math.IsNaN(values[i]) {
			return values[i]
		}
	}
	return 0
}
