package database

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
)

// I01, I11: sockets, hyphens and the line ends of secret stores are read as they are meant.
func TestRoutesReadEveryFormOfDSN(t *testing.T) {
	t.Parallel()
	const socket = "/cloudsql/my-project:europe-west1:train-d"
	for dsn, want := range map[string][3]string{ // host, database, password
		"postgres://me:p%40ss@/train-d-prod?host=" + socket:                       {socket, "train-d-prod", "p@ss"},
		"postgres:///train-d-prod?host=" + socket + "&user=me&password=x":         {socket, "train-d-prod", "x"},
		"host=" + socket + " user=me password='a b' dbname=train-d-prod":          {socket, "train-d-prod", "a b"},
		"postgresql://me:word@10.0.0.3:5432/train-d-prod\r\n":                     {"10.0.0.3", "train-d-prod", "word"},
		"host=10.0.0.3 user=me dbname=train-d-prod password=word\n":               {"10.0.0.3", "train-d-prod", "word"},
		"postgres://me:word@[::1]:5432/train-d-prod?application_name=mine&x.y=12": {"::1", "train-d-prod", "word"},
	} {
		r := newRoutes(config.Database{URL: config.NewSecret(dsn)}, "test").pool
		if r.err != nil {
			t.Errorf("%q: %v", dsn, r.err)
			continue
		}
		c := r.config.ConnConfig
		if got := [3]string{c.Host, c.Database, c.Password}; got != want {
			t.Errorf("%q: got %q, want %q", dsn, got, want)
		}
		if got := r.onPath(pathDirect, nil).RuntimeParams["application_name"]; got != "train-d/test/direct" {
			t.Errorf("%q: got application_name %q", dsn, got)
		}
	}
}

func TestTLSIsDemandedOverANetwork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		dsn, setting string
		tls          bool
	}{
		{"postgres://me@10.0.0.3/db", "", true},
		{"host=db.example.com user=me", "", true},
		{"postgres://me@127.0.0.1,10.0.0.3/db", "", true}, // one of two hosts is far
		{"postgres://me@10.0.0.3/db", "disable", false},
		{"postgres://me@10.0.0.3/db?sslmode=disable", "", false},
		{"postgres://me@10.0.0.3/db?sslmode=disable", "require", true},
		{"host=10.0.0.3 sslmode=disable", "require", true},
		{"postgres://me@127.0.0.1/db", "", false},
		{"postgres://me@localhost/db", "", false},
		{"postgres:///db?host=/tmp", "", false},
		{"postgres://me@127.0.0.1/db", "verify-full", true},
	} {
		r := newRoutes(config.Database{URL: config.NewSecret(c.dsn), TLS: c.setting}, "test").pool
		if r.err != nil {
			t.Errorf("%s: %v", c.dsn, r.err)
			continue
		}
		if got := r.config.ConnConfig.TLSConfig != nil; got != c.tls {
			t.Errorf("%s with %q: got TLS %t, want %t", c.dsn, c.setting, got, c.tls)
		}
		for _, f := range r.config.ConnConfig.Fallbacks {
			if c.tls && f.TLSConfig == nil && !isLocal(f.Host) {
				t.Errorf("%s: falls back to plain text", c.dsn)
			}
		}
	}
}

func TestEachRouteHasItsUse(t *testing.T) {
	t.Parallel()
	url, instance := config.NewSecret("postgres://me@10.0.0.3/db"), "project:region:instance"
	both := newRoutes(config.Database{URL: url, Instance: instance, Name: "db", User: "me"}, "test")
	if !both.apart || both.pool.config.ConnConfig.Host != "10.0.0.3" || both.direct.config.ConnConfig.Host != "127.0.0.1" {
		t.Error("with both routes the pool must dial the URL and direct connections the connector")
	}
	if one := newRoutes(config.Database{URL: url}, "test"); one.apart || one.direct.config != one.pool.config {
		t.Error("with one route all must use it")
	}
	mixed := newRoutes(config.Database{URL: config.NewSecret("postgres://:::"), Instance: instance}, "test")
	if mixed.pool.err == nil || mixed.direct.err != nil {
		t.Error("a DSN that can't be read must not take the other route with it")
	}
}

// The connector's failures are told as a class, within the caller's time.
func TestConnectorFailureIsClassed(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": {"code": 403, "message": "forbidden"}}`, http.StatusForbidden)
	}))
	defer api.Close()
	cfg := config.Database{Instance: "project:region:instance", AdminAPI: api.URL, User: "me", Name: "train-d-prod",
		Password: config.NewSecret("hidden"), ConnectTimeout: 5 * time.Second, AcquireTimeout: time.Second,
		PoolMax: 1, FallbackMax: 1, ProbeInterval: time.Minute}
	p := NewPooled(cfg, "test")
	defer p.Close(context.Background())
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err := p.Use(ctx, func(context.Context, Conn) error { return nil })
	if err == nil || strings.Contains(err.Error(), "hidden") {
		t.Errorf("got %v", err)
	}
	if h := p.Health(ctx); h != (Health{State: HealthDown, Cause: CauseConnector}) {
		t.Errorf("got %+v, want down because of the connector", h)
	}
	if err := CloseConnector(); err != nil {
		t.Error(err)
	}
}
