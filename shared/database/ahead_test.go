package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

var errUnwelcome = fault.New(fault.Unauthenticated, "unwelcome", "You may not.")

// asking is a context with an Ahead that finds a note and refuses where there is none, and a count of its answers.
func asking(ctx context.Context, body string) (context.Context, *int) {
	answers := new(int)
	return database.WithAhead(ctx, database.NewAhead(func(row pgx.Row) error {
		var id int64
		err := row.Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			err = errUnwelcome
		}
		if err == nil || errors.Is(err, errUnwelcome) {
			*answers++
		}
		return err
	}, "-- name: notes.ahead\nSELECT id FROM notes WHERE body = $1", body)), answers
}

// reading are the ways of a Conn to read, each giving two numbers.
var reading = map[string]func(ctx context.Context, conn database.Conn) ([]int, error){
	"Query": func(ctx context.Context, conn database.Conn) ([]int, error) {
		rows, err := conn.Query(ctx, "-- name: test.two\nSELECT generate_series($1::int, 2)", 1)
		if err != nil {
			return nil, err
		}
		return pgx.CollectRows(rows, pgx.RowTo[int])
	},
	"Query without a look at its error": func(ctx context.Context, conn database.Conn) ([]int, error) {
		rows, _ := conn.Query(ctx, "-- name: test.two\nSELECT generate_series($1::int, 2)", 1)
		return pgx.CollectRows(rows, pgx.RowTo[int])
	},
	"QueryRow": func(ctx context.Context, conn database.Conn) ([]int, error) {
		both := make([]int, 2)
		err := conn.QueryRow(ctx, "-- name: test.row\nSELECT $1::int, 2", 1).Scan(&both[0], &both[1])
		return both, err
	},
	"SendBatch": func(ctx context.Context, conn database.Conn) ([]int, error) {
		both := make([]int, 2)
		batch := &pgx.Batch{}
		for i := range both {
			batch.Queue("-- name: test.one\nSELECT $1::int", i+1).QueryRow(func(row pgx.Row) error { return row.Scan(&both[i]) })
		}
		err := conn.SendBatch(ctx, batch).Close()
		return both, err
	},
	"SendBatch, read in turn": func(ctx context.Context, conn database.Conn) ([]int, error) {
		both := make([]int, 2)
		batch := &pgx.Batch{}
		batch.Queue("-- name: test.one\nSELECT $1::int", 1)
		batch.Queue("-- name: test.two\nSELECT generate_series($1::int, 2)", 2)
		results := conn.SendBatch(ctx, batch)
		err := results.QueryRow().Scan(&both[0])
		rows, _ := results.Query()
		second, secondErr := pgx.CollectExactlyOneRow(rows, pgx.RowTo[int])
		both[1] = second
		return both, errors.Join(err, secondErr, results.Close())
	},
}

func TestAnAheadSharesTheRoundTripOfTheFirstRead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	proxy := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), proxy.address()))
	cfg.PoolMin, cfg.PoolMax = 1, 1 // one connection knows all statements
	db := database.Leading{Database: b.pooled(cfg)}
	b.do("INSERT INTO notes (body) VALUES ('welcome')")
	for name, read := range reading {
		t.Run(name, func(t *testing.T) {
			for warm := range 2 {
				ctx, answers := asking(b.ctx, "welcome")
				before := proxy.trips.Load()
				err := db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
					both, err := read(ctx, conn)
					if err == nil && (len(both) != 2 || both[0] != 1 || both[1] != 2) {
						t.Errorf("read %v", both)
					}
					return err
				})
				if err != nil || *answers != 1 {
					t.Fatalf("got %v and %d answers", err, *answers)
				}
				if trips := proxy.trips.Load() - before; warm == 1 && trips != 1 {
					t.Errorf("%d round trips", trips)
				}
				if err := database.Settle(ctx, db); err != nil || *answers != 1 {
					t.Errorf("settling: %v, %d answers", err, *answers)
				}
				// Later statements of the request go alone.
				before = proxy.trips.Load()
				if _, _, err := backend(ctx, db); err != nil || *answers != 1 {
					t.Errorf("the next statement: %v, %d answers", err, *answers)
				}
				if trips := proxy.trips.Load() - before; warm == 1 && trips != 1 {
					t.Errorf("%d round trips for the next statement", trips)
				}
			}
		})
	}
}

func TestARefusalOutweighsWhatWasRead(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		db = database.Leading{Database: db}
		for name, read := range reading {
			for way, run := range map[string]func(context.Context, func(context.Context, database.Conn) error) error{"Use": db.Use, "InTx": db.InTx} {
				ctx, answers := asking(b.ctx, "nobody")
				swallowed := false
				err := run(ctx, func(ctx context.Context, conn database.Conn) error {
					_, err := read(ctx, conn)
					swallowed = errors.Is(err, errUnwelcome)
					return nil // as who takes it for something else
				})
				if !errors.Is(err, errUnwelcome) || !swallowed || *answers != 1 {
					t.Errorf("%s in %s: got %v (told %v), %d answers", name, way, err, swallowed, *answers)
				}
				err = run(ctx, func(context.Context, database.Conn) error { t.Error("it ran after the refusal"); return nil })
				if !errors.Is(err, errUnwelcome) || !errors.Is(database.Settle(ctx, db), errUnwelcome) {
					t.Errorf("%s in %s: the refusal did not last: %v", name, way, err)
				}
			}
		}
		if _, _, err := backend(b.ctx, db); err != nil {
			t.Errorf("the connection afterwards: %v", err)
		}
	})
}

func TestWhatMayWriteWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		db = database.Leading{Database: db}
		for name, write := range map[string]func(ctx context.Context, conn database.Conn) error{
			"Exec": func(ctx context.Context, conn database.Conn) error {
				_, err := conn.Exec(ctx, "-- name: notes.write\nINSERT INTO notes DEFAULT VALUES")
				return err
			},
			"CopyFrom": func(ctx context.Context, conn database.Conn) error {
				_, err := conn.CopyFrom(ctx, pgx.Identifier{"notes"}, []string{"body"}, pgx.CopyFromRows([][]any{{nil}}))
				return err
			},
		} {
			b.do("TRUNCATE notes")
			ctx, answers := asking(b.ctx, "welcome")
			if err := db.Use(ctx, write); !errors.Is(err, errUnwelcome) || *answers != 1 {
				t.Errorf("%s: got %v, %d answers", name, err, *answers)
			}
			if n := b.number("SELECT count(*) FROM notes"); n != 0 {
				t.Errorf("%s wrote %d rows for who was refused", name, n)
			}
			b.do("INSERT INTO notes (body) VALUES ('welcome')")
			ctx, answers = asking(b.ctx, "welcome")
			if err := db.Use(ctx, write); err != nil || *answers != 1 {
				t.Errorf("%s: got %v, %d answers", name, err, *answers)
			}
			if n := b.number("SELECT count(*) FROM notes"); n != 2 {
				t.Errorf("%s: %d rows", name, n)
			}
		}
	})
}

// What breaks is no refusal: the request may be tried again, and asks again.
func TestABrokenConnectionLeavesAnAheadUnanswered(t *testing.T) {
	t.Parallel()
	b := setup(t)
	proxy := newProxy(t, b)
	cfg := b.settings()
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), proxy.address()))
	db := database.Leading{Database: b.pooled(cfg)}
	b.do("INSERT INTO notes (body) VALUES ('welcome')")
	for name, read := range reading {
		if _, _, err := backend(b.ctx, db); err != nil {
			t.Fatal(err)
		}
		ctx, answers := asking(b.ctx, "welcome")
		struck := proxy.struck.Load()
		proxy.set(func() { proxy.cutAt = []byte("welcome") })
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) error { _, err := read(ctx, conn); return err })
		proxy.set(func() { proxy.cutAt = nil })
		if fault.KindOf(err) != fault.OutcomeUnknown || *answers != 0 || proxy.struck.Load() == struck {
			t.Errorf("%s: got %v, %d answers", name, err, *answers)
		}
		err = db.Use(ctx, func(ctx context.Context, conn database.Conn) error { _, err := read(ctx, conn); return err })
		if err != nil || *answers != 1 {
			t.Errorf("%s once more: got %v, %d answers", name, err, *answers)
		}
	}
}

func TestMistakesBehindAnAheadAreToldAsEver(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, b *bench, db database.Database) {
		db = database.Leading{Database: db}
		b.do("INSERT INTO notes (body) VALUES ('welcome')")
		ask := func(sql string, into any, args ...any) error {
			ctx, _ := asking(b.ctx, "welcome")
			return db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
				return conn.QueryRow(ctx, sql, args...).Scan(into)
			})
		}
		var n int
		if err := ask("-- name: test.none\nSELECT 1 WHERE false", &n); !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("no row: got %v", err)
		}
		err := ask("-- name: notes.twice\nINSERT INTO notes (body) VALUES ($1) RETURNING id", &n, "welcome")
		if !database.IsUnique(err, "notes_body_key") {
			t.Errorf("a constraint: got %v", err)
		}
		err = ask("-- name: test.misfit\nSELECT $1::text", &n, "confidential")
		if err == nil || !strings.Contains(err.Error(), "test.misfit") || strings.Contains(err.Error(), "confidential") {
			t.Errorf("a row that does not fit: got %v", err)
		}
		if err := ask("-- name: test.absent\nSELECT absent FROM notes", &n); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("an older schema: got %v", err)
		}
		failed := b.log.of(t, "database.query_failed")
		names := map[string]bool{}
		for _, entry := range failed {
			names[entry["query"].(string)] = true
		}
		for _, name := range []string{"notes.twice", "test.misfit"} {
			if !names[name] {
				t.Errorf("%s was not logged by its name: %v", name, names)
			}
		}
	})
}
