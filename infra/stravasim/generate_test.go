package stravasim

import (
	"bytes"
	"math"
	"testing"
	"time"
)

var until = time.Date(2026, time.May, 20, 12, 0, 0, 0, time.UTC)

// everyone returns the athletes with histories of the given size, 0 for their own.
func everyone(t *testing.T, seed uint64, activities int) []*athlete {
	t.Helper()
	return some(t, Config{Seed: seed, Activities: activities, Until: until})
}

func some(t *testing.T, cfg Config) []*athlete {
	t.Helper()
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Athletes()
	return s.athletes
}

func TestSeedDecidesEverything(t *testing.T) {
	t.Parallel()
	one, same, other := everyone(t, 7, 5), everyone(t, 7, 5), everyone(t, 8, 5)
	differs := false
	for i := range one {
		for k, r := range one[i].records {
			if !bytes.Equal(r.body, same[i].records[k].body) {
				t.Fatalf("%s, activity %d: %s, and again %s", one[i].Slug, k, r.body, same[i].records[k].body)
			}
			differs = differs || !bytes.Equal(r.body, other[i].records[k].body)
			if r.streams == nil {
				continue
			}
			keys := append([]string{"time", "moving"}, numericKeys...)
			a, b := r.streams(), same[i].records[k].streams()
			if !bytes.Equal(a.encode(keys, "time", "high", 1, true), b.encode(keys, "time", "high", 1, true)) {
				t.Fatalf("%s, activity %d: streams differ", one[i].Slug, k)
			}
		}
	}
	if !differs {
		t.Error("another seed gave the same athletes")
	}
}

func TestLongerHistoryContainsShorterOne(t *testing.T) {
	t.Parallel()
	long, short := everyone(t, 7, 16), everyone(t, 7, 6)
	for i := range long {
		for k, r := range short[i].records {
			if !bytes.Equal(r.body, long[i].records[10+k].body) {
				t.Fatalf("%s: activity %d from the end differs", long[i].Slug, 6-k)
			}
		}
	}
}

// TestSummariesMatchStreams computes every figure anew, by loops of its own.
func TestSummariesMatchStreams(t *testing.T) {
	t.Parallel()
	for _, a := range everyone(t, 3, 10) {
		for _, r := range a.records {
			if r.streams == nil {
				continue
			}
			s := r.streams()
			near := func(name string, got, want, tolerance float64) {
				t.Helper()
				if math.IsNaN(got) || math.Abs(got-want) > tolerance {
					t.Errorf("%s %s %d: %s is %v, the streams say %v", a.Slug, r.SportType, r.ID, name, got, want)
				}
			}
			moving, beats, n, watts, m, climbed := 0, 0.0, 0.0, 0.0, 0.0, 0.0
			for i := range s.Time {
				if len(s.Altitude) > 0 && i > 0 {
					climbed += max(0, s.Altitude[i]-s.Altitude[i-1])
				}
				if !s.Moving[i] {
					continue
				}
				if i > 0 {
					moving += s.Time[i] - s.Time[i-1]
				}
				if len(s.HeartRate) > 0 && !math.IsNaN(s.HeartRate[i]) {
					beats, n = beats+s.HeartRate[i], n+1
				}
				if len(s.Watts) > 0 {
					m++
					if !math.IsNaN(s.Watts[i]) {
						watts += s.Watts[i]
					}
				}
			}
			near("moving_time", float64(r.MovingTime), float64(moving), 0)
			near("elapsed_time", float64(r.ElapsedTime), float64(s.Time[len(s.Time)-1]), 0)
			if len(s.Distance) > 0 {
				near("distance", r.Distance, s.Distance[len(s.Distance)-1], 0)
				near("average_speed", r.AverageSpeed, r.Distance/float64(moving), 0.0006)
			}
			near("total_elevation_gain", r.TotalElevationGain, climbed, 2+0.06*climbed)
			if r.HasHeartrate != (n > 0) {
				t.Errorf("%s %d: has_heartrate %v with %v beats", a.Slug, r.ID, r.HasHeartrate, n)
			}
			if r.HasHeartrate {
				near("average_heartrate", *r.AverageHeartrate, beats/n, 0.0501)
			}
			if m > 0 {
				near("average_watts", *r.AverageWatts, watts/m, 0.0501)
				near("kilojoules", *r.Kilojoules, watts/m*float64(moving)/1000, 0.0501)
			}
		}
	}
}

func TestStreamsArePlausible(t *testing.T) {
	t.Parallel()
	for _, a := range everyone(t, 5, 10) {
		gaps, nullBeats, nullWatts := 0, 0, 0
		for _, r := range a.records {
			if r.streams == nil {
				continue
			}
			s := r.streams()
			if err := s.even(); err != nil {
				t.Fatalf("%s %d: %v", a.Slug, r.ID, err)
			}
			for i := range s.Time {
				if i > 0 && s.Time[i] <= s.Time[i-1] {
					t.Fatalf("%s %d: time goes from %d to %d", a.Slug, r.ID, s.Time[i-1], s.Time[i])
				}
				if i > 0 && s.Time[i] > s.Time[i-1]+7 && r.SportType != "Swim" {
					gaps++
				}
				if i > 0 && len(s.Distance) > 0 && s.Distance[i] < s.Distance[i-1] {
					t.Fatalf("%s %d: distance falls at %d", a.Slug, r.ID, i)
				}
			}
			for _, rate := range s.HeartRate {
				if math.IsNaN(rate) {
					nullBeats++
				} else if rate < a.profile.rest || rate > a.profile.max {
					t.Fatalf("%s %d: %v bpm with rest %v and max %v", a.Slug, r.ID, rate, a.profile.rest, a.profile.max)
				}
			}
			for _, w := range s.Watts {
				if math.IsNaN(w) {
					nullWatts++
				} else if w < 0 || w > 6*a.profile.ftp {
					t.Fatalf("%s %d: %v W", a.Slug, r.ID, w)
				}
			}
			if speed := r.AverageSpeed; r.SportType == "Run" && (speed < 1.5 || speed > 5) {
				t.Errorf("%s %d: run at %v m/s", a.Slug, r.ID, speed)
			} else if r.SportType == "Ride" && (speed < 4 || speed > 12) {
				t.Errorf("%s %d: ride at %v m/s", a.Slug, r.ID, speed)
			}
		}
		switch a.Slug {
		case "cyclist":
			if nullWatts == 0 {
				t.Error("the cyclist's power meter never drops out")
			}
		case "odd-intervals":
			if gaps == 0 || nullBeats == 0 {
				t.Errorf("the odd recorder has %d gaps and %d dropouts", gaps, nullBeats)
			}
		case "beginner":
			for _, r := range a.records {
				if r.HasHeartrate {
					t.Errorf("the beginner has a heart rate in %d", r.ID)
				}
			}
		}
	}
}

func TestHeartRateRisesWithEffortAndLags(t *testing.T) {
	t.Parallel()
	h := newHeart(&profiles[0])
	var rates []float64
	for range 600 {
		rates = append(rates, h.step(1))
	}
	if rates[10] > 0.8*profiles[0].threshold || math.Abs(rates[599]-profiles[0].threshold) > 1 {
		t.Errorf("at threshold intensity %v bpm after 10 s and %v after 10 min, threshold is %v", rates[10], rates[599],
			profiles[0].threshold)
	}
	for range 3 * 3600 {
		rates = append(rates, h.step(0.7))
	}
	if drift := rates[len(rates)-1] - rates[1800]; drift < 3 || drift > 20 {
		t.Errorf("drift of three hours is %v bpm", drift)
	}
}

// TestTrailRunnerLivesThreeYears looks at the plan alone: to simulate it all would take the race detector long.
func TestTrailRunnerLivesThreeYears(t *testing.T) {
	t.Parallel()
	s, err := New(Config{Seed: 1, Athletes: 1, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	plan := s.planBack(s.athletes[0])
	if len(plan) != 1000 {
		t.Fatalf("%d activities, want 1000", len(plan))
	}
	first, last := plan[0].Start, plan[999].Start
	if years := last.Sub(first).Hours() / 24 / 365.25; years < 2.7 || years > 3.6 {
		t.Errorf("%.1f years", years)
	}
	days, zones, ids := map[string]int{}, map[string]bool{}, map[int64]bool{}
	otherDay, manual, private := 0, 0, 0
	for _, planned := range plan {
		utc, local, timezone, offset := stravaTime(planned.Start, planned.Zone)
		days[local[:10]]++
		if local[:10] != utc[:10] {
			otherDay++
		}
		if planned.Manual {
			manual++
		}
		if planned.Private {
			private++
		}
		zones[timezone] = true
		ids[planned.Start.Unix()] = true
		at, err := time.Parse(time.RFC3339, local) // its Z is false: the wall time, not UTC
		if err != nil || at.Add(-time.Duration(offset)*time.Second).Format(time.RFC3339) != utc {
			t.Errorf("%s with offset %v is %s locally (%v)", utc, offset, local, err)
		}
	}
	double := 0
	for _, n := range days {
		if n > 1 {
			double++
		}
	}
	span := int(last.Sub(first).Hours() / 24)
	if rest := span - len(days); rest < 100 || double < 50 || otherDay < 10 || manual < 5 || private < 5 {
		t.Errorf("%d rest days, %d double days, %d on another UTC day, %d manual, %d private", rest, double, otherDay, manual, private)
	}
	if !zones["(GMT+01:00) Europe/Berlin"] || zones["(GMT+02:00) Europe/Berlin"] || len(zones) < 3 {
		t.Errorf("zones %v: want Berlin by its winter offset, and trips", zones)
	}
	if len(ids) != 1000 {
		t.Errorf("%d different starts: ids are made from them", len(ids))
	}
}

func TestHistoryGrowsWithTime(t *testing.T) {
	t.Parallel()
	now := until
	s, err := New(Config{Seed: 1, Athletes: 1, Activities: 10, Until: until, Grow: true, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := s.Athletes()[0].Activities
	now = now.Add(28 * 24 * time.Hour)
	after := s.Athletes()[0].Activities
	if before != 10 || after < 20 || after > 50 {
		t.Errorf("%d activities, four weeks later %d", before, after)
	}
	longer, err := New(Config{Seed: 1, Athletes: 1, Activities: after, Until: now})
	if err != nil {
		t.Fatal(err)
	}
	defer longer.Close()
	longer.Athletes()
	for i, r := range s.athletes[0].records {
		if want := longer.athletes[0].records[i]; r.ID != want.ID || !bytes.Equal(r.body, want.body) {
			t.Fatalf("activity %d grew to %s, planned at once it is %s", i, r.body, want.body)
		}
	}
}
