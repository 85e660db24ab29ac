package faults_test

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver that the migrations run on
	"github.com/pressly/goose/v3"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/migrations"
	"github.com/train-d/train-d/infra/postgres"
)

const (
	project  = "train-d-local"
	template = "migrated"
	// directLogin is that of Onboarding's fallback connections: a second member of the same group, so that a fault of a
	// login can hit one route alone, as a mistyped password in one of two secrets would.
	directLogin = "onboarding_direct"
)

// server is a PostgreSQL that may be stopped, killed and restarted, and the cloud beside it. It logs every statement:
// what has reached it, and how often, is known from nobody else's word.
type server struct {
	t        testing.TB
	options  postgres.Options
	running  *postgres.Server
	address  *postgres.Server // as it was started first: its addresses stay
	password string
	cloud    *cloudsim.Cloud
	sites    int
}

func newServer(t testing.TB) *server {
	t.Helper()
	dir := t.TempDir()
	s := &server{t: t, password: rand.Text(), options: postgres.Options{
		Dir: filepath.Join(dir, "postgres"), LogFile: filepath.Join(dir, "postgres.log"),
		Settings: map[string]string{
			"fsync": "off", "shared_buffers": "32MB", "log_statement": "all", "log_line_prefix": "%d|%u|", "deadlock_timeout": "50ms",
			"max_connections": "150",
		},
	}}
	s.up(t.Context())
	s.address, s.options.Port = s.running, s.running.Port
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.running.Stop(ctx); err != nil {
			t.Error(err)
		}
		if err := postgres.Remove(s.options.Dir); err != nil {
			t.Error(err)
		}
	})
	var err error
	if s.cloud, err = cloudsim.Start(context.Background(), cloudsim.Config{Project: project, Topics: []string{"sync", "sync-dead-letter"}}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cloud.Close() })
	s.migrate(t.Context())
	return s
}

// migrate makes the template: the schema, the logins, and what the proofs watch with.
func (s *server) migrate(ctx context.Context) {
	s.t.Helper()
	superuser := s.connect(ctx, postgres.Superuser)
	defer func() { _ = superuser.Close(ctx) }()
	if err := postgres.MakeOwner(ctx, superuser, template, s.password); err != nil {
		s.t.Fatal(err)
	}
	db, err := sql.Open("pgx", s.address.DSN(template, postgres.Owner, s.password))
	if err != nil {
		s.t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := provider.Up(ctx); err != nil {
		s.t.Fatal(err)
	}
	if err := provider.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := postgres.MakeLogins(ctx, superuser, func(string) string { return s.password }); err != nil {
		s.t.Fatal(err)
	}
	_, err = superuser.Exec(ctx, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD '%s' IN ROLE traind_onboarding", directLogin, s.password))
	if err != nil {
		s.t.Fatal(err)
	}
	inside := s.connect(ctx, template)
	defer func() { _ = inside.Close(ctx) }()
	if _, err := inside.Exec(ctx, auditSQL); err != nil {
		s.t.Fatal(err)
	}
}

// up starts the server, on the port that it had before.
func (s *server) up(ctx context.Context) {
	s.t.Helper()
	var err error
	s.running, err = postgres.Start(ctx, s.options)
	if errors.Is(err, postgres.ErrNotFound) && os.Getenv("CI") != "true" {
		s.t.Skip(err)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) down(ctx context.Context) {
	s.t.Helper()
	if err := s.running.Stop(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// crash kills one of the server's processes, for which the server kills all others and recovers. It returns when the
// server takes connections again, or says that the process had ended before.
func (s *server) crash(ctx context.Context, pid int) bool {
	s.t.Helper()
	reinitializing := s.logged("", "all server processes terminated; reinitializing")
	parent, err := exec.CommandContext(ctx, "ps", "-o", "ppid=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || strings.TrimSpace(string(parent)) != strconv.Itoa(s.running.PID) {
		return false // never somebody else's
	}
	if syscall.Kill(pid, syscall.SIGKILL) != nil {
		return false
	}
	noticed, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if until(noticed, "crash", func() bool { return reinitializing() > 0 }) != nil {
		return false // it was about to end
	}
	err = until(ctx, "recovery", func() bool {
		conn, err := pgx.Connect(ctx, s.address.SuperuserDSN(postgres.Superuser))
		if err == nil {
			_ = conn.Close(ctx)
		}
		return err == nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return true
}

// connect opens a connection of the superuser.
func (s *server) connect(ctx context.Context, database string) *pgx.Conn {
	s.t.Helper()
	conn, err := pgx.Connect(ctx, s.address.SuperuserDSN(database))
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}
