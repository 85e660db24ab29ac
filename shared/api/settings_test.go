package api

import (
	"net/http"
	"testing"

	"github.com/train-d/train-d/shared/athlete"
)

func TestTheOnboardingLeadsFromStepToStep(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	next := func() string {
		t.Helper()
		var progress athlete.Progress
		b.get("/v1/onboarding").wants(http.StatusOK).decode(&progress)
		if len(progress.Steps) != 5 {
			t.Fatalf("got %+v", progress)
		}
		return progress.Next
	}
	if got := next(); got != athlete.StepProfile {
		t.Errorf("after registering: %q", got)
	}
	b.call("PATCH", "/v1/settings", profile).wants(http.StatusOK)
	if got := next(); got != athlete.StepStrava {
		t.Errorf("after the profile: %q", got)
	}
	b.connect(trailRunner).outcome(outcomeConnected)
	if got := next(); got != athlete.StepFirstSync {
		t.Errorf("after connecting: %q", got)
	}
	s.deliver()
	if got := next(); got != "" {
		t.Errorf("after the import: %q", got)
	}
}

// profile is what the page asks an athlete for.
var profile = map[string]any{"sex": "female", "birth_date": "1990-05-17", "time_zone": "Europe/Berlin",
	"thresholds": map[string]any{"resting_hr": 48, "max_hr": 188}}

func TestSettingsAreChangedInPart(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	b.call("PATCH", "/v1/settings", profile).wants(http.StatusOK)
	var changed, read athlete.Settings
	b.call("PATCH", "/v1/settings", `{"units":"imperial","load":{"chronic_days":35}}`).wants(http.StatusOK).decode(&changed)
	b.get("/v1/settings").wants(http.StatusOK).decode(&read)
	if changed.Units != "imperial" || changed.Load.ChronicDays != 35 || changed.BirthDate == nil || changed.BirthDate.String() != "1990-05-17" ||
		*changed.Thresholds.MaxHR != 188 || read.Units != changed.Units || *read.Thresholds.MaxHR != 188 {
		t.Errorf("got %+v, read %+v", changed, read)
	}
	if wakes := b.takeWakes(); len(wakes) != 1 {
		t.Errorf("a changed profile and changed units sent %d wake-ups, want the profile's", len(wakes))
	}
}

func TestThresholdsAreSetForASportAndTakenAwayByNull(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	b.call("PATCH", "/v1/settings", profile).wants(http.StatusOK)
	var settings athlete.Settings
	b.call("PATCH", "/v1/settings", `{"thresholds":{"ftp":250,"sport":"ride","effective_from":"2024-05-01"}}`).wants(http.StatusOK).decode(&settings)
	if history := settings.Thresholds.History; len(history) != 3 || history[0].Sport != "ride" || history[0].EffectiveFrom.String() != "2024-05-01" {
		t.Errorf("history %+v", history)
	}
	settings = athlete.Settings{}
	b.call("PATCH", "/v1/settings", `{"thresholds":{"ftp":null,"sport":"ride"}}`).wants(http.StatusOK).decode(&settings)
	if history := settings.Thresholds.History; len(history) != 2 {
		t.Errorf("null left %+v", history)
	}
	b.call("PATCH", "/v1/settings", `{"thresholds":{"ftp":250,"sport":"chess"}}`).refused(http.StatusUnprocessableEntity, "invalid", "body.thresholds.sport")
}

func TestAbsentSettingsAreNull(t *testing.T) {
	t.Parallel()
	var raw map[string]any
	setup(t).register("ada@example.com").get("/v1/settings").wants(http.StatusOK).decode(&raw)
	if value, present := raw["birth_date"]; !present || value != nil {
		t.Errorf("birth_date is %v, %v", value, present)
	}
}

func TestWrongSettingsNameTheirFieldsAndChangeNothing(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	before := string(b.get("/v1/settings").wants(http.StatusOK).body)
	for body, locations := range map[string][]string{
		`{"thresholds":{"max_hr":500}}`:    {"body.thresholds.max_hr"},
		`{"thresholds":{"max_hr":"fast"}}`: {"body.thresholds.max_hr"},
		`{"thresholds":{"max_hr":170,"resting_hr":10},"time_zone":"Mars/Olympus","sex":"none"}`: {"body.thresholds.resting_hr", "body.time_zone", "body.sex"},
		`{"units":"imperial","thresholds":{"ftp":-1}}`:                                          {"body.thresholds.ftp"},
		`{"units":"imperial","colour":"red"}`:                                                   {"body.colour"},
		`{"units":null}`:                                                                        {"body.units"},
		`{"sex":null,"load":{"decay_rate":null},"thresholds":null}`:                             {"body.sex", "body.thresholds", "body.load.decay_rate"},
		`{"thresholds":{"vo2max":60}}`:                                                          {"body.thresholds.vo2max"},
		`{"load":{"chronic_days":7.5}}`:                                                         {"body.load.chronic_days"},
		`{"load":{"chronic_days":1000,"decay_rate":9}}`:                                         {"body.load.chronic_days", "body.load.decay_rate"},
		`{"birth_date":"17.05.1990"}`:                                                           {"body.birth_date"},
		`{"birth_date":"2999-01-01","units":"imperial"}`:                                        {"body.birth_date"},
		`{"thresholds":{"max_hr":180,"effective_from":"2999-01-01"}}`:                           {"body.thresholds.effective_from"},
	} {
		b.call("PATCH", "/v1/settings", body).refused(http.StatusUnprocessableEntity, "invalid", locations...)
	}
	if after := string(b.get("/v1/settings").wants(http.StatusOK).body); after != before || len(b.takeWakes()) != 0 {
		t.Errorf("settings were\n%s\nand are\n%s", before, after)
	}
}

func TestAHigherMaximumIsProposedAcceptedAndDismissed(t *testing.T) {
	t.Parallel()
	b := imported(t)
	peak := float64(b.count(`SELECT max(peak_hr) FROM activities`))
	change := func(maximum float64) []athlete.Proposal {
		t.Helper()
		var settings athlete.Settings
		b.call("PATCH", "/v1/settings", map[string]any{"thresholds": map[string]any{"max_hr": maximum}}).wants(http.StatusOK)
		b.deliver()
		b.get("/v1/settings").wants(http.StatusOK).decode(&settings)
		return settings.Proposals
	}
	proposals := change(peak - 3)
	if len(proposals) != 1 || proposals[0].Value != peak || proposals[0].Current != peak-3 {
		t.Fatalf("proposed %+v, want %v", proposals, peak)
	}
	b.get("/v1/activities/" + proposals[0].ActivityID).wants(http.StatusOK)
	if proposals = change(proposals[0].Value); len(proposals) != 0 {
		t.Errorf("after accepting: %+v", proposals)
	}
	if proposals = change(peak - 3); len(proposals) != 1 {
		t.Fatalf("lowered again: %+v", proposals)
	}
	b.call("DELETE", "/v1/settings/proposals/max_hr", nil).wants(http.StatusNoContent)
	if proposals = change(peak - 4); len(proposals) != 0 {
		t.Errorf("after dismissing: %+v", proposals)
	}
}
