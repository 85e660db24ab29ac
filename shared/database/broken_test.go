package database_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// fill makes the pool hold n idle connections.
func fill(b *bench, p *database.Pooled, n int) {
	b.t.Helper()
	release := make(chan struct{})
	ended := make(chan error, n)
	for range n {
		go func() {
			ended <- p.Use(b.ctx, func(context.Context, database.Conn) error { <-release; return nil })
		}()
	}
	b.wait("all connections to be in use", func() bool { return p.Stats().Acquired == n })
	close(release)
	for range n {
		if err := <-ended; err != nil {
			b.t.Fatal(err)
		}
	}
}

// I06: connections that the server has closed are found out on hand-out, however short they idled.
func TestDeadIdleConnectionsAreNeverHandedOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pooled(b.settings())
	fill(b, p, 4)
	if n := b.terminate("pool"); n < 4 {
		t.Fatalf("terminated %d connections, want at least 4", n)
	}
	for range 4 {
		if _, err := insert(b.ctx, p, time.Now().String()); err != nil {
			t.Fatal(err)
		}
	}
	if s := p.Stats(); s.Dead == 0 || len(s.Fallbacks) != 0 || s.Failed != 0 || s.Unknown != 0 {
		t.Errorf("got %+v, want dead connections found and nothing failed", s)
	}
	if n := b.number("SELECT count(*) FROM notes"); n != 4 {
		t.Errorf("got %d rows, want 4", n)
	}
}

// I06: the earlier system ran what was under way a second time. Its outcome is not known, and nobody runs it again.
func TestStatementUnderWayIsNeverRunTwice(t *testing.T) {
	t.Parallel()
	const slowly = "-- name: notes.slow\nINSERT INTO notes (body) SELECT $1 FROM pg_sleep(30)"
	run := func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, slowly, "busy")
		return err
	}
	b := setup(t)
	p, s := b.pooled(b.settings()), b.session(b.settings())
	for _, c := range []struct {
		name, path string
		use        func(context.Context, func(context.Context, database.Conn) error) error
	}{
		{"pooled", "pool", p.Use}, {"pooled transaction", "pool", p.InTx}, {"direct", "direct", s.Use},
	} {
		calls := 0
		ended := make(chan error, 1)
		go func() {
			ended <- c.use(b.ctx, func(ctx context.Context, conn database.Conn) error {
				calls++
				return run(ctx, conn)
			})
		}()
		b.wait("the statement to run", func() bool {
			return b.number(`SELECT count(*) FROM pg_stat_activity
			                 WHERE datname = current_database() AND query = $1 AND state = 'active'`, slowly) == 1
		})
		b.terminate(c.path)
		if err := <-ended; fault.KindOf(err) != fault.OutcomeUnknown {
			t.Errorf("%s: got %v, want the outcome unknown", c.name, err)
		}
		if calls != 1 {
			t.Errorf("%s: ran %d times, want 1", c.name, calls)
		}
	}
	if n := b.number("SELECT count(*) FROM notes"); n != 0 {
		t.Errorf("got %d rows, want 0", n)
	}
	if got := p.Stats(); got.Unknown != 2 || len(got.Fallbacks) != 0 || got.Breaker != "closed" {
		t.Errorf("got %+v, want 2 unknown outcomes and no fallback", got)
	}
	// The session has lost its connection and says so, rather than going on with another.
	if err := s.Use(b.ctx, nothing); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v from a session that broke, want Unavailable", err)
	}
	if n := s.Use(b.ctx, nothing); n == nil {
		t.Error("the broken session dialled again")
	}
}

// A COMMIT whose answer is lost was done, but nobody can know.
func TestLostCommitIsUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	p := b.pooled(cfg)
	if err := p.Use(b.ctx, nothing); err != nil {
		t.Fatal(err)
	}
	x.set(func() { x.cutAt = []byte("commit") })
	calls := 0
	err := p.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
		calls++
		_, err := conn.Exec(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ('kept')")
		return err
	})
	if x.struck.Load() != 1 {
		t.Fatalf("the proxy struck %d times, want 1", x.struck.Load())
	}
	if fault.KindOf(err) != fault.OutcomeUnknown || calls != 1 {
		t.Errorf("got %v after %d runs, want the outcome unknown after 1", err, calls)
	}
	if n := b.number("SELECT count(*) FROM notes"); n != 1 {
		t.Errorf("got %d rows, want 1: the server had committed", n)
	}
}

// A BEGIN that meets a dead connection has done nothing: the transaction runs on another.
func TestLostBeginIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	p := b.pooled(cfg)
	if err := p.Use(b.ctx, nothing); err != nil {
		t.Fatal(err)
	}
	x.set(func() { x.cutAt = []byte("begin") })
	err := p.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ('begun')")
		return err
	})
	if x.struck.Load() != 2 {
		t.Fatalf("the proxy struck %d times, want 2: one attempt and one more", x.struck.Load())
	}
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	x.set(func() { x.cutAt = nil })
	if err := p.InTx(b.ctx, nothing); err != nil {
		t.Error(err)
	}
}

// I06: after a freeze every connection may lead into a black hole. One ping finds out for all of them.
func TestBlackHoleAfterAPauseResetsThePool(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), x.address()))
	cfg.ResetAfter = 500 * time.Millisecond
	// Who wakes an instance does not wait that long for a dead connection's answer: a fraction of it is allowed.
	cfg.PingTimeout = time.Minute
	cfg.PoolMax, cfg.AcquireTimeout = 8, 10*time.Second // how fast eight dial at once is the machine's affair
	p := b.pooled(cfg)
	fill(b, p, 8)
	x.blackHole()
	paused := time.Now()
	b.wait("the pause to be over", func() bool { return time.Since(paused) > 1100*time.Millisecond })

	ended := make(chan error, 8)
	woken := time.Now()
	ctx, cancel := context.WithTimeout(b.ctx, cfg.PingTimeout/2)
	defer cancel()
	for range 8 {
		go func() {
			_, _, err := backend(ctx, p)
			ended <- err
		}()
	}
	for range 8 {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	s := p.Stats()
	if s.Resets != 1 || s.Unknown != 0 || len(s.Fallbacks) != 0 || x.struck.Load() != 8 {
		t.Errorf("got %+v and %d connections in the black hole, want 1 reset, nothing unknown, no fallback, 8", s, x.struck.Load())
	}
	t.Logf("answered %v after waking", time.Since(woken))
}

// The caller's deadline is held whatever the server does, and an interrupted statement is not believed undone.
func TestDeadlineIsHeld(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pooled(b.settings())
	ctx, cancel := context.WithTimeout(b.ctx, 150*time.Millisecond)
	defer cancel()
	started := time.Now()
	err := p.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.sleep\nSELECT pg_sleep(20)")
		return err
	})
	if took := time.Since(started); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
	if fault.KindOf(err) != fault.OutcomeUnknown || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the outcome unknown because of the deadline", err)
	}
	if err := p.Use(ctx, nothing); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v with a context that was over, want Unavailable because of the deadline", err)
	}
	if s := p.Stats(); len(s.Fallbacks) != 0 {
		t.Errorf("got fallbacks %v for a caller who ran out of time", s.Fallbacks)
	}
}
