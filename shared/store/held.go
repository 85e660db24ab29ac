package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
)

// keptOnDisconnect says which rows of which tables stay when the connection to Strava ends: what the athlete told here.
// A table that is not named must be empty of the account, so that a table added one day is erased or named here.
var keptOnDisconnect = map[string]string{
	"consents":       "true",
	"sessions":       "true",
	"athletes":       "true",
	"thresholds":     "true",
	"due_work":       "kind = 'recompute' OR kind IN " + mailKinds,
	"email_tokens":   "true",
	"devices":        "true",
	"second_factors": "true",
	"recovery_codes": "true",
}

// heldTable is a table with rows of accounts, and the column that says whose they are.
type heldTable struct {
	Name   string
	Column *string // nil where nothing says whose the rows are
}

// heldTables asks the catalogue which tables hang off accounts, by whatever chain of foreign keys.
func heldTables(ctx context.Context, conn database.Conn) ([]heldTable, error) {
	const sql = `-- name: catalogue.held
WITH RECURSIVE keys AS (
    SELECT conrelid AS child, confrelid AS parent, conkey, confkey FROM pg_constraint WHERE contype = 'f'
), hanging AS (
    SELECT 'accounts'::regclass::oid AS name
    UNION
    SELECT keys.child FROM hanging JOIN keys ON keys.parent = hanging.name
), owned AS (
    SELECT 'accounts'::regclass::oid AS name, attnum AS key
    FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'id'
    UNION
    SELECT keys.child, keys.conkey[place]
    FROM owned
    JOIN keys ON keys.parent = owned.name,
    LATERAL generate_subscripts(keys.confkey, 1) AS place
    WHERE keys.confkey[place] = owned.key
)
SELECT hanging.name::regclass::text AS name, min(attname::text) AS column
FROM hanging
LEFT JOIN owned ON owned.name = hanging.name
LEFT JOIN pg_attribute ON attrelid = owned.name AND attnum = owned.key
WHERE hanging.name <> 'accounts'::regclass
GROUP BY hanging.name
ORDER BY 1`
	rows, err := conn.Query(ctx, sql)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowToStructByName[heldTable])
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	return tables, nil
}

// CountHeld counts the account's rows in every table that the catalogue's foreign keys lead to, but for the rows that kept
// names by a condition ("true" for all), and gives the tables that have some. A table whose rows can't be told to be an
// account's is an error: it can't be verified.
func CountHeld(ctx context.Context, conn database.Conn, accountID int64, kept map[string]string) (map[string]int, error) {
	tables, err := heldTables(ctx, conn)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(kept)) {
		if !slices.ContainsFunc(tables, func(table heldTable) bool { return table.Name == name }) {
			return nil, fmt.Errorf("count what is held: there is no table %s", name)
		}
	}
	left := map[string]int{}
	for _, table := range tables {
		condition := kept[table.Name]
		switch condition {
		case "true":
			continue
		case "":
			condition = "false"
		}
		if table.Column == nil {
			return nil, fmt.Errorf("count what is held: nothing in %s says whose its rows are", table.Name)
		}
		rows, err := countHeld(ctx, conn, table, accountID, condition)
		if err != nil {
			return nil, fmt.Errorf("count what is held in %s: %w", table.Name, err)
		}
		if rows > 0 {
			left[table.Name] = rows
		}
	}
	return left, nil
}

// countHeld counts an account's rows of one table but for those that meet the condition. Where it is "false" the table
// need not be one that the caller may read.
func countHeld(ctx context.Context, conn database.Conn, table heldTable, accountID int64, condition string) (rows int, err error) {
	if condition == "false" {
		err = conn.QueryRow(ctx, `-- name: catalogue.count_of_account
SELECT count_of_account($1::text::regclass, $2::text::name, $3)`, table.Name, *table.Column, accountID).Scan(&rows)
		return rows, err
	}
	err = conn.QueryRow(ctx, `-- name: catalogue.count_held
SELECT count_held($1::text::regclass, $2::text::name, $3, $4)`, table.Name, *table.Column, accountID, condition).Scan(&rows)
	return rows, err
}
