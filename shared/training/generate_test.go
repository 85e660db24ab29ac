package training

import (
	"math"
	"math/rand/v2"
	"testing"
)

// propertyRuns is how many generated cases each property is held on; the seed of a failing one is in its message.
const propertyRuns = 300

// forSeeds runs a property on generated cases.
func forSeeds(t *testing.T, property func(t *testing.T, random *rand.Rand)) {
	t.Helper()
	for seed := range uint64(propertyRuns) {
		property(t, rand.New(rand.NewPCG(seed, 5)))
		if t.Failed() {
			t.Fatalf("failed at seed %d", seed)
		}
	}
}

// randomStreams generates an activity as recorders really write them: smart recording, pauses, duplicates, steps back,
// dropouts, artefacts, standing still, with or without each stream.
func randomStreams(random *rand.Rand) Streams {
	n := 2 + random.IntN(3000)
	s := Streams{Time: make([]int32, n), HeartRate: make([]uint8, n), Watts: make([]int16, n),
		Distance: make([]float64, n), Altitude: make([]float64, n), Velocity: make([]float64, n), Moving: make([]bool, n)}
	rough := random.Float64() * 0.2
	rate, height, at, metres := 100.0, 200.0, int32(0), 0.0
	moving := true
	for i := range n {
		if i > 0 {
			at += randomStep(random, rough)
			metres += random.Float64() * 6
		}
		rate = min(max(rate+random.NormFloat64()*2, 60), 200)
		height += random.NormFloat64()
		if random.Float64() < 0.01 {
			moving = !moving
		}
		s.Time[i], s.HeartRate[i], s.Distance[i] = at, uint8(rate), metres
		s.Altitude[i], s.Velocity[i], s.Moving[i] = height, random.Float64()*5, moving
		s.Watts[i] = int16(random.IntN(500))
		if random.Float64() < rough {
			s.HeartRate[i], s.Watts[i] = uint8(random.IntN(256)), MissingWatts
			s.Altitude[i] = math.NaN()
		}
	}
	if random.IntN(3) == 0 {
		s.Moving = nil
	}
	return s
}

func randomStep(random *rand.Rand, rough float64) int32 {
	if random.Float64() > rough {
		return 1
	}
	return []int32{0, -5, 2, 7, 30, 31, 400, 68_000_000, -68_000_000}[random.IntN(9)]
}

func randomProfile(random *rand.Rand) Profile {
	resting := 35 + random.Float64()*40
	profile := Profile{
		Sex: []Sex{SexFemale, SexMale, SexUnspecified}[random.IntN(3)],
		Thresholds: Thresholds{RestingHR: Measured(resting), MaxHR: Measured(resting + 60 + random.Float64()*100),
			FTP: Measured(150 + random.Float64()*200), ThresholdPace: Measured(200 + random.Float64()*200)},
		Zones: ZoneSettings{Method: []ZoneMethod{ZonesPercentMax, ZonesReserve, ZonesThreshold, ZonesCustom}[random.IntN(4)]},
	}
	bound := 60
	for range 1 + random.IntN(6) {
		bound += 1 + random.IntN(30)
		profile.Zones.Bounds = append(profile.Zones.Bounds, bound)
	}
	return profile
}

// randomDays generates the days of an athlete with rest days, double days and unscored activities.
func randomDays(random *rand.Rand) []DaySum {
	var days []DaySum
	for day := range Date(20 + random.IntN(200)) {
		for range random.IntN(3) {
			sum := DaySum{Day: 18000 + day, ExternalKm: random.Float64() * 30}
			if random.IntN(5) == 0 {
				sum.Unscored = 1
			} else {
				sum.Scored, sum.TRIMP, sum.TSSScored, sum.TSS = 1, random.Float64()*200, 1, random.Float64()*150
				sum.IntensityS = [3]int64{random.Int64N(3600), random.Int64N(1800), random.Int64N(600)}
			}
			days = append(days, sum)
		}
	}
	return days
}
