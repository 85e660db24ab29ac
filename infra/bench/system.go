package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver that goose's migrations run on
	"github.com/pressly/goose/v3"

	"github.com/train-d/train-d/infra/migrations"
	"github.com/train-d/train-d/infra/postgres"
	"github.com/train-d/train-d/infra/stage"
)

// system is the database that the deployed functions run on.
const system = "traind"

// migrate makes the system's database, the way that a new installation goes. All logins share the password.
func (b *Bench) migrate(ctx context.Context) error {
	if err := postgres.MakeOwner(ctx, b.super, system, b.password); err != nil {
		return err
	}
	db, err := sql.Open("pgx", b.server.DSN(system, postgres.Owner, b.password))
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	_, err = provider.Up(ctx)
	if err := errors.Join(err, provider.Close()); err != nil { // closes the database too
		return fmt.Errorf("migrate: %w", err)
	}
	super, err := pgx.Connect(ctx, b.server.SuperuserDSN(system))
	if err != nil {
		return err
	}
	return errors.Join(postgres.MakeLogins(ctx, super, func(string) string { return b.password }), super.Close(ctx))
}

// staged stages the repository's functions and builds their programs, as deployed.
func staged(ctx context.Context) (all []stage.Staged, programs []string, err error) {
	if all, err = stage.All(ctx, "."); err != nil {
		return nil, nil, err
	}
	for _, one := range all {
		program, err := stage.Build(ctx, one)
		if err != nil {
			return nil, nil, err
		}
		programs = append(programs, program)
	}
	return all, programs, nil
}

// common is what every program is told.
func (b *Bench) common(target string) []string {
	return []string{
		"FUNCTION_TARGET=" + target, "LOG_LEVEL=INFO", // the level in the cloud
		"PUBLIC_URL=http://localhost", "STRAVA_CLIENT_ID=1", "STRAVA_CLIENT_SECRET=none", "TOKEN_KEYSET=" + b.keyset,
		"PUSH_AUDIENCE=http://localhost", "PUSH_SERVICE_ACCOUNT=push@example.com",
		"WEBHOOK_PATH=" + strings.Repeat("0a", 16), "WEBHOOK_VERIFY_TOKEN=known-to-the-bench-alone",
		"SMTP_URL=smtp://localhost", "MAIL_FROM=Train-D <no-reply@example.com>",
	}
}

// overConnector is what a program is told that reaches a database through the Cloud SQL instance.
func (b *Bench) overConnector(database, user string) []string {
	return []string{
		"CLOUD_SQL_INSTANCE=" + b.instance.ConnectionName(), "CLOUD_SQL_ADMIN_API=" + b.instance.AdminURL(),
		"DATABASE_USER=" + user, "DATABASE_PASSWORD=" + b.password, "DATABASE_NAME=" + database,
	}
}
