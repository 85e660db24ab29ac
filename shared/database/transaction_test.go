package database_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// both runs a test on either kind of Database.
func both(t *testing.T, test func(t *testing.T, b *bench, db database.Database)) {
	t.Helper()
	t.Run("pooled", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		test(t, b, b.pooled(b.settings()))
	})
	t.Run("direct", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		test(t, b, b.session(b.settings()))
	})
}

func TestSerializationFailureRunsTheTransactionAgain(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		b.do("INSERT INTO notes (body) VALUES ('0')")
		calls := 0
		err := db.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
			calls++
			var body string
			if _, err := conn.Exec(ctx, "-- name: test.isolate\nSET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
				return err
			}
			if err := conn.QueryRow(ctx, "-- name: notes.get\nSELECT body FROM notes").Scan(&body); err != nil {
				return err
			}
			if calls == 1 {
				b.do("UPDATE notes SET body = 'meanwhile'") // another is in the way
			}
			_, err := conn.Exec(ctx, "-- name: notes.append\nUPDATE notes SET body = $1", body+", then this")
			return err
		})
		if err != nil || calls != 2 {
			t.Fatalf("got %v after %d runs, want success after 2", err, calls)
		}
		if n := b.number("SELECT count(*) FROM notes WHERE body = 'meanwhile, then this'"); n != 1 {
			t.Error("the second run did not see what the other had written")
		}
	})
}

func TestContentionEndsWithTheContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, cancel := context.WithCancel(b.ctx)
	calls := 0
	err := b.pooled(b.settings()).InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if calls++; calls == 3 {
			cancel()
		}
		_, err := conn.Exec(context.WithoutCancel(ctx), "DO $$ BEGIN RAISE SQLSTATE '40001'; END $$")
		return err
	})
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "contention" || calls != 3 {
		t.Errorf("got %v after %d runs, want contention after 3", err, calls)
	}
}

func TestPanicRollsBackAndFreesTheConnection(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		for range 12 { // more than the pool has connections
			func() {
				defer func() {
					if got := recover(); got != "defect" {
						t.Errorf("recovered %v, want the panic as it was", got)
					}
				}()
				_ = db.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
					if _, err := conn.Exec(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ('x')"); err != nil {
						t.Error(err)
					}
					panic("defect")
				})
			}()
		}
		if err := db.Use(b.ctx, nothing); err != nil {
			t.Error(err)
		}
		if n := b.number("SELECT count(*) FROM notes"); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
	})
}

// The caller's context is over when the rollback is due; it happens all the same, on a connection that lives on.
func TestErrorRollsBackAfterTheContextEnded(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		before, _, err := backend(b.ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(b.ctx)
		own := errors.New("changed my mind")
		err = db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
			if _, err := conn.Exec(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ('x')"); err != nil {
				t.Error(err)
			}
			cancel()
			return own
		})
		if !errors.Is(err, own) || fault.KindOf(err) != fault.Internal {
			t.Errorf("got %v, want the caller's own error as it was", err)
		}
		after, _, err := backend(b.ctx, db)
		if err != nil || after != before {
			t.Errorf("got backend %d (%v), want %d again", after, err, before)
		}
		if n := b.number("SELECT count(*) FROM notes"); n != 0 {
			t.Errorf("got %d rows, want 0", n)
		}
	})
}

// An error that f swallowed has aborted the transaction; that must not look like success.
func TestSwallowedErrorIsNotACommit(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		err := db.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
			_, _ = conn.Exec(ctx, "-- name: test.fail\nSELECT 1/0")
			return nil
		})
		if !errors.Is(err, pgx.ErrTxCommitRollback) {
			t.Errorf("got %v, want the commit to report its rollback", err)
		}
	})
}
