package athlete

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/jackc/pgx/v5"
)

// peak stores an activity with the highest heart rate that it had.
func (f *fixture) peak(t *testing.T, id int64, sport, day string, heartRate int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), f.db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(t.Context(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary,
    summary_hash, figures, quality, formula_version, streams, peak_hr)
VALUES ($1, $2, $3, '', now(), '', $4::text::date, '{}', '', '{}', 'stream', 1, 'stored', nullif($5::int, 0))`, f.id, id, sport, day, heartRate)
	if err != nil {
		t.Fatal(err)
	}
}

// proposed checks what the settings propose.
func (f *fixture) proposed(t *testing.T, want ...Proposal) {
	t.Helper()
	settings, err := f.Settings(t.Context(), f.id)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append([]Proposal{}, want...), settings.Proposals); diff != "" {
		t.Error("proposals (-want +got):", diff)
	}
}

func TestAHeartRateAboveTheMaximumProposesANewOne(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.peak(t, 1, "Run", "2026-03-01", 191)
	f.proposed(t) // nothing is above a maximum that is not known

	f.update(t, Patch{BirthDate: new("1986-11-20")}) // estimated: 208 − 0.7 · 40
	estimated := Proposal{Kind: "max_hr", Value: 191, Current: 180, EffectiveFrom: day("2026-03-01"), ActivityID: "1", LocalDay: day("2026-03-01")}
	f.proposed(t, estimated)

	f.update(t, thresholds(ThresholdValues{MaxHR: new(189.0)}, "2026-01-01"))
	f.peak(t, 2, "Run", "2026-05-01", 194)
	f.peak(t, 3, "Run", "2026-06-01", 192)
	f.peak(t, 4, "Run", "2026-06-02", 0)
	f.peak(t, 5, "Run", "2026-06-03", 189)
	highest := Proposal{Kind: "max_hr", Value: 194, Current: 189, EffectiveFrom: day("2026-05-01"), ActivityID: "2", LocalDay: day("2026-05-01")}
	f.proposed(t, highest)

	settings := f.update(t, thresholds(ThresholdValues{MaxHR: &highest.Value}, highest.EffectiveFrom.String())) // accepted
	if len(settings.Proposals) != 0 || *settings.Thresholds.MaxHR != 194 {
		t.Errorf("after accepting: %+v", settings)
	}
}

func TestTheFirstMaximumHoldsBeforeItsDayAndIsReplacedThere(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, thresholds(ThresholdValues{MaxHR: new(185.0)}, "2026-01-01"))
	f.peak(t, 1, "Ride", "2022-07-01", 187)
	f.proposed(t, Proposal{Kind: "max_hr", Value: 187, Current: 185, EffectiveFrom: day("2026-01-01"), ActivityID: "1", LocalDay: day("2022-07-01")})
}

func TestWhatWasPossibleUnderAnOlderMaximumProposesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, thresholds(ThresholdValues{MaxHR: new(198.0)}, "2016-01-01"))
	f.update(t, thresholds(ThresholdValues{MaxHR: new(188.0)}, "2025-01-01"))
	f.peak(t, 1, "Run", "2017-04-01", 196)
	f.proposed(t)
}

func TestEachSportIsHeldAgainstItsOwnMaximum(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.update(t, thresholds(ThresholdValues{MaxHR: new(180.0)}, "2026-01-01"))
	run := thresholds(ThresholdValues{MaxHR: new(195.0)}, "2026-01-01")
	run.Thresholds.Sport = new("run")
	f.update(t, run)
	f.peak(t, 1, "TrailRun", "2026-02-01", 194) // above everybody's, below the runner's
	f.proposed(t)
	f.peak(t, 2, "Ride", "2026-02-02", 183)
	f.peak(t, 3, "Run", "2026-02-03", 197)
	f.proposed(t,
		Proposal{Kind: "max_hr", Sport: "run", Value: 197, Current: 195, EffectiveFrom: day("2026-02-03"), ActivityID: "3", LocalDay: day("2026-02-03")},
		Proposal{Kind: "max_hr", Value: 183, Current: 180, EffectiveFrom: day("2026-02-02"), ActivityID: "2", LocalDay: day("2026-02-02")})
}

func TestADismissedProposalComesBackOnlyHigher(t *testing.T) {
	t.Parallel()
	f := setup(t)
	if err := f.Dismiss(t.Context(), f.id); err != nil { // nothing is proposed
		t.Fatal(err)
	}
	f.update(t, thresholds(ThresholdValues{MaxHR: new(180.0)}, "2026-01-01"))
	f.peak(t, 1, "Run", "2026-02-01", 185)
	for range 2 {
		if err := f.Dismiss(t.Context(), f.id); err != nil {
			t.Fatal(err)
		}
		f.proposed(t)
	}
	f.peak(t, 2, "Run", "2026-03-01", 185)
	f.update(t, Patch{Units: new("imperial")}) // writing the athlete leaves what was dismissed
	f.proposed(t)
	f.peak(t, 3, "Run", "2026-04-01", 186)
	f.proposed(t, Proposal{Kind: "max_hr", Value: 186, Current: 180, EffectiveFrom: day("2026-04-01"), ActivityID: "3", LocalDay: day("2026-04-01")})
}
