package activitysync

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

// At each of a running sync's calls in turn, the athlete disconnects.
func TestASyncThatIsDisconnectedUnderWayStoresNothingMore(t *testing.T) {
	t.Parallel()
	for at := range int64(6) {
		t.Run(strconv.FormatInt(at, 10), func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 6})
			s.connect(cyclist)
			s.pass(7 * time.Hour) // so that the first call is a refresh
			var calls atomic.Int64
			erased := make(chan error, 1)
			disconnect := func(r *http.Request) {
				if calls.Add(1) != at+1 {
					return
				}
				go func() { // a refresh holds the connection's row until it is answered
					_, err := s.service.Disconnect(s.ctx(), s.account)
					erased <- err
				}()
				if r.URL.Path != "/oauth/token" {
					if err := <-erased; err != nil {
						t.Error(err)
					}
					// Erased as well before Strava answers: nothing comes after that would erase what is stored now.
					erased <- s.worker.Wake(s.ctx(), message.NewWake(1, 0))
				}
			}
			s.request.Store(&disconnect)
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			if err := <-erased; err != nil {
				t.Fatal(err)
			}
			s.request.Store(nil)
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			s.wakeNobody()
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
			s.nothingIsLeft()
			if s.connected(cyclist) || s.count(`SELECT count(*) FROM erasures WHERE revocation = 'ended' AND erased_at IS NOT NULL`) != 1 {
				t.Errorf("not revoked: %s", s.dump("erasures"))
			}
		})
	}
}

func TestAnAthleteWhoLeavesAtStravaIsErasedToo(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*system){
		"told at once": func(*system) {},
		"found out by a sync before": func(s *system) {
			s.pass(incrementalEvery + time.Minute)
			if err := s.wake(); err != nil {
				s.t.Fatal(err)
			}
			if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'reconnect'`); got != 1 {
				s.t.Fatal("the sync did not find out")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 4})
			s.connect(cyclist)
			s.drain()
			stored := s.count(`SELECT count(*) FROM activities`)
			events := s.subscribe()
			s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/revoke", nil)
			hint := s.take(events, 1)[0]
			before(s)
			s.hint(hint)
			s.hint(hint) // twice, of course
			s.wakeNobody()
			s.nothingIsLeft()
			s.theReceipt(store.ReasonDeauthorized, store.RevocationEnded, stored)
			if s.wakes.count() == 0 {
				t.Error("nobody was woken to erase")
			}
		})
	}
}

func TestAForgedDeauthorizationErasesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	rows := s.dump("activities") + s.dump("activity_streams")
	forged := message.Hint{Kind: message.KindHint, Object: message.ObjectAthlete, Aspect: message.AspectDeauthorize, ObjectID: cyclist, OwnerID: cyclist, EventTime: 1}
	for range 5 {
		s.hint(forged)
	}
	if got := s.calls("token"); got != 1 {
		t.Errorf("%d refreshes for five events at once, want 1", got)
	}
	// Whatever else the token endpoint answers proves nothing either.
	for _, fault := range []stravasim.Fault{
		{Kind: stravasim.FaultStatus, Status: 401, Endpoint: "token", Count: 1}, {Kind: stravasim.FaultStatus, Status: 403, Endpoint: "token", Count: 1},
		{Kind: stravasim.FaultStatus, Status: 404, Endpoint: "token", Count: 1}, {Kind: stravasim.FaultStatus, Status: 429, Endpoint: "token", Count: 1},
		{Kind: stravasim.FaultStatus, Status: 502, Endpoint: "token", Count: 1},
	} {
		s.fault(fault)
		s.pass(2 * time.Hour)
		s.hint(forged)
	}
	s.drain()
	if s.dump("activities")+s.dump("activity_streams") != rows || !s.connected(cyclist) ||
		s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected'`) != 1 {
		t.Errorf("the event was believed: %s", s.dump("strava_connections", "sealed_access_token", "sealed_refresh_token"))
	}
}

func TestConnectingAnewWaitsForTheErasureAndEndsItsRevocation(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities`)
	s.disconnect()
	if _, err := s.service.Connect(s.ctx(), s.account, s.grant(cyclist), []string{"activity:read_all"}); codeOf(err) != "strava-erasing" {
		t.Fatalf("connected into an erasure: %v", err)
	}
	s.fault(stravasim.Fault{Kind: stravasim.FaultDrop, Endpoint: "deauthorize", Count: 1})
	s.wakeNobody() // erases, and can't revoke; the refused consent's token was handed over, so the refresh works
	if got := s.count(`SELECT count(*) FROM erasures WHERE erased_at IS NOT NULL AND revocation = 'pending'`); got != 1 {
		t.Fatal(s.dump("erasures"))
	}
	s.connect(cyclist)
	s.pass(2 * time.Hour)
	s.wakeNobody()
	s.drain()
	s.theReceipt(store.ReasonDisconnected, store.RevocationSuperseded, stored)
	if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND refined_at IS NOT NULL`); got != 1 || !s.connected(cyclist) {
		t.Error("the new connection was ended with the old one")
	}
}

func TestARefusedConsentDuringAnErasureIsRevokedWithIt(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.disconnect()
	if _, err := s.service.Connect(s.ctx(), s.account, s.grant(cyclist), []string{"activity:read_all"}); codeOf(err) != "strava-erasing" {
		t.Fatalf("connected into an erasure: %v", err)
	}
	s.wakeNobody()
	if s.connected(cyclist) {
		t.Error("Strava still has the authorization of the refused consent")
	}
}
