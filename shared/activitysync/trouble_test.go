package activitysync

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// I19: however many messages come at once, the rotating token is refreshed once and nobody is disconnected.
func TestFiftyWakesWithAnExpiredTokenRefreshItOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 8})
	s.connect(cyclist)
	s.pass(7 * time.Hour) // an access token lives for six
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if err := s.wake(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	s.drain()
	if got := s.calls("token"); got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND generation = 2`); got != 1 {
		t.Error(s.dump("strava_connections", "sealed_access_token", "sealed_refresh_token"))
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'pending'`); got != 0 {
		t.Errorf("%d activities pending", got)
	}
}

// I19: the row's lock alone suffices, without the lease that keeps workers apart.
func TestSessionsThatFindTheSameTokenExpiredRefreshItOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	s.connect(cyclist)
	s.pass(7 * time.Hour)
	sessions := make([]*session, 20)
	for i := range sessions {
		sessions[i] = &session{worker: s.worker, db: s.session(), accountID: s.account}
	}
	var all sync.WaitGroup
	start := make(chan struct{})
	tokens := make([]string, len(sessions))
	for i, session := range sessions {
		all.Go(func() {
			<-start
			var err error
			if tokens[i], err = session.access(s.ctx()); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	if got := s.calls("token"); got != 1 {
		t.Errorf("%d refreshes, want 1", got)
	}
	for _, token := range tokens {
		if token == "" || token != tokens[0] {
			t.Error("the sessions hold different tokens")
		}
	}
}

func TestATokenThatStravaDroppedIsRefreshedAndTheCallMadeAgain(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 6})
	s.connect(cyclist)
	s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/expire-tokens", nil)
	s.drain()
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND refined_at IS NOT NULL`); got != 1 {
		t.Error(s.log.String())
	}
}

func TestARevokedConnectionAsksThisAthleteAloneToReconnect(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 6})
	s.connect(cyclist)
	other := s.register("other@example.com")
	if _, err := s.service.Connect(s.ctx(), other, s.grant(beginner), []string{"activity:read"}); err != nil {
		t.Fatal(err)
	}
	s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/revoke", nil)
	if err := s.wake(); err != nil {
		t.Fatal(err)
	}
	progress, err := s.service.Progress(s.ctx(), s.account)
	if err != nil || progress.Phase != PhaseReconnect || progress.LastError == "" {
		t.Errorf("progress %+v (%v)", progress, err)
	}
	if _, err := s.service.AskSync(s.ctx(), s.account); fault.KindOf(err) != fault.Conflict {
		t.Errorf("asking for a sync: %v", err)
	}
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND account_id = $1`, other); got != 1 {
		t.Error("the other athlete was disconnected too")
	}
	if got := s.log.count(logging.EventStravaDisconnected); got != 1 {
		t.Errorf("%d events of a disconnection", got)
	}
	s.connect(cyclist)
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE account_id = $1`, s.account); got != len(s.truth(cyclist)) {
		t.Errorf("%d activities after connecting again", got)
	}
}

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
			if got := s.count(`SELECT count(*) FROM due_work WHERE due_at > now() AND kind <> 'incremental' AND parked_at IS NULL`); got != 1 {
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
			if err != nil || progress.Parked != 1 || len(progress.Waiting) != 1 || progress.Phase != PhaseDone {
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

func TestAForeignAthleteAndAMissingScopeChangeNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	other := s.register("other@example.com")
	before := s.everything()
	code := func(_ int64, err error) string {
		if f, ok := fault.As(err); ok {
			return f.Code
		}
		return ""
	}
	grant := s.grant(cyclist)
	if got := code(s.service.Connect(s.ctx(), other, grant, []string{"activity:read_all"})); got != "strava-athlete-taken" {
		t.Errorf("another account's athlete: %q", got)
	}
	if got := code(s.service.Connect(s.ctx(), s.account, s.grant(beginner), []string{"activity:read_all"})); got != "strava-other-athlete" {
		t.Errorf("another athlete of this account: %q", got)
	}
	if got := code(s.service.Connect(s.ctx(), s.account, grant, []string{"read", "profile:read_all"})); got != "strava-scope" {
		t.Errorf("a missing scope: %q", got)
	}
	if after := s.everything(); after != before {
		t.Error("a refused connection changed something")
	}
}

func TestExpiredStreamsComeBackOnDemand(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	activity := s.truth(cyclist)[0].ID
	want, _, err := s.service.Streams(s.ctx(), s.account, activity)
	if err != nil || want.Len() == 0 {
		t.Fatalf("%d samples, %v", want.Len(), err)
	}
	s.pass(8 * 24 * time.Hour)
	calls := s.calls("streams")
	for range 3 { // a page that asks again and again causes one call
		_, dueID, err := s.service.Streams(s.ctx(), s.account, activity)
		if f, ok := fault.As(err); !ok || f.Code != "streams-pending" || f.RetryAfter == 0 || dueID == 0 {
			t.Fatalf("due %d, %v", dueID, err)
		}
	}
	if err := s.wake(); err != nil {
		t.Fatal(err)
	}
	got, _, err := s.service.Streams(s.ctx(), s.account, activity)
	if err != nil || got.Len() != want.Len() {
		t.Errorf("%d samples, want %d (%v)", got.Len(), want.Len(), err)
	}
	if again := s.calls("streams") - calls; again != 1 {
		t.Errorf("%d calls, want 1", again)
	}
}

func TestAManualActivityHasNoStreams(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	var added struct{ ID int64 }
	answer := s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/activities", map[string]any{"manual": true})
	if err := json.Unmarshal(answer, &added); err != nil {
		t.Fatal(err)
	}
	s.connect(cyclist)
	s.drain()
	_, _, err := s.service.Streams(s.ctx(), s.account, added.ID)
	if f, ok := fault.As(err); !ok || f.Code != "no-streams" || f.Kind != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if got := s.calls("streams"); got != len(s.truth(cyclist))-1 {
		t.Errorf("%d calls for streams", got)
	}
}

func TestAWorkerWithoutTimeLeavesTheRestAndWakesAnother(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	ctx, cancel := context.WithTimeout(s.ctx(), stopBefore/2)
	defer cancel()
	if err := s.worker.Wake(ctx, message.NewWake(1, s.account)); err != nil {
		t.Fatal(err)
	}
	if s.wakes.count() != 1 || s.calls("activities") != 0 {
		t.Errorf("%d wakes, %d calls", s.wakes.count(), s.calls("activities"))
	}
}

func TestDispatchWakesEveryDueAccountOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	const accounts = 2*dispatchPage + 7
	if _, err := s.admin.Exec(t.Context(), `WITH made AS (INSERT INTO accounts (email) SELECT 'a' || n || '@example.com'
FROM generate_series(1, $1::int) AS n RETURNING id)
INSERT INTO due_work (account_id, kind, due_at) SELECT id, kind, now() - interval '1 minute'
FROM made, (VALUES ('streams'), ('recompute')) AS kinds (kind)`, accounts); err != nil {
		t.Fatal(err)
	}
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	if err := dispatcher.Tick(s.ctx()); err != nil {
		t.Fatal(err)
	}
	woken := map[int64]int{}
	for _, body := range s.wakes.bodies {
		woken[body.(message.Wake).AccountID]++
	}
	if len(woken) != accounts || s.wakes.count() != accounts {
		t.Errorf("%d messages for %d accounts, want %d", s.wakes.count(), len(woken), accounts)
	}
}

func TestNoTokenStandsInAnyLog(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	grant := s.grant(cyclist)
	if _, err := s.service.Connect(s.ctx(), s.account, grant, []string{"activity:read_all"}); err != nil {
		t.Fatal(err)
	}
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 401, Endpoint: "activities", Count: 1})
	s.fault(stravasim.Fault{Kind: stravasim.FaultDrop, Endpoint: "streams", Count: 1})
	s.drain()
	for name, token := range map[string]string{"access": grant.Tokens.Access.Reveal(), "refresh": grant.Tokens.Refresh.Reveal()} {
		if token == "" || strings.Contains(s.log.String(), token) {
			t.Errorf("the %s token is empty or stands in the log", name)
		}
		if strings.Contains(s.everything(), token) {
			t.Errorf("the %s token stands in the database", name)
		}
	}
}

func TestUnknownPageKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"x", "1.", ".1", "1.2.3", strings.Repeat("z", 40) + ".1"} {
		if _, _, err := parsePageKey(key); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", key, err)
		}
	}
	at, id, err := parsePageKey(pageKey(store.Activity{ID: 1 << 40, StartAt: time.UnixMicro(1_700_000_000_123_456)}))
	if err != nil || id != 1<<40 || at.UnixMicro() != 1_700_000_000_123_456 {
		t.Errorf("%v %d %v", at, id, err)
	}
}
