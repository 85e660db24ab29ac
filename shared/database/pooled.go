package database

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
)

// Pooled is a Database on a warm pool that falls back to bounded direct connections. It is safe for concurrent use and
// meant to live as long as its process.
type Pooled struct {
	cfg    config.Database
	routes routes
	seen   *observer

	breaker *breaker
	holders chan struct{} // one place per pooled connection in use: PoolMax
	spares  chan struct{} // one place per fallback connection: FallbackMax
	health  health

	pool     atomic.Pointer[pgxpool.Pool] // kept only on success
	lastUse  atomic.Pointer[time.Time]
	mu       sync.Mutex // guards what follows; never held while dialling
	building *build     // under way
	tried    bool       // a build was begun before
	closed   bool
	reset    time.Time // when the pool was last reset as a whole
}

// NewPooled reads the settings and opens nothing: the pool is built by its first user. Settings that describe no usable
// route show up there, and in Health.
func NewPooled(cfg config.Database, function string) *Pooled {
	p := &Pooled{
		cfg: cfg, routes: newRoutes(cfg, function), seen: &observer{slowQuery: cfg.SlowQuery},
		holders: make(chan struct{}, max(cfg.PoolMax, 1)), spares: make(chan struct{}, max(cfg.FallbackMax, 0)),
	}
	p.breaker = newBreaker(cfg.ProbeInterval, func() bool { return p.pool.Load() != nil })
	return p
}

// Use implements Database.
func (p *Pooled) Use(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return p.run(ctx, f, statements)
}

// InTx implements Database.
func (p *Pooled) InTx(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return p.run(ctx, f, transaction)
}

// run gives f a connection, and a second one where nothing was sent on the first.
func (p *Pooled) run(ctx context.Context, f work, how func(context.Context, *pgx.Conn, work) error) error {
	err := p.attempt(ctx, f, how)
	var unsent *errNotSent
	if !errors.As(err, &unsent) {
		return err
	}
	if err = p.attempt(ctx, f, how); errors.As(err, &unsent) {
		return lostBeforeSending(unsent.err)
	}
	return err
}

func (p *Pooled) attempt(ctx context.Context, f work, how func(context.Context, *pgx.Conn, work) error) error {
	l, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer l.release(ctx) // on a panic too
	return how(ctx, l.conn, f)
}

// lease is a connection in somebody's hands.
type lease struct {
	p      *Pooled
	conn   *pgx.Conn
	pooled *pgxpool.Conn // nil for a fallback
	cause  Cause         // of the fallback
}

// release gives the connection back, or closes it where it is a fallback.
func (l *lease) release(ctx context.Context) {
	if l.pooled == nil {
		closeConn(ctx, l.conn)
		<-l.p.spares
		return
	}
	if l.conn.IsClosed() {
		// The driver waits 15 s for the farewell of a connection that broke, and the pool keeps its place meanwhile.
		time.AfterFunc(cleanUp, func() { _ = beneath(l.conn.PgConn().Conn()).Close() })
	}
	now := time.Now()
	watchOf(l.conn).released = now
	l.p.lastUse.Store(&now)
	l.pooled.Release()
	<-l.p.holders
}

func closeConn(ctx context.Context, conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	_ = conn.Close(ctx) // the server notices by itself
}

// acquire takes a connection from the pool, or a direct one where the pool has none to give. The acquire timeout is one
// allowance for both: what was not spent waiting for the pool may be spent waiting for a fallback's place.
func (p *Pooled) acquire(ctx context.Context) (*lease, error) {
	started := time.Now()
	l, err := p.fromPool(ctx, started)
	switch {
	case err == nil:
		logging.Log(ctx, slog.LevelDebug, logging.EventDatabasePooled, "Using connection pool for operation")
		return l, nil
	case ctx.Err() != nil:
		return nil, ended(ctx, err)
	case p.stopping():
		return nil, unavailable("database", "The instance is stopping. Try again.", err)
	}
	return p.fallback(ctx, p.cfg.AcquireTimeout-time.Since(started), err)
}

// stopping reports whether the pool was closed.
func (p *Pooled) stopping() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// fromPool takes a pooled connection. A wait for others to finish is known from a wait for a dial by holders, which has
// a place for each connection: only the first is exhaustion.
func (p *Pooled) fromPool(ctx context.Context, started time.Time) (*lease, error) {
	pool, waited, err := p.ready(ctx)
	if err != nil {
		return nil, err
	}
	budget, cancel := context.WithTimeout(ctx, p.cfg.AcquireTimeout)
	defer cancel()
	select {
	case p.holders <- struct{}{}:
	default:
		waited = true
		select {
		case p.holders <- struct{}{}:
		case <-budget.Done():
			return nil, errExhausted
		}
	}
	conn, err := pool.Acquire(budget)
	if err != nil {
		<-p.holders
		if ctx.Err() == nil && budget.Err() != nil {
			return nil, errSlow
		}
		return nil, err
	}
	hit := !waited && watchOf(conn.Conn()).born.Before(started)
	p.seen.handedOut(hit, time.Since(started))
	return &lease{p: p, conn: conn.Conn(), pooled: conn}, nil
}

// fallback opens a direct connection because the pool gave none, within the bound of FallbackMax.
func (p *Pooled) fallback(ctx context.Context, wait time.Duration, why error) (*lease, error) {
	cause := causeOf(why)
	select {
	case p.spares <- struct{}{}:
	default:
		if err := p.waitForSpare(ctx, wait); err != nil {
			if ctx.Err() != nil {
				return nil, ended(ctx, why)
			}
			p.seen.refused.Add(1)
			return nil, unavailable("database-busy", "The database is busy. Try again in a moment.", why)
		}
	}
	p.seen.fellBack(cause)
	logging.Log(ctx, slog.LevelWarn, logging.EventDatabaseFallback,
		"Connection pool failed, falling back to direct connection: "+string(cause),
		slog.String("cause", string(cause)), slog.String("pool_cause", string(p.poolCause(cause))))
	conn, err := dial(ctx, p.routes.direct, pathFallback, p.seen)
	if err != nil {
		<-p.spares
		if ctx.Err() != nil {
			return nil, ended(ctx, err)
		}
		return nil, unreachable(err, p.cfg.ProbeInterval)
	}
	return &lease{p: p, conn: conn, cause: p.poolCause(cause)}, nil
}

func (p *Pooled) waitForSpare(ctx context.Context, wait time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	select {
	case p.spares <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// poolCause is what stands behind an open breaker; any other cause stands for itself.
func (p *Pooled) poolCause(cause Cause) Cause {
	if cause != CauseBreaker {
		return cause
	}
	if last := p.breaker.last(); last != "" {
		return last
	}
	return cause
}
