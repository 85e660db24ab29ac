package athlete

import (
	"encoding/json"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

func TestANewAthleteHasDefaultsAndEstimates(t *testing.T) {
	t.Parallel()
	f := setup(t)
	settings, err := f.Settings(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	if settings.Sex != training.SexUnspecified || settings.BirthDate != nil || settings.TimeZone != "UTC" ||
		settings.PrimarySport != "run" || settings.Units != "metric" || settings.Load != (Load{42, 0.05, "balanced", 1.3, true}) {
		t.Errorf("defaults %+v", settings)
	}
	got := settings.Thresholds
	if got.MaxHR != nil || *got.RestingHR != 60 || !slices.Equal(got.Estimated, []store.ThresholdKind{store.ThresholdRestingHR}) ||
		got.EffectiveFrom != nil || len(got.History) != 0 {
		t.Errorf("without an age: %+v", got)
	}

	got = f.update(t, Patch{BirthDate: new("1986-11-20")}).Thresholds // 40 today
	if got.MaxHR == nil || *got.MaxHR != 208-0.7*40 {                 // Tanaka 2001
		t.Errorf("maximum heart rate %v", got.MaxHR)
	}
	estimated := []store.ThresholdKind{store.ThresholdLTHR, store.ThresholdMaxHR, store.ThresholdRestingHR, store.ThresholdVT1HR, store.ThresholdVT2HR}
	if !slices.Equal(got.Estimated, estimated) || got.FTP != nil || got.Weight != nil {
		t.Errorf("at 40: %+v", got)
	}
}

func TestAPatchChangesWhatItNamesAndNothingElse(t *testing.T) {
	t.Parallel()
	f := setup(t)
	var whole Patch
	err := json.Unmarshal([]byte(`{"sex": "female", "birth_date": "1990-02-28", "time_zone": "America/Denver",
		"primary_sport": "trail_run", "units": "imperial",
		"thresholds": {"resting_hr": 48, "max_hr": 189, "lthr": 170, "vt1_hr": 140, "vt2_hr": 168, "ftp": 240,
			"threshold_pace": 255, "swim_pace": 110, "weight": 61.5, "effective_from": "2026-01-01"},
		"load": {"chronic_days": 28, "decay_rate": 0.2, "recommendation_style": "conservative",
			"acwr_alert_threshold": 1.45, "injury_risk_alerts": false}}`), &whole)
	if err != nil {
		t.Fatal(err)
	}
	f.update(t, whole)
	updated := f.update(t, Patch{Units: new("metric"), Load: &LoadPatch{ChronicDays: new(90)}})
	read, err := f.Settings(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]Settings{"updated": updated, "read": read} {
		if got.Sex != training.SexFemale || *got.BirthDate != day("1990-02-28") || got.TimeZone != "America/Denver" ||
			got.PrimarySport != "trail_run" || got.Units != "metric" || got.Load != (Load{90, 0.2, "conservative", 1.45, false}) {
			t.Errorf("%s: %+v", name, got)
		}
		var values []float64
		for _, kind := range store.ThresholdKinds {
			values = append(values, **got.Thresholds.of(kind))
		}
		if want := []float64{48, 189, 170, 140, 168, 240, 255, 110, 61.5}; !slices.Equal(values, want) {
			t.Errorf("%s: %v, want %v", name, values, want)
		}
		if len(got.Thresholds.Estimated) != 0 || *got.Thresholds.EffectiveFrom != day("2026-01-01") {
			t.Errorf("%s: estimated %v, from %v", name, got.Thresholds.Estimated, got.Thresholds.EffectiveFrom)
		}
	}
	if _, err := f.Update(t.Context(), f.id+1, Patch{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("another account: %v", err)
	}
}

func TestAWrongFieldIsNamedByItsPath(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, Patch{BirthDate: new("1966-11-20"), Thresholds: &ThresholdPatch{ThresholdValues: ThresholdValues{RestingHR: new(50.0)}}})
	values := func(v ThresholdValues) Patch { return thresholds(v, "") }
	load := func(l LoadPatch) Patch { return Patch{Load: &l} }
	for field, patches := range map[string][]Patch{
		"sex":                       {{Sex: new(training.Sex("F"))}, {Sex: new(training.Sex(""))}},
		"birth_date":                {{BirthDate: new("2010-11-21")}, {BirthDate: new("1915-11-20")}, {BirthDate: new("2027-01-01")}, {BirthDate: new("1990-02-30")}, {BirthDate: new("")}},
		"time_zone":                 {{TimeZone: new("")}, {TimeZone: new("Local")}, {TimeZone: new("Mars/Olympus")}, {TimeZone: new("../etc/passwd")}, {TimeZone: new("CEST+2")}},
		"primary_sport":             {{PrimarySport: new("Run")}},
		"units":                     {{Units: new("")}},
		"load.chronic_days":         {load(LoadPatch{ChronicDays: new(27)}), load(LoadPatch{ChronicDays: new(91)})},
		"load.decay_rate":           {load(LoadPatch{DecayRate: new(0.009)}), load(LoadPatch{DecayRate: new(0.201)}), load(LoadPatch{DecayRate: new(math.NaN())})},
		"load.acwr_alert_threshold": {load(LoadPatch{ACWRAlertThreshold: new(0.99)}), load(LoadPatch{ACWRAlertThreshold: new(2.6)}), load(LoadPatch{ACWRAlertThreshold: new(math.NaN())})},
		"load.recommendation_style": {load(LoadPatch{RecommendationStyle: new("bold")})},
		"thresholds.resting_hr":     {values(ThresholdValues{RestingHR: new(24.9)}), values(ThresholdValues{RestingHR: new(110.1)}), values(ThresholdValues{RestingHR: new(math.Inf(1))})},
		"thresholds.max_hr":         {values(ThresholdValues{MaxHR: new(99.0)}), values(ThresholdValues{MaxHR: new(241.0)}), values(ThresholdValues{MaxHR: new(105.0), RestingHR: new(105.0)})},
		"thresholds.lthr":           {values(ThresholdValues{LTHR: new(50.0)}), values(ThresholdValues{LTHR: new(180.0), MaxHR: new(180.0)}), values(ThresholdValues{LTHR: new(171.0)})}, // estimated maximum 166
		"thresholds.vt1_hr":         {values(ThresholdValues{VT1HR: new(150.0), VT2HR: new(150.0)}), values(ThresholdValues{VT1HR: new(45.0)})},
		"thresholds.vt2_hr":         {values(ThresholdValues{VT2HR: new(200.0)})},
		"thresholds.ftp":            {values(ThresholdValues{FTP: new(49.0)}), values(ThresholdValues{FTP: new(601.0)})},
		"thresholds.threshold_pace": {values(ThresholdValues{ThresholdPace: new(119.0)}), values(ThresholdValues{ThresholdPace: new(901.0)})},
		"thresholds.swim_pace":      {values(ThresholdValues{SwimPace: new(49.0)}), values(ThresholdValues{SwimPace: new(301.0)})},
		"thresholds.weight":         {values(ThresholdValues{Weight: new(24.0)}), values(ThresholdValues{Weight: new(251.0)})},
		"thresholds.effective_from": {thresholds(ThresholdValues{FTP: new(200.0)}, "2026-11-21"), thresholds(ThresholdValues{FTP: new(200.0)}, "1966-11-19"), thresholds(ThresholdValues{FTP: new(200.0)}, "today")},
	} {
		for _, patch := range patches {
			_, err := f.Update(t.Context(), f.id, patch)
			if fields := fieldsOf(t, err); len(fields) != 1 || fields[field] == "" {
				t.Errorf("%s: got %v", field, err)
			}
		}
	}
}

// The law of another country lets others in.
func TestTheMinimumAgeIsAsSet(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.minimumAge = 18
	_, err := f.Update(t.Context(), f.id, Patch{BirthDate: new("2008-11-21")}) // 18 tomorrow
	if fields := fieldsOf(t, err); fields["birth_date"] != "must give an age from 18 to 110 years" {
		t.Errorf("got %v", err)
	}
	f.update(t, Patch{BirthDate: new("2008-11-20")})
}

func TestTheBoundsThemselvesAreAccepted(t *testing.T) {
	t.Parallel()
	f := setup(t)
	for _, patch := range []Patch{
		{BirthDate: new("2010-11-20")}, // 16 today
		{BirthDate: new("1915-11-21")}, // 110 until tomorrow
		{Load: &LoadPatch{ChronicDays: new(28), DecayRate: new(0.01)}},
		{Load: &LoadPatch{ChronicDays: new(90), DecayRate: new(0.20)}},
		thresholds(ThresholdValues{RestingHR: new(25.0), MaxHR: new(100.0), FTP: new(50.0), ThresholdPace: new(120.0), SwimPace: new(50.0), Weight: new(25.0)}, "2026-11-20"),
		thresholds(ThresholdValues{RestingHR: new(110.0), MaxHR: new(240.0), FTP: new(600.0), ThresholdPace: new(900.0), SwimPace: new(300.0), Weight: new(250.0)}, ""),
		{TimeZone: new("America/Argentina/ComodRivadavia")},
	} {
		f.update(t, patch)
	}
}

func TestAllWrongFieldsComeTogetherAndNothingChanges(t *testing.T) {
	t.Parallel()
	f := setup(t)
	before, err := f.Settings(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	patch := thresholds(ThresholdValues{MaxHR: new(300.0), FTP: new(250.0)}, "")
	patch.Units, patch.TimeZone = new("metres"), new("Europe/Zurich")
	_, err = f.Update(t.Context(), f.id, patch)
	if fields := fieldsOf(t, err); len(fields) != 2 || fields["units"] == "" || fields["thresholds.max_hr"] == "" {
		t.Errorf("fields %v", fields)
	}
	after, err := f.Settings(t.Context(), f.id)
	if err != nil || after.TimeZone != before.TimeZone || after.Thresholds.FTP != nil {
		t.Errorf("changed to %+v, %v", after, err)
	}
}

func TestDatedThresholds(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, Patch{TimeZone: new("Pacific/Auckland")}) // where it is 2026-11-21 already
	maxHR := func(on string) float64 {
		t.Helper()
		profiles := f.profiles(t)
		picked, _ := profiles.Pick(store.ThresholdMaxHR, day(on), "Run")
		return picked.Value
	}
	f.update(t, thresholds(ThresholdValues{MaxHR: new(190.0)}, ""))
	if got := maxHR("2001-01-01"); got != 190 {
		t.Errorf("the first value before its day: %v", got)
	}
	f.pass(30 * 24 * time.Hour)
	f.update(t, thresholds(ThresholdValues{MaxHR: new(188.0)}, ""))
	f.update(t, thresholds(ThresholdValues{MaxHR: new(187.0)}, "")) // corrected on the same day
	for on, want := range map[string]float64{"2026-12-20": 190, "2026-12-21": 187, "2030-01-01": 187} {
		if got := maxHR(on); got != want {
			t.Errorf("on %s: %v, want %v", on, got, want)
		}
	}
	settings := f.update(t, thresholds(ThresholdValues{MaxHR: new(195.0)}, "2020-01-01"))
	for on, want := range map[string]float64{"2019-12-31": 195, "2026-11-20": 195, "2026-11-21": 190, "2026-12-21": 187} {
		if got := maxHR(on); got != want {
			t.Errorf("with an earlier one, on %s: %v, want %v", on, got, want)
		}
	}
	want := []DatedThreshold{
		{store.ThresholdMaxHR, "", day("2020-01-01"), 195},
		{store.ThresholdMaxHR, "", day("2026-11-21"), 190},
		{store.ThresholdMaxHR, "", day("2026-12-21"), 187},
	}
	if !slices.Equal(settings.Thresholds.History, want) || *settings.Thresholds.MaxHR != 187 {
		t.Errorf("settings %+v", settings.Thresholds)
	}
	// The same value again from a day of its own: nothing differs now, and yet an earlier change must end there.
	f.update(t, thresholds(ThresholdValues{MaxHR: new(195.0)}, "2026-03-01"))
	f.update(t, thresholds(ThresholdValues{MaxHR: new(193.0)}, "2025-01-01"))
	for on, want := range map[string]float64{"2024-12-31": 195, "2026-02-28": 193, "2026-03-01": 195} {
		if got := maxHR(on); got != want {
			t.Errorf("with a confirmed one, on %s: %v, want %v", on, got, want)
		}
	}
	// A value that is in order on its own day and contradicts a later one.
	_, err := f.Update(t.Context(), f.id, thresholds(ThresholdValues{LTHR: new(188.0)}, "2020-01-01"))
	if fields := fieldsOf(t, err); fields["thresholds.lthr"] == "" {
		t.Errorf("got %v", err)
	}
}
