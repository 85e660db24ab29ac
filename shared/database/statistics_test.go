package database_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// I07: the earlier counters never counted the total, could not reach a miss, and took SQL errors for connection errors.
func TestStatisticsAreExact(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.PoolMin, cfg.PoolMax, cfg.FallbackMax = 1, 2, 1
	cfg.AcquireTimeout, cfg.SlowQuery = 2*time.Second, time.Second
	p := b.pooled(cfg)

	// One miss, which builds the pool; then two hits, one of them with a failing statement and one with a slow one.
	for _, sql := range []string{"SELECT 1", "SELECT 1/0", "SELECT pg_sleep(1.1)"} {
		_ = p.Use(b.ctx, func(ctx context.Context, conn database.Conn) error {
			_, err := conn.Exec(ctx, "-- name: test.statement\n"+sql)
			return err
		})
	}
	// A hit, a miss that dials, and a fallback, all at once; then a refusal.
	err := p.Use(b.ctx, func(context.Context, database.Conn) error {
		return p.Use(b.ctx, func(context.Context, database.Conn) error {
			return p.Use(b.ctx, func(context.Context, database.Conn) error {
				if s := p.Stats(); s.Total != 2 || s.Acquired != 2 || s.Idle != 0 || s.FallbacksActive != 1 {
					t.Errorf("got %+v, want 2 connections, both in use, and 1 fallback", s)
				}
				if err := p.Use(b.ctx, nothing); err == nil {
					t.Error("got a connection beyond all bounds")
				}
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	s := p.Stats()
	waits := int64(0)
	for _, n := range s.Waits {
		waits += n
	}
	if s.Hits != 3 || s.Misses != 2 || waits != 5 {
		t.Errorf("got %d hits, %d misses, %d waits, want 3, 2, 5", s.Hits, s.Misses, waits)
	}
	if s.Statements != 3 || s.Failed != 1 || s.Slow != 1 {
		t.Errorf("got %d statements, %d failed, %d slow, want 3, 1, 1", s.Statements, s.Failed, s.Slow)
	}
	if s.Dials != 3 || s.ConnectionErrors != 0 || s.Fallbacks[database.CauseExhausted] != 1 || s.Refused != 1 {
		t.Errorf("got %+v, want 3 dials, none failed, 1 fallback for exhaustion, 1 refusal", s)
	}
	if s.Total != 2 || s.Idle != 2 || s.Acquired != 0 || s.Max != 2 || s.FallbacksActive != 0 {
		t.Errorf("got %+v, want 2 connections, both idle", s)
	}

	p.EmitStats(b.ctx)
	p.EmitStats(b.ctx) // within the same minute
	events := b.log.of(t, logging.EventDatabasePoolStats)
	if len(events) != 1 || events[0]["hits"] != 3.0 || events[0]["misses"] != 2.0 {
		t.Errorf("got %v, want one event with 3 hits and 2 misses", events)
	}
	p.Close(b.ctx)
	if n := len(b.log.of(t, logging.EventDatabasePoolStats)); n != 2 {
		t.Errorf("got %d events after closing, want 2", n)
	}
}

// I08: the earlier logs held passwords, tokens and rows.
func TestNoValueReachesLogsOrErrors(t *testing.T) {
	t.Parallel()
	const private = "s3cr3t-value"
	b := setup(t)
	cfg := b.settings()
	cfg.SlowQuery = time.Nanosecond
	p := b.pooled(cfg)
	b.do("ALTER TABLE notes ADD CONSTRAINT notes_short CHECK (length(body) < 5 OR body LIKE 'kept%')")
	var said []string
	try := func(sql string, args ...any) {
		t.Helper()
		for _, use := range []func(context.Context, func(context.Context, database.Conn) error) error{p.Use, p.InTx} {
			var n int
			err := use(b.ctx, func(ctx context.Context, conn database.Conn) error {
				return conn.QueryRow(ctx, "-- name: test.try\n"+sql, args...).Scan(&n)
			})
			if err == nil {
				t.Errorf("%s: got no error", sql)
				continue
			}
			said = append(said, err.Error())
		}
	}
	try("INSERT INTO notes (body) VALUES ($1) RETURNING id", private) // the row, in the detail
	try("SELECT $1::text::int", private)                              // the text, in the message
	try("SELECT $1::int", private)                                    // the argument, in the driver's error
	try("SELECT $1::text", private)                                   // the result, in the driver's error
	try("SELECT 1 FROM nowhere WHERE $1 = ''", private)
	_, err := insert(b.ctx, p, private)
	said = append(said, err.Error())

	password := strings.Split(strings.Split(b.DSN("onboarding"), ":")[2], "@")[0]
	broken := b.settings() // a DSN that cannot be read is not quoted either
	broken.URL = config.NewSecret("postgres://onboarding:" + private + "@127.0.0.1:bad/x")
	said = append(said, b.pooled(broken).Use(b.ctx, nothing).Error())
	for _, text := range append(said, b.log.text()) {
		for _, value := range []string{private, password} {
			if strings.Contains(text, value) {
				t.Errorf("%q is told in %s", value, text)
			}
		}
	}
	failed, slow := b.log.of(t, logging.EventDatabaseQueryFailed), b.log.of(t, logging.EventDatabaseSlowQuery)
	if len(failed) == 0 || len(slow) == 0 {
		t.Fatalf("got %d failed and %d slow entries, want some of each", len(failed), len(slow))
	}
	if e := failed[0]; e["query"] != "test.try" || e["sqlstate"] != "23514" || e["path"] != "pool" || e["duration_ms"] == nil {
		t.Errorf("got %v, want the statement's name, SQLSTATE, path and duration", e)
	}
}
