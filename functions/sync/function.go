// Package sync is the Sync function: it works off what is due for one athlete, unit by unit, on one direct connection.
// Trigger: a Wake on topic sync, published by Dispatch every minute for each account with something due, and by whoever
// makes something due that a person waits for; or a Hint there, published by Webhook, of which due work is made first. A
// retry is harmless: what is done is not due any more, and two messages for one athlete at a time find one lease. What
// goes wrong is settled in the due row; only a database or a publisher out of reach lets the message come again.
package sync

import (
	"context"
	"errors"
	"time"

	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

func init() {
	settings, err := config.LoadSync()
	if err := errors.Join(err, database.Check(settings.Database), secret.Check(settings.Tokens.Keyset)); err != nil {
		serverless.Refuse("Sync", err)
	}
	sealer, err := secret.NewSealer(settings.Tokens.Keyset)
	if err != nil {
		serverless.Refuse("Sync", err)
	}
	service := serverless.New(settings.Service)
	publisher := message.NewPublisher(settings.Service.Project)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.OnShutdown(func(context.Context) { _ = database.CloseConnector() }) // the process ends: nothing is left to tell
	direct := database.NewDirect(settings.Database, "sync")
	databases, emitStats, closeAll := direct.AsOpener(), direct.EmitStats, direct.Close
	if settings.UsePool {
		pool := database.NewPooled(settings.Database, "sync")
		databases, emitStats, closeAll = pool.AsOpener(), pool.EmitStats, pool.Close
	}
	service.OnShutdown(closeAll)
	worker := &activitysync.Worker{
		Databases: databases, Strava: strava.NewClient(settings.Strava, nil), Sealer: sealer, Publisher: publisher,
		Runners:   map[string]activitysync.Runner{store.KindRecompute: load.Recompute},
		Retention: time.Duration(settings.Streams.RetentionDays) * 24 * time.Hour,
	}
	service.PubSub("Sync", settings.Push, func(ctx context.Context, push serverless.Push) error {
		defer emitStats(ctx)
		if message.KindOf(push.Data) == message.KindHint {
			hint, err := message.Decode[message.Hint](push.Data)
			if err != nil {
				return err
			}
			return worker.Hint(ctx, hint)
		}
		wake, err := message.Decode[message.Wake](push.Data)
		if err != nil {
			return err
		}
		return worker.Wake(ctx, wake)
	}, serverless.DeadLetterTo(publisher, message.TopicSync))
}
