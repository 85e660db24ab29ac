package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Join makes each login, a key of logins, a member of the group of its function, which the migrations made, and of nothing
// that would make it more. A function's logins so have equal rights. It is for the cloud, where Cloud SQL makes the logins
// and there is no superuser: the group's maker may grant it, and Migrate is that. Doing it again is harmless. A function
// without a group and a login that does not exist are errors.
func Join(ctx context.Context, db *sql.DB, logins map[string]string) error {
	for _, login := range slices.Sorted(maps.Keys(logins)) {
		group, quoted := pgx.Identifier{"traind_" + logins[login]}.Sanitize(), pgx.Identifier{login}.Sanitize()
		if _, err := db.ExecContext(ctx, "GRANT "+group+" TO "+quoted); err != nil {
			return fmt.Errorf("make %s a member of %s: %w", quoted, group, err)
		}
		if err := demote(ctx, db, login); err != nil {
			return fmt.Errorf("leave %s no more than %s: %w", quoted, group, err)
		}
	}
	return nil
}

// demote takes back what Cloud SQL gives every login that has a password: membership of its administrators, and the right to
// make roles, by which a login makes itself the schema's owner. Logins by IAM have neither.
func demote(ctx context.Context, db *sql.DB, login string) error {
	var member, maker bool
	row := db.QueryRowContext(ctx, `
		SELECT coalesce(pg_has_role(oid, to_regrole('cloudsqlsuperuser'), 'MEMBER'), false), rolcreaterole OR rolcreatedb
		FROM pg_roles
		WHERE rolname = $1`, login)
	if err := row.Scan(&member, &maker); err != nil {
		return err
	}
	quoted := pgx.Identifier{login}.Sanitize()
	if member {
		if _, err := db.ExecContext(ctx, "REVOKE cloudsqlsuperuser FROM "+quoted); err != nil {
			return err
		}
	}
	if maker {
		if _, err := db.ExecContext(ctx, "ALTER ROLE "+quoted+" NOCREATEROLE NOCREATEDB"); err != nil {
			return err
		}
	}
	return nil
}
