package store

import (
	"slices"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/training"
)

func day(text string) training.Date {
	date, err := training.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

func TestThresholdsAndAthleteComeBackAsStored(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	conn := connect(t, db, "onboarding")
	id := newAccount(t, conn, "ada@example.com")

	birth := day("1959-12-31") // before 1970: a negative day
	set := noon
	want := Athlete{
		AccountID: id, Sex: training.SexFemale, BirthDate: &birth, TimeZone: "Asia/Tokyo", PrimarySport: "ride",
		Units: "imperial", RecommendationStyle: "adaptive", ChronicDays: 90, DecayRate: 0.2,
		ACWRAlertThreshold: 1.7, InjuryRiskAlerts: true, ProfileSetAt: &set,
	}
	if err := UpdateAthlete(t.Context(), conn, want, noon); err != nil {
		t.Fatal(err)
	}
	thresholds := []Threshold{
		{ThresholdFTP, "", day("1965-05-05"), 250},
		{ThresholdMaxHR, "", day("2025-01-01"), 188.5},
		{ThresholdMaxHR, "ride", day("2025-01-01"), 181},
	}
	if err := SetThresholds(t.Context(), conn, id, thresholds); err != nil {
		t.Fatal(err)
	}
	thresholds[1].Value = 190 // the same day again: replaced
	if err := SetThresholds(t.Context(), conn, id, thresholds[1:2]); err != nil {
		t.Fatal(err)
	}

	for _, login := range []string{"onboarding", "sync"} {
		got, err := LoadProfiles(t.Context(), connect(t, db, login), id)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Thresholds, thresholds) {
			t.Errorf("%s: thresholds %v, want %v", login, got.Thresholds, thresholds)
		}
		athlete := got.Athlete
		if athlete.BirthDate == nil || *athlete.BirthDate != birth || athlete.ProfileSetAt == nil || !athlete.ProfileSetAt.Equal(set) {
			t.Fatalf("%s: birth date %v, profile set at %v", login, athlete.BirthDate, athlete.ProfileSetAt)
		}
		athlete.BirthDate, athlete.ProfileSetAt = want.BirthDate, want.ProfileSetAt
		if athlete != want {
			t.Errorf("%s: athlete %+v, want %+v", login, athlete, want)
		}
	}
}

// I23: heart-rate settings differed by code path. One pick serves them all.
func TestProfilesPickWhatIsValidOnTheDay(t *testing.T) {
	t.Parallel()
	birth := day("1986-11-20")
	profiles := Profiles{
		Athlete: Athlete{Sex: training.SexMale, BirthDate: &birth},
		Thresholds: []Threshold{
			{ThresholdLTHR, "ride", day("2024-01-01"), 158},
			{ThresholdRestingHR, "", day("2024-01-01"), 50},
			{ThresholdLTHR, "run", day("2024-06-01"), 168},
			{ThresholdLTHR, "", day("2025-01-01"), 165},
			{ThresholdRestingHR, "", day("2025-01-01"), 48},
			{ThresholdLTHR, "TrailRun", day("2025-06-01"), 171},
			{ThresholdRestingHR, "", day("2026-01-01"), 46},
		},
	}
	for _, test := range []struct {
		name, day, sport string
		resting, lthr    float64
	}{
		{"before the first: the first", "2020-01-01", "Swim", 50, 165},
		{"the day before a change", "2024-12-31", "Swim", 50, 165},
		{"the day of a change", "2025-01-01", "Swim", 48, 165},
		{"the latest", "2030-01-01", "", 46, 165},
		{"the sport's group", "2025-07-01", "Run", 48, 168},
		{"the sport type before its group", "2025-07-01", "TrailRun", 48, 171},
		{"the sport type before its first day", "2025-01-01", "TrailRun", 48, 171},
		{"another sport's", "2024-02-01", "GravelRide", 50, 158},
		{"a sport type that is new to Strava", "2025-07-01", "Jousting", 48, 165},
	} {
		got := profiles.On(day(test.day), test.sport)
		if got.Sex != training.SexMale {
			t.Errorf("%s: sex %v", test.name, got.Sex)
		}
		if want := training.Measured(test.resting); got.Thresholds.RestingHR != want {
			t.Errorf("%s: resting %v, want %v", test.name, got.Thresholds.RestingHR, want)
		}
		if want := training.Measured(test.lthr); got.Thresholds.LTHR != want {
			t.Errorf("%s: lthr %v, want %v", test.name, got.Thresholds.LTHR, want)
		}
	}
}

func TestProfilesEstimateByTheAgeOnTheDay(t *testing.T) {
	t.Parallel()
	birth := day("1986-11-20")
	profiles := Profiles{Athlete: Athlete{BirthDate: &birth}}
	for _, test := range []struct {
		day string
		max float64 // 208 − 0.7·age, Tanaka 2001
	}{
		{"2026-11-19", 208 - 0.7*39},
		{"2026-11-20", 208 - 0.7*40},
	} {
		if got, want := profiles.On(day(test.day), "Run").Thresholds.MaxHR, training.Estimate(test.max); got != want {
			t.Errorf("on %s: %v, want %v", test.day, got, want)
		}
	}
	profiles.Athlete.BirthDate = nil
	if got := profiles.On(day("2026-11-20"), "Run").Thresholds; got.MaxHR.IsKnown() || !got.RestingHR.Estimated {
		t.Errorf("without a birth date: %+v", got)
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	leapling := day("2004-02-29")
	for _, test := range []struct {
		birth *training.Date
		day   string
		want  int
	}{
		{&leapling, "2026-02-28", 21},
		{&leapling, "2026-03-01", 22},
		{&leapling, "2024-02-29", 20},
		{&leapling, "2004-02-28", 0},
		{nil, "2026-02-28", 0},
	} {
		if got := (Athlete{BirthDate: test.birth}).Age(day(test.day)); got != test.want {
			t.Errorf("on %s: %d, want %d", test.day, got, test.want)
		}
	}
}

// I21: "today" was the server's day in 19 places.
func TestTodayIsTheAthletesOwn(t *testing.T) {
	t.Parallel()
	late := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"UTC": "2026-11-20", "Europe/Zurich": "2026-11-21", "America/Denver": "2026-11-20", "Pacific/Kiritimati": "2026-11-21",
	} {
		if got, err := (Athlete{TimeZone: zone}).Today(late); err != nil || got != day(want) {
			t.Errorf("%s: %v, %v, want %s", zone, got, err, want)
		}
	}
	if _, err := (Athlete{TimeZone: "Mars/Olympus"}).Today(late); err == nil {
		t.Error("an unknown zone gave a day")
	}
}
