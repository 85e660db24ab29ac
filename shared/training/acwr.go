package training

import "math"

// Windows of acute and chronic load, calendar days including rest days and the day itself.
const (
	acuteDays   = 7
	chronicDays = 28
)

// Workload is acute and chronic load and their ratios on the last of a run of days.
type Workload struct {
	Acute     Figure // mean of the last 7 days
	Chronic   Figure // mean of the last 28 days
	Coupled   Figure // acute / chronic: the headline
	Uncoupled Figure // acute / mean of days 8–28
	EWMA      Figure // Williams 2017, λ = 2/(N+1)
	Decayed   Figure // acute / exponentially decayed chronic
}

// CoupledRatio returns acute / chronic load of the last day of daily, mean of 7 over mean of 28 calendar days. Absent
// with fewer than 28 days or a chronic load of 0.
func CoupledRatio(daily []float64) Figure {
	if len(daily) < chronicDays {
		return Absent(ReasonShortHistory)
	}
	return ratio(meanOfLast(daily, acuteDays), meanOfLast(daily, chronicDays))
}

// UncoupledRatio returns the mean of the last 7 days over the mean of the 21 before them.
func UncoupledRatio(daily []float64) Figure {
	if len(daily) < chronicDays {
		return Absent(ReasonShortHistory)
	}
	before := daily[:len(daily)-acuteDays]
	return ratio(meanOfLast(daily, acuteDays), meanOfLast(before, chronicDays-acuteDays))
}

// DecayedRatio returns the mean of the last 7 days over Σ w·x / Σ w of the last days, w = e^(−rate · days ago). Days
// before the first activity do not exist: until the window is full it spans the history there is, at least 28 days.
func DecayedRatio(daily []float64, days int, rate float64) Figure {
	return decayedRatio(daily, decayWeights(days, rate))
}

func decayWeights(days int, rate float64) []float64 {
	weights := make([]float64, max(days, 0))
	for ago := range weights {
		weights[ago] = math.Exp(-rate * float64(ago))
	}
	return weights
}

func decayedRatio(daily, weights []float64) Figure {
	if len(daily) < chronicDays || len(weights) == 0 {
		return Absent(ReasonShortHistory)
	}
	load, weight := 0.0, 0.0
	last := len(daily) - 1
	for ago, w := range weights[:min(len(weights), len(daily))] {
		load += w * daily[last-ago]
		weight += w
	}
	return ratio(meanOfLast(daily, acuteDays), Known(load/weight))
}

// meanOfLast returns the mean of the last n days, summed afresh so that years of days leave no drift.
func meanOfLast(daily []float64, n int) Figure {
	if len(daily) < n {
		return Absent(ReasonShortHistory)
	}
	sum := 0.0
	for _, load := range daily[len(daily)-n:] {
		sum += load
	}
	return Known(sum / float64(n))
}

// WilliamsEWMA carries the exponentially weighted acute and chronic load of Williams et al., BJSM 51:209, 2017, from
// day to day: λ = 2/(N+1), N = 7 and 28, seeded with the first day's load.
type WilliamsEWMA struct {
	Acute, Chronic float64
	Days           int // days counted so far
}

// Add counts the next day's load.
func (w *WilliamsEWMA) Add(load float64) {
	w.Days++
	if w.Days == 1 {
		w.Acute, w.Chronic = load, load
		return
	}
	w.Acute += (load - w.Acute) * 2 / (acuteDays + 1)
	w.Chronic += (load - w.Chronic) * 2 / (chronicDays + 1)
}

// Ratio returns acute / chronic; absent before 28 days or when the chronic load is 0.
func (w *WilliamsEWMA) Ratio() Figure {
	if w.Days < chronicDays {
		return Absent(ReasonShortHistory)
	}
	return ratio(Known(w.Acute), Known(w.Chronic))
}

// workloadOn returns the workload of the last day of daily, given the EWMA up to that day.
func workloadOn(daily, weights []float64, ewma *WilliamsEWMA) Workload {
	return Workload{
		Acute:     meanOfLast(daily, acuteDays),
		Chronic:   meanOfLast(daily, chronicDays),
		Coupled:   CoupledRatio(daily),
		Uncoupled: UncoupledRatio(daily),
		EWMA:      ewma.Ratio(),
		Decayed:   decayedRatio(daily, weights),
	}
}

// Divergence returns (external − internal) / mean of both ratios: below 0 the body carries more than the distances
// say. Both 0 gives 0, a missing one gives none; bounded to −2…2.
func Divergence(external, internal Figure) Figure {
	if !external.Known {
		return external
	}
	if !internal.Known {
		return internal
	}
	if external.Value == 0 && internal.Value == 0 {
		return Known(0)
	}
	return Known((external.Value - internal.Value) / ((external.Value + internal.Value) / 2))
}
