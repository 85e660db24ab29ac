package activitysync

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

// The owner's way from direct to pooled connections is a setting (SYNC_USE_POOL): the same life of an athlete, worked off on
// either kind, ends in the same database.
func TestSyncEndsInTheSameDatabaseOnEitherKindOfConnection(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		live func(*system)
		may  []string // columns that may differ beside the usual ones
	}{
		// Asking for what is due already takes a number too, and how often that happens is a matter of time.
		"undisturbed": {live: (*system).live, may: []string{"id of due_work"}},
		// How often something was tried is a matter of when the connection was lost.
		"killed again and again": {live: (*system).liveUnderKills,
			may: []string{"attempts", "refusals", "revision", "generation", "id of due_work"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			history := stravasim.Config{Activities: 15, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
			direct, pooled := setup(t, history), setup(t, history)
			pool := pooled.usePool()
			for _, s := range []*system{direct, pooled} {
				s.worker.Runners = map[string]Runner{store.KindRecompute: load.Recompute}
				test.live(s)
			}
			if diff := cmp.Diff(direct.comparable(test.may...), pooled.comparable(test.may...)); diff != "" {
				t.Errorf("the databases differ (-direct +pooled):\n%s", diff)
			}
			if got := pool.Stats(); got.Hits+got.Misses < 50 || len(got.Fallbacks) > 0 {
				t.Errorf("%d operations took a pooled connection, %v another", got.Hits+got.Misses, got.Fallbacks)
			}
			if got := direct.log.String() + pooled.log.String(); strings.Contains(got, "panic") {
				t.Error(got)
			}
		})
	}
}

// usePool lets the worker's operations take pooled connections.
func (s *system) usePool() *database.Pooled {
	pool := database.NewPooled(s.settings("sync"), "sync")
	s.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		pool.Close(ctx)
	})
	s.worker.Databases = pool.AsOpener()
	return pool
}

// live is an athlete's life with every kind of work in it: a backfill whose list breaks and one of whose activities is
// broken, a look that finds what was added, edited and deleted, rotated tokens, a change of settings, housekeeping,
// samples that are fetched again, and an authorization that is withdrawn.
func (s *system) live() {
	const who = triathlete
	path := "/athletes/" + strconv.FormatInt(who, 10)
	truth := s.truth(who)
	s.fault(stravasim.Fault{Kind: stravasim.FaultMalformed, Endpoint: "activities", Count: 2})
	s.fault(stravasim.Fault{Kind: stravasim.FaultStatus, Status: http.StatusInternalServerError, Endpoint: "streams", Activity: truth[4].ID})
	s.connect(who)
	s.drain()

	s.control(http.MethodPost, path+"/activities", map[string]any{"start_date": "2026-06-03T06:00:00Z", "minutes": 30})
	s.control(http.MethodPatch, "/activities/"+strconv.FormatInt(truth[1].ID, 10), map[string]any{"name": "Renamed"})
	s.control(http.MethodDelete, "/activities/"+strconv.FormatInt(truth[2].ID, 10), nil)
	s.pass(7 * time.Hour)
	s.askAndDrain()

	patch := athlete.Patch{Thresholds: &athlete.ThresholdPatch{EffectiveFrom: new("2021-01-01")}}
	patch.Thresholds.MaxHR = new(181.0)
	if _, err := athlete.New(s.service.DB, 16).Update(s.ctx(), s.account, patch); err != nil {
		s.t.Fatal(err)
	}
	s.drain()

	s.pass(8 * 24 * time.Hour)
	dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: s.wakes, Now: s.now}
	if err := dispatcher.Tick(s.ctx()); err != nil {
		s.t.Fatal(err)
	}
	for s.count(`SELECT count(*) FROM due_work WHERE account_id IS NULL AND due_at <= $1`, s.now()) > 0 {
		_ = s.worker.Wake(s.ctx(), message.NewWake(1, 0)) // an error asks for another delivery, which comes
		s.pass(leaseTime + time.Second)
	}
	if _, _, err := s.service.Streams(s.ctx(), s.account, truth[0].ID); codeOf(err) != "streams-pending" {
		s.t.Fatalf("samples that have expired: %v", err)
	}
	s.drain()

	s.control(http.MethodPost, path+"/revoke", nil)
	s.pass(7 * time.Hour)
	s.askAndDrain()
	for what, sql := range map[string]string{
		"a parked activity":       `SELECT count(*) FROM activities WHERE streams = 'parked'`,
		"an added activity":       `SELECT count(*) FROM activities WHERE start_at = '2026-06-03T06:00:00Z'`,
		"a renamed activity":      `SELECT count(*) FROM activities WHERE name = 'Renamed'`,
		"streams that expired":    `SELECT count(*) FROM activities WHERE streams = 'expired'`,
		"streams fetched again":   `SELECT count(*) FROM activity_streams`,
		"a revoked authorization": `SELECT count(*) FROM strava_connections WHERE status = 'reconnect'`,
		"a new maximum":           `SELECT count(*) FROM thresholds WHERE value = 181`,
	} {
		if s.count(sql) == 0 {
			s.t.Errorf("this life has not had %s", what)
		}
	}
}

// liveUnderKills is the same life, in which a third of the calls of Strava cost the worker its connection.
func (s *system) liveUnderKills() {
	var kills atomic.Int64
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2)) // every third call could be the same one every day
	kill := func(*http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(3) == 0 {
			kills.Add(1)
			s.endConnections()
		}
	}
	s.request.Store(&kill)
	s.killed = true
	s.live()
	if kills.Load() < 10 {
		s.t.Errorf("only %d kills", kills.Load())
	}
}

func (s *system) askAndDrain() {
	s.t.Helper()
	if _, err := s.service.AskSync(s.ctx(), s.account); err != nil {
		s.t.Fatal(err)
	}
	s.drain()
}

// told are the columns that two runs may differ in: times, tokens and their nonces, and numbers of Strava's quota. Whether
// they are set is compared all the same.
var told = []string{"created_at", "begun_at", "finished_at", "updated_at", "accepted_at", "seen_at", "confirmed_at", "expires_at", "tstamp", "profile_set_at",
	"connected_at", "synced_at", "backfilled_at", "refined_at", "token_expires_at", "fetched_at", "streams_retry_at",
	"due_at", "tried_at", "parked_at", "deleted_at", "lease_until", "lease_token", "origin_trace", "window_start", "blocked_until", "used",
	"sealed_access_token", "sealed_refresh_token"}

// comparable is the whole database, table by table, as far as two runs must agree on it.
func (s *system) comparable(may ...string) map[string][]string {
	s.t.Helper()
	rows, err := s.admin.Query(s.t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
	if err != nil {
		s.t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	all := map[string][]string{}
	for _, table := range tables {
		columns := append(slices.Clone(told), may...)
		if slices.Contains(may, "id of "+table) {
			columns = append(columns, "id")
		}
		rows, err := s.admin.Query(s.t.Context(), fmt.Sprintf(`SELECT (SELECT jsonb_object_agg(key,
			CASE WHEN key = ANY ($1::text[]) THEN to_jsonb(value <> 'null') ELSE value END) FROM jsonb_each(to_jsonb(t)))::text
			FROM %s AS t ORDER BY 1`, pgx.Identifier{table}.Sanitize()), columns)
		if err != nil {
			s.t.Fatal(err)
		}
		if all[table], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}
