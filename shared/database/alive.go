package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// trusted is how long a connection may idle and still be handed out on a mere look at its socket.
const trusted = time.Second

// alive decides on hand-out whether a connection may be used. The socket is looked at each time, which costs no round
// trip and finds what the server has closed; a connection that idled for longer, or that has something to say, is pinged
// within PingTimeout.
//
// A dead one is seldom alone. Where the pool was unused for a while (the instance was frozen), or the ping met silence
// instead of an error, every idle connection is dropped at once: pinged one after another they would cost seconds.
func (p *Pooled) alive(ctx context.Context, conn *pgx.Conn) (bool, error) {
	w := watchOf(conn)
	unused := sinceEither(w.released)
	silent := false
	switch peek(conn.PgConn().Conn()) {
	case socketClosed:
	case socketQuiet:
		if unused <= trusted {
			return true, nil
		}
		fallthrough
	default:
		err := p.ping(ctx, conn)
		if err == nil {
			return true, nil
		}
		_ = beneath(conn.PgConn().Conn()).Close() // or the driver would wait for a farewell, keeping the pool's place
		silent = errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
	}
	p.seen.dead.Add(1)
	if last := p.lastUse.Load(); last != nil {
		unused = min(unused, sinceEither(*last))
	}
	if silent || unused >= p.cfg.ResetAfter {
		p.resetOnce(w.born)
	}
	return false, nil
}

// ping has its own time limit: a caller in a hurry says nothing about the connection.
func (p *Pooled) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.cfg.PingTimeout)
	defer cancel()
	return conn.Ping(ctx)
}

// resetOnce drops the pool's idle connections, unless that was done since the dead one was dialled: several find out at
// the same time, and the later ones must not drop what the first has dialled anew.
func (p *Pooled) resetOnce(born time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pool := p.pool.Load()
	if pool == nil || born.Before(p.reset) {
		return
	}
	p.reset = time.Now()
	p.seen.resets.Add(1)
	pool.Reset()
}
