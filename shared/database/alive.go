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

// alive decides on hand-out whether a pooled connection may be used.
//
// A dead one is seldom alone. Where the pool was unused for a while (the instance was frozen), or the ping met silence
// instead of an error, every idle connection is dropped at once: pinged one after another they would cost seconds.
func (p *Pooled) alive(ctx context.Context, conn *pgx.Conn) (bool, error) {
	w := watchOf(conn)
	unused := sinceEither(w.released)
	ok, silent := sound(ctx, conn, w.released, p.cfg.PingTimeout)
	if ok {
		return true, nil
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

// sound reports whether an idle connection can be used. Its socket is looked at each time, which costs no round trip and
// finds what the server has closed; one that has something to say, or idled since longer than is trusted, is pinged
// within limit. silent says that the ping had no answer at all; the connection is closed then.
func sound(ctx context.Context, conn *pgx.Conn, since time.Time, limit time.Duration) (ok, silent bool) {
	if conn.IsClosed() {
		return false, false
	}
	switch peek(conn.PgConn().Conn()) {
	case socketClosed:
		return false, false
	case socketQuiet, socketHidden:
		if sinceEither(since) <= trusted {
			return true, false
		}
	}
	// The ping has its own time limit: a caller in a hurry says nothing about the connection.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	err := conn.Ping(ctx)
	if err == nil {
		return true, false
	}
	_ = beneath(conn.PgConn().Conn()).Close() // or the driver would wait for a farewell, keeping the pool's place
	return false, errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err)
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
