package e2e_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/local"
	"github.com/train-d/train-d/infra/postgres"
)

// logLogins makes the server log each login from now on, and tells how many came over the connector before.
func logLogins(t *testing.T, system *local.System, db *pgx.Conn) (before int) {
	t.Helper()
	for _, statement := range []string{"ALTER SYSTEM SET log_connections = on", "SELECT pg_reload_conf()"} {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the server to log a login", func() bool {
		connect(t, system)
		return strings.Contains(serverLog(t, system), "connection authorized: user=postgres")
	})
	return stats(t, system).Logins
}

// authorized finds who logged in as what: the login, and the function and path of application_name.
var authorized = regexp.MustCompile(`connection authorized: user=(\S+) database=train-d application_name=train-d/(\w+)/(\w+)`)

// everyFunctionTakesItsRoute compares the logins that the server saw with those that the Cloud SQL instance carried: the
// pool's came over the plain route and everybody else's over the connector, each function under its own login.
func everyFunctionTakesItsRoute(t *testing.T, system *local.System, before int) {
	seen := map[string]int{}
	connector := 0
	until(t, "both sides to agree on the connector's logins", func() bool {
		clear(seen)
		connector = 0
		for _, login := range authorized.FindAllStringSubmatch(serverLog(t, system), -1) {
			user, function, path := login[1], login[2], login[3]
			if user != function {
				t.Fatalf("%s logged in as %s", function, user)
			}
			seen[function+" "+path]++
			if path != "pool" {
				connector++
			}
		}
		return stats(t, system).Logins-before == connector
	})
	t.Logf("logins: %v; over the connector: %d", seen, connector)
	want := []string{"dispatch direct", "migrate direct", "onboarding fallback", "onboarding pool", "sync direct"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(seen))); diff != "" {
		t.Errorf("who came on which path (-want +got):\n%s", diff)
	}
	if plain := stats(t, system).Plain; plain < seen["onboarding pool"] {
		t.Errorf("%d connections came over the plain route, the pool has %d", plain, seen["onboarding pool"])
	}
}

// noLoginBeyondItsOwn: Migrate alone owns what there is, and nobody can become Migrate or the superuser.
func noLoginBeyondItsOwn(t *testing.T, db *pgx.Conn) {
	var owners []string
	err := db.QueryRow(t.Context(), `SELECT array_agg(DISTINCT tableowner::text) FROM pg_tables WHERE schemaname = 'public'`).Scan(&owners)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{postgres.Owner}; !slices.Equal(owners, want) {
		t.Errorf("tables belong to %v, want %v", owners, want)
	}
	for _, login := range postgres.Logins() {
		var beyond bool
		err := db.QueryRow(t.Context(), `SELECT rolsuper OR rolcreaterole OR pg_has_role(rolname, $2, 'MEMBER') FROM pg_roles WHERE rolname = $1`,
			login, postgres.Owner).Scan(&beyond)
		if err != nil {
			t.Fatal(err)
		}
		if beyond {
			t.Errorf("%s can do what only %s may", login, postgres.Owner)
		}
	}
}

func serverLog(t *testing.T, system *local.System) string {
	t.Helper()
	text, err := os.ReadFile(system.Info().Postgres.Log)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
