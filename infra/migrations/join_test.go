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

// The owner is no superuser here and in the cloud; it may create roles, and that has to be enough.
func TestALoginGetsItsFunctionsRightsFromTheSchemasOwner(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	owner, err := sql.Open("pgx", db.DSN("migrate"))
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close()
	// Roles are the whole server's, and tests of other packages share it. The name is as Cloud SQL makes it of an e-mail.
	login := fmt.Sprintf("train-d-dispatch-%d@project.iam", os.Getpid())
	quoted := pgx.Identifier{login}.Sanitize()
	if _, err := owner.ExecContext(t.Context(), "CREATE ROLE "+quoted+" LOGIN"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := owner.Exec("DROP ROLE " + quoted); err != nil {
			t.Error(err)
		}
	}()

	mayRead := func() (may bool) {
		t.Helper()
		row := owner.QueryRowContext(t.Context(), "SELECT has_table_privilege($1, 'due_work', 'SELECT')", login)
		if err := row.Scan(&may); err != nil {
			t.Fatal(err)
		}
		return may
	}
	if mayRead() {
		t.Fatal("a login without a group may read due_work")
	}
	for range 2 {
		if err := migrations.Join(t.Context(), owner, map[string]string{"dispatch": login}); err != nil {
			t.Fatal(err)
		}
	}
	if !mayRead() {
		t.Error("a member of Dispatch's group may not read due_work")
	}
	for function, login := range map[string]string{"nobody": login, "dispatch": "nobody@project.iam"} {
		if err := migrations.Join(t.Context(), owner, map[string]string{function: login}); err == nil {
			t.Errorf("%s:%s was accepted", function, login)
		}
	}
}
