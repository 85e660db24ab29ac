package activitysync

import (
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
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO due_work (account_id, kind, subject, parked_at, parked_reason)
VALUES ($1, 'reread', '7', now(), 'Strava no longer accepts the connection')`, s.account); err != nil {
		t.Fatal(err)
	}
	before := s.dump("due_work")
	s.hint(activityHint(message.AspectUpdate, cyclist, 5)) // nothing can be asked of Strava now
	if after := s.dump("due_work"); after != before {
		t.Errorf("a hint made work that can't be done:\n%s", after)
	}
	s.connect(cyclist)
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE account_id = $1`, s.account); got != len(s.truth(cyclist)) {
		t.Errorf("%d activities after connecting again", got)
	}
	if got := s.count(`SELECT count(*) FROM due_work WHERE parked_at IS NOT NULL`); got != 0 {
		t.Errorf("work is still parked: %s", s.dump("due_work"))
	}
}

func TestAForeignAthleteAndAMissingScopeChangeNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	other := s.register("other@example.com")
	without := []string{"sealed_access_token", "sealed_refresh_token", "token_expires_at", "generation"}
	before := s.everything(without...)
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
	if after := s.everything(without...); after != before {
		t.Error("a refused connection changed something")
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
