package stravasim

import (
	"math"
	"math/rand/v2"
	"time"
)

// shape is how the intensity of a session runs over its time.
type shape int

const (
	steady    shape = iota
	long            // steady, fading towards the end
	tempo           // two blocks just below threshold
	intervals       // short repetitions above threshold
	race            // near threshold throughout
)

// session is one planned activity: everything that its streams are a function of.
type session struct {
	Sport    string    // Strava sport_type
	Minutes  float64   // duration, stops included
	Shape    shape     // course of the intensity
	Hills    float64   // height scale of the terrain in metres; 0 is flat
	Hour     float64   // local time of the start
	Zone     string    // IANA name of where it takes place
	Start    time.Time // UTC
	Manual   bool      // typed in: no streams
	Indoor   bool      // no altitude, no distance from position
	Private  bool      // visible to the athlete alone
	NoStrap  bool      // heart rate not worn that day
	Autostop bool      // the watch pauses by itself: stops are gaps in time
	Seed     uint64
}

func trailRunnerWeek(r *rand.Rand, d time.Weekday) []session {
	evening, morning := 18.3+2.4*r.Float64(), 6.2+1.5*r.Float64()
	switch d {
	case time.Monday:
		if r.Float64() < 0.35 {
			return []session{{Sport: "WeightTraining", Minutes: 40, Hour: evening, Indoor: true}}
		}
		return nil
	case time.Tuesday:
		day := []session{{Sport: "Run", Minutes: 66, Shape: intervals, Hills: 8, Hour: evening}}
		if r.Float64() < 0.3 {
			day = append([]session{{Sport: "Run", Minutes: 32, Hills: 8, Hour: morning}}, day...)
		}
		return day
	case time.Wednesday:
		day := []session{{Sport: "Run", Minutes: 52, Hills: 25, Hour: morning}}
		if r.Float64() < 0.3 {
			day = append(day, session{Sport: "WeightTraining", Minutes: 35, Hour: evening, Indoor: true})
		}
		return day
	case time.Thursday:
		return []session{{Sport: "TrailRun", Minutes: 75, Shape: tempo, Hills: 110, Hour: evening}}
	case time.Friday:
		if r.Float64() < 0.55 {
			return []session{{Sport: "Run", Minutes: 42, Hills: 10, Hour: morning}}
		}
		return nil
	case time.Saturday:
		if r.Float64() < 0.05 {
			return []session{{Sport: "TrailRun", Minutes: 235, Shape: race, Hills: 220, Hour: 8}}
		}
		return []session{{Sport: "TrailRun", Minutes: 140, Shape: long, Hills: 180, Hour: 7.5 + 2*r.Float64()}}
	}
	if r.Float64() < 0.15 {
		return []session{{Sport: "Hike", Minutes: 200, Hills: 250, Hour: 9.5}}
	}
	return []session{{Sport: "TrailRun", Minutes: 80, Hills: 120, Hour: 9 + 2*r.Float64()}}
}

func cyclistWeek(r *rand.Rand, d time.Weekday) []session {
	evening := 17.2 + 1.5*r.Float64()
	switch d {
	case time.Tuesday:
		return []session{{Sport: "VirtualRide", Minutes: 62, Shape: intervals, Hour: evening, Indoor: true}}
	case time.Thursday:
		return []session{{Sport: "Ride", Minutes: 85, Shape: tempo, Hills: 70, Hour: evening, Autostop: true}}
	case time.Saturday:
		return []session{{Sport: "Ride", Minutes: 215, Shape: long, Hills: 260, Hour: 8 + r.Float64()}}
	case time.Sunday:
		if r.Float64() < 0.7 {
			return []session{{Sport: "Ride", Minutes: 120, Hills: 90, Hour: 9 + r.Float64()}}
		}
	}
	return nil
}

func triathleteWeek(r *rand.Rand, d time.Weekday) []session {
	evening, morning := 19.4+1.6*r.Float64(), 5.7+r.Float64()
	pool := session{Sport: "Swim", Minutes: 48, Hour: morning, Indoor: true, NoStrap: r.Float64() < 0.5}
	switch d {
	case time.Monday:
		return []session{pool}
	case time.Tuesday:
		return []session{{Sport: "Run", Minutes: 58, Shape: intervals, Hills: 10, Hour: evening}}
	case time.Wednesday:
		return []session{pool, {Sport: "VirtualRide", Minutes: 60, Shape: tempo, Hour: evening, Indoor: true}}
	case time.Thursday:
		return []session{{Sport: "Run", Minutes: 46, Hills: 15, Hour: evening}}
	case time.Saturday:
		return []session{{Sport: "Ride", Minutes: 165, Shape: long, Hills: 80, Hour: 7.2 + r.Float64()},
			{Sport: "Run", Minutes: 24, Shape: tempo, Hills: 8, Hour: 11.2 + 0.5*r.Float64()}}
	case time.Sunday:
		return []session{{Sport: "Run", Minutes: 95, Shape: long, Hills: 20, Hour: 8 + r.Float64()}}
	}
	return nil
}

func beginnerWeek(r *rand.Rand, d time.Weekday) []session {
	if (d == time.Tuesday || d == time.Saturday) && r.Float64() < 0.8 {
		return []session{{Sport: "Run", Minutes: 31, Hills: 10, Hour: 18 + 2*r.Float64()}}
	}
	if d == time.Sunday && r.Float64() < 0.25 {
		return []session{{Sport: "Hike", Minutes: 95, Hills: 40, Hour: 13}}
	}
	return nil
}

func oddWeek(r *rand.Rand, d time.Weekday) []session {
	chance := r.Float64()
	switch {
	case chance < 0.3:
		return []session{{Sport: "Run", Minutes: 20 + 70*r.Float64(), Hills: 30, Hour: 5 + 17*r.Float64(), Autostop: r.Float64() < 0.6}}
	case chance < 0.45:
		return []session{{Sport: "Ride", Minutes: 40 + 160*r.Float64(), Hills: 60, Hour: 6 + 8*r.Float64(), Autostop: r.Float64() < 0.6}}
	case chance < 0.5 && d == time.Sunday:
		return []session{{Sport: "Walk", Minutes: 50, Hills: 20, Hour: 15}}
	}
	return nil
}

// blockVolume is the four-week rhythm of training: three weeks that build up and one to recover.
var blockVolume = [4]float64{0.92, 1.03, 1.15, 0.66}

// planDay returns what the athlete does on a local day, given as days since 1970. It depends on nothing but seed,
// athlete and day, so that a history may begin and end anywhere and a calendar day always holds the same.
func (p *profile) planDay(seed uint64, athlete, day int) []session {
	r := rand.New(rand.NewPCG(seed^uint64(athlete)*0x9e3779b97f4a7c15, uint64(day)))
	week := (day + 3) / 7 // weeks begin on Monday; day 0 was a Thursday
	if illWeek := rand.New(rand.NewPCG(seed+uint64(athlete), uint64(week/26))).IntN(26); week%26 == illWeek {
		return nil
	}
	weekday := time.Weekday((day + 4) % 7)
	zone := p.zoneOn(seed, athlete, day)
	season := 1 + 0.1*math.Sin(2*math.Pi*float64(day%365-80)/365)
	var sessions []session
	for _, s := range p.week(r, weekday) {
		skipped := r.Float64() < 0.05
		s.Minutes *= blockVolume[week%4] * season * (0.88 + 0.24*r.Float64())
		s.Minutes = max(s.Minutes, 12)
		s.Zone, s.Seed = zone, r.Uint64()
		s.Manual = r.Float64() < 0.025
		s.Private = r.Float64() < 0.02
		s.NoStrap = s.NoStrap || r.Float64() < 0.02
		if s.Hour > 18 && r.Float64() < 0.02 {
			s.Hour = 0.1 + 0.6*r.Float64() // a run by head torch just after midnight: yesterday in UTC
		}
		if skipped {
			continue
		}
		location := mustZone(s.Zone)
		midnight := time.Unix(int64(day)*86400, 0).UTC()
		seconds := int(s.Hour*3600) + r.IntN(60)
		s.Start = time.Date(midnight.Year(), midnight.Month(), midnight.Day(), 0, 0, seconds, 0, location).UTC()
		sessions = append(sessions, s)
	}
	return sessions
}

// zoneOn returns where the athlete is: once in about thirteen weeks, five to nine days away from home.
func (p *profile) zoneOn(seed uint64, athlete, day int) string {
	if len(p.trips) == 0 {
		return p.zone
	}
	r := rand.New(rand.NewPCG(seed*31+uint64(athlete), uint64(day/91)))
	from, days := r.IntN(80), 5+r.IntN(5)
	if n := day % 91; n >= from && n < from+days {
		return p.trips[r.IntN(len(p.trips))]
	}
	return p.zone
}
