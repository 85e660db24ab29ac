package stravasim

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"time"
)

// firstAthleteID lies beyond 32 bits, as ids of activities do.
const firstAthleteID = 8_100_000_000

// athlete is a person of the simulated Strava.
type athlete struct {
	ID        int64
	Slug      string
	profile   profile
	generated bool
	number    int // of a generated athlete: its place in the seed

	// Guarded by Simulator.mu. records is in the order of the start and replaced as a whole, so that a reader may keep
	// it; plannedTo is the first day that was not planned yet, waiting holds what is planned but lies in the future.
	records   []*record
	started   bool
	plannedTo int
	waiting   []session
}

func (s *Simulator) newGenerated(n int) *athlete {
	p := profileFor(s.cfg.Seed, n)
	if s.cfg.Activities > 0 {
		p.activities = s.cfg.Activities
	}
	return &athlete{ID: firstAthleteID + int64(n) + 1, Slug: p.slug, profile: p, generated: true, number: n}
}

// history returns the athlete's activities, oldest first, generating them when asked for the first time and adding
// what has happened since with Config.Grow. The caller holds s.mu.
func (s *Simulator) history(a *athlete) []*record {
	if !a.generated {
		return a.records
	}
	if !a.started {
		a.started = true
		a.records = s.withEdits(a, s.buildAll(a, s.planBack(a)))
	}
	if s.cfg.Grow {
		s.grow(a)
	}
	return a.records
}

// planBack plans days backwards from the end of the history until it holds the athlete's number of activities, and
// returns them oldest first.
func (s *Simulator) planBack(a *athlete) []session {
	last := int(s.cfg.Until.Unix()/86400) + 1
	a.plannedTo = last + 1
	var sessions []session
	for day := last; len(sessions) < a.profile.activities && day > last-365*40; day-- {
		today := a.profile.planDay(s.cfg.Seed, a.number, day)
		for _, planned := range slices.Backward(today) {
			if planned.end().After(s.cfg.Until) {
				a.waiting = append(a.waiting, planned)
			} else if len(sessions) < a.profile.activities {
				sessions = append(sessions, planned)
			}
		}
	}
	slices.Reverse(a.waiting)
	slices.SortStableFunc(sessions, func(x, y session) int { return x.Start.Compare(y.Start) })
	return sessions
}

// grow adds the activities whose end has come and announces them.
func (s *Simulator) grow(a *athlete) {
	now := s.cfg.Now()
	for today := int(now.Unix()/86400) + 1; a.plannedTo <= today; a.plannedTo++ {
		a.waiting = append(a.waiting, a.profile.planDay(s.cfg.Seed, a.number, a.plannedTo)...)
	}
	var due, later []session
	for _, planned := range a.waiting {
		if planned.end().After(now) {
			later = append(later, planned)
		} else {
			due = append(due, planned)
		}
	}
	if len(due) == 0 {
		return
	}
	a.waiting = later
	fresh := s.withEdits(a, s.buildAll(a, due))
	a.insert(fresh...)
	for _, r := range fresh {
		s.announce(a, "activity", r.ID, "create", nil)
	}
}

func (p session) end() time.Time { return p.Start.Add(time.Duration(p.Minutes * float64(time.Minute))) }

// insert puts records into their places in a new slice; readers keep the old one.
func (a *athlete) insert(records ...*record) {
	all := slices.Concat(a.records, records)
	slices.SortStableFunc(all, func(x, y *record) int {
		return cmp.Or(x.at.Compare(y.at), cmp.Compare(x.ID, y.ID))
	})
	a.records = all
}

// remove takes an activity out and returns whether it was there.
func (a *athlete) remove(id int64) bool {
	rest := slices.DeleteFunc(slices.Clone(a.records), func(r *record) bool { return r.ID == id })
	found := len(rest) < len(a.records)
	a.records = rest
	return found
}

// buildAll makes the records of sessions, on all cores: every stream is simulated once to derive its summary, and
// again when it is asked for, because keeping a thousand streams would cost more than making them.
func (s *Simulator) buildAll(a *athlete, sessions []session) []*record {
	records := make([]*record, len(sessions))
	var wait sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(sessions))
	for w := range workers {
		wait.Go(func() {
			var scratch Samples
			for i := w; i < len(sessions); i += workers {
				records[i] = a.build(sessions[i], &scratch)
			}
		})
	}
	wait.Wait()
	return records
}

// build makes the record of one session, using scratch for its streams.
func (a *athlete) build(planned session, scratch *Samples) *record {
	id := planned.Start.Unix()*10_000 + int64(a.number%10_000)
	local := planned.Start.In(mustZone(planned.Zone))
	hour := float64(local.Hour()) + float64(local.Minute())/60
	activity := newActivity(a.ID, id, planned.Sport, activityName(planned.Sport, hour), planned.Start, planned.Zone)
	activity.Trainer = planned.Indoor && planned.Sport != "WeightTraining" && planned.Sport != "Swim"
	if planned.Private {
		activity.Private, activity.Visibility = true, "only_me"
	}
	activity.KudosCount = int(planned.Seed % 17)
	if planned.Manual {
		a.profile.typeIn(&activity, planned)
		return newRecord(activity, nil)
	}
	activity.uploaded()
	a.profile.generate(planned, scratch)
	derive(&activity, scratch)
	profile := a.profile
	return newRecord(activity, func() *Samples {
		samples := &Samples{}
		profile.generate(planned, samples)
		return samples
	})
}

// typeIn fills a manual activity as people do: round minutes and hundreds of metres, no sensor.
func (p *profile) typeIn(a *Activity, planned session) {
	seconds := max(int(planned.Minutes/5)*300, 300)
	speed := map[string]float64{"Run": 2.8, "TrailRun": 2.3, "Ride": 7, "VirtualRide": 8, "Swim": 0.8, "Hike": 1.2, "Walk": 1.3}
	a.Manual, a.MovingTime, a.ElapsedTime = true, seconds, seconds
	a.Distance = float64(int(speed[planned.Sport]*float64(seconds)/100)) * 100
	a.AverageSpeed = float64(int(a.Distance/float64(seconds)*1000)) / 1000
}
