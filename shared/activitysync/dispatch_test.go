package activitysync

import (
	"context"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
)

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
	// One more is housekeeping's, which is nobody's.
	if len(woken) != accounts+1 || s.wakes.count() != accounts+1 || woken[0] != 1 {
		t.Errorf("%d messages for %d accounts, want %d", s.wakes.count(), len(woken), accounts+1)
	}
}

func TestDispatchTellsForHowLongTheOldestWorkHasWaited(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	oldest := func() float64 {
		t.Helper()
		if err := dispatcher.Tick(s.ctx()); err != nil {
			t.Fatal(err)
		}
		return s.log.last(t, logging.EventSyncDispatched)["oldest_s"].(float64)
	}
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO due_work (account_id, kind, lane, due_at, tried_at, lease_until, parked_at) VALUES
($1, 'streams',     3, $2::timestamptz - interval '3 hours', $2::timestamptz - interval '20 minutes', NULL, NULL),
($1, 'incremental', 2, $2::timestamptz - interval '4 hours', NULL, NULL, $2),
($1, 'reconcile',   2, $2::timestamptz + interval '4 hours', NULL, NULL, NULL),
($1, 'backfill',    2, $2::timestamptz - interval '5 hours', NULL, $2::timestamptz + interval '1 hour', NULL)`, s.account, s.now()); err != nil {
		t.Fatal(err)
	}
	// Parked, leased and later work does not wait, and what was worked at meanwhile waits since then.
	if got := oldest(); got < 20*60 || got > 25*60 {
		t.Errorf("the oldest has waited %v s, want 20 minutes", got)
	}
	if _, err := s.admin.Exec(t.Context(), `DELETE FROM due_work`); err != nil {
		t.Fatal(err)
	}
	if got := oldest(); got > 60 {
		t.Errorf("with nothing but housekeeping due, the oldest has waited %v s", got)
	}
}
