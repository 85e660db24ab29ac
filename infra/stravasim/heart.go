package stravasim

// heart is a model of the heart rate under load: it follows the intensity with a lag, faster upwards than downwards,
// and drifts upwards in long sessions.
type heart struct {
	rest, max, threshold float64
	rate                 float64
	worked               float64 // seconds under load
}

func newHeart(p *profile) heart {
	return heart{rest: p.rest, max: p.max, threshold: p.threshold, rate: p.rest + 22}
}

// step advances one second at an intensity (metabolic power over that at threshold) and returns beats per minute.
// Steady state is linear in the intensity: a quarter of the way from rest to threshold when standing, threshold at 1.
// Drift is 4 % of the range per hour beyond the first forty minutes. The time constants, 24 s up and 48 s down, are in
// the range that is found for the fast component of heart rate kinetics.
func (h *heart) step(intensity float64) float64 {
	h.worked++
	target := h.rest + (h.threshold-h.rest)*(0.25+0.75*intensity)
	if h.worked > 2400 && intensity > 0.3 {
		target += 0.04 * (h.threshold - h.rest) * min((h.worked-2400)/3600, 2.5)
	}
	target = min(target, h.max-1)
	if target > h.rate {
		h.rate += (target - h.rate) / 24
	} else {
		h.rate += (target - h.rate) / 48
	}
	return h.rate
}
