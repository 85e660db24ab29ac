package training

import "math"

// Time constants of fitness and fatigue, days.
const (
	ctlDays       = 42
	atlDays       = 7
	rampDays      = 7
	monotonyDays  = acuteDays
	monotonyLimit = 10
	restTRIMP     = 10 // AU up to which a day counts as rest
)

// Weights of a day in chronic and acute training load, 1 − e^(−1/τ).
var (
	ctlAlpha = -math.Expm1(-1.0 / ctlDays)
	atlAlpha = -math.Expm1(-1.0 / atlDays)
)

// Fitness carries chronic (CTL, 42 days) and acute (ATL, 7 days) training load from day to day:
// v += (load − v)·(1 − e^(−1/τ)). Its zero value is the day before the first activity.
type Fitness struct {
	CTL, ATL float64
	TSB      float64 // training stress balance of the day: the previous day's CTL − ATL
}

// Add counts the next day's load.
func (f *Fitness) Add(load float64) {
	f.TSB = f.CTL - f.ATL
	f.CTL += (load - f.CTL) * ctlAlpha
	f.ATL += (load - f.ATL) * atlAlpha
}

// Monotony returns mean / population standard deviation of the last 7 days (Foster, MSSE 30:1164, 1998), capped at 10;
// absent before 7 days and in a week without load.
func Monotony(daily []float64) Figure { return sumsOf(daily).monotony(daily) }

// monotony is that of the days whose sums these are.
func (r rollingSums) monotony(daily []float64) Figure {
	if r.days < monotonyDays {
		return Absent(ReasonShortHistory)
	}
	if r.week == 0 {
		return Absent(ReasonNoLoad)
	}
	squares := 0.0
	for _, load := range daily[len(daily)-monotonyDays:] {
		squares += (load - r.mean) * (load - r.mean)
	}
	deviation := math.Sqrt(squares / monotonyDays)
	if deviation*monotonyLimit <= r.mean {
		return Known(monotonyLimit)
	}
	return Known(r.mean / deviation)
}

// Strain returns the load of the last 7 days · monotony.
func Strain(daily []float64) Figure {
	sums := sumsOf(daily)
	return sums.strain(sums.monotony(daily))
}

func (r rollingSums) strain(monotony Figure) Figure {
	if !monotony.Known {
		return monotony
	}
	return Known(r.week * monotony.Value)
}
