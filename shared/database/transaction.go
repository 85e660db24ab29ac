package database

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// cleanUp bounds what must happen after the caller's context may have ended: rolling back, closing a connection.
	cleanUp = 2 * time.Second

	firstPause   = 5 * time.Millisecond
	longestPause = 250 * time.Millisecond
)

// beginError is a transaction that did not begin.
type beginError struct{ err error }

func (e *beginError) Error() string { return fmt.Sprintf("begin: %v", e.err) }
func (e *beginError) Unwrap() error { return e.err }

// work is what a caller does with a connection.
type work = func(ctx context.Context, conn Conn) error

// statements runs f on conn, each statement committing by itself.
func statements(ctx context.Context, conn *pgx.Conn, f work) error {
	w := watchOf(conn)
	w.begin()
	return w.judge(ctx, false, f(ctx, conn))
}

// transaction runs f in a transaction on conn, again and again while others are in the way and the context lives.
func transaction(ctx context.Context, conn *pgx.Conn, f work) error {
	w := watchOf(conn)
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		w.begin()
		err := once(ctx, conn, f)
		if err == nil || w.lost || !isContention(err) || !sleep(ctx, pause) {
			return w.judge(ctx, true, err)
		}
		w.retries.Add(1)
	}
}

// once runs f in one transaction. Whatever way f ends other than well, the transaction is rolled back in a context of
// its own: the caller's may be over.
func once(ctx context.Context, conn *pgx.Conn, f work) error {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return &beginError{err}
	}
	committing := false
	defer func() {
		if committing {
			return // pgx closes a connection whose COMMIT failed
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		_ = tx.Rollback(ctx) // on failure pgx closes the connection, which rolls back
	}()
	if err := f(ctx, tx); err != nil {
		return err
	}
	committing = true
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// sleep waits for up to d, with jitter so that those who collided do not meet again. It reports whether ctx still lives.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d/2 + rand.N(d/2))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
