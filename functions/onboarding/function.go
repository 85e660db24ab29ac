// Package onboarding is the Onboarding function: everything that a browser calls. Trigger: HTTP, public; the page, accounts,
// onboarding, settings, Strava's consent, syncs, activities and training load, on one origin. It runs on a warm pool with a
// bounded fallback. A client may retry what answered 503; "outcome-unknown" means to look first.
package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime/debug"
	_ "time/tzdata" // athletes live in zones that the platform's image need not know

	"github.com/train-d/train-d/functions/onboarding/web"
	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/api"
	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/strava"
)

// gcPercent is half of Go's own: each password that is hashed leaves 19 MiB, and what an instance's memory must hold is what
// lies about before it is collected.
const gcPercent = 50

func init() {
	settings, err := config.LoadOnboarding()
	if err := errors.Join(err, database.Check(settings.Database), secret.Check(settings.Tokens.Keyset)); err != nil {
		serverless.Refuse("Onboarding", err)
	}
	debug.SetGCPercent(gcPercent)
	service := serverless.New(settings.Service)
	handler, err := handler(settings, service)
	if err != nil {
		serverless.Refuse("Onboarding", err)
	}
	service.HTTP("Onboarding", handler)
}

// handler puts the parts together; nothing is opened yet.
func handler(settings config.Onboarding, service *serverless.Service) (http.Handler, error) {
	sealer, err := secret.NewSealer(settings.Tokens.Keyset)
	if err != nil {
		return nil, err
	}
	public, err := url.Parse(settings.Accounts.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("PUBLIC_URL: %w", err)
	}
	pool := database.NewPooled(settings.Database, "onboarding")
	leading := database.Leading{Database: pool}
	publisher := message.NewPublisher(settings.Service.Project)
	service.OnShutdown(func(context.Context) { publisher.Close() })
	service.OnShutdown(func(context.Context) { _ = database.CloseConnector() }) // the process ends: nothing is left to tell
	service.OnShutdown(pool.Close)
	edge := &api.API{
		PublicURL:  public,
		Hops:       settings.Accounts.ClientIPHops,
		Accounts:   account.New(pool, sealer, settings.Accounts),
		Athletes:   athlete.New(leading, settings.Accounts.MinimumAge),
		Activities: &activitysync.Service{DB: leading, Sealer: sealer},
		Load:       load.New(leading),
		Strava:     strava.NewClient(settings.Strava, nil),
		Health:     pool.Health,
		Wake: func(ctx context.Context, accountID, dueID int64) error {
			return publisher.Publish(ctx, message.TopicSync, message.NewWake(dueID, accountID))
		},
		WakeMail: func(ctx context.Context, accountID, dueID int64) error {
			return publisher.Publish(ctx, message.TopicMail, message.NewMail(dueID, accountID))
		},
		Web: web.Files,
	}
	requests := edge.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer pool.EmitStats(r.Context())
		requests.ServeHTTP(w, r)
	}), nil
}
