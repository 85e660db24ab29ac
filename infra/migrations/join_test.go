package migrations_test

import (
	"database/sql"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/train-d/train-d/infra/migrations"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

// asOwner connects as the schema's owner, who is no superuser here and in the cloud; it may make roles, and that has to be
// enough. The returned function runs a statement that must succeed.
func asOwner(t *testing.T) (owner *sql.DB, must func(statement string)) {
	t.Helper()
	owner, err := sql.Open("pgx", postgrestest.New(t).DSN("migrate"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { owner.Close() })
	return owner, func(statement string) {
		t.Helper()
		if _, err := owner.Exec(statement); err != nil { // not the test's context, which has ended when it cleans up
			t.Fatal(err)
		}
	}
}

// ask reads one yes or no.
func ask(t *testing.T, db *sql.DB, question string, arguments ...any) (yes bool) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), question, arguments...).Scan(&yes); err != nil {
		t.Fatal(err)
	}
	return yes
}

func TestEachLoginGetsItsFunctionsRightsFromTheSchemasOwner(t *testing.T) {
	t.Parallel()
	owner, must := asOwner(t)
	// Roles are the whole server's, and tests of other packages share it. The names are as Cloud SQL makes one of an e-mail,
	// and as Terraform gives one to a login with a password.
	logins := map[string]string{}
	for _, login := range []string{fmt.Sprintf("train-d-dispatch-%d@project.iam", os.Getpid()), fmt.Sprintf("dispatch-%d", os.Getpid())} {
		logins[login] = "dispatch"
		quoted := pgx.Identifier{login}.Sanitize()
		must("CREATE ROLE " + quoted + " LOGIN")
		defer must("DROP ROLE " + quoted)
	}

	const mayRead = "SELECT has_table_privilege($1, 'due_work', 'SELECT')"
	for login := range logins {
		if ask(t, owner, mayRead, login) {
			t.Fatalf("%s may read due_work without a group", login)
		}
	}
	for range 2 {
		if err := migrations.Join(t.Context(), owner, logins); err != nil {
			t.Fatal(err)
		}
	}
	for login := range logins {
		if !ask(t, owner, mayRead, login) {
			t.Errorf("%s, a member of Dispatch's group, may not read due_work", login)
		}
	}
	for login, function := range map[string]string{fmt.Sprintf("dispatch-%d", os.Getpid()): "nobody", "nobody@project.iam": "dispatch"} {
		if err := migrations.Join(t.Context(), owner, map[string]string{login: function}); err == nil {
			t.Errorf("%s:%s was accepted", login, function)
		}
	}
}

// Cloud SQL makes a login that has a password one of its administrators (cloudsqlsuperuser), who may make roles. In
// PostgreSQL 15 whoever may do that can make itself a member of Migrate, which owns everything.
func TestALoginWithAPasswordIsNoAdministrator(t *testing.T) {
	t.Parallel()
	owner, must := asOwner(t)
	if !ask(t, owner, "SELECT to_regrole('cloudsqlsuperuser') IS NOT NULL") {
		must("CREATE ROLE cloudsqlsuperuser NOLOGIN")
		defer must("DROP ROLE cloudsqlsuperuser")
	}
	login := fmt.Sprintf("onboarding-%d", os.Getpid())
	quoted := pgx.Identifier{login}.Sanitize()
	must("CREATE ROLE " + quoted + " LOGIN CREATEROLE CREATEDB IN ROLE cloudsqlsuperuser")
	defer must("DROP ROLE " + quoted)

	if err := migrations.Join(t.Context(), owner, map[string]string{login: "onboarding"}); err != nil {
		t.Fatal(err)
	}
	if ask(t, owner, "SELECT pg_has_role($1, 'cloudsqlsuperuser', 'MEMBER')", login) {
		t.Error("the login is still an administrator of Cloud SQL's")
	}
	if ask(t, owner, "SELECT rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = $1", login) {
		t.Error("the login may still make roles or databases")
	}
	if !ask(t, owner, "SELECT pg_has_role($1, 'traind_onboarding', 'MEMBER')", login) {
		t.Error("the login is no member of its function's group")
	}
}
