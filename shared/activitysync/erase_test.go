package activitysync

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

func (s *system) disconnect() {
	s.t.Helper()
	if _, err := s.service.Disconnect(s.ctx(), s.account); err != nil {
		s.t.Fatal(err)
	}
}

// wakeNobody delivers one message for the work that belongs to no account.
func (s *system) wakeNobody() {
	s.t.Helper()
	if err := s.worker.Wake(s.ctx(), message.NewWake(1, 0)); err != nil {
		s.t.Fatal(err)
	}
}

// connected says whether the simulated Strava still has the athlete's authorization.
func (s *system) connected(athlete int64) bool {
	s.t.Helper()
	var state struct{ Connected []int64 }
	if err := json.Unmarshal(s.control(http.MethodGet, "/state", nil), &state); err != nil {
		s.t.Fatal(err)
	}
	return slices.Contains(state.Connected, athlete)
}

// nothingIsLeft looks past the sync's own counting.
func (s *system) nothingIsLeft() {
	s.t.Helper()
	for _, table := range []string{"activities", "activity_streams", "strava_connections", "due_work"} {
		if got := s.count(`SELECT count(*) FROM `+table+` WHERE account_id = $1`, s.account); got != 0 {
			s.t.Errorf("%d rows are left in %s: %s", got, table, s.dump(table))
		}
	}
}

// theReceipt checks that what stays of a finished erasure names nobody.
func (s *system) theReceipt(reason, revocation string, activities int) {
	s.t.Helper()
	got := s.count(`SELECT count(*) FROM erasures WHERE reason = $1 AND revocation = $2 AND erased_at >= requested_at
AND account_id IS NULL AND athlete_id IS NULL AND sealed_refresh_token IS NULL AND (erased->>'activities')::int = $3`,
		reason, revocation, activities)
	if got != 1 {
		s.t.Errorf("no receipt of %s, %s and %d activities: %s", reason, revocation, activities, s.dump("erasures"))
	}
	if got := s.count(`SELECT count(*) FROM due_work WHERE kind = 'erasure'`); got != 0 {
		s.t.Error("the erasure is still due")
	}
}

func TestDisconnectingErasesWhatCameFromStravaAndLeavesAReceipt(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 12})
	s.connect(cyclist)
	other := s.register("other@example.com")
	if _, err := s.service.Connect(s.ctx(), other, s.grant(beginner), []string{"activity:read"}); err != nil {
		t.Fatal(err)
	}
	if err := s.worker.Wake(s.ctx(), message.NewWake(1, other)); err != nil {
		t.Fatal(err)
	}
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities WHERE account_id = $1`, s.account)
	s.disconnect()
	// I10: from this moment on there is no connection, whenever the rows go.
	progress, err := s.service.Progress(s.ctx(), s.account)
	if err != nil || progress.Phase != PhaseIdle {
		t.Errorf("progress %+v, %v", progress, err)
	}
	s.wakeNobody()
	s.nothingIsLeft()
	s.theReceipt(store.ReasonDisconnected, store.RevocationEnded, stored)
	if s.connected(cyclist) {
		t.Error("Strava still has the authorization")
	}
	if !s.connected(beginner) || s.count(`SELECT count(*) FROM activities WHERE account_id = $1`, other) == 0 {
		t.Error("another athlete lost something")
	}
	if got := s.count(`SELECT count(*) FROM thresholds WHERE account_id = $1`, s.account); got != 2 {
		t.Error("what the athlete told here went too")
	}
	if got := s.log.count(logging.EventErasureCompleted); got != 1 {
		t.Errorf("%d events of an erasure", got)
	}
	if _, err := s.service.Disconnect(s.ctx(), s.account); fault.KindOf(err) != fault.NotFound {
		t.Errorf("disconnecting again: %v", err)
	}
	// Nothing stands in the way of a new beginning, with another athlete too.
	s.connect(oddIntervals)
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE account_id = $1`, s.account); got != len(s.truth(oddIntervals)) {
		t.Errorf("%d activities after connecting anew", got)
	}
}

func TestRowsGoWhileStravaIsDownAndTheTokenWaitsForIt(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 4})
	s.connect(cyclist)
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities`)
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 597, Endpoint: "deauthorize", Count: 2})
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 502, Endpoint: "token", Count: 1})
	s.disconnect()
	s.wakeNobody()
	s.nothingIsLeft()
	if got := s.count(`SELECT count(*) FROM erasures WHERE erased_at IS NOT NULL AND revocation = 'pending' AND sealed_refresh_token IS NOT NULL`); got != 1 {
		t.Fatal(s.dump("erasures"))
	}
	s.pass(7 * time.Hour) // the access token expires meanwhile
	for range 4 {
		s.pass(time.Hour)
		s.wakeNobody()
	}
	if s.calls("token") < 2 || s.calls("deauthorize") < 4 {
		t.Errorf("%d refreshes and %d revocations: the faults did not strike", s.calls("token"), s.calls("deauthorize"))
	}
	s.theReceipt(store.ReasonDisconnected, store.RevocationEnded, stored)
	if s.connected(cyclist) {
		t.Error("Strava still has the authorization")
	}
}

func TestAfterThirtyDaysTheTokenGoesAllTheSame(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities`)
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: 597, Endpoint: "deauthorize"})
	s.disconnect()
	s.wakeNobody()
	s.pass(revokeWithin + time.Hour)
	s.wakeNobody()
	s.theReceipt(store.ReasonDisconnected, store.RevocationGivenUp, stored)
}

// Strava counts the call that ends an authorization, so it waits for the quota as every other does. The rows don't.
func TestARevocationWaitsForTheQuotaAndTheRowsDoNot(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.pass(s.now().Truncate(24 * time.Hour).Add(24*time.Hour + time.Second).Sub(s.now())) // lest a day end meanwhile
	s.connect(cyclist)
	s.drain()
	stored := s.count(`SELECT count(*) FROM activities`)
	used := s.count(`SELECT used FROM strava_quota WHERE kind = 'read' AND span = 'day'`)
	if _, err := s.admin.Exec(t.Context(), `UPDATE strava_quota SET blocked_until = $1 WHERE span = 'day'`, s.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.disconnect()
	s.wakeNobody()
	s.nothingIsLeft()
	if got := s.calls("deauthorize"); got != 0 {
		t.Fatalf("%d calls without quota", got)
	}
	s.pass(time.Hour + spread)
	s.wakeNobody()
	s.theReceipt(store.ReasonDisconnected, store.RevocationEnded, stored)
	if got := s.calls("deauthorize"); got != 1 || s.connected(cyclist) {
		t.Errorf("%d calls, still connected %v", got, s.connected(cyclist))
	}
	if got := s.count(`SELECT used FROM strava_quota WHERE kind = 'read' AND span = 'day'`); got != used+1 {
		t.Errorf("%d calls are in the ledger, want %d", got, used+1)
	}
}

// Its connection to the database lost at each call in turn (a refused access token, a refresh, the revocation), the erasure
// ends the same.
func TestAnErasureThatLosesItsConnectionEndsTheSame(t *testing.T) {
	t.Parallel()
	for at := range int64(3) {
		s := setup(t, stravasim.Config{Activities: 3})
		s.connect(cyclist)
		s.drain()
		stored := s.count(`SELECT count(*) FROM activities`)
		s.pass(7 * time.Hour) // the access token expires
		s.disconnect()
		var calls atomic.Int64
		kill := func(*http.Request) {
			if calls.Add(1) == at+1 {
				s.endConnections()
			}
		}
		s.request.Store(&kill)
		for range 3 {
			_ = s.worker.Wake(s.ctx(), message.NewWake(1, 0))
			s.pass(leaseTime + time.Second)
		}
		s.pass(2 * time.Hour)
		s.wakeNobody()
		s.nothingIsLeft()
		s.theReceipt(store.ReasonDisconnected, store.RevocationEnded, stored)
		if s.connected(cyclist) || calls.Load() <= at {
			t.Errorf("killed at call %d of %d: Strava still has the authorization", at+1, calls.Load())
		}
	}
}

func TestTheOperatorIsToldOfAnErasureThatTakesLong(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.disconnect()
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	tick := func(want int) {
		t.Helper()
		if err := dispatcher.Tick(s.ctx()); err != nil {
			t.Fatal(err)
		}
		if got := s.log.count(logging.EventErasureLate); got != want {
			t.Errorf("%d events of a late erasure, want %d", got, want)
		}
	}
	tick(0)
	s.pass(eraseWithin + time.Minute)
	tick(1)
	s.wakeNobody()
	tick(1)
}

// I08: neither logs nor what stays hold a token.
func TestNoTokenOfAnErasureStandsInTheOpen(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	grant := s.grant(cyclist)
	if _, err := s.service.Connect(s.ctx(), s.account, grant, []string{"activity:read_all"}); err != nil {
		t.Fatal(err)
	}
	s.disconnect()
	token := grant.Tokens.Refresh.Reveal()
	if strings.Contains(s.dump("erasures"), token) {
		t.Error("the database holds the token")
	}
	s.wakeNobody()
	if token == "" || strings.Contains(s.log.String(), token) {
		t.Error("the log holds the token, or there is none")
	}
}

func TestHousekeepingForgetsOldReceipts(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	s.connect(cyclist)
	s.disconnect()
	s.wakeNobody()
	forget := func() {
		t.Helper()
		if err := s.session().InTx(context.Background(), func(ctx context.Context, conn database.Conn) error {
			return store.ForgetErasures(ctx, conn, s.now().Add(-revokeWithin), s.now().Add(-receiptsKept))
		}); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	if got := s.count(`SELECT count(*) FROM erasures`); got != 1 {
		t.Fatal("a new receipt was forgotten")
	}
	s.pass(receiptsKept + time.Hour)
	forget()
	if got := s.count(`SELECT count(*) FROM erasures`); got != 0 {
		t.Error("an old receipt stays")
	}
}

func TestAnErasureIsWokenThoughStravasQuotaIsSpent(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	s.connect(cyclist)
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	if err := dispatcher.Tick(s.ctx()); err != nil {
		t.Fatal(err)
	}
	s.wakeNobody() // housekeeping, which would be woken anyway
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO strava_quota (kind, span, window_start, call_limit, blocked_until)
SELECT kind, span, now(), 100, now() + interval '1 hour' FROM (VALUES ('overall'), ('read')) AS kinds (kind), (VALUES ('quarter'), ('day')) AS spans (span)`); err != nil {
		t.Fatal(err)
	}
	s.disconnect()
	before := s.wakes.count()
	if err := dispatcher.Tick(s.ctx()); err != nil {
		t.Fatal(err)
	}
	if got := s.wakes.count() - before; got != 1 {
		t.Errorf("%d accounts woken, want the erasure's", got)
	}
}
