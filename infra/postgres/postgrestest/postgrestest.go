// Package postgrestest gives tests a real PostgreSQL database of their own with all migrations applied.
//
// All test programs of one user share a private server: the first starts it, it ends some seconds after the last, and
// its data stays in the temporary folder so that the next run need not make it again. A database migrated once per
// content of the migrations is cloned for each test, which takes some 20 ms.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/postgres"
)

// DB is a database that belongs to one test.
type DB struct {
	// Name is the database's name.
	Name string

	cluster *cluster
}

// New makes a migrated database for the test and drops it at the test's end, whoever is still connected. Where there is
// no PostgreSQL and none can be fetched, the test is skipped, or fails where CI=true.
func New(t testing.TB) *DB {
	t.Helper()
	return create(t, func(ctx context.Context, c *cluster) (string, error) { return c.migrated(ctx) })
}

// NewEmpty is [New] without any migration applied; the database belongs to the login migrate.
func NewEmpty(t testing.TB) *DB {
	t.Helper()
	return create(t, func(ctx context.Context, c *cluster) (string, error) {
		// Making the template is what makes the logins.
		if _, err := c.migrated(ctx); err != nil {
			return "", err
		}
		return "template1", nil
	})
}

// DSN returns the connection string by which a login reaches the database: "onboarding", "dispatch", "sync" or, for the
// schema's owner, "migrate".
func (db *DB) DSN(login string) string { return db.cluster.dsn(db.Name, login) }

// SuperuserDSN returns the connection string by which the server's superuser reaches the database, for tests that end
// others' connections or look into the server.
func (db *DB) SuperuserDSN() string { return db.cluster.dsn(db.Name, postgres.Superuser) }

// Port is the server's port on 127.0.0.1, for tests that put something between it and its clients.
func (db *DB) Port() int { return db.cluster.Port }

func create(t testing.TB, template func(context.Context, *cluster) (string, error)) *DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c, err := join(ctx)
	if errors.Is(err, postgres.ErrNotFound) && os.Getenv("CI") != "true" {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatalf("start test database: %v", err)
	}
	db := &DB{cluster: c}
	if db.Name, err = c.create(ctx, template); err != nil {
		t.Fatalf("make test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := c.drop(ctx, db.Name); err != nil {
			t.Errorf("drop test database: %v", err)
		}
	})
	return db
}

func (c *cluster) create(ctx context.Context, template func(context.Context, *cluster) (string, error)) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	source, err := template(ctx, c)
	if err != nil {
		return "", err
	}
	c.made++
	name := fmt.Sprintf("%s%d_%d", testPrefix, os.Getpid(), c.made)
	_, err = c.conn.Exec(ctx, "CREATE DATABASE "+quote(name)+" TEMPLATE "+quote(source)+" OWNER "+quote(postgres.Owner))
	return name, err
}

func (c *cluster) drop(ctx context.Context, name string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.conn.Exec(ctx, "DROP DATABASE "+quote(name)+" WITH (FORCE)")
	return err
}
