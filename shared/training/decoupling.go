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
// Included time with valid heart rate is split into halves; a sample belongs to the first while the time up to its end
// is at most half.
func decouplings(sport Sport, s *Streams, base *timeBase, factors []float64) []Decoupling {
	onFoot := (sport == SportRun || sport == SportWalk) && s.Velocity != nil
	if s.HeartRate == nil || s.Watts == nil && !onFoot {
		return nil
	}
	var valid int64
	for i, rate := range s.HeartRate {
		if validHeartRate(rate) {
			valid += base.includedAt(i)
		}
	}
	if valid < shortestDecouplingS || float64(valid) < fullCoverage*float64(base.included) {
		return nil
	}
	var halves [2]halfSums
	var passed int64
	for i, rate := range s.HeartRate {
		step := base.includedAt(i)
		if step == 0 || !validHeartRate(rate) {
			continue
		}
		passed += step
		half := &halves[0]
		if 2*passed > valid {
			half = &halves[1]
		}
		seconds := float64(step)
		half.seconds += seconds
		half.beats += seconds * float64(rate)
		if s.Watts != nil {
			half.watts += seconds * float64(max(s.Watts[i], 0))
		}
		if onFoot {
			speed := orZero(s.Velocity[i])
			half.speed += seconds * speed
			if factors != nil {
				half.gap += seconds * speed * factors[i]
			}
		}
	}
	var found []Decoupling
	for _, signal := range []struct {
		name          string
		there         bool
		first, second float64
	}{
		{SignalWatts, s.Watts != nil, halves[0].watts, halves[1].watts},
		{SignalGAP, onFoot && factors != nil, halves[0].gap, halves[1].gap},
		{SignalSpeed, onFoot, halves[0].speed, halves[1].speed},
	} {
		first, second := signal.first/halves[0].beats, signal.second/halves[1].beats
		if percent := DecouplingPercent(first, second); signal.there && percent.Known {
			found = append(found, Decoupling{Signal: signal.name, EFFirst: first, EFSecond: second, Percent: percent.Value,
				HalfS: [2]float64{halves[0].seconds, halves[1].seconds}})
		}
	}
	return found
}

// halfSums are the time-weighted sums over one half of an activity.
type halfSums struct{ seconds, beats, watts, gap, speed float64 }

func orZero(value float64) float64 {
	if math.IsNaN(value) {
		return 0
	}
	return value
}

func validHeartRate(rate uint8) bool { return rate >= lowestHeartRate && rate <= highestHeartRate }
