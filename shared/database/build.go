package database

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/train-d/train-d/shared/logging"
)

// build is an attempt to build the pool, shared by all who wait for it.
type build struct {
	done  chan struct{} // closed when pool or err is there
	pool  *pgxpool.Pool
	err   error
	first bool // of the process
}

// ready gives the pool, which it has built where there is none. Nobody waits under a lock, and nobody beyond their own
// context. The very first build may take as long as a dial may, where a fallback would have to take the same road; a
// later one, which probes a pool that was down, delays only the one that began it, and by the acquire timeout.
func (p *Pooled) ready(ctx context.Context) (pool *pgxpool.Pool, waited bool, err error) {
	if pool := p.pool.Load(); pool != nil {
		return pool, false, nil
	}
	b, mine, err := p.join(ctx)
	if err != nil {
		return nil, false, err
	}
	if !mine && !b.first {
		return nil, false, errBreaker
	}
	patience := p.cfg.AcquireTimeout
	if b.first && !p.routes.apart {
		patience = p.cfg.ConnectTimeout
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.done:
		return b.pool, true, b.err
	case <-timer.C:
		return nil, true, errSlow
	case <-ctx.Done():
		return nil, true, ctx.Err()
	}
}

// join finds the build under way, or begins one where the breaker lets it.
func (p *Pooled) join(ctx context.Context) (b *build, mine bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch pool := p.pool.Load(); {
	case p.closed:
		return nil, false, errClosed
	case pool != nil:
		b := &build{done: make(chan struct{}), pool: pool, first: true} // built between the two looks
		close(b.done)
		return b, false, nil
	case p.building != nil:
		return p.building, false, nil
	case p.breaker.open(ctx):
		return nil, false, errBreaker
	}
	p.building = &build{done: make(chan struct{}), first: !p.tried}
	p.tried = true
	go p.build(context.WithoutCancel(ctx), p.building) // outlives its first user, who may be impatient
	return p.building, true, nil
}

// build opens the pool and keeps it only on success. A failure at first use is said loudly, once: what the fallback
// hides afterwards would otherwise hide for ever (I01).
func (p *Pooled) build(ctx context.Context, b *build) {
	b.pool, b.err = p.open(ctx)
	p.mu.Lock()
	p.building = nil
	if b.err == nil && p.closed {
		go b.pool.Close()
		b.pool, b.err = nil, errClosed
	}
	if b.err == nil {
		p.pool.Store(b.pool)
	}
	p.mu.Unlock()
	close(b.done)
	if b.err != nil && b.first {
		logging.Log(ctx, slog.LevelError, logging.EventDatabasePooled, "Connection pool failed at first use",
			slog.String("cause", string(causeOf(b.err))))
	}
}

// open makes a pool and warms it to its minimum. It is there as soon as its first connection is.
func (p *Pooled) open(ctx context.Context) (*pgxpool.Pool, error) {
	if p.routes.pool.err != nil {
		done, err := p.breaker.allow(ctx)
		if err != nil {
			return nil, err
		}
		done(p.routes.pool.err)
		return nil, p.routes.pool.err
	}
	c := p.routes.pool.config.Copy()
	c.BeforeConnect = p.beforeConnect
	c.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false } // alive does, and sees the result
	c.PrepareConn = p.alive
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		return nil, err
	}
	warming := max(min(p.cfg.PoolMin, p.cfg.PoolMax), 1)
	warmed := make(chan error, warming)
	ctx, cancel := context.WithTimeout(ctx, p.cfg.ConnectTimeout)
	for range warming {
		go func() {
			conn, err := pool.Acquire(ctx)
			if err == nil {
				conn.Release()
			}
			warmed <- err
		}()
	}
	defer cancel() // what is still being dialled goes into the pool by itself
	var failure error
	for range warming {
		err := <-warmed
		switch {
		case err == nil:
			return pool, nil
		case failure == nil, errors.Is(failure, errBreaker): // the breaker only repeats that another dial failed
			failure = err
		}
	}
	go pool.Close() // waits for dials that are still on their way out
	return nil, failure
}

// beforeConnect asks the breaker for each dial of the pool and gives the connection its watch. Who wants an idle
// connection alone gets no dial.
func (p *Pooled) beforeConnect(ctx context.Context, c *pgx.ConnConfig) error {
	if ctx.Value(idleOnlyKey{}) != nil {
		return errNoneIdle
	}
	done, err := p.breaker.allow(ctx)
	if err != nil {
		return err
	}
	p.dialling.Add(1)
	label(c, pathPool, &watch{observer: p.seen, path: pathPool, dialled: func(err error) {
		p.dialling.Add(-1)
		done(err)
	}})
	return nil
}

// Close waits for operations under way and closes the pool, as far as ctx allows, then emits the statistics. Nothing can
// be done with p afterwards.
func (p *Pooled) Close(ctx context.Context) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	stats := p.Stats()
	pool := p.pool.Swap(nil)
	if pool != nil {
		closed := make(chan struct{})
		go func() {
			defer close(closed)
			pool.Close()
		}()
		select {
		case <-closed:
		case <-ctx.Done():
		}
	}
	stats.log(ctx, pathPool)
}

// Stats is a snapshot of the pool and its counts.
func (p *Pooled) Stats() Stats {
	s := p.seen.snapshot()
	s.Max, s.Breaker, s.FallbacksActive = cap(p.holders), p.breaker.state(), len(p.spares)
	if pool := p.pool.Load(); pool != nil {
		of := pool.Stat()
		s.Total, s.Idle, s.Acquired = int(of.TotalConns()), int(of.IdleConns()), int(of.AcquiredConns())
	}
	return s
}

// EmitStats writes the statistics as an event, at most once a minute. Call it at the end of an invocation.
func (p *Pooled) EmitStats(ctx context.Context) {
	if p.seen.dueToEmit() {
		p.Stats().log(ctx, pathPool)
	}
}
