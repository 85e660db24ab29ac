package stravasim

import "math/rand/v2"

// effort is a part of a session at one intensity, where 1 is the athlete's threshold.
type effort struct {
	seconds   int
	intensity float64
}

// efforts returns the course of a session's intensity; its parts add up to the given number of seconds.
func efforts(r *rand.Rand, s shape, seconds int) []effort {
	easy := 0.7 + 0.06*r.Float64()
	warm := min(600, seconds/4)
	rest := seconds - warm
	parts := []effort{{warm, easy - 0.08}}
	switch s {
	case intervals:
		for rest > 900 {
			parts = append(parts, effort{210, 1.03 + 0.03*r.Float64()}, effort{120, 0.58})
			rest -= 330
		}
		return append(parts, effort{rest, easy - 0.06})
	case tempo:
		block := rest / 3
		parts = append(parts, effort{block, 0.92}, effort{180, 0.62}, effort{block, 0.94})
		return append(parts, effort{rest - 2*block - 180, easy - 0.04})
	case long:
		return append(parts, effort{rest / 2, easy + 0.02}, effort{rest - rest/2, easy - 0.03})
	case race:
		return append(parts, effort{rest * 2 / 3, 0.93}, effort{rest - rest*2/3, 0.87})
	}
	return append(parts, effort{rest, easy})
}

// course walks through the efforts second by second.
type course struct {
	parts []effort
	left  int
}

// next returns the intensity of the next second.
func (c *course) next() float64 {
	for c.left <= 0 && len(c.parts) > 1 {
		c.parts = c.parts[1:]
		c.left = c.parts[0].seconds
	}
	c.left--
	return c.parts[0].intensity
}

func newCourse(parts []effort) course {
	return course{parts: parts, left: parts[0].seconds}
}
