package training

import "math"

// Windows of acute and chronic load, calendar days including rest days and the day itself.
const (
	acuteDays   = 7
	chronicDays = 28
)

// rollingSums are the loads of the last 7 days and of the 21 before them, summed afresh for every day so that years of
// days leave no drift.
type rollingSums struct {
	week, before float64
	mean         float64 // of the last 7 days
	days         int     // length of the history, up to 28
}

func sumsOf(daily []float64) rollingSums {
	sums := rollingSums{days: min(len(daily), chronicDays)}
	recent := daily[len(daily)-sums.days:]
	if sums.days == chronicDays { // week by week, since the processor waits for each addition to one sum
		var fourth, third, second float64
		for i := range acuteDays {
			fourth += recent[i]
			third += recent[acuteDays+i]
			second += recent[2*acuteDays+i]
			sums.week += recent[3*acuteDays+i]
		}
		sums.before = fourth + third + second
	} else {
		split := max(0, sums.days-acuteDays)
		sums.before, sums.week = sum(recent[:split]), sum(recent[split:])
	}
	sums.mean = sums.week / acuteDays
	return sums
}

func sum(values []float64) (total float64) {
	for _, value := range values {
		total += value
	}
	return total
}

func (r rollingSums) acute() Figure {
	if r.days < acuteDays {
		return Absent(ReasonShortHistory)
	}
	return Known(r.mean)
}

func (r rollingSums) chronic() Figure {
	if r.days < chronicDays {
		return Absent(ReasonShortHistory)
	}
	return Known((r.week + r.before) / chronicDays)
}

// over returns acute load / the given chronic load, withheld in the first 28 days.
func (r rollingSums) over(chronic float64) Figure {
	switch {
	case r.days < chronicDays:
		return Absent(ReasonShortHistory)
	case chronic == 0:
		return Absent(ReasonNoLoad)
	}
	return Known(r.mean / chronic)
}

func (r rollingSums) coupled() Figure { return r.over((r.week + r.before) / chronicDays) }

func (r rollingSums) uncoupled() Figure { return r.over(r.before / (chronicDays - acuteDays)) }

// CoupledRatio returns acute / chronic load of the last day of daily, mean of 7 over mean of 28 calendar days. Absent
// with fewer than 28 days or a chronic load of 0.
func CoupledRatio(daily []float64) Figure { return sumsOf(daily).coupled() }

// UncoupledRatio returns the mean of the last 7 days over the mean of the 21 before them.
func UncoupledRatio(daily []float64) Figure { return sumsOf(daily).uncoupled() }

// DecayedRatio returns the mean of the last 7 days over Σ w·x / Σ w of the last days, w = e^(−rate · days ago). Days
// before the first activity do not exist: until the window is full it spans the history there is, at least 28 days.
func DecayedRatio(daily []float64, days int, rate float64) Figure {
	return sumsOf(daily).over(newDecay(days, rate).chronic(daily))
}

// decay holds the weights of the decayed chronic load, today's last, and the sums of the last n of them.
type decay struct{ weights, sums []float64 }

func newDecay(days int, rate float64) decay {
	weights, sums := make([]float64, max(days, 0)), make([]float64, max(days, 0)+1)
	for ago := range weights {
		weight := math.Exp(-rate * float64(ago))
		weights[len(weights)-1-ago] = weight
		sums[ago+1] = sums[ago] + weight
	}
	return decay{weights: weights, sums: sums}
}

// chronic returns the weighted mean of the last days; 0 without any.
func (d decay) chronic(daily []float64) float64 {
	days := min(len(d.weights), len(daily))
	if days == 0 {
		return 0
	}
	recent := daily[len(daily)-days:]
	weights := d.weights[len(d.weights)-days:]
	var even, odd float64 // two sums, since the processor waits for each addition to one
	i := 0
	for ; i+1 < len(recent); i += 2 {
		even += weights[i] * recent[i]
		odd += weights[i+1] * recent[i+1]
	}
	if i < len(recent) {
		even += weights[i] * recent[i]
	}
	return (even + odd) / d.sums[days]
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
