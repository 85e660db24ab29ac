package database_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

// I09: on every path the server is told the same limits, whatever the DSN says of them.
func TestAllPathsSetTheSameSessionParameters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := newProxy(t, b)
	x.set(func() { x.refused = []byte("train-d/onboarding/pool") })
	cfg := b.settings()
	cfg.StatementTimeout, cfg.LockTimeout, cfg.IdleInTransactionTimeout = 7*time.Second, 3*time.Second, 11*time.Second
	cfg.URL = config.NewSecret(b.DSN("onboarding") + "&statement_timeout=0&timezone=Asia/Tokyo")
	fallback := cfg
	fallback.URL = config.NewSecret(via(t, cfg.URL.Reveal(), x.address()))
	for name, db := range map[string]database.Database{
		"train-d/onboarding/pool": b.pooled(cfg), "train-d/onboarding/fallback": b.pooled(fallback),
		"train-d/sync/direct": b.session(cfg),
	} {
		got := map[string]string{}
		err := db.Use(b.ctx, func(ctx context.Context, conn database.Conn) error {
			rows, err := conn.Query(ctx, `-- name: test.settings
				SELECT name, setting FROM pg_settings WHERE name IN ('application_name', 'statement_timeout', 'lock_timeout',
				                                                    'idle_in_transaction_session_timeout', 'TimeZone',
				                                                    'tcp_keepalives_idle', 'client_connection_check_interval')`)
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
				var name, setting string
				if err := rows.Scan(&name, &setting); err != nil {
					return err
				}
				got[name] = setting
			}
			return rows.Err()
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := map[string]string{"application_name": name, "statement_timeout": "7000", "lock_timeout": "3000",
			"idle_in_transaction_session_timeout": "11000", "TimeZone": "UTC",
			"tcp_keepalives_idle": "30", "client_connection_check_interval": "2000"}
		if !maps.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestTimeoutsAndOldSchemaAreTold(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.StatementTimeout = 50 * time.Millisecond
	for _, db := range []database.Database{b.pooled(cfg), b.session(cfg)} {
		for sql, code := range map[string]string{
			"SELECT pg_sleep(5)": "timeout", "SELECT 1 FROM newer_table": "schema", "SELECT newer FROM notes": "schema",
		} {
			err := db.Use(b.ctx, func(ctx context.Context, conn database.Conn) error {
				_, err := conn.Exec(ctx, sql)
				return err
			})
			if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != code {
				t.Errorf("%s: got %v, want Unavailable with code %s", sql, err, code)
			}
		}
	}
}

func TestSessionKeepsOneConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	direct := database.NewDirect(b.settings(), "sync")
	s := direct.Open()
	if n := direct.Stats().Dials; n != 0 {
		t.Fatalf("dialled %d times before the first use", n)
	}
	first, _, err := backend(b.ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := backend(b.ctx, s)
	if err != nil || first != second {
		t.Errorf("got backends %d and %d (%v), want one", first, second, err)
	}
	said := b.log.of(t, logging.EventDatabaseDirect)
	if len(said) != 1 || said[0]["message"] != "Using direct connection (pool disabled for sync operations)" || said[0]["severity"] != "DEBUG" {
		t.Errorf("got %v, want the owner's message once at DEBUG", said)
	}
	s.Close(b.ctx)
	b.wait("the connection to end", func() bool { return b.number(connections) == 0 })
	if err := s.Use(b.ctx, nothing); err == nil {
		t.Error("the closed session dialled again")
	}
}

// A session's connection that died while unused is replaced only where nothing had been sent on it.
func TestSessionIsReplacedOnlyBeforeItsFirstStatement(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.session(b.settings())
	if err := s.Use(b.ctx, nothing); err != nil {
		t.Fatal(err)
	}
	b.terminate("direct")
	if _, _, err := backend(b.ctx, s); err != nil {
		t.Errorf("got %v, want another connection", err)
	}
	b.terminate("direct")
	if _, _, err := backend(b.ctx, s); fault.KindOf(err) != fault.Unavailable && fault.KindOf(err) != fault.OutcomeUnknown {
		t.Errorf("got %v, want the break told", err)
	}
	if n := b.number(connections); n != 0 {
		t.Errorf("got %d connections, want 0: the session must not go on", n)
	}
}

func TestSQLGivesDirectConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.URL = config.NewSecret(b.DSN("migrate"))
	db, closeDB, err := database.NewDirect(cfg, "migrate").SQL(b.ctx, "migrate.step")
	if err != nil {
		t.Fatal(err)
	}
	defer closeDB()
	var name string
	if err := db.QueryRowContext(b.ctx, "SELECT current_setting('application_name')").Scan(&name); err != nil || name != "train-d/migrate/direct" {
		t.Errorf("got %q (%v), want train-d/migrate/direct", name, err)
	}
	if _, err := db.ExecContext(b.ctx, "SELECT 1/0"); err == nil {
		t.Error("got no error")
	}
	if failed := b.log.of(t, logging.EventDatabaseQueryFailed); len(failed) != 1 || failed[0]["query"] != "migrate.step" {
		t.Errorf("got %v, want one failure under the name that was given", failed)
	}
}

// The owner's way from direct to pooled sync is a setting: the same work runs on whatever an Opener gives.
func TestOpenerHidesTheKind(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, opener := range map[string]database.Opener{
		"/pool": b.pooled(b.settings()).AsOpener(), "/direct": database.NewDirect(b.settings(), "sync").AsOpener(),
	} {
		db, closeDB := opener.Open()
		if _, err := insert(b.ctx, db, path); err != nil {
			t.Error(err)
		}
		if _, application, _ := backend(b.ctx, db); !strings.HasSuffix(application, path) {
			t.Errorf("got %q, want …%s", application, path)
		}
		closeDB(b.ctx)
	}
	if n := b.number("SELECT count(*) FROM notes"); n != 2 {
		t.Errorf("got %d rows, want 2", n)
	}
}

// I12: an instance's share of the server's connections holds for direct ones too.
func TestDirectConnectionsKeepTheirLimit(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cfg := b.settings()
	cfg.ConnectionLimit, cfg.AcquireTimeout = 1, 50*time.Millisecond
	direct := database.NewDirect(cfg, "sync")
	first, second := direct.Open(), direct.Open()
	if err := first.Use(b.ctx, nothing); err != nil {
		t.Fatal(err)
	}
	err := second.Use(b.ctx, nothing)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Code != "database-busy" || f.RetryAfter <= 0 {
		t.Errorf("got %v beyond the limit, want database-busy with a time to come back", err)
	}
	if s := direct.Stats(); s.Refused != 1 || s.Dials != 1 {
		t.Errorf("got %d refusals and %d dials, want 1 and 1", s.Refused, s.Dials)
	}
	first.Close(b.ctx)
	if err := second.Use(b.ctx, nothing); err != nil {
		t.Errorf("got %v once there was room, want a connection", err)
	}
	second.Close(b.ctx)

	direct.Close(b.ctx)
	if events := b.log.of(t, logging.EventDatabasePoolStats); len(events) != 1 || events[0]["refused"] != 1.0 {
		t.Errorf("got %v, want one event of statistics with the refusal", events)
	}
}
