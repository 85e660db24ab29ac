package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// fresh is how long ago a connection may have been given back to be handed out as it is. What the server has done to it
	// since then need not have arrived here yet, so that a look would tell little; a busy pool is spared it.
	fresh = time.Millisecond
	// trusted is how long a connection may idle and still be handed out on a mere look at its socket.
	trusted = time.Second
)

// hasteAfterPause is what part of the ping's time limit is allowed after a pause. All connections are as likely dead as the
// first then, the person who woke the instance waits, and to be wrong costs one dial.
const hasteAfterPause = 10

// alive decides on hand-out whether a pooled connection may be used.
//
// A dead one is seldom alone. Where the pool was unused for a while (the instance was frozen), or the ping met silence
// instead of an error, every idle connection is dropped at once: pinged one after another they would cost seconds.
func (p *Pooled) alive(ctx context.Context, conn *pgx.Conn) (bool, error) {
	w := watchOf(conn)
	idle, limit := sinceEither(w.released), p.cfg.PingTimeout
	paused := idle >= p.cfg.ResetAfter && p.unused() >= p.cfg.ResetAfter
	if paused {
		limit /= hasteAfterPause
	}
	ok, silent := sound(ctx, conn, idle, limit)
	if ok {
		return true, nil
	}
	p.seen.dead.Add(1)
	if silent || paused {
		p.resetOnce(w.born)
	}
	return false, nil
}

// unused is how long nobody gave a connection back, by the wall clock: the monotonic one stands still while a machine is
// suspended.
func (p *Pooled) unused() time.Duration {
	return time.Duration(time.Now().UnixNano() - p.lastUse.Load())
}

// sound reports whether an idle connection can be used. Unless it is fresh its socket is looked at, which costs no round
// trip and finds what the server has closed; one that has something to say, or idled for longer than is trusted, is pinged within
// limit. silent says that the ping had no answer at all; the connection is closed then.
func sound(ctx context.Context, conn *pgx.Conn, idle, limit time.Duration) (ok, silent bool) {
	switch {
	case conn.IsClosed():
		return false, false
	case idle < fresh:
		return true, false
	}
	switch watchOf(conn).look.at() {
	case socketClosed:
		return false, false
	case socketQuiet, socketHidden:
		if idle <= trusted {
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
