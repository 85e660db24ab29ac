package athlete

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

func (f *fixture) profiles(t *testing.T) (profiles store.Profiles) {
	t.Helper()
	f.use(t, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err = store.LoadProfiles(ctx, conn, f.id)
		return err
	})
	return profiles
}

// asked counts how often a recomputation was asked for: the revision of its due row.
func (f *fixture) asked(t *testing.T) (id int64, times int) {
	t.Helper()
	f.use(t, func(ctx context.Context, conn database.Conn) error {
		return conn.QueryRow(ctx, `-- name: test.asked
SELECT coalesce(max(id), 0), coalesce(sum(revision), 0) FROM due_work WHERE account_id = $1 AND kind = 'recompute'`, f.id).
			Scan(&id, &times)
	})
	return id, times
}

// I29: a settings change recomputed nothing, or by another formula.
func TestFiguresAreRecomputedExactlyWhenTheyCanDiffer(t *testing.T) {
	t.Parallel()
	f := setup(t)
	values := func(v ThresholdValues) Patch { return thresholds(v, "") }
	changes := 0
	for _, step := range []struct {
		name  string
		patch Patch
		want  bool
	}{
		{"nothing", Patch{}, false},
		{"sex as it is", Patch{Sex: new(training.SexUnspecified)}, false},
		{"sex", Patch{Sex: new(training.SexFemale)}, true},
		{"sex again", Patch{Sex: new(training.SexFemale)}, false},
		{"birth date", Patch{BirthDate: new("1990-01-01")}, true},
		{"birth date again", Patch{BirthDate: new("1990-01-01")}, false},
		{"how load is shown", Patch{Load: &LoadPatch{ChronicDays: new(60), DecayRate: new(0.1), RecommendationStyle: new("adaptive"),
			ACWRAlertThreshold: new(2.0), InjuryRiskAlerts: new(false)}}, false},
		{"zone, sport, units", Patch{TimeZone: new("Asia/Tokyo"), PrimarySport: new("ride"), Units: new("imperial")}, false},
		{"first value", values(ThresholdValues{MaxHR: new(185.0)}), true},
		{"the same value", values(ThresholdValues{MaxHR: new(185.0)}), false},
		{"the same value with its day", thresholds(ThresholdValues{MaxHR: new(185.0)}, "2026-11-20"), false},
		{"the same value from an earlier day, when it was valid anyway", thresholds(ThresholdValues{MaxHR: new(185.0)}, "2024-01-01"), false},
		{"another value in between", thresholds(ThresholdValues{MaxHR: new(186.0)}, "2025-01-01"), true},
		{"birth date beside an own maximum", Patch{BirthDate: new("1991-01-01")}, false},
		{"weight", values(ThresholdValues{Weight: new(70.0)}), false},
		{"power", values(ThresholdValues{FTP: new(250.0)}), true},
		{"one of two", values(ThresholdValues{FTP: new(250.0), ThresholdPace: new(240.0)}), true},
		{"none of two", values(ThresholdValues{FTP: new(250.0), ThresholdPace: new(240.0)}), false},
	} {
		if step.want {
			changes++
		}
		idBefore, before := f.asked(t)
		settings := f.update(t, step.patch)
		id, after := f.asked(t)
		if got := after > before; got != step.want || (settings.DueID != 0) != step.want {
			t.Errorf("%s: asked %v (due row %d), want %v", step.name, got, settings.DueID, step.want)
		}
		if step.want && settings.DueID != id || !step.want && id != idBefore {
			t.Errorf("%s: due row %d, told %d", step.name, id, settings.DueID)
		}
	}
	if _, err := f.Update(t.Context(), f.id, values(ThresholdValues{FTP: new(1.0), MaxHR: new(190.0)})); err == nil {
		t.Error("a wrong patch was accepted")
	}
	if _, times := f.asked(t); times != changes {
		t.Errorf("asked %d times, want once for each of the %d changes", times, changes)
	}
}

func TestTheSettingAndItsDueRowStandOrFallTogether(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.ownerDoes(t, `REVOKE INSERT ON due_work FROM traind_onboarding`)
	if _, err := f.Update(t.Context(), f.id, thresholds(ThresholdValues{MaxHR: new(185.0)}, "")); err == nil {
		t.Fatal("updated without a due row")
	}
	if profiles := f.profiles(t); len(profiles.Thresholds) != 0 || profiles.Athlete.ProfileSetAt != nil {
		t.Errorf("half an update: %+v", profiles)
	}
}

func (f *fixture) ownerDoes(t *testing.T, sql string) {
	t.Helper()
	err := f.open(t, "migrate").Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.owner\n"+sql)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSimultaneousPatchesAllCount(t *testing.T) {
	t.Parallel()
	f := setup(t)
	patches := []Patch{
		{Sex: new(training.SexMale)}, {BirthDate: new("1990-01-01")}, {Units: new("imperial")}, {TimeZone: new("Asia/Tokyo")},
		{PrimarySport: new("swim")}, {Load: &LoadPatch{ChronicDays: new(50)}}, {Load: &LoadPatch{DecayRate: new(0.1)}},
	}
	var group sync.WaitGroup
	for _, patch := range patches {
		group.Go(func() {
			if _, err := f.Update(t.Context(), f.id, patch); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	got, err := f.Settings(t.Context(), f.id)
	if err != nil || got.Sex != training.SexMale || got.BirthDate == nil || got.Units != "imperial" || got.TimeZone != "Asia/Tokyo" ||
		got.PrimarySport != "swim" || got.Load != (Load{50, 0.1, "balanced", 1.3, true}) {
		t.Errorf("lost a change: %+v, %v", got, err)
	}
}

// I39: an enum in code drifted from a CHECK in the database and broke saves.
func TestChoicesAndRangesEqualTheDatabasesChecks(t *testing.T) {
	t.Parallel()
	f := setup(t)
	definition := func(column string) (text string) {
		t.Helper()
		f.use(t, func(ctx context.Context, conn database.Conn) error {
			return conn.QueryRow(ctx, `-- name: test.check
SELECT pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'c' AND conrelid = 'athletes'::regclass AND conname = $1`, "athletes_"+column+"_check").Scan(&text)
		})
		return text
	}
	for column, choices := range map[string][]string{
		"sex": texts(Sexes), "primary_sport": PrimarySports, "units": UnitSystems, "recommendation_style": RecommendationStyles,
	} {
		var want []string
		for _, match := range regexp.MustCompile(`'([^']*)'::text`).FindAllStringSubmatch(definition(column), -1) {
			want = append(want, match[1])
		}
		slices.Sort(want)
		if got := slices.Sorted(slices.Values(choices)); !slices.Equal(got, want) {
			t.Errorf("%s: code has %v, the database %v", column, got, want)
		}
	}
	for column, want := range map[string]bounds{"chronic_days": chronicDays, "decay_rate": decayRate, "acwr_alert_threshold": acwrAlert} {
		var got bounds
		text := definition(column)
		matches := regexp.MustCompile(`[><]= \(?'?([0-9.]+)`).FindAllStringSubmatch(text, -1)
		if len(matches) != 2 {
			t.Fatalf("%s: no range in %q", column, text)
		}
		if _, err := fmt.Sscan(matches[0][1]+" "+matches[1][1], &got.min, &got.max); err != nil || got != want {
			t.Errorf("%s: code has %v, the database %q", column, want, text)
		}
	}
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, value := range values {
		out[i] = string(value)
	}
	return out
}
