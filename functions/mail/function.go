// Package mail is the Mail function: it sends the e-mails that are due to one account's owner, on one direct connection.
// Trigger: a Mail message on topic mail, published by Onboarding when it makes an e-mail due, and by Dispatch every minute
// for what is still due. A retry is harmless: what was sent is not due any more. What the mail server refuses is settled in
// the due row; only a database out of reach lets the message come again.
package mail

import (
	"context"
	"errors"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/mail"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/serverless"
)

func init() {
	settings, err := config.LoadMail()
	if err := errors.Join(err, database.Check(settings.Database)); err != nil {
		serverless.Refuse("Mail", err)
	}
	server, err := mail.NewServer(settings.SMTP)
	if err != nil {
		serverless.Refuse("Mail", err)
	}
	service := serverless.New(settings.Service)
	publisher := message.NewPublisher(settings.Service.Project)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.OnShutdown(func(context.Context) { _ = database.CloseConnector() }) // the process ends: nothing is left to tell
	direct := database.NewDirect(settings.Database, "mail")
	service.OnShutdown(direct.Close)
	sender := &mail.Sender{Databases: direct.AsOpener(), PublicURL: settings.SMTP.PublicURL, Server: server}
	service.PubSub("Mail", settings.Push, func(ctx context.Context, push serverless.Push) error {
		defer direct.EmitStats(ctx)
		wake, err := message.Decode[message.Mail](push.Data)
		if err != nil {
			return err
		}
		return sender.Wake(ctx, wake)
	}, serverless.DeadLetterTo(publisher, message.TopicMail))
}
