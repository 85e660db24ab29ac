package api

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// healthOf builds an API on a pool of its own.
func healthOf(t *testing.T, environ ...string) (*browser, *database.Pooled) {
	t.Helper()
	var pool *database.Pooled
	s := setup(t, func(s *system) {
		if len(environ) == 0 {
			environ = []string{"DATABASE_URL=" + s.DSN("onboarding"), "DATABASE_POOL_MAX=1", "DATABASE_POOL_MIN=1", "DATABASE_ACQUIRE_TIMEOUT=50ms"}
		}
		settings, err := config.Load[config.Onboarding](append(environ, "STRAVA_CLIENT_ID=1", "STRAVA_CLIENT_SECRET=x", "TOKEN_KEYSET=x", "PUBLIC_URL=http://localhost"))
		if err != nil {
			t.Fatal(err)
		}
		pool = database.NewPooled(settings.Database, "onboarding")
		s.api.Health = pool.Health
	})
	t.Cleanup(func() { pool.Close(silent(context.Background())) })
	return s.visit(), pool
}

// health checks state and whether a cause is given.
func (a answer) health(status int, state string, cause bool) {
	a.t.Helper()
	var got struct{ Database, Cause string }
	a.wants(status).decode(&got)
	if got.Database != state || (got.Cause != "") != cause || internals.Match(a.body) {
		a.t.Errorf("got %s, want %s", a.body, state)
	}
}

func TestHealthByThePool(t *testing.T) {
	t.Parallel()
	b, _ := healthOf(t)
	b.get("/v1/health").health(http.StatusOK, database.HealthPool, false)
}

func TestHealthByTheFallback(t *testing.T) {
	t.Parallel()
	b, pool := healthOf(t)
	err := pool.Use(silent(t.Context()), func(context.Context, database.Conn) error { // the pool's only connection
		b.get("/v1/health").health(http.StatusOK, database.HealthFallback, true)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHealthWithoutADatabase(t *testing.T) {
	t.Parallel()
	b, _ := healthOf(t, "DATABASE_URL=postgres://onboarding:secret@"+closedPort(t)+"/train-d")
	b.get("/v1/health").health(http.StatusServiceUnavailable, database.HealthDown, true)
}

// closedPort is an address at which nobody listens.
func closedPort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	return listener.Addr().String()
}
