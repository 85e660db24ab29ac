package store

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

// heldColumns lists what the catalogue holds about an account: the columns of accounts, of every table that hangs off it,
// and of every other that names one.
func heldColumns(t *testing.T, conn *pgx.Conn) map[string]bool {
	t.Helper()
	tables, err := heldTables(t.Context(), conn)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"accounts"}
	for _, table := range tables {
		names = append(names, table.Name)
	}
	rows, err := conn.Query(t.Context(), `SELECT format('%s.%s', relname, attname)
FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND attname <> 'account_id'
  AND (relname = ANY ($1) OR EXISTS (SELECT FROM pg_attribute AS owner WHERE owner.attrelid = pg_class.oid AND owner.attname = 'account_id'))`, names)
	if err != nil {
		t.Fatal(err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(all) < 50 {
		t.Fatalf("%d columns, %v", len(all), err)
	}
	columns := map[string]bool{}
	for _, column := range all {
		columns[column] = true
	}
	return columns
}

// derived are columns of an export that no table has.
var derived = map[string]bool{"accounts.has_password": true}

func TestEveryColumnThatIsHeldIsExportedOrWithheldForAReason(t *testing.T) {
	t.Parallel()
	held := heldColumns(t, connect(t, postgrestest.New(t), "onboarding"))
	exported := map[string]bool{}
	for _, table := range ExportTables {
		for _, column := range table.Columns {
			name := table.Name + "." + column.Name
			if !held[name] && !derived[name] {
				t.Errorf("%s is exported, and not held", name)
			}
			if exported[name] || column.Meaning == "" {
				t.Errorf("%s is exported twice, or its meaning is not written", name)
			}
			exported[name] = true
		}
	}
	for name, reason := range withheld {
		if !held[name] || exported[name] || reason == "" {
			t.Errorf("%s is withheld, and exported or not held", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if !exported[name] && withheld[name] == "" {
			t.Errorf("%s is neither exported nor withheld: write into ExportTables what it means, or into withheld why it stays", name)
		}
	}
}

func TestRowsComeWithTheirColumnsInPages(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	conn := connect(t, db, "onboarding")
	account, other := newAccount(t, conn, "ada@example.com"), newAccount(t, conn, "eve@example.com")
	fill(t, conn, account, 2*exportPage)
	fill(t, conn, other, 3)
	counts := map[string]int{}
	for _, table := range ExportTables {
		var last string
		err := table.Rows(t.Context(), conn, account, func(row ExportRow) error {
			counts[table.Name]++
			var columns []string
			for _, column := range table.Columns {
				columns = append(columns, column.Name)
			}
			got := slices.Collect(maps.Keys(row))
			got = slices.DeleteFunc(got, func(name string) bool { return name == "account_id" })
			slices.Sort(got)
			slices.Sort(columns)
			if !slices.Equal(got, columns) {
				return fmt.Errorf("columns %v, want %v", got, columns)
			}
			text := fmt.Sprint(row)
			if text == last {
				return fmt.Errorf("a row twice: %s", text)
			}
			last = text
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", table.Name, err)
		}
	}
	want := map[string]int{"accounts": 1, "athletes": 1, "consents": 3, "sessions": 1, "thresholds": 1, "strava_connections": 1,
		"activities": 2 * exportPage, "activity_streams": 2 * exportPage, "due_work": 1, "erasures": 1}
	if !maps.Equal(counts, want) {
		t.Errorf("got %v, want %v", counts, want)
	}
}

// fill gives an account something in every table.
func fill(t *testing.T, conn *pgx.Conn, account int64, activities int) {
	t.Helper()
	for _, statement := range []string{
		`INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash, figures, quality, formula_version, streams)
SELECT $1::bigint, n, 'Run', 'Run ' || n, now(), '', now(), '{}', '', '{}', 'none', 1, 'stored' FROM generate_series(1, $2::int) AS n`,
		`INSERT INTO activity_streams (account_id, activity_id, packed, samples) SELECT $1::bigint, n, '', 0 FROM generate_series(1, $2::int) AS n`,
		`INSERT INTO thresholds (account_id, kind, effective_from, value) SELECT $1::bigint, 'max_hr', now(), $2::int`,
		`INSERT INTO strava_connections (account_id, athlete_id, scopes, sealed_access_token, sealed_refresh_token, token_expires_at) SELECT $1::bigint, $2::int, '{}', '', '', now()`,
		`INSERT INTO due_work (account_id, kind, subject) SELECT $1::bigint, 'recompute', $2::int::text`,
		`INSERT INTO erasures (account_id, athlete_id, reason, revocation, requested_at) SELECT $1::bigint, $2::int, 'disconnected', 'pending', now()`,
	} {
		if _, err := conn.Exec(t.Context(), statement, account, activities); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}
