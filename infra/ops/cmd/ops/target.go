package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/local"
	"github.com/train-d/train-d/infra/ops"
	"github.com/train-d/train-d/shared/config"
)

// target is the system that is operated.
type target struct {
	strava   config.Strava
	webhook  ops.Webhook
	project  string
	database string // DSN
}

// targetOf reads the environment, or finds the local system.
func targetOf(onLocal bool) (target, error) {
	if !onLocal {
		return target{
			strava: config.Strava{
				ClientID: os.Getenv("STRAVA_CLIENT_ID"), ClientSecret: config.NewSecret(os.Getenv("STRAVA_CLIENT_SECRET")),
				APIURL: setting("STRAVA_API_URL", "https://www.strava.com/api/v3"),
			},
			webhook: ops.Webhook{
				CallbackURL: strings.TrimRight(os.Getenv("WEBHOOK_URL"), "/") + "/" + os.Getenv("WEBHOOK_PATH"),
				VerifyToken: os.Getenv("WEBHOOK_VERIFY_TOKEN"),
			},
			project: os.Getenv("GOOGLE_CLOUD_PROJECT"), database: os.Getenv("DATABASE_URL"),
		}, nil
	}
	root, err := os.Getwd()
	if err != nil {
		return target{}, err
	}
	settings, err := local.LoadSettings(root)
	if err != nil {
		return target{}, err
	}
	info, err := local.Running(settings)
	if err != nil {
		return target{}, fmt.Errorf("%w: start it by make run", err)
	}
	if err := os.Setenv("PUBSUB_EMULATOR_HOST", info.PubSub); err != nil { // where Pub/Sub's library looks
		return target{}, err
	}
	return target{
		strava: config.Strava{ClientID: local.SimulatorClient, ClientSecret: config.NewSecret(local.SimulatorSecret),
			APIURL: info.Simulator.URL + "/api/v3"},
		webhook: ops.Webhook{CallbackURL: info.Webhook.CallbackURL, VerifyToken: info.Webhook.VerifyToken},
		project: local.Project, database: info.Database,
	}, nil
}

func setting(name, otherwise string) string {
	if set := os.Getenv(name); set != "" {
		return set
	}
	return otherwise
}

func (t target) connect(ctx context.Context) (*pgx.Conn, error) {
	if t.database == "" {
		return nil, errors.New("DATABASE_URL must name the database, with the schema owner's login")
	}
	conn, err := pgx.Connect(ctx, t.database)
	if err != nil {
		return nil, errors.New("the database that DATABASE_URL names does not let us in") // the driver's text may hold the DSN
	}
	return conn, nil
}

// withoutPath is an address without its path, which is a secret.
func withoutPath(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "that can't be read"
	}
	return u.Scheme + "://" + u.Host + "/…"
}
