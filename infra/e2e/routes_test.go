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

// logLogins makes the server log each login from now on.
func logLogins(t *testing.T, system *local.System, db *pgx.Conn) {
	t.Helper()
	for _, statement := range []string{"ALTER SYSTEM SET log_connections = on", "SELECT pg_reload_conf()"} {
		if _, err := db.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the server to log a login", func() bool {
		connect(t, system)
		return strings.Contains(read(t, system.Info().Postgres.Log), "connection authorized: user=postgres")
	})
}

var (
	// authorized finds in the server's log who logged in, and as what: function and path.
	authorized = regexp.MustCompile(`connection authorized: user=(\S+) database=train-d application_name=train-d/(\w+)/(\w+)`)
	// carried finds the same in the log of the Cloud SQL instance.
	carried = regexp.MustCompile(`"msg":"logged in by IAM","user":"\w+@train-d-local\.iam","as":"(\w+)","application":"train-d/(\w+)/(\w+)"`)
)

// everyFunctionTakesItsRoute compares who logged in at the server with whom the Cloud SQL instance let in over the connector:
// everybody but the pool, each function under its own login.
func everyFunctionTakesItsRoute(t *testing.T, system *local.System) {
	logins := func(log string, line *regexp.Regexp) []string {
		seen := map[string]bool{}
		for _, login := range line.FindAllStringSubmatch(read(t, log), -1) {
			seen[login[1]+" as "+login[2]+" "+login[3]] = true
		}
		return slices.Sorted(maps.Keys(seen))
	}
	until(t, "the e-mail to who registered", func() bool { return len(system.Mails()) > 0 })
	connector := []string{"dispatch as dispatch direct", "mail as mail direct", "migrate as migrate direct", "onboarding as onboarding fallback", "sync as sync direct"}
	if diff := cmp.Diff(connector, logins(system.Info().CloudSQL.Log, carried)); diff != "" {
		t.Errorf("who came over the connector (-want +got):\n%s", diff)
	}
	all := slices.Sorted(slices.Values(append(connector, "onboarding as onboarding pool")))
	if diff := cmp.Diff(all, logins(system.Info().Postgres.Log, authorized)); diff != "" {
		t.Errorf("who logged in (-want +got):\n%s", diff)
	}
	if got := stats(t, system); got.Plain == 0 || got.Logins < len(connector) || got.Public != 0 || got.LoginsRefused != 0 {
		t.Errorf("the instance counts %+v, want plain connections and logins by IAM at the private address, none refused", got)
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

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
