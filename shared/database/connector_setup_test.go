package database_test

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// byIAM is who logs in by IAM, as the backend's login onboarding.
const byIAM = "onboarding@train-d-test.iam"

// instance is a Cloud SQL instance in front of the test's server, and the settings that reach it over the connector.
type instance struct {
	*cloudsim.SQLInstance
	cfg    config.Database
	secret string // the login's password
}

func (b *bench) instance(change func(*cloudsim.SQLConfig)) *instance {
	b.t.Helper()
	u, err := url.Parse(b.DSN("onboarding"))
	if err != nil {
		b.t.Fatal(err)
	}
	password, _ := u.User.Password()
	about := cloudsim.SQLConfig{
		Project: "train-d-test", Region: "europe-west1", Instance: "main",
		Backend:   net.JoinHostPort("127.0.0.1", strconv.Itoa(b.Port())),
		IAMLogins: map[string]cloudsim.SQLLogin{byIAM: {User: "onboarding", Password: password}},
	}
	if change != nil {
		change(&about)
	}
	i, err := cloudsim.StartSQL(context.WithoutCancel(b.ctx), about)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := i.Close(); err != nil {
			b.t.Error(err)
		}
	})
	cfg := b.settings()
	cfg.URL = config.Secret{}
	cfg.Instance, cfg.AdminAPI, cfg.IPType = i.ConnectionName(), i.AdminURL(), "private"
	cfg.User, cfg.Password, cfg.Name = "onboarding", config.NewSecret(password), b.Name
	return &instance{SQLInstance: i, cfg: cfg, secret: password}
}

// both are the settings of a deployment: the pool on the plain route to address, all else over the connector.
func (i *instance) both(t testing.TB, b *bench, address string) config.Database {
	cfg := i.cfg
	cfg.URL = config.NewSecret(via(t, b.DSN("onboarding"), address))
	cfg.ProbeInterval = 50 * time.Millisecond
	return cfg
}

// keepsSecrets looks for the password in the log and in an error.
func (i *instance) keepsSecrets(t testing.TB, b *bench, err error) {
	t.Helper()
	if strings.Contains(b.log.text(), i.secret) {
		t.Error("the log holds the password")
	}
	if err != nil && strings.Contains(err.Error(), i.secret) {
		t.Error("the error holds the password")
	}
}

// wantUnavailable checks that err tells the caller to come back, and later than at once.
func wantUnavailable(t testing.TB, err error) {
	t.Helper()
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.RetryAfter <= 0 {
		t.Errorf("got %v, want Unavailable with a time to come back", err)
	}
}

// once runs one statement in a session of its own, as sync does.
func once(b *bench, cfg config.Database) (application string, err error) {
	s := database.NewDirect(cfg, "sync").Open()
	defer s.Close(b.ctx)
	_, application, err = backend(b.ctx, s)
	return application, err
}
