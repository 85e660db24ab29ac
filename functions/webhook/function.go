// Package webhook is the Webhook function: it takes the events that Strava pushes and publishes each as a hint on topic
// sync. Trigger: HTTP, public, below an unguessable path. Nothing else is done, so that Strava has its answer within its
// two seconds; no database is linked in. A retry by Strava is harmless: a hint is only a reason to ask.
package webhook

import (
	"context"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/webhook"
)

func init() {
	settings, err := config.LoadWebhook()
	if err != nil {
		serverless.Refuse("Webhook", err)
	}
	service := serverless.New(settings.Service)
	publisher := message.NewPublisher(settings.Service.Project)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.HTTP("Webhook", &webhook.Handler{Settings: settings.Hook, Publisher: publisher})
}
