package postgrestest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/infra/postgres"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func TestDatabasesOfTwoTestsAreApart(t *testing.T) {
	t.Parallel()
	first, second := postgrestest.New(t), postgrestest.New(t)
	_, err := connect(t, first.DSN("onboarding")).Exec(t.Context(), "INSERT INTO accounts (email) VALUES ('a@example.com')")
	if err != nil {
		t.Fatal(err)
	}
	var n int
	err = connect(t, second.DSN("onboarding")).QueryRow(t.Context(), "SELECT count(*) FROM accounts").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("accounts in the second database: got %d, want 0", n)
	}
}

func TestLoginsHaveTheRightsOfTheirGroupAndNoMore(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	for _, login := range postgres.Logins() {
		conn := connect(t, db.DSN(login))
		var superuser, owner bool
		err := conn.QueryRow(t.Context(), `
			SELECT rolsuper OR rolcreaterole OR rolcreatedb,
			       EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid)
			FROM pg_roles WHERE rolname = current_user`).Scan(&superuser, &owner)
		if err != nil {
			t.Fatal(err)
		}
		if superuser || owner {
			t.Errorf("%s: superuser or creator %t, owner %t; want neither", login, superuser, owner)
		}
		_, err = conn.Exec(t.Context(), "CREATE TABLE mine ()")
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "42501" {
			t.Errorf("%s makes a table: got %v, want SQLSTATE 42501", login, err)
		}
	}
	if _, err := connect(t, db.DSN(postgres.Owner)).Exec(t.Context(), "CREATE TABLE mine ()"); err != nil {
		t.Errorf("owner makes a table: %v", err)
	}
}

func TestEmptyDatabaseHoldsNoTable(t *testing.T) {
	t.Parallel()
	db := postgrestest.NewEmpty(t)
	var n int
	err := connect(t, db.DSN(postgres.Owner)).QueryRow(t.Context(),
		"SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Errorf("tables: got %d, want 0", n)
	}
}

func TestDatabaseIsGoneAfterItsTest(t *testing.T) {
	t.Parallel()
	var gone *postgrestest.DB
	t.Run("user", func(t *testing.T) {
		gone = postgrestest.New(t)
		// Left open on purpose: a test's connections must not keep its database.
		if _, err := pgx.Connect(context.Background(), gone.DSN("sync")); err != nil {
			t.Fatal(err)
		}
	})
	if gone == nil {
		t.Skip("no PostgreSQL")
	}
	var there bool
	err := connect(t, postgrestest.NewEmpty(t).SuperuserDSN()).QueryRow(t.Context(),
		"SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", gone.Name).Scan(&there)
	if err != nil {
		t.Fatal(err)
	}
	if there {
		t.Errorf("database %s is still there", gone.Name)
	}
}

// lackVariable makes the test program look for PostgreSQL where there is none.
const lackVariable = "TRAIND_POSTGRESTEST_LACK"

func TestWithoutPostgresTheTestIsSkippedLocallyAndFailsInCI(t *testing.T) {
	t.Parallel()
	if os.Getenv(lackVariable) != "" {
		postgrestest.New(t)
		return
	}
	for ci, want := range map[string]string{"": "--- SKIP", "true": "--- FAIL"} {
		program := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		// No PATH means no npm; HOME and the temporary folder are new, so that nothing is installed there yet.
		program.Env = []string{"CI=" + ci, lackVariable + "=1", "PATH=", "TMPDIR=" + t.TempDir(), "HOME=" + t.TempDir(),
			postgres.HideVariable + "=1"}
		output, _ := program.CombinedOutput() // the exit code follows from what it says
		if !strings.Contains(string(output), want) || !strings.Contains(string(output), "install PostgreSQL") {
			t.Errorf("CI=%q: got %s, want %q and what to install", ci, output, want)
		}
	}
}
