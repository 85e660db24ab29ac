package stravasim

import (
	"bytes"
	"math"
	"strings"
	"testing"
	"time"
)

var until = time.Date(2026, time.May, 20, 12, 0, 0, 0, time.UTC)

// everyone returns the athletes with histories of the given size, 0 for their own.
func everyone(t *testing.T, seed uint64, activities int) []*athlete {
	t.Helper()
	s, err := New(Config{Seed: seed, Activities: activities, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.Athletes()
	return s.athletes
}

func TestSeedDecidesEverything(t *testing.T) {
	t.Parallel()
	one, same, other := everyone(t, 7, 40), everyone(t, 7, 40), everyone(t, 8, 40)
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
	long, short := everyone(t, 7, 60), everyone(t, 7, 20)
	for i := range long {
		for k, r := range short[i].records {
			if !bytes.Equal(r.body, long[i].records[40+k].body) {
				t.Fatalf("%s: activity %d from the end differs", long[i].Slug, 20-k)
			}
		}
	}
}

// TestSummariesMatchStreams computes every figure anew, by loops of its own.
func TestSummariesMatchStreams(t *testing.T) {
	t.Parallel()
	for _, a := range everyone(t, 3, 50) {
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
	for _, a := range everyone(t, 5, 60) {
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

func TestTrailRunnerLivesThreeYears(t *testing.T) {
	t.Parallel()
	a := everyone(t, 1, 0)[0]
	records := a.records
	if len(records) != 1000 {
		t.Fatalf("%d activities, want 1000", len(records))
	}
	if years := records[999].at.Sub(records[0].at).Hours() / 24 / 365.25; years < 2.7 || years > 3.6 {
		t.Errorf("%.1f years", years)
	}
	days, otherDay, manual, private, zones := map[string]int{}, 0, 0, 0, map[string]bool{}
	for _, r := range records {
		days[r.StartDateLocal[:10]]++
		if r.StartDateLocal[:10] != r.StartDate[:10] {
			otherDay++
		}
		if r.Manual {
			manual++
		}
		if r.hidden() {
			private++
		}
		zones[r.Timezone] = true
		_, name, _ := strings.Cut(r.Timezone, ") ")
		local := r.at.In(mustZone(name))
		if _, offset := local.Zone(); float64(offset) != r.UTCOffset || local.Format("2006-01-02T15:04:05")+"Z" != r.StartDateLocal {
			t.Errorf("%d: %s with offset %v is %s locally", r.ID, r.StartDate, r.UTCOffset, r.StartDateLocal)
		}
	}
	double := 0
	for _, n := range days {
		if n > 1 {
			double++
		}
	}
	span := int(records[999].at.Sub(records[0].at).Hours() / 24)
	if rest := span - len(days); rest < 100 || double < 50 || otherDay < 10 || manual < 5 || private < 5 {
		t.Errorf("%d rest days, %d double days, %d on another UTC day, %d manual, %d private", rest, double, otherDay, manual, private)
	}
	if !zones["(GMT+01:00) Europe/Berlin"] || zones["(GMT+02:00) Europe/Berlin"] || len(zones) < 3 {
		t.Errorf("zones %v: want Berlin by its winter offset, and trips", zones)
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
