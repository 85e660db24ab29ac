package training

import "math"

const shortestDecouplingS = 20 * 60

// Decoupling is how far output per heartbeat fell from the first to the second half of an activity, in percent (Friel).
// It says something about steady efforts only.
type Decoupling struct {
	Signal   string     `json:"signal"`       // what is divided by heart rate: SignalWatts, SignalGAP or SignalSpeed
	EFFirst  float64    `json:"ef_first"`     // mean signal / mean heart rate, first half
	EFSecond float64    `json:"ef_second"`    // the same, second half
	Percent  float64    `json:"percent"`      // (first − second) / first · 100
	HalfS    [2]float64 `json:"half_seconds"` // s in each half
}

// The signals of a decoupling.
const (
	SignalWatts = "watts"           // W
	SignalGAP   = "gap_speed"       // m/s, grade-adjusted
	SignalSpeed = "velocity_smooth" // m/s
)

// DecouplingPercent returns (first − second) / first · 100 of two efficiency factors.
func DecouplingPercent(first, second float64) Figure {
	if !(first > 0) {
		return Absent(ReasonNoLoad)
	}
	return Known((first - second) / first * 100)
}

// decouplings returns the decoupling of every signal that the sport and the streams offer, the preferred one first.
func decouplings(sport Sport, s *Streams, base *timeBase, factors []float64) []Decoupling {
	if s.HeartRate == nil {
		return nil
	}
	var found []Decoupling
	add := func(signal string, at func(i int) float64) {
		if decoupling, ok := decouple(s, base, at); ok {
			decoupling.Signal = signal
			found = append(found, decoupling)
		}
	}
	if s.Watts != nil {
		add(SignalWatts, func(i int) float64 { return float64(max(s.Watts[i], 0)) })
	}
	if (sport == SportRun || sport == SportWalk) && s.Velocity != nil {
		if factors != nil {
			add(SignalGAP, func(i int) float64 { return orZero(s.Velocity[i]) * factors[i] })
		}
		add(SignalSpeed, func(i int) float64 { return orZero(s.Velocity[i]) })
	}
	return found
}

func orZero(value float64) float64 {
	if math.IsNaN(value) {
		return 0
	}
	return value
}

// decouple splits the included time with valid heart rate into halves; a sample belongs to the first while the time up
// to its end is at most half.
func decouple(s *Streams, base *timeBase, signal func(i int) float64) (Decoupling, bool) {
	var valid int64
	for i, rate := range s.HeartRate {
		if validHeartRate(rate) {
			valid += base.includedAt(i)
		}
	}
	if valid < shortestDecouplingS || float64(valid) < fullCoverage*float64(base.included) {
		return Decoupling{}, false
	}
	var output, beats, seconds [2]float64
	var passed int64
	for i, rate := range s.HeartRate {
		step := base.includedAt(i)
		if step == 0 || !validHeartRate(rate) {
			continue
		}
		passed += step
		half := 0
		if 2*passed > valid {
			half = 1
		}
		seconds[half] += float64(step)
		output[half] += float64(step) * signal(i)
		beats[half] += float64(step) * float64(rate)
	}
	if beats[0] == 0 || beats[1] == 0 {
		return Decoupling{}, false
	}
	result := Decoupling{EFFirst: output[0] / beats[0], EFSecond: output[1] / beats[1], HalfS: seconds}
	percent := DecouplingPercent(result.EFFirst, result.EFSecond)
	result.Percent = percent.Value
	return result, percent.Known
}

func validHeartRate(rate uint8) bool { return rate >= lowestHeartRate && rate <= highestHeartRate }
