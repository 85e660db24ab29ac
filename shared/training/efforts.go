package training

import "math"

// BestPower is the highest mean power over a duration.
type BestPower struct {
	Seconds int     `json:"seconds"`
	Watts   float64 `json:"watts"`
}

// BestDistance is the shortest elapsed time over a distance, pauses included as in Strava's best efforts.
type BestDistance struct {
	Metres  float64 `json:"metres"`
	Seconds float64 `json:"seconds"`
}

// Durations and distances the best efforts are looked for at.
var (
	bestPowerS = []int{1, 5, 10, 15, 30, 60, 120, 180, 300, 480, 600, 900, 1200, 1800, 2700, 3600, 5400, 7200, 10800, 18000}
	bestFootM  = []float64{400, 805, 1000, 1609, 3219, 5000, 10000, 15000, 16090, 20000, 21097, 30000, 42195, 50000, 100000}
	bestRideM  = []float64{5000, 10000, 20000, 30000, 40000, 50000, 80000, 100000, 160934, 200000}
	bestSwimM  = []float64{100, 200, 400, 750, 800, 1000, 1500, 1900, 3000, 3800, 5000, 10000}
)

// BestPowers returns the best mean power of a 1 Hz series over every usual duration that it is long enough for.
func BestPowers(series []int32) []BestPower {
	sums := make([]int64, len(series)+1)
	for i, watts := range series {
		sums[i+1] = sums[i] + int64(watts)
	}
	var found []BestPower
	for _, seconds := range bestPowerS {
		if seconds > len(series) {
			break
		}
		found = append(found, BestPower{Seconds: seconds, Watts: bestSum(sums, seconds) / float64(seconds)})
	}
	return found
}

// BestMeanPower returns the highest mean power over the given seconds of a 1 Hz series, in watts.
func BestMeanPower(series []int32, seconds int) Figure {
	if seconds < 1 || seconds > len(series) {
		return Absent(ReasonTooShort)
	}
	sums := make([]int64, len(series)+1)
	for i, watts := range series {
		sums[i+1] = sums[i] + int64(watts)
	}
	return Known(bestSum(sums, seconds) / float64(seconds))
}

// bestSum returns the largest sum over a window of the series whose prefix sums are given.
func bestSum(sums []int64, window int) float64 {
	best := int64(math.MinInt64)
	ends := sums[window:]
	for i, end := range ends {
		best = max(best, end-sums[i])
	}
	return float64(best)
}

func bestDistances(sport Sport, s *Streams) []BestDistance {
	var metres []float64
	switch sport {
	case SportRun, SportWalk:
		metres = bestFootM
	case SportRide:
		metres = bestRideM
	case SportSwim:
		metres = bestSwimM
	}
	if metres == nil || s.Distance == nil {
		return nil
	}
	time, distance := elapsedOverDistance(s)
	var found []BestDistance
	for _, length := range metres {
		seconds, ok := bestTime(time, distance, length)
		if !ok {
			break
		}
		found = append(found, BestDistance{Metres: length, Seconds: seconds})
	}
	return found
}

// BestTime returns the shortest elapsed time in s over the given metres, interpolated at both ends.
func BestTime(s Streams, metres float64) Figure {
	if s.Validate() != nil || s.Distance == nil || !(metres > 0) {
		return Absent(ReasonNoDistance)
	}
	time, distance := elapsedOverDistance(&s)
	seconds, ok := bestTime(time, distance, metres)
	if !ok {
		return Absent(ReasonTooShort)
	}
	return Known(seconds)
}

// elapsedOverDistance returns a clock that never goes back and a distance that never shrinks, so that a clock jump
// makes the windows across it slow instead of impossibly fast.
func elapsedOverDistance(s *Streams) (time, distance []float64) {
	time = make([]float64, 0, len(s.Time))
	distance = make([]float64, 0, len(s.Time))
	elapsed, furthest := 0.0, math.Inf(-1)
	for i, at := range s.Distance {
		if i > 0 {
			elapsed += max(0, float64(s.Time[i])-float64(s.Time[i-1]))
		}
		if math.IsNaN(at) || math.IsInf(at, 0) {
			continue
		}
		furthest = max(furthest, at)
		time = append(time, elapsed)
		distance = append(distance, furthest)
	}
	return time, distance
}

// bestTime moves two pointers over the samples: the best window either begins or ends on one, since speed is constant
// between samples.
func bestTime(time, distance []float64, metres float64) (float64, bool) {
	n := len(distance)
	if n < 2 || distance[n-1]-distance[0] < metres {
		return 0, false
	}
	best := math.Inf(1)
	behind := 0
	for end := 1; end < n; end++ { // windows that end on a sample
		from := distance[end] - metres
		if from < distance[0] {
			continue
		}
		for distance[behind+1] <= from {
			behind++
		}
		if time[end]-time[behind+1] >= best {
			continue // too slow wherever in the segment it began
		}
		best = min(best, time[end]-timeAt(time, distance, behind, from))
	}
	ahead := 0
	for start := 0; start < n-1; start++ { // windows that begin on a sample
		to := distance[start] + metres
		if to > distance[n-1] {
			break
		}
		for ahead < n-2 && distance[ahead+1] < to {
			ahead++
		}
		if time[ahead]-time[start] >= best {
			continue
		}
		best = min(best, timeAt(time, distance, ahead, to)-time[start])
	}
	return best, true
}

// timeAt interpolates the time of a distance within the segment that begins at i.
func timeAt(time, distance []float64, i int, at float64) float64 {
	length := distance[i+1] - distance[i]
	if length <= 0 {
		return time[i]
	}
	return time[i] + (at-distance[i])/length*(time[i+1]-time[i])
}
