package activitysync

import (
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

func TestAnApplicationThatStravaRefusesWaitsAndDisconnectsNobody(t *testing.T) {
	t.Parallel()
	for name, refusal := range map[string]stravasim.Fault{
		"too many requests": {Kind: stravasim.FaultStatus, Status: 429, Endpoint: "activities", Count: 1},
		"the day is spent":  {Kind: stravasim.FaultStatus, Status: 429, Window: "daily", Endpoint: "streams", Count: 1},
		"inactive":          {Kind: stravasim.FaultStatus, Status: 403, Count: 1},
		"maintenance":       {Kind: stravasim.FaultStatus, Status: 597, Count: 1},
		"a gateway's page":  {Kind: stravasim.FaultStatus, Status: 502, Endpoint: "activities", Count: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 5})
			s.connect(cyclist)
			s.fault(refusal)
			if err := s.wake(); err != nil {
				t.Fatalf("a postponed message must be acknowledged: %v", err)
			}
			// I14: an error is no empty list. Nothing says that the history is through.
			if refusal.Endpoint != "streams" {
				if got := s.count(`SELECT count(*) FROM strava_connections WHERE backfilled_at IS NOT NULL`); got != 0 {
					t.Error("a refusal was read as the end of the list")
				}
			}
			if got := s.count(`SELECT count(*) FROM due_work WHERE due_at > now() AND kind NOT IN ('incremental', 'reconcile') AND parked_at IS NULL`); got != 1 {
				t.Errorf("nothing was postponed: %s", s.dump("due_work"))
			}
			progress, err := s.service.Progress(s.ctx(), s.account)
			if err != nil || progress.LastError == "" || progress.RetryAt == nil {
				t.Errorf("progress does not say why it waits: %+v (%v)", progress, err)
			}
			s.drain()
			if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND refined_at IS NOT NULL`); got != 1 {
				t.Error(s.dump("due_work"))
			}
			if got := s.count(`SELECT count(*) FROM activities`); got != len(s.truth(cyclist)) {
				t.Errorf("%d activities", got)
			}
		})
	}
}

func TestABrokenListIsNeverAnEmptyOne(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{stravasim.FaultMalformed, stravasim.FaultCut, stravasim.FaultDrop} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 4})
			s.connect(cyclist)
			s.fault(stravasim.Fault{Kind: kind, Endpoint: "activities", Count: 2, Bytes: 40})
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			if got := s.count(`SELECT count(*) FROM strava_connections WHERE backfilled_at IS NOT NULL`); got != 0 {
				t.Fatal("a broken list was read as the end of it")
			}
			s.drain()
			if got := s.count(`SELECT count(*) FROM activities`); got != len(s.truth(cyclist)) {
				t.Errorf("%d activities", got)
			}
		})
	}
}

func TestAnActivityThatFailsForEverIsParkedAndTheRestGoesOn(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]stravasim.Fault{
		"500": {Kind: stravasim.FaultStatus, Status: 500}, "cut": {Kind: stravasim.FaultCut, Bytes: 100},
		"malformed": {Kind: stravasim.FaultMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 10})
			broken := s.truth(cyclist)[4]
			f.Endpoint, f.Activity = "streams", broken.ID
			s.fault(f)
			s.connect(cyclist)
			s.drain()
			if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'parked' AND streams_reason <> '' AND id = $1`, broken.ID); got != 1 {
				t.Errorf("the broken activity is not parked: %s", s.dump("activities", "figures", "summary", "stream_figures"))
			}
			if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'pending'`); got != 0 {
				t.Errorf("%d others wait", got)
			}
			progress, err := s.service.Progress(s.ctx(), s.account)
			if err != nil || progress.Parked != 1 || len(progress.Waiting) != 1 || progress.Waiting[0].Reason == "" || progress.Phase != PhaseDone {
				t.Errorf("progress %+v (%v)", progress, err)
			}
			if s.log.count(logging.EventSyncParked) != 1 {
				t.Error("the parking left no event")
			}
		})
	}
}

// I30: a strap that sends artefacts gives no load, or one from the average, and never one of 0 labelled as stream.
func TestARejectedStreamIsNeverALoadOfZero(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	profiles := store.Profiles{Athlete: store.Athlete{Sex: training.SexMale}, Thresholds: []store.Threshold{
		{Kind: store.ThresholdRestingHR, Value: 50}, {Kind: store.ThresholdMaxHR, Value: 190}}}
	average, moving := 150.0, 1800.0
	for name, test := range map[string]struct {
		rate uint8
		want training.Quality
	}{"artefacts": {255, training.QualityNone}, "nothing": {0, training.QualityAverage}, "a heart": {150, training.QualityStream}} {
		streams := training.Streams{Time: make([]int32, 1800), HeartRate: make([]uint8, 1800)}
		for i := range streams.Time {
			streams.Time[i], streams.HeartRate[i] = int32(i), test.rate
		}
		activity := store.Activity{ID: 1, Summary: training.Summary{SportType: "Run", AverageHR: &average, MovingS: &moving}}
		got, err := s.worker.reduce(&activity, streams, profiles)
		if err != nil {
			t.Fatal(err)
		}
		if got.Figures.Quality != test.want || (got.Figures.TRIMP.Known && got.Figures.TRIMP.Value == 0) {
			t.Errorf("%s: quality %s, load %+v, want %s", name, got.Figures.Quality, got.Figures.TRIMP, test.want)
		}
	}
}
