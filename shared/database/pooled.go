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
	dialling atomic.Int64                 // dials of the pool under way
	lastUse  atomic.Int64                 // when a connection was last given back, by the wall clock, in ns
	mu       sync.Mutex                   // guards what follows; never held while dialling
	building *build                       // under way
	tried    bool                         // a build was begun before
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
	if notSent(err) == nil {
		return err
	}
	err = p.attempt(ctx, f, how)
	if unsent := notSent(err); unsent != nil {
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

// release gives the connection back, or closes it where it is a fallback. The place of one that broke is free only when its
// statement has ended at the server too, as far as can be known, so that nobody dials beside it; the caller does not wait.
func (l lease) release(ctx context.Context) {
	places, broken := l.p.spares, l.conn.IsClosed()
	switch {
	case l.pooled != nil:
		places = l.p.holders
		now := time.Now()
		watchOf(l.conn).released = now
		l.p.lastUse.Store(now.UnixNano())
		l.pooled.Release()
	case !broken:
		closeConn(ctx, l.conn)
	}
	if !broken {
		<-places
		return
	}
	go func() {
		awaitEnd(l.conn)
		<-places
	}()
}

// acquire takes a connection from the pool, or a direct one where the pool has none to give. The acquire timeout is one
// allowance for both: what was not spent waiting for the pool may be spent waiting for a fallback's place.
func (p *Pooled) acquire(ctx context.Context) (lease, error) {
	started := time.Now()
	l, err := p.fromPool(ctx, started)
	switch {
	case err == nil:
		logging.Log(ctx, slog.LevelDebug, logging.EventDatabasePooled, "Using connection pool for operation")
		return l, nil
	case ctx.Err() != nil:
		return lease{}, ended(ctx, err)
	case p.stopping():
		return lease{}, unavailable("database", "The instance is stopping. Try again.", err)
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
//
// A timer for each operation would be the dearest part of it. While no dial is under way the pool has room for everybody
// with a place, so that what is idle can be taken without a time limit; only who needs a dial takes a timer.
func (p *Pooled) fromPool(ctx context.Context, started time.Time) (lease, error) {
	pool, waited, err := p.ready(ctx)
	if err != nil {
		return lease{}, err
	}
	left := p.cfg.AcquireTimeout
	select {
	case p.holders <- struct{}{}:
	default:
		waited = true
		queued := time.Now()
		if !take(ctx, p.holders, left) {
			return lease{}, errExhausted
		}
		left -= time.Since(queued)
	}
	var conn *pgxpool.Conn
	err = errNoneIdle
	if p.dialling.Load() == 0 {
		conn, err = pool.Acquire(idleOnly{ctx})
	}
	if errors.Is(err, errNoneIdle) {
		conn, err = p.acquireWithin(ctx, pool, left)
	}
	if err != nil {
		<-p.holders
		return lease{}, err
	}
	hit := !waited && watchOf(conn.Conn()).born.Before(started)
	p.seen.handedOut(hit, time.Since(started))
	return lease{p: p, conn: conn.Conn(), pooled: conn}, nil
}

// acquireWithin takes a connection that is idle, given back or dialled within the limit. A dial goes on beyond it.
func (p *Pooled) acquireWithin(ctx context.Context, pool *pgxpool.Pool, limit time.Duration) (*pgxpool.Conn, error) {
	budget, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	conn, err := pool.Acquire(budget)
	if err != nil && ctx.Err() == nil && budget.Err() != nil {
		return nil, errSlow
	}
	return conn, err
}

// idleOnly is the context of who takes an idle connection and would rather not wait for a dial: the pool asks
// beforeConnect, which refuses.
type idleOnly struct{ context.Context }

type idleOnlyKey struct{}

// Value implements context.Context.
func (c idleOnly) Value(key any) any {
	if key == (idleOnlyKey{}) {
		return true
	}
	return c.Context.Value(key)
}

// take waits for a place among places, for at most so long.
func take(ctx context.Context, places chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case places <- struct{}{}:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// fallback opens a direct connection because the pool gave none, within the bound of FallbackMax.
func (p *Pooled) fallback(ctx context.Context, wait time.Duration, why error) (lease, error) {
	cause := causeOf(why)
	select {
	case p.spares <- struct{}{}:
	default:
		if !take(ctx, p.spares, wait) {
			if ctx.Err() != nil {
				return lease{}, ended(ctx, why)
			}
			p.seen.refused.Add(1)
			return lease{}, unavailable("database-busy", "The database is busy. Try again in a moment.", why)
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
			return lease{}, ended(ctx, err)
		}
		return lease{}, unreachable(err, p.cfg.ProbeInterval)
	}
	return lease{p: p, conn: conn, cause: p.poolCause(cause)}, nil
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
