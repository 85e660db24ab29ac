package database_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// hurried is b with little time.
func (b *bench) hurried(limit time.Duration) *bench {
	ctx, cancel := context.WithTimeout(b.ctx, limit)
	b.t.Cleanup(cancel)
	hurried := *b
	hurried.ctx = ctx
	return &hurried
}

// limited makes a login of the test's own that the server grants so many connections; logins are the whole server's.
func (b *bench) limited(connections string) (login, dsn string) {
	b.t.Helper()
	login = "limited_" + b.Name
	u, err := url.Parse(b.DSN("onboarding"))
	if err != nil {
		b.t.Fatal(err)
	}
	password, _ := u.User.Password()
	u.User = url.UserPassword(login, password)
	quoted := pgx.Identifier{login}.Sanitize()
	b.do(`CREATE ROLE ` + quoted + ` LOGIN PASSWORD '` + password + `' CONNECTION LIMIT ` + connections + ` IN ROLE onboarding`)
	b.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		conn, err := pgx.Connect(ctx, b.SuperuserDSN())
		if err != nil {
			b.t.Error(err)
			return
		}
		defer func() { _ = conn.Close(ctx) }()
		if _, err := conn.Exec(ctx, `DROP ROLE `+quoted); err != nil {
			b.t.Error(err)
		}
	})
	return login, u.String()
}

// 53300 on the pool's route: work goes on over the connector, and comes back when the server has room.
func TestTooManyClientsFallsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	login, dsn := b.limited("0")
	cfg := i.cfg
	cfg.URL, cfg.ProbeInterval = config.NewSecret(dsn), 50*time.Millisecond
	p := b.pooled(cfg)
	if _, application, err := backend(b.ctx, p); err != nil || application != "train-d/onboarding/fallback" {
		t.Fatalf("got %q and %v, want the fallback", application, err)
	}
	if got := p.Health(b.ctx); got != (database.Health{State: database.HealthFallback, Cause: database.CauseTooMany}) {
		t.Errorf("got health %+v, want fallback because of too many connections", got)
	}
	if got := p.Stats(); got.Fallbacks[database.CauseTooMany] == 0 {
		t.Errorf("got fallbacks %v, want some for too many connections", got.Fallbacks)
	}
	b.do(`ALTER ROLE ` + pgx.Identifier{login}.Sanitize() + ` CONNECTION LIMIT 20`)
	b.wait("the pool to come back", func() bool {
		_, application, err := backend(b.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return application == "train-d/onboarding/pool"
	})
}

// 53300 beside connections that the pool has: it goes on with those, and the rest falls back.
func TestTooManyClientsLeavesThePoolWhatItHas(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	_, dsn := b.limited("1")
	cfg := i.cfg
	cfg.URL, cfg.PoolMin, cfg.AcquireTimeout = config.NewSecret(dsn), 1, 2*time.Second
	p := b.pooled(cfg)
	err := p.Use(b.ctx, func(ctx context.Context, _ database.Conn) error {
		_, application, err := backend(ctx, p)
		if err == nil && application != "train-d/onboarding/fallback" {
			t.Errorf("got a connection named %q beside the only one, want the fallback", application)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, application, err := backend(b.ctx, p); err != nil || application != "train-d/onboarding/pool" {
		t.Errorf("got %q and %v, want the connection that is there", application, err)
	}
	if got := p.Stats().Fallbacks[database.CauseTooMany]; got != 1 {
		t.Errorf("got %d fallbacks for too many connections, want 1", got)
	}
}

// 53300 with nowhere to fall back to.
func TestTooManyClientsOnTheOnlyRoute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, dsn := b.limited("0")
	cfg := b.settings()
	cfg.URL = config.NewSecret(dsn)
	p := b.pooled(cfg)
	wantUnavailable(t, p.Use(b.ctx, nothing))
	if got := p.Health(b.ctx); got != (database.Health{State: database.HealthDown, Cause: database.CauseTooMany}) {
		t.Errorf("got health %+v, want down because of too many connections", got)
	}
	_, err := once(b, cfg)
	wantUnavailable(t, err)
}

// A name that no resolver knows: the label is too long for one, so that none is asked, wherever the test runs.
func TestNameThatDoesNotResolveFallsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	p := b.pooled(i.both(t, b, strings.Repeat("x", 64)+".example.com:5432"))
	if _, application, err := backend(b.ctx, p); err != nil || application != "train-d/onboarding/fallback" {
		t.Fatalf("got %q and %v, want the fallback", application, err)
	}
	if got := p.Health(b.ctx); got != (database.Health{State: database.HealthFallback, Cause: database.CauseDNS}) {
		t.Errorf("got health %+v, want fallback because of the name", got)
	}
	i.keepsSecrets(t, b, nil)
}
