package database_test

import (
	"context"
	"testing"

	"github.com/train-d/train-d/shared/database"
)

// I03: the earlier pooled fetch path never committed; the id was given and the row rolled back.
func TestInsertReturningIsCommitted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, db := range map[string]database.Database{
		"pooled": b.pooled(b.settings()), "direct": b.session(b.settings()),
	} {
		id, err := insert(b.ctx, db, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n := b.number("SELECT count(*) FROM notes WHERE id = $1 AND body = $2", id, name); n != 1 {
			t.Errorf("%s: got %d rows with the id that was given, want 1", name, n)
		}
	}
}

func TestTransactionCommitsWholeOrNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.pooled(b.settings())
	err := p.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
		for _, body := range []string{"one", "two"} {
			if _, err := conn.Exec(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ($1)", body); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := b.number("SELECT count(*) FROM notes"); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}
