package database_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

func TestSessionOverTheConnector(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, iam := range []bool{false, true} {
		for _, ip := range []string{"private", "public"} {
			i := b.instance(nil)
			i.cfg.IPType = ip
			if iam {
				i.cfg.IAMLogin, i.cfg.User, i.cfg.Password = true, byIAM, config.Secret{}
			}
			s := b.session(i.cfg)
			var login, zone string
			err := s.InTx(b.ctx, func(ctx context.Context, conn database.Conn) error {
				return conn.QueryRow(ctx, "-- name: test.who\nSELECT current_user, current_setting('TimeZone')").Scan(&login, &zone)
			})
			if err != nil {
				t.Errorf("IAM %t, %s: %v", iam, ip, err)
				continue
			}
			if login != "onboarding" || zone != "UTC" {
				t.Errorf("IAM %t, %s: got %s in %s, want onboarding in UTC", iam, ip, login, zone)
			}
			got := i.Stats()
			want := cloudsim.SQLStats{ConnectSettings: 1, Certificates: 1, Clients: 1, Open: 1}
			if iam {
				want.Logins = 1
			}
			if ip == "public" {
				want.Public = 1
			} else {
				want.Private = 1
			}
			if got != want {
				t.Errorf("IAM %t, %s: got %+v, want %+v", iam, ip, got, want)
			}
		}
	}
}

func TestIAMLoginIsRefusedToStrangers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	i.cfg.IAMLogin, i.cfg.User, i.cfg.Password = true, "stranger@train-d-test.iam", config.Secret{}
	p := b.pooled(i.cfg)
	wantUnavailable(t, p.Use(b.ctx, nothing))
	if got := p.Health(b.ctx); got != (database.Health{State: database.HealthDown, Cause: database.CauseAuthentication}) {
		t.Errorf("got health %+v, want down because of the login", got)
	}
	if i.Stats().LoginsRefused == 0 {
		t.Error("nobody was refused")
	}
}

// I01: the pool's own route is down, the fallback takes the connector, and work goes on; then the pool comes back.
func TestFallbackTakesTheConnectorUntilThePoolIsBack(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i, x := b.instance(nil), newProxy(t, b)
	x.set(func() { x.refused = []byte("train-d/onboarding/pool") })
	p := b.pooled(i.both(t, b, x.address()))
	for range 3 {
		_, application, err := backend(b.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		if application != "train-d/onboarding/fallback" {
			t.Fatalf("got a connection named %q, want the fallback", application)
		}
	}
	if got := i.Stats(); got.Private != 3 || got.Certificates != 1 {
		t.Errorf("got %+v, want 3 connections with one certificate", got)
	}
	if x.struck.Load() == 0 {
		t.Fatal("the pool's route was not refused")
	}
	x.set(func() { x.refused = nil })
	b.wait("the pool to come back", func() bool {
		_, application, err := backend(b.ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		return application == "train-d/onboarding/pool"
	})
	before := i.Stats().Private
	if err := p.Use(b.ctx, nothing); err != nil || i.Stats().Private != before {
		t.Errorf("got %v and %d connections more over the connector, want none", err, i.Stats().Private-before)
	}
	i.keepsSecrets(t, b, nil)
}

func TestOneConnectorServesTheProcess(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	p := b.pooled(i.cfg)
	if got := i.Stats(); got != (cloudsim.SQLStats{}) {
		t.Fatalf("got %+v before anybody dialled, want nothing", got)
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if _, err := once(b, i.cfg); err != nil {
				t.Error(err)
			}
			if err := p.Use(b.ctx, nothing); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := i.Stats(); got.Clients != 1 || got.Certificates != 1 {
		t.Errorf("got %d dialers with %d certificates, want one with one", got.Clients, got.Certificates)
	}
}

// I06 over the connector: its wrapping must not hide that the server has closed a connection.
func TestDeadConnectionsOverTheConnectorAreFoundOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	i := b.instance(nil)
	p := b.pooled(i.cfg)
	fill(b, p, 3)
	if n := b.terminate("pool"); n < 3 {
		t.Fatalf("terminated %d connections, want 3 at least", n)
	}
	b.wait("the endpoint to close them", func() bool { return i.Stats().Open == 0 })
	if _, err := insert(b.ctx, p, "after"); err != nil {
		t.Error(err)
	}
	if got := p.Stats(); len(got.Fallbacks) != 0 {
		t.Errorf("got fallbacks %v, want none", got.Fallbacks)
	}
}

// A certificate that ends soon is replaced before it does, and nobody notices.
func TestCertificateIsRenewedInTime(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// The connector leaves 4 min to spare.
	i := b.instance(func(about *cloudsim.SQLConfig) { about.CertificateLifetime = 4*time.Minute + time.Second })
	b.wait("a third certificate", func() bool {
		if _, err := once(b, i.cfg); err != nil {
			t.Fatal(err)
		}
		return i.Stats().Certificates == 3
	})
	if got := i.Stats(); got.Struck.Expired != 0 || got.Clients != 1 {
		t.Errorf("got %+v, want no refusal and one dialer", got)
	}
}
