package activitysync

import (
	"context"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

func codeOf(err error) string {
	if f, ok := fault.As(err); ok {
		return f.Code
	}
	return ""
}

// The exchange of a consent makes the tokens dead that Strava gave for the same athlete before.
func TestARefusedConsentLeavesTheOwnerWithTokensThatWork(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]func(*system, strava.Grant) error{
		"another account": func(s *system, grant strava.Grant) error {
			_, err := s.service.Connect(s.ctx(), s.register("other@example.com"), grant, []string{"activity:read_all"})
			return err
		},
		"too few scopes": func(s *system, grant strava.Grant) error {
			_, err := s.service.Connect(s.ctx(), s.account, grant, []string{"read"})
			return err
		},
		"another account and too few scopes": func(s *system, grant strava.Grant) error {
			_, err := s.service.Connect(s.ctx(), s.register("other@example.com"), grant, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, stravasim.Config{Activities: 2})
			s.connect(cyclist)
			if err := refuse(s, s.grant(cyclist)); codeOf(err) != "strava-athlete-taken" && codeOf(err) != "strava-scope" {
				t.Fatalf("not refused: %v", err)
			}
			s.pass(7 * time.Hour) // so that the refresh token is needed
			s.drain()
			if got := s.count(`SELECT count(*) FROM strava_connections WHERE status = 'connected' AND refined_at IS NOT NULL AND account_id = $1`, s.account); got != 1 {
				t.Error(s.log.String())
			}
			if got := s.count(`SELECT count(*) FROM strava_connections`); got != 1 {
				t.Errorf("%d connections", got)
			}
		})
	}
}

func TestAskingForASyncAgainAndAgainLooksOnceAMinute(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.drain()
	ask := func() int {
		t.Helper()
		before := s.calls("activities")
		for range 10 {
			if due, err := s.service.AskSync(s.ctx(), s.account); err != nil || due == 0 {
				t.Fatal(due, err)
			}
			if err := s.wake(); err != nil {
				t.Fatal(err)
			}
		}
		return s.calls("activities") - before
	}
	s.pass(2 * askEvery)
	once := ask()
	if once == 0 || once > 2 { // one look may take a page and the proof that it was the last
		t.Errorf("%d calls for ten requests at once", once)
	}
	s.pass(2 * askEvery)
	if got := ask(); got != once {
		t.Errorf("%d calls after the minute, want %d", got, once)
	}
	// Neither does asking shorten what is waited for while Strava fails.
	s.fault(stravasim.Fault{Kind: stravasim.FaultMalformed, Endpoint: "activities"})
	s.pass(2 * askEvery)
	if got := ask(); got != 1 {
		t.Errorf("%d calls of a Strava that fails, want 1", got)
	}
}

func TestAnAccountCanAskForOnlySoManySamplesAtATime(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: mostRefetches + 3})
	s.connect(cyclist)
	s.drain()
	s.pass(8 * 24 * time.Hour)
	codes := map[string]int{}
	for _, activity := range s.truth(cyclist) {
		if !activity.Manual {
			_, _, err := s.service.Streams(s.ctx(), s.account, activity.ID)
			codes[codeOf(err)]++
		}
	}
	if codes["streams-pending"] != mostRefetches || codes["streams-waiting"] == 0 {
		t.Errorf("answers %v, want %d of streams-pending and else streams-waiting", codes, mostRefetches)
	}
}

func TestSamplesWithoutAWorkingConnectionSayWhy(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	s.connect(cyclist)
	s.drain()
	s.pass(8 * 24 * time.Hour)
	for want, change := range map[string]string{
		"strava-reconnect":     `UPDATE strava_connections SET status = 'reconnect'`,
		"strava-not-connected": `DELETE FROM strava_connections`,
	} {
		s.t.(*testing.T).Run(want, func(t *testing.T) {
			tx, err := s.admin.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(t.Context(), change); err != nil {
				t.Fatal(err)
			}
			if err := tx.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, due, err := s.service.Streams(s.ctx(), s.account, s.truth(cyclist)[0].ID)
			if codeOf(err) != want || fault.KindOf(err) != fault.Conflict || due != 0 {
				t.Errorf("due %d, %v", due, err)
			}
			if _, err := s.admin.Exec(t.Context(), `DELETE FROM strava_connections`); err != nil {
				t.Fatal(err)
			}
			s.connect(cyclist)
		})
	}
}

func TestDispatchLeavesWorkAloneThatHasNoQuota(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 1})
	now := s.now()
	kinds := map[int64]string{}
	for kind, lane := range map[string]int{store.KindStreams: store.LaneBackfill, store.KindIncremental: store.LaneInteractive,
		store.KindRecompute: store.LaneBackfill} {
		account := s.register(kind + "@example.com")
		kinds[account] = kind
		if _, err := s.admin.Exec(t.Context(), `INSERT INTO due_work (account_id, kind, lane, due_at) VALUES ($1, $2, $3, now() - interval '1 minute')`,
			account, kind, lane); err != nil {
			t.Fatal(err)
		}
	}
	// The backfill's lane keeps off the last fifth of a quarter hour's calls.
	err := s.session().Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		if _, err := store.ReserveQuota(ctx, conn, store.LaneInteractive, now); err != nil {
			return err
		}
		return store.SettleQuota(ctx, conn, now, store.QuotaTold{Reservation: store.Reservation{At: now}, Read: store.QuotaUsage{QuarterLimit: 100, QuarterUsed: 85}})
	})
	if err != nil {
		t.Fatal(err)
	}
	tick := func(at time.Time) map[string]int {
		t.Helper()
		published := &wakes{}
		dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: published, Now: func() time.Time { return at }}
		if err := dispatcher.Tick(s.ctx()); err != nil {
			t.Fatal(err)
		}
		woken := map[string]int{}
		for _, body := range published.bodies {
			woken[kinds[body.(message.Wake).AccountID]]++
		}
		return woken
	}
	if woken := tick(now); woken[store.KindStreams] != 0 || woken[store.KindIncremental] != 1 || woken[store.KindRecompute] != 1 {
		t.Errorf("woken %v", woken)
	}
	if woken := tick(now.Add(16 * time.Minute)); woken[store.KindStreams] != 1 {
		t.Errorf("woken in the next quarter hour: %v", woken)
	}
}

func TestWorkThatWaitsForOneMomentIsSpread(t *testing.T) {
	t.Parallel()
	tenths := map[int64]int{}
	const accounts = 10_000
	for account := range int64(accounts) {
		by := spreadBy(account)
		if by < 0 || by >= spread {
			t.Fatalf("account %d: %v", account, by)
		}
		tenths[int64(10*by/spread)]++
	}
	for tenth := range int64(10) {
		if got := tenths[tenth]; got < accounts/20 || got > accounts/5 {
			t.Errorf("%d of %d accounts in tenth %d", got, accounts, tenth)
		}
	}
}

// keepHouse delivers the message that housekeeping is due.
func (s *system) keepHouse() {
	s.t.Helper()
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	if err := dispatcher.Tick(s.ctx()); err != nil {
		s.t.Fatal(err)
	}
	if err := s.worker.Wake(s.ctx(), message.NewWake(1, 0)); err != nil {
		s.t.Fatal(err)
	}
}

func TestHousekeepingDeletesWhatHasHadItsTime(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 4})
	s.connect(cyclist)
	s.drain()
	stored := s.count(`SELECT count(*) FROM activity_streams`)
	s.keepHouse()
	if got := s.count(`SELECT count(*) FROM activity_streams`); got != stored || stored == 0 {
		t.Errorf("%d of %d streams are left before they expire", got, stored)
	}
	if got := s.count(`SELECT count(*) FROM due_work WHERE account_id IS NULL AND kind = 'housekeeping' AND due_at > $1`, s.now().Add(59*time.Minute)); got != 1 {
		t.Errorf("housekeeping is not due in an hour: %s", s.dump("due_work"))
	}
	// More of them than one batch takes, and one session that goes on.
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO sessions (token_hash, account_id, expires_at)
SELECT sha256(n::text::bytea), $1, $2::timestamptz + n * interval '1 minute' FROM generate_series(1, $3::int) AS n`,
		s.account, s.now(), housekeepingBatch+50); err != nil {
		t.Fatal(err)
	}
	s.pass(8 * 24 * time.Hour)
	if _, err := s.admin.Exec(t.Context(), `UPDATE sessions SET expires_at = $1 WHERE token_hash = sha256('1'::bytea)`, s.now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.keepHouse()
	if got := s.count(`SELECT count(*) FROM activity_streams`); got != 0 {
		t.Errorf("%d streams are left after they expired", got)
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE streams = 'expired'`); got != stored {
		t.Errorf("%d activities say that their streams have expired, want %d", got, stored)
	}
	if got := s.count(`SELECT count(*) FROM sessions`); got != 1 {
		t.Errorf("%d sessions are left, want 1", got)
	}
}
