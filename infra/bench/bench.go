// Package bench measures the system from outside, variants side by side: the ways to the database under load, starts,
// round trips. Ratios are what counts; what is compared takes turns within one run, and medians are given.
package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres"
	"github.com/train-d/train-d/shared/secret"
)

// Config says how much is measured.
type Config struct {
	// Turn is how long a variant has its turn.
	Turn time.Duration
	// WarmUp precedes each turn; what happens in it is not measured.
	WarmUp time.Duration
	// Clients ask at once, each one request after another.
	Clients int
}

const (
	login    = "bench" // whom every variant logs in as
	database = "bench"
)

// Bench is a PostgreSQL of its own that demands TLS, a Cloud SQL instance before it, and the programs to measure.
type Bench struct {
	cfg      Config
	dir      string
	server   *postgres.Server
	super    *pgx.Conn // looks and tidies, between the turns
	sampler  *pgx.Conn // looks during a turn
	instance *cloudsim.SQLInstance
	program  string // the server of cmd/server
	python   error  // why there is no baseline; nil where there is
	password string
	keyset   string
	runs     int // numbers the e-mail addresses
}

// Open starts everything that measuring needs.
func Open(ctx context.Context, cfg Config) (*Bench, error) {
	dir, err := os.MkdirTemp("", "train-d-bench-")
	if err != nil {
		return nil, err
	}
	b := &Bench{cfg: cfg, dir: dir, password: "bench-" + strconv.Itoa(os.Getpid())}
	if err := b.open(ctx); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

func (b *Bench) open(ctx context.Context) (err error) {
	b.server, err = postgres.Start(ctx, postgres.Options{Dir: filepath.Join(b.dir, "postgres"), Settings: map[string]string{
		"max_connections": "200", "max_wal_size": "8GB", "autovacuum": "off", // nothing of the server's own between the turns
	}})
	if err != nil {
		return err
	}
	if b.super, err = pgx.Connect(ctx, b.server.SuperuserDSN(postgres.Superuser)); err != nil {
		return err
	}
	if err := demandTLS(ctx, b.super); err != nil {
		return fmt.Errorf("give PostgreSQL a certificate: %w", err)
	}
	if err := b.makeTables(ctx); err != nil {
		return fmt.Errorf("make tables: %w", err)
	}
	b.instance, err = cloudsim.StartSQL(ctx, cloudsim.SQLConfig{
		Project: "train-d-bench", Region: "europe-west1", Instance: "main",
		Backend: net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port)),
	})
	if err != nil {
		return err
	}
	if b.keyset, err = secret.NewKeyset(); err != nil {
		return err
	}
	if err := b.migrate(ctx); err != nil {
		return fmt.Errorf("make the system's database: %w", err)
	}
	b.program = filepath.Join(b.dir, "server")
	build := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", b.program, "github.com/train-d/train-d/infra/bench/cmd/server")
	if output, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w: %s", err, output)
	}
	if output, err := exec.CommandContext(ctx, python, "-c", "import psycopg2").CombinedOutput(); err != nil {
		b.python = fmt.Errorf("%s cannot import psycopg2 (Debian: python3-psycopg2): %w: %s", python, err, output)
	}
	return nil
}

// makeTables makes what a registration writes, in a database of the login that all variants share.
func (b *Bench) makeTables(ctx context.Context) error {
	for _, sql := range []string{
		"CREATE ROLE " + login + " LOGIN PASSWORD '" + b.password + "'",
		"CREATE DATABASE " + database + " OWNER " + login,
	} {
		if _, err := b.super.Exec(ctx, sql); err != nil {
			return err
		}
	}
	if err := b.super.Close(ctx); err != nil {
		return err
	}
	var err error
	if b.super, err = pgx.Connect(ctx, b.server.SuperuserDSN(database)); err != nil {
		return err
	}
	if b.sampler, err = pgx.Connect(ctx, b.server.SuperuserDSN(database)); err != nil {
		return err
	}
	_, err = b.super.Exec(ctx, `
		CREATE TABLE accounts (
			id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL,
			password_hash text NOT NULL, created_at timestamptz NOT NULL DEFAULT now());
		CREATE UNIQUE INDEX ON accounts (lower(email));
		CREATE TABLE sessions (
			token_hash bytea PRIMARY KEY, account_id bigint NOT NULL REFERENCES accounts ON DELETE CASCADE,
			created_at timestamptz NOT NULL DEFAULT now());
		CREATE INDEX ON sessions (account_id);
		GRANT ALL ON accounts, sessions TO `+login)
	return err
}

// Close ends what Open started and removes its files.
func (b *Bench) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var errs []error
	for _, conn := range []*pgx.Conn{b.super, b.sampler} {
		if conn != nil {
			errs = append(errs, conn.Close(ctx))
		}
	}
	if b.instance != nil {
		errs = append(errs, b.instance.Close())
	}
	if b.server != nil {
		errs = append(errs, b.server.Stop(ctx), postgres.Remove(filepath.Join(b.dir, "postgres")))
	}
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}

// freePort is a port of 127.0.0.1 where nobody listens at this moment.
func freePort() (int, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

var client = &http.Client{Timeout: 5 * time.Second}
