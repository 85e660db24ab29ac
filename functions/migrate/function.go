// Package migrate is the Migrate function: it applies the schema's migrations as the schema's owner, on one direct
// connection. Trigger: a message on topic migrate, published once per release before the other functions are deployed. A
// retry is harmless: what is applied is not applied again, and two at once wait for each other.
package migrate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/train-d/train-d/infra/migrations"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/serverless"
)

func init() {
	settings, err := config.LoadMigrate()
	if err := errors.Join(err, database.Check(settings.Database)); err != nil {
		serverless.Refuse("Migrate", err)
	}
	publisher := message.NewPublisher(settings.Service.Project)
	direct := database.NewDirect(settings.Database, "migrate")
	service := serverless.New(settings.Service)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.OnShutdown(func(context.Context) { _ = database.CloseConnector() }) // the process ends: nothing is left to tell
	service.OnShutdown(direct.Close)
	service.PubSub("Migrate", settings.Push, func(ctx context.Context, push serverless.Push) error {
		if _, err := message.Decode[message.Migrate](push.Data); err != nil {
			return err
		}
		return apply(ctx, direct, settings.Logins.Functions)
	}, serverless.DeadLetterTo(publisher, message.TopicMigrate))
}

// apply brings the schema to the newest version, gives the functions' logins their rights, and logs both. Each migration
// runs in its own transaction, together with the row that records it.
func apply(ctx context.Context, direct *database.Direct, logins map[string]string) (err error) {
	db, release, err := direct.SQL(ctx, "migrate.step")
	if err != nil {
		return err
	}
	defer release()
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("make migration lock: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.FS, goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, result := range results {
		logging.Log(ctx, slog.LevelInfo, logging.EventMigrateApplied, "migration applied",
			slog.Int64("version", result.Source.Version), logging.Millis("duration_ms", result.Duration))
	}
	if err != nil {
		return fmt.Errorf("apply migrations: %w", err)
	}
	if err := migrations.Join(ctx, db, logins); err != nil {
		return err
	}
	version, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventMigrateCompleted, "schema is current",
		slog.Int64("version", version), slog.Int("logins", len(logins)))
	return nil
}
