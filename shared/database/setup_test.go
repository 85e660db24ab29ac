package database_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// bench is a database with a table of notes, someone to look into it, and a context whose log entries are kept.
type bench struct {
	*postgrestest.DB
	t   testing.TB
	ctx context.Context
	log *entries
}

func setup(t testing.TB) *bench {
	t.Helper()
	b := &bench{DB: postgrestest.New(t), t: t, log: &entries{}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	b.ctx = logging.Into(ctx, logging.New(b.log, logging.Options{Function: "test", Level: slog.LevelDebug}))
	b.do(`CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY, body text UNIQUE);
	      GRANT ALL ON notes TO onboarding, sync`)
	return b
}

// settings are the defaults, on the plain route, with an AcquireTimeout that a dial on a busy machine keeps.
func (b *bench) settings() config.Database {
	return config.Database{
		URL: config.NewSecret(b.DSN("onboarding")), PoolMin: 2, PoolMax: 10, FallbackMax: 2,
		AcquireTimeout: 2 * time.Second, ConnectTimeout: 5 * time.Second, PingTimeout: 250 * time.Millisecond,
		ResetAfter: 2 * time.Second, ProbeInterval: 5 * time.Second, StatementTimeout: 10 * time.Second,
		LockTimeout: 5 * time.Second, IdleInTransactionTimeout: 15 * time.Second, SlowQuery: 500 * time.Millisecond,
	}
}

func (b *bench) pooled(cfg config.Database) *database.Pooled {
	p := database.NewPooled(cfg, "onboarding")
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), 5*time.Second)
		defer cancel()
		p.Close(ctx)
	})
	return p
}

func (b *bench) session(cfg config.Database) *database.Session {
	s := database.NewDirect(cfg, "sync").Open()
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		s.Close(ctx)
	})
	return s
}

// do runs SQL as the server's superuser on a connection of its own.
func (b *bench) do(sql string, args ...any) {
	b.t.Helper()
	conn := b.superuser()
	if _, err := conn.Exec(b.ctx, sql, args...); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

func (b *bench) superuser() *pgx.Conn {
	b.t.Helper()
	conn, err := pgx.Connect(b.ctx, b.SuperuserDSN())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	})
	return conn
}

// number is the single number that sql gives the superuser.
func (b *bench) number(sql string, args ...any) int {
	b.t.Helper()
	var n int
	if err := b.superuser().QueryRow(b.ctx, sql, args...).Scan(&n); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// terminate ends the server's connections whose application_name ends in path, and waits until they are gone.
func (b *bench) terminate(path string) int {
	b.t.Helper()
	const those = `FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE '%/' || $1`
	n := b.number(`SELECT count(pg_terminate_backend(pid)) `+those, path)
	b.wait("terminated connections to end", func() bool { return b.number(`SELECT count(*) `+those, path) == 0 })
	return n
}

// wait waits for a condition.
func (b *bench) wait(what string, met func() bool) {
	b.t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !met() {
		select {
		case <-tick.C:
		case <-b.ctx.Done():
			b.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// insert writes a note and gives its id.
func insert(ctx context.Context, db database.Database, body string) (id int64, err error) {
	err = db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return conn.QueryRow(ctx, "-- name: notes.insert\nINSERT INTO notes (body) VALUES ($1) RETURNING id", body).Scan(&id)
	})
	return id, err
}

// nothing is work without a statement, which only takes a connection.
func nothing(context.Context, database.Conn) error { return nil }

// backend gives the server's process and the application name behind a connection.
func backend(ctx context.Context, db database.Database) (pid int, application string, err error) {
	err = db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return conn.QueryRow(ctx, "-- name: test.backend\nSELECT pg_backend_pid(), current_setting('application_name')").
			Scan(&pid, &application)
	})
	return pid, application, err
}

// via is dsn with another address.
func via(t testing.TB, dsn, address string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = address
	return u.String()
}

// entries keeps log entries.
type entries struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (e *entries) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all.Write(p)
}

func (e *entries) text() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.all.String()
}

// of gives the entries of one event.
func (e *entries) of(t testing.TB, event logging.Event) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(e.text()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if entry["event"] == string(event) {
			found = append(found, entry)
		}
	}
	return found
}
