package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

// I01: the pool was down for ten months behind its fallback. Work goes on, and it can't be overlooked.
func TestPoolThatCannotComeUpIsVisible(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	x.set(func() { x.refused = []byte("train-d/onboarding/pool") })
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	cfg.ProbeInterval = time.Hour
	p := b.pooled(cfg)

	for range 3 {
		_, application, err := backend(b.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		if application != "train-d/onboarding/fallback" {
			t.Fatalf("got a connection named %q, want the fallback", application)
		}
	}
	if x.struck.Load() == 0 {
		t.Fatal("the proxy refused nobody")
	}
	if got := p.Health(b.ctx); got != (database.Health{State: database.HealthFallback, Cause: database.CauseNetwork}) {
		t.Errorf("got health %+v, want fallback because of the network", got)
	}
	loud := 0
	for _, entry := range b.log.of(t, logging.EventDatabasePooled) {
		if entry["severity"] == "ERROR" {
			loud++
		}
	}
	if loud != 1 {
		t.Errorf("got %d entries at ERROR, want 1", loud)
	}
	falls := b.log.of(t, logging.EventDatabaseFallback)
	if len(falls) != 4 {
		t.Fatalf("got %d fallback events, want 4", len(falls))
	}
	if got, want := falls[0]["message"], "Connection pool failed, falling back to direct connection: network"; got != want || falls[0]["severity"] != "WARNING" {
		t.Errorf("got %v %q, want WARNING %q", falls[0]["severity"], got, want)
	}
	s := p.Stats()
	if s.Fallbacks[database.CauseNetwork] != 1 || s.Fallbacks[database.CauseBreaker] != 3 || s.Breaker != "open" {
		t.Errorf("got fallbacks %v and breaker %s, want 1 network, 3 breaker-open, open", s.Fallbacks, s.Breaker)
	}
}

func TestPoolIsProbedAndComesBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	x.set(func() { x.refused = []byte("train-d/onboarding") })
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	cfg.ProbeInterval = 50 * time.Millisecond
	p := b.pooled(cfg)

	err := p.Use(b.ctx, nothing)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
		t.Fatalf("got %v, want Unavailable with a time to come back", err)
	}
	if got := p.Health(b.ctx); got.State != database.HealthDown || got.Cause != database.CauseNetwork {
		t.Errorf("got health %+v, want down because of the network", got)
	}
	x.set(func() { x.refused = nil })
	b.wait("the pool to come back", func() bool {
		_, application, err := backend(b.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return application == "train-d/onboarding/pool"
	})
	b.wait("health to notice", func() bool { return p.Health(b.ctx).State == database.HealthPool })
	var states []any
	for _, entry := range b.log.of(t, logging.EventDatabaseBreaker) {
		states = append(states, entry["state"])
	}
	if len(states) < 3 || states[0] != "open" || states[len(states)-1] != "closed" {
		t.Errorf("got breaker changes %v, want open … closed", states)
	}
}

// I02: the earlier fallback ran a refused statement again. The sequence counts the attempts.
func TestConstraintViolationIsAnAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pooled(b.settings())
	if _, err := insert(b.ctx, p, "once"); err != nil {
		t.Fatal(err)
	}
	_, err := insert(b.ctx, p, "once")
	var answer *pgconn.PgError
	if !errors.As(err, &answer) || answer.Code != "23505" {
		t.Fatalf("got %v, want SQLSTATE 23505", err)
	}
	if !database.IsUnique(err, "notes_body_key") || database.IsUnique(err, "another") {
		t.Error("the constraint is not told from others")
	}
	if n := b.number("SELECT last_value FROM notes_id_seq"); n != 2 {
		t.Errorf("got %d attempts to insert, want 2", n)
	}
	if s := p.Stats(); len(s.Fallbacks) != 0 || s.Breaker != "closed" || s.ConnectionErrors != 0 {
		t.Errorf("got %+v, want no fallback, a closed breaker, no connection error", s)
	}
}

// I04, I05, I12: exhaustion waits, then takes bounded fallbacks, then is refused; the breaker stays out of it.
func TestExhaustionIsBounded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.PoolMax, cfg.FallbackMax, cfg.AcquireTimeout = 2, 1, 2*time.Second
	p := b.pooled(cfg)

	release := make(chan struct{})
	ended := make(chan error, 3)
	hold := func(ctx context.Context, conn database.Conn) error {
		<-release
		_, err := conn.Exec(ctx, "-- name: test.one\nSELECT 1")
		return err
	}
	for range 3 {
		go func() { ended <- p.Use(b.ctx, hold) }()
	}
	b.wait("pool and fallback to be in use", func() bool {
		s := p.Stats()
		return s.Acquired == 2 && s.FallbacksActive == 1
	})
	b.wait("three connections at the server", func() bool { return b.number(connections) == 3 })
	err := p.Use(b.ctx, nothing)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "database-busy" || f.RetryAfter <= 0 {
		t.Fatalf("got %v, want database-busy with a time to come back", err)
	}
	if n := b.number(connections); n != 3 {
		t.Errorf("got %d connections at the server, want 3", n)
	}
	close(release)
	for range 3 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	s := p.Stats()
	if s.Fallbacks[database.CauseExhausted] != 1 || len(s.Fallbacks) != 1 || s.Refused != 1 || s.Breaker != "closed" {
		t.Errorf("got %+v, want 1 fallback for exhaustion, 1 refusal, a closed breaker", s)
	}
}

const connections = `SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name LIKE 'train-d/%'`

// I04: fifty at once on four connections wait their turn; nobody is sent away and nobody dials beside the pool.
func TestBusyPoolIsWaitedFor(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.PoolMax, cfg.AcquireTimeout = 4, 20*time.Second
	p := b.pooled(cfg)
	const clients = 50
	ended := make(chan error, clients)
	for range clients {
		go func() {
			ended <- p.Use(b.ctx, func(ctx context.Context, conn database.Conn) error {
				_, err := conn.Exec(ctx, "-- name: test.short\nSELECT pg_sleep(0.005)")
				return err
			})
		}()
	}
	most := 0
	for range clients {
		if err := <-ended; err != nil {
			t.Error(err)
		}
		most = max(most, p.Stats().Total)
	}
	s := p.Stats()
	if len(s.Fallbacks) != 0 || most > 4 || s.Hits+s.Misses != clients {
		t.Errorf("got %+v and %d connections at most, want no fallback, ≤ 4, %d operations", s, most, clients)
	}
}

// I05: a dial that hangs delays those who wait for it, and nobody else.
func TestSlowDialBlocksNobodyElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	cfg.PoolMin, cfg.AcquireTimeout = 1, 10*time.Second
	p := b.pooled(cfg)
	err := p.Use(b.ctx, func(context.Context, database.Conn) error {
		x.set(func() { x.stalled = []byte("train-d/onboarding") })
		go func() { _ = p.Use(b.ctx, nothing) }() // must dial, and hangs
		b.wait("a dial to hang", func() bool { return x.struck.Load() == 1 })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	if _, _, err := backend(ctx, p); err != nil {
		t.Errorf("got %v from a connection that was free", err)
	}
}

// I05: a dial that nobody waits for any more keeps its room in the pool. Who comes then waits no longer for it than those
// before, and falls back.
func TestAbandonedDialDelaysNobodyBeyondTheAcquireTimeout(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	cfg.PoolMin, cfg.PoolMax, cfg.AcquireTimeout, cfg.ConnectTimeout = 1, 2, 100*time.Millisecond, time.Hour
	p := b.pooled(cfg)
	err := p.Use(b.ctx, func(context.Context, database.Conn) error {
		x.set(func() { x.stalled = []byte("train-d/onboarding/pool") })
		for range 3 {
			if _, application, err := backend(b.ctx, p); err != nil || application != "train-d/onboarding/fallback" {
				t.Errorf("got %q and %v beside a dial that hangs, want the fallback", application, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if n := x.struck.Load(); n != 1 {
		t.Errorf("%d dials hang, want 1", n)
	}
}
