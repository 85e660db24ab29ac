package training

// CriticalPower is the two-parameter model work = W′ + CP·time (Monod & Scherrer 1965), to be shown with its fit and
// never taken for FTP by itself.
type CriticalPower struct {
	Watts    float64 `json:"watts"`     // CP, W
	WPrimeJ  float64 `json:"w_prime_j"` // W′, J
	RSquared float64 `json:"r_squared"` // share of the work's variance explained, 0–1
}

// FitCriticalPower fits the model by least squares of work on time over maximal efforts. Only efforts of 2 to 20
// minutes enter; false with fewer than two different durations among them.
func FitCriticalPower(efforts []BestPower) (CriticalPower, bool) {
	const shortest, longest = 2 * 60, 20 * 60
	var n, sumT, sumW, sumTT, sumTW, sumWW float64
	for _, effort := range efforts {
		if effort.Seconds < shortest || effort.Seconds > longest {
			continue
		}
		t := float64(effort.Seconds)
		work := effort.Watts * t
		n++
		sumT += t
		sumW += work
		sumTT += t * t
		sumTW += t * work
		sumWW += work * work
	}
	spreadT, spreadTW, spreadW := n*sumTT-sumT*sumT, n*sumTW-sumT*sumW, n*sumWW-sumW*sumW
	if n < 2 || spreadT <= 0 {
		return CriticalPower{}, false
	}
	fit := CriticalPower{Watts: spreadTW / spreadT, RSquared: 1}
	fit.WPrimeJ = (sumW - fit.Watts*sumT) / n
	if spreadW > 0 {
		fit.RSquared = spreadTW * spreadTW / (spreadT * spreadW)
	}
	return fit, true
}
