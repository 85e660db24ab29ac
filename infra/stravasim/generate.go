package stravasim

import (
	"math"
	"math/rand/v2"
)

// generate writes the streams of a session into out, which is emptied first. The same profile and session always
// give the same streams. A manual session has none.
func (p *profile) generate(s session, out *Samples) {
	out.reset()
	if s.Manual {
		return
	}
	if s.Sport == "Swim" && s.Indoor {
		p.generatePool(s, out)
		return
	}
	g := newGenerator(p, s, out)
	for !g.finished() {
		g.second()
	}
}

// generator simulates one session at one second per step and records it as the watch of the athlete does.
type generator struct {
	*profile
	session
	out     *Samples
	r       *rand.Rand
	ground  terrain
	course  course
	heart   heart
	seconds int // planned duration

	t, recordAt       int
	distance, v, load float64 // load: smoothed intensity that the heart answers
	noise, shown      float64 // shown: velocity as the watch smooths it
	stop              int     // seconds left of a stop
	resumed           bool    // the next sample is the first one after a gap
	hrLost, wattsLost int     // seconds left of a dropout
	riding, strap     bool
	temp              float64 // °C
	grade, c, slowing float64 // cost of the grade and what it takes from the speed, kept while the grade stays
}

func newGenerator(p *profile, s session, out *Samples) *generator {
	r := rand.New(rand.NewPCG(s.Seed, 0x57a7a))
	g := &generator{profile: p, session: s, out: out, r: r, seconds: int(s.Minutes * 60)}
	g.riding = s.Sport == "Ride" || s.Sport == "VirtualRide"
	g.strap = p.heartRate && !s.NoStrap
	longest := float64(g.seconds) * g.runSpeed * 1.4
	if g.riding {
		longest = float64(g.seconds) * 19
	}
	g.ground = newTerrain(r, longest, s.Hills*(0.8+0.4*r.Float64()))
	g.course = newCourse(efforts(r, s.Shape, g.seconds))
	g.heart = newHeart(p)
	g.temp = math.Round(14 + 8*math.Sin(float64(s.Start.YearDay()-100)*2*math.Pi/365))
	g.c, g.slowing = 1, 1
	out.grow(g.seconds)
	return g
}

func (g *generator) finished() bool { return g.t >= g.seconds }

// second advances by one second; in a stop with automatic pause, over the whole stop.
func (g *generator) second() {
	if g.stop == 0 && g.t > 60 && g.Sport != "WeightTraining" && !g.Indoor && g.r.Float64() < 1.0/900 {
		g.stop = 8 + g.r.IntN(50)
		if g.recording == smart && g.r.Float64() < 0.2 {
			g.stop *= 8
		}
		if g.Autostop {
			for range g.stop {
				g.heart.step(0)
			}
			g.t += g.stop
			g.stop, g.resumed, g.v, g.shown, g.recordAt = 0, true, 0, 0, g.t
		}
	}
	g.noise = 0.96*g.noise + 0.04*(2*g.r.Float64()-1)
	height, grade := g.ground.at(g.distance)
	watts := 0.0
	switch {
	case g.stop > 0:
		g.stop--
		g.v, g.load = 0, 0.9*g.load
	case g.Sport == "WeightTraining":
		g.v, g.load = 0, g.load+(0.45*(1+3*g.noise)-g.load)/40
	case g.riding:
		watts = g.ride(grade)
	default:
		g.run(grade)
	}
	if g.t > 0 {
		g.distance += g.v // the first sample is the start line
	}
	g.shown += (g.v - g.shown) / 3
	rate := g.heart.step(g.load)
	if g.t >= g.recordAt {
		g.record(height, grade, rate, watts)
		g.resumed = false
		g.recordAt = g.t + 1
		if g.recording == smart {
			g.recordAt += g.r.IntN(7) * g.r.IntN(2)
		}
	}
	g.t++
}

// cost is the energy cost of running on a grade relative to the flat (Minetti et al., J Appl Physiol 93:1039, 2002).
func cost(grade float64) float64 {
	g := max(-0.3, min(0.3, grade))
	return (155.4*g*g*g*g*g - 30.4*g*g*g*g - 43.3*g*g*g + 46.3*g*g + 19.5*g + 3.6) / 3.6
}

// run moves a runner or walker by one second: speed is what the intensity pays for on this grade, a little less
// evenly than the cost asks for, so that the heart rate rises in climbs.
func (g *generator) run(grade float64) {
	intensity := g.course.next() * (1 + 0.35*g.noise)
	if g.Sport == "Hike" || g.Sport == "Walk" {
		intensity *= 0.62
	}
	if grade != g.grade {
		g.grade, g.c = grade, cost(grade)
		g.slowing = math.Pow(g.c, 0.88)
	}
	target := g.runSpeed * intensity / g.slowing
	target = max(1.0, min(target, g.runSpeed*intensity*1.3))
	g.v += (target - g.v) / 4
	g.load += (g.v*g.c/g.runSpeed - g.load) / 6
}

// ride moves a cyclist by one second under the balance of power (rolling, air, grade) and returns the power in watts.
func (g *generator) ride(grade float64) float64 {
	watts := g.ftp * g.course.next() * (1 + 1.6*g.noise)
	if grade > 0.02 {
		watts *= 1 + 2*min(grade, 0.1)
	}
	if g.v > 14.5 || (grade < -0.035 && g.v > 9) || g.r.Float64() < 0.004 {
		watts = 0 // coasting
	}
	watts = max(0, watts)
	mass := g.weight + 9
	force := watts*0.97/max(g.v, 2) - mass*9.81*(0.005+grade) - 0.5*1.2*0.32*g.v*g.v
	g.v = max(1.7, min(g.v+force/mass, 18.5))
	g.load += (watts/g.ftp - g.load) / 20
	return math.Round(watts)
}

// record appends one sample, rounded as Strava serves it.
func (g *generator) record(height, grade, rate, watts float64) {
	out := g.out
	out.Time = append(out.Time, g.t)
	moving := g.Sport == "WeightTraining" || (g.shown > movingThreshold(g.Sport) && !g.resumed && g.t > 0)
	out.Moving = append(out.Moving, moving)
	if g.Sport != "WeightTraining" {
		out.Distance = append(out.Distance, tenth(g.distance))
		out.Velocity = append(out.Velocity, tenth(g.shown))
		out.Cadence = append(out.Cadence, g.steps(watts))
	}
	if !g.Indoor {
		out.Altitude = append(out.Altitude, math.Round(height*5)/5)
		out.Grade = append(out.Grade, tenth(grade*100))
		out.Temp = append(out.Temp, g.temp)
	}
	if g.strap {
		out.HeartRate = append(out.HeartRate, g.beats(rate))
	}
	if g.riding && g.power {
		out.Watts = append(out.Watts, g.measured(watts))
	}
}

// steps is the cadence: revolutions of the crank, or of one leg as Strava counts runs.
func (g *generator) steps(watts float64) float64 {
	switch {
	case g.v == 0 || (g.riding && watts == 0):
		return 0
	case g.riding:
		return math.Round(86 + 30*g.noise)
	case g.v < 1.7:
		return math.Round(52 + 6*g.v)
	}
	return math.Round(74 + 3.4*g.v + 10*g.noise)
}

// beats is what the strap delivers: the rate with a jitter of a beat, null in a dropout.
func (g *generator) beats(rate float64) float64 {
	chance := 1.0 / 14000
	if g.recording == smart {
		chance = 1.0 / 900
	}
	if g.hrLost == 0 && g.r.Float64() < chance {
		g.hrLost = 5 + g.r.IntN(75)
	}
	if g.hrLost > 0 {
		g.hrLost--
		return null
	}
	return math.Round(rate + 1.2*(g.r.Float64()-0.5))
}

// measured is what the power meter delivers: null for a few seconds now and then.
func (g *generator) measured(watts float64) float64 {
	if g.wattsLost == 0 && g.r.Float64() < 1.0/700 {
		g.wattsLost = 1 + g.r.IntN(6)
	}
	if g.wattsLost > 0 {
		g.wattsLost--
		return null
	}
	return watts
}

// generatePool writes a swim in a 25 m pool as watches do: one sample at the end of each length.
func (p *profile) generatePool(s session, out *Samples) {
	r := rand.New(rand.NewPCG(s.Seed, 0x57a7a))
	course := newCourse(efforts(r, s.Shape, int(s.Minutes*60)))
	h := newHeart(p)
	t, distance := 0, 0.0
	sample := func(v, strokes float64) {
		out.Time = append(out.Time, t)
		out.Moving = append(out.Moving, v > 0)
		out.Distance = append(out.Distance, distance)
		out.Velocity = append(out.Velocity, tenth(v))
		out.Cadence = append(out.Cadence, strokes)
		if p.heartRate && !s.NoStrap {
			out.HeartRate = append(out.HeartRate, math.Round(h.rate-10))
		}
	}
	sample(0, 0)
	for length := 1; t < int(s.Minutes*60); length++ {
		intensity := course.next()
		seconds := max(int(25/(p.swimSpeed*(0.3+0.7*intensity))+2*r.Float64()), 12)
		for range seconds {
			course.next()
			h.step(intensity)
		}
		t += seconds
		distance += 25
		sample(25/float64(seconds), math.Round(27+6*r.Float64()))
		if length%8 == 0 {
			rest := 15 + r.IntN(20)
			for range rest {
				h.step(0.1)
			}
			t += rest
			sample(0, 0)
		}
	}
}

// movingThreshold is the speed in m/s below which Strava takes an athlete to stand: 30 min/mile for runs; the others
// are estimates.
func movingThreshold(sport string) float64 {
	switch sport {
	case "Run", "TrailRun", "VirtualRun":
		return 0.894
	case "Ride", "VirtualRide", "GravelRide", "MountainBikeRide", "EBikeRide":
		return 1
	case "Swim":
		return 0.15
	}
	return 0.3
}

func tenth(v float64) float64 { return math.Round(v*10) / 10 }
