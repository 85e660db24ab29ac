// Package dispatch is the Dispatch function: it wakes Sync for every account that has something due, and Mail for every one
// that has e-mail due. Trigger: a Tick on topic schedule, published by Cloud Scheduler every minute. A retry, a lost tick
// and two at once are harmless: a wake-up is only a hint, and what is due stays due.
package dispatch

import (
	"context"
	"errors"

	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/serverless"
)

func init() {
	settings, err := config.LoadDispatch()
	if err := errors.Join(err, database.Check(settings.Database)); err != nil {
		serverless.Refuse("Dispatch", err)
	}
	service := serverless.New(settings.Service)
	publisher := message.NewPublisher(settings.Service.Project)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.OnShutdown(func(context.Context) { _ = database.CloseConnector() }) // the process ends: nothing is left to tell
	direct := database.NewDirect(settings.Database, "dispatch")
	service.OnShutdown(direct.Close)
	dispatcher := &activitysync.Dispatcher{Databases: direct.AsOpener(), Publisher: publisher}
	service.PubSub("Dispatch", settings.Push, func(ctx context.Context, push serverless.Push) error {
		defer direct.EmitStats(ctx)
		if _, err := message.Decode[message.Tick](push.Data); err != nil {
			return err
		}
		return dispatcher.Tick(ctx)
	}, serverless.DeadLetterTo(publisher, message.TopicSchedule))
}
