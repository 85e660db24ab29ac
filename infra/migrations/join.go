package migrations

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Join makes each function's login a member of the function's group, which the migrations made. It is for the cloud, where
// logins come from IAM and there is no superuser: the group's maker may grant it, and Migrate is that. Doing it again is
// harmless. A function without a group and a login that does not exist are errors.
func Join(ctx context.Context, db *sql.DB, logins map[string]string) error {
	for _, function := range slices.Sorted(maps.Keys(logins)) {
		group, login := pgx.Identifier{"traind_" + function}.Sanitize(), pgx.Identifier{logins[function]}.Sanitize()
		if _, err := db.ExecContext(ctx, "GRANT "+group+" TO "+login); err != nil {
			return fmt.Errorf("make %s a member of %s: %w", login, group, err)
		}
	}
	return nil
}
