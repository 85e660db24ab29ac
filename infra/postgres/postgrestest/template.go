package postgrestest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver that goose's migrations run on
	"github.com/pressly/goose/v3"

	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/migrations"
	"github.com/train-d/train-d/infra/postgres"
)

// What the databases of the shared cluster are called. A template is named by the content of the migrations, so that
// programs built from different ones get along, and is renamed from building_… when whole.
const (
	templatePrefix = "template_"
	buildingPrefix = "building_"
	testPrefix     = "test_"
)

// migrated returns the name of the template that all migrations were applied to; the first to ask makes it. The caller
// holds c.mu.
func (c *cluster) migrated(ctx context.Context) (string, error) {
	if c.template != "" {
		return c.template, nil
	}
	hash, err := migrationsHash()
	if err != nil {
		return "", err
	}
	building, err := exclusive.Lock(filepath.Join(c.dir, "template"))
	if err != nil {
		return "", err
	}
	defer func() { _ = building.Close() }()

	name := templatePrefix + hash
	var there bool
	err = c.conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err != nil {
		return "", fmt.Errorf("look for template: %w", err)
	}
	if !there {
		if err := c.buildTemplate(ctx, buildingPrefix+hash, name); err != nil {
			return "", fmt.Errorf("build template: %w", err)
		}
	}
	c.template = name
	return name, nil
}

// buildTemplate goes the way that a new installation goes: owner and database, the migrations as the owner, then the
// functions' logins.
func (c *cluster) buildTemplate(ctx context.Context, unfinished, name string) error {
	password, err := verifier(c.Password)
	if err != nil {
		return err
	}
	if _, err := c.conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quote(unfinished)); err != nil {
		return err
	}
	if err := postgres.MakeOwner(ctx, c.conn, unfinished, password); err != nil {
		return err
	}
	if err := migrate(ctx, c.dsn(unfinished, postgres.Owner)); err != nil {
		return err
	}
	if err := postgres.MakeLogins(ctx, c.conn, func(string) string { return password }); err != nil {
		return err
	}
	_, err = c.conn.Exec(ctx, "ALTER DATABASE "+quote(unfinished)+" RENAME TO "+quote(name))
	return err
}

func migrate(ctx context.Context, dsn string) error {
	db, err := sql.Open("pgx", dsn)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	_, err = provider.Up(ctx)
	// The provider closes the database it was given.
	return errors.Join(err, provider.Close())
}

func migrationsHash() (string, error) {
	sum := sha256.New()
	// WalkDir goes in lexical order.
	err := fs.WalkDir(migrations.FS, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations.FS, path)
		fmt.Fprintf(sum, "%s %d\n%s", path, len(content), content)
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)[:8]), err
}

func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }
