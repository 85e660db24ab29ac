package faults_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/faults/proxy"
	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/postgres"
)

// The bounds that the programs are told to keep.
const (
	poolMax     = 10
	fallbackMax = 8
)

const (
	pusherEmail = "pubsub-push@train-d-local.iam.gserviceaccount.com"
	certainly   = 20 * time.Second // longer than anything here takes
)

// site is a database of its own with the two ways to it, as deployed: the plain one of the pool, and the connector's.
type site struct {
	*server
	t        testing.TB
	database string
	oid      int
	plain    *proxy.Proxy          // the pool's way
	behind   *proxy.Proxy          // between the Cloud SQL instance and the server
	instance *cloudsim.SQLInstance // the connector's way
}

func newSite(t testing.TB, s *server) *site {
	t.Helper()
	s.t = t
	s.sites++
	site := &site{server: s, t: t, database: fmt.Sprintf("train-d-%d", s.sites)}
	ctx := t.Context()
	superuser := s.connect(ctx, postgres.Superuser)
	defer func() { _ = superuser.Close(ctx) }()
	if _, err := superuser.Exec(ctx, fmt.Sprintf(`CREATE DATABASE %q OWNER %s TEMPLATE %s`, site.database, postgres.Owner, template)); err != nil {
		t.Fatal(err)
	}
	if err := superuser.QueryRow(ctx, `SELECT oid::int FROM pg_database WHERE datname = $1`, site.database).Scan(&site.oid); err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(s.address.Port))
	var errs [3]error
	site.plain, errs[0] = proxy.Start(address)
	site.behind, errs[1] = proxy.Start(address)
	if err := errors.Join(errs[:2]...); err != nil {
		t.Fatal(err)
	}
	site.instance, errs[2] = cloudsim.StartSQL(context.Background(), cloudsim.SQLConfig{
		Project: project, Region: "europe-west1", Instance: "main", Backend: site.behind.Address(),
	})
	if errs[2] != nil {
		t.Fatal(errs[2])
	}
	t.Cleanup(func() {
		if err := errors.Join(site.instance.Close(), site.plain.Close(), site.behind.Close()); err != nil {
			t.Error(err)
		}
	})
	return site
}

// environment is what a function is told, with changes.
func (s *site) environment(function string, port int, changes map[string]string) map[string]string {
	s.t.Helper()
	keys, err := keyset()
	if err != nil {
		s.t.Fatal(err)
	}
	login := function
	if function == "onboarding" {
		login = directLogin
	}
	settings := map[string]string{
		"GOOGLE_CLOUD_PROJECT": project, "PUBSUB_EMULATOR_HOST": s.cloud.PubSubAddress(), "LOG_LEVEL": "INFO",
		"DATABASE_URL":       fmt.Sprintf("postgres://%s:%s@%s/%s?sslmode=disable", function, s.password, s.plain.Address(), s.database),
		"CLOUD_SQL_INSTANCE": s.instance.ConnectionName(), "CLOUD_SQL_ADMIN_API": s.instance.AdminURL(),
		"DATABASE_USER": login, "DATABASE_PASSWORD": s.password, "DATABASE_NAME": s.database,
		"DATABASE_POOL_MAX": strconv.Itoa(poolMax), "DATABASE_FALLBACK_MAX": strconv.Itoa(fallbackMax),
		"DATABASE_CONNECTION_LIMIT": strconv.Itoa(poolMax + fallbackMax),
		"STRAVA_CLIENT_ID":          "1", "STRAVA_CLIENT_SECRET": "none", "TOKEN_KEYSET": keys,
	}
	if function == "sync" {
		settings["PUSH_AUDIENCE"], settings["PUSH_SERVICE_ACCOUNT"] = audience(port), pusherEmail
		settings["PUSH_CERTS_URL"] = s.cloud.CertsURL()
	} else {
		settings["PUBLIC_URL"], settings["DATABASE_IDLE_IN_TRANSACTION_TIMEOUT"] = "http://localhost", "3s" // as in terraform/
	}
	maps.Copy(settings, changes)
	return settings
}

func audience(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// freePort is the test's until its end, also while no program listens there.
func freePort(t testing.TB) int {
	t.Helper()
	port, release, err := exclusive.Ports(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return port
}

// do runs SQL as the superuser.
func (s *site) do(sql string, args ...any) {
	s.t.Helper()
	ctx := s.t.Context()
	conn := s.connect(ctx, s.database)
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, sql, args...); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// number is the single number that sql gives the superuser.
func (s *site) number(sql string, args ...any) (n int) {
	s.t.Helper()
	ctx := s.t.Context()
	conn := s.connect(ctx, postgres.Superuser)
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, sql, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// ours selects the connections of the programs.
const ours = `FROM pg_stat_activity WHERE datid = $1 AND usename <> 'postgres' AND backend_type = 'client backend'`

// terminate ends the programs' connections in a state ("" for any), waits until they have ended, and says how many there were.
func (s *site) terminate(state string) int {
	s.t.Helper()
	return s.number(`SELECT count(pg_terminate_backend(pid, 2000)) `+ours+` AND ($2 = '' OR state = $2)`, s.oid, state)
}

// open is how many connections the programs have open.
func (s *site) open() int { return s.plain.Stats().Open + s.behind.Stats().Open }

// person is somebody with an account and a session.
type person struct {
	account int64
	email   string
	cookie  string
}

// people makes accounts with sessions, and without going through the program: it may not be up.
func (s *site) people(n int) []person {
	s.t.Helper()
	ctx := s.t.Context()
	conn := s.connect(ctx, s.database)
	defer func() { _ = conn.Close(ctx) }()
	all := make([]person, n)
	for i := range all {
		var token [32]byte
		_, _ = rand.Read(token[:]) // never fails
		cookie := base64.RawURLEncoding.EncodeToString(token[:])
		hash := sha256.Sum256([]byte(cookie))
		all[i] = person{email: rand.Text() + "@example.com", cookie: cookie}
		err := conn.QueryRow(ctx, `
			WITH account AS (INSERT INTO accounts (email) VALUES ($1) RETURNING id),
			athlete AS (INSERT INTO athletes (account_id, sex) SELECT id, 'male' FROM account),
			session AS (INSERT INTO sessions (token_hash, account_id, expires_at) SELECT $2, id, now() + interval '30 days' FROM account)
			SELECT id FROM account`, all[i].email, hash[:]).Scan(&all[i].account)
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return all
}
