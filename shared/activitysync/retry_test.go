package activitysync

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

// follow delivers messages whenever something but the regular look is due, for as long as the clock has not come to end.
func (s *system) follow(end time.Time) {
	s.t.Helper()
	for s.now().Before(end) {
		if err := s.wake(); err != nil {
			s.t.Fatal(err)
		}
		var next *time.Time
		s.row(&next, `SELECT min(greatest(due_at, coalesce(lease_until, due_at))) FROM due_work
WHERE parked_at IS NULL AND kind NOT IN ('incremental', 'reconcile') AND account_id = $1`, s.account)
		if next == nil || next.After(end) {
			s.pass(end.Sub(s.now()))
			return
		}
		s.pass(max(next.Sub(s.now()), 0) + time.Second)
	}
}

// I19: Strava has answered, the old refresh token is dead, and the connection to the database is gone.
func TestRefreshedTokensSurviveALostConnection(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.pass(7 * time.Hour)
	var kills atomic.Int64
	kill := func(r *http.Request) {
		if r.URL.Path == "/oauth/token" && kills.Add(1) == 1 {
			s.endConnections()
		}
	}
	s.request.Store(&kill)
	_ = s.wake() // the session is lost, so the message comes again
	s.request.Store(nil)
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND generation = 2`); got != 1 || kills.Load() != 1 {
		t.Fatalf("after %d kills: %s", kills.Load(), s.dump("strava_connections", "sealed_access_token", "sealed_refresh_token"))
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND refined_at IS NOT NULL`); got != 1 {
		t.Error(s.log.String())
	}
	if got := s.calls("token"); got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
}

func TestALongOutageIsWaitedForAndParksNothing(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]stravasim.Fault{
		"of the list":                     {Kind: stravasim.FaultDrop, Endpoint: "activities"},
		"of streams":                      {Kind: stravasim.FaultDrop, Endpoint: "streams"},
		"of streams, with one already in": {Kind: stravasim.FaultDrop, Endpoint: "streams", Skip: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 5})
			s.connect(cyclist)
			f.Until = s.now().Add(60 * time.Hour)
			s.fault(f)
			// Two are asked for at a time: the one to get in is the first, lest its failure beside another's answer be its own.
			first, asked := strconv.FormatInt(s.truth(cyclist)[0].ID, 10), make(chan struct{})
			var once sync.Once
			inTurn := func(r *http.Request) {
				switch {
				case strings.Contains(r.URL.Path, first):
					once.Do(func() { close(asked) })
				case strings.HasSuffix(r.URL.Path, "/streams"):
					select {
					case <-asked:
					case <-r.Context().Done():
					}
				}
			}
			s.request.Store(&inTurn)
			s.follow(f.Until.Add(-time.Minute))
			if got := s.count(`SELECT count(*) FROM due_work WHERE parked_at IS NOT NULL`); got != 0 {
				t.Fatalf("parked: %s", s.dump("due_work"))
			}
			if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'parked' OR streams_attempts > 0`); got != 0 {
				t.Errorf("%d activities are blamed", got)
			}
			if calls := s.calls(f.Endpoint); calls < 40 || calls > 400 {
				t.Errorf("%d calls in 60 hours", calls)
			}
			s.follow(f.Until.Add(90 * time.Minute))
			if got := s.count(`SELECT count(*) FROM activities WHERE streams <> 'pending'`); got != len(s.truth(cyclist)) {
				t.Errorf("%d activities came in after the outage: %s", got, s.dump("due_work"))
			}
		})
	}
}

func TestAskingForASyncResumesWhatWasParked(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	for s.count(`SELECT count(*) FROM due_work WHERE kind = 'streams'`) == 0 {
		if err := s.worker.Run(s.ctx(), s.session(), s.claim()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.admin.Exec(t.Context(), `UPDATE due_work SET parked_at = now(), attempts = 30 WHERE kind = 'streams'`); err != nil {
		t.Fatal(err)
	}
	s.pass(2 * askEvery)
	if _, err := s.service.AskSync(s.ctx(), s.account); err != nil {
		t.Fatal(err)
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'pending'`); got != 0 {
		t.Errorf("%d activities wait: %s", got, s.dump("due_work"))
	}
}

func TestAParkedActivityIsTriedAgainADayLater(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 6})
	broken := s.truth(cyclist)[2].ID
	until := s.now().Add(3 * 24 * time.Hour)
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 500, Endpoint: "streams", Activity: broken, Until: until})
	s.connect(cyclist)
	s.follow(until.Add(-time.Hour))
	if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'parked' AND id = $1`, broken); got != 1 {
		t.Fatal("the broken activity is not parked")
	}
	progress, err := s.service.Progress(s.ctx(), s.account)
	if err != nil || len(progress.Waiting) != 1 {
		t.Fatalf("progress %+v, %v", progress, err)
	}
	if waiting := progress.Waiting[0]; !waiting.Parked || waiting.ID != broken || waiting.Reason == "" || waiting.RetryAt == nil ||
		waiting.RetryAt.Before(s.now()) || waiting.RetryAt.After(s.now().Add(parkedEvery)) {
		t.Errorf("the athlete is told %+v", waiting)
	}
	calls := s.calls("streams") - len(s.truth(cyclist))
	if calls > mostStreamTries+3 {
		t.Errorf("%d calls for a broken activity in three days", calls)
	}
	s.follow(until.Add(26 * time.Hour))
	if got := s.count(`SELECT count(*) FROM activities WHERE streams IN ('parked', 'pending')`); got != 0 {
		t.Errorf("it did not come in: %s", s.dump("due_work"))
	}
}

func TestStreamsThatAreLateAreAskedForAgainForTwoDays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		late time.Duration
		want string
	}{"two hours": {2 * time.Hour, store.StreamsStored}, "a day and a half": {36 * time.Hour, store.StreamsStored},
		"for ever": {1000 * time.Hour, store.StreamsNone}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 2})
			s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/activities", map[string]any{
				"start_date": s.now().Add(-time.Hour).UTC().Format(time.RFC3339), "minutes": 30})
			newest := s.truth(cyclist)[0].ID
			s.fault(stravasim.Fault{Kind: stravasim.FaultLateStreams, Activity: newest, Until: s.now().Add(test.late)})
			s.connect(cyclist)
			s.follow(s.now().Add(50 * time.Hour))
			var got string
			s.row(&got, `SELECT streams FROM activities WHERE id = $1`, newest)
			if got != test.want {
				t.Errorf("streams %s, want %s: %s", got, test.want, s.dump("due_work"))
			}
			if calls := s.calls("streams") - len(s.truth(cyclist)) + 1; calls > 12 {
				t.Errorf("%d calls for it", calls)
			}
		})
	}
}

func TestBrokenNewestActivitiesDoNotHoldUpTheRest(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 12})
	for _, activity := range s.truth(cyclist)[:5] {
		s.fault(stravasim.Fault{Kind: stravasim.FaultCut, Bytes: 100, Endpoint: "streams", Activity: activity.ID})
	}
	s.connect(cyclist)
	s.follow(s.now().Add(time.Hour))
	if got, want := s.count(`SELECT count(*) FROM activities WHERE streams = 'stored'`), len(s.truth(cyclist))-5; got != want {
		t.Errorf("%d activities are in, want %d: %s", got, want, s.dump("due_work"))
	}
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'parked'`); got != 5 {
		t.Errorf("%d activities parked, want 5", got)
	}
}

func TestAUnitThatNeverGetsAnywhereInItsTimeIsParked(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	s.worker.Runners = map[string]Runner{store.KindRecompute: func(ctx context.Context, _ database.Database, _ store.Due) error {
		<-ctx.Done()
		return ctx.Err()
	}}
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO due_work (account_id, kind, due_at) VALUES ($1, 'recompute', now() - interval '1 minute')`, s.account); err != nil {
		t.Fatal(err)
	}
	for try := 1; try <= mostAttempts; try++ {
		if s.count(`SELECT count(*) FROM due_work WHERE parked_at IS NOT NULL`) != 0 {
			t.Fatalf("parked before try %d", try)
		}
		ctx, cancel := context.WithTimeout(s.ctx(), 10*time.Millisecond)
		err := s.worker.Run(ctx, s.session(), s.claim())
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		if got := s.count(`SELECT count(*) FROM due_work WHERE parked_at IS NULL AND due_at <= $1`, s.now()); got != 0 {
			t.Fatal("it is due again at once")
		}
		s.pass(2 * longestBackoff)
	}
	if got := s.count(`SELECT count(*) FROM due_work WHERE parked_at IS NOT NULL AND parked_reason <> ''`); got != 1 {
		t.Error(s.dump("due_work"))
	}
	if s.log.count(logging.EventSyncParked) != 1 {
		t.Error("the parking left no event")
	}
}
