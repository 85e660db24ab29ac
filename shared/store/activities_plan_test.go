package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/training"
)

// explained explains the statement that it is asked to run: the plan for these arguments or, generic, the one that a
// connection keeps for any.
type explained struct {
	*pgx.Conn
	generic bool
	plan    string
}

func (e *explained) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if e.generic {
		if _, err := e.Prepare(ctx, "page", sql); err != nil {
			return nil, err
		}
		sql, args = `EXECUTE page (`+strings.Repeat("NULL, ", len(args)-1)+`NULL)`, nil
	}
	rows, err := e.Conn.Query(ctx, "EXPLAIN (COSTS OFF) "+sql, args...)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	e.plan = strings.Join(lines, "\n")
	if err != nil {
		return nil, err
	}
	return nil, context.Canceled
}

// The page under every filter comes from an index of the account, whatever the arguments the plan is made for.
func TestAPageOfActivitiesIsReadFromAnIndex(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	account := newAccount(t, connect(t, db, "onboarding"), "ada@example.com")
	other := newAccount(t, connect(t, db, "onboarding"), "eve@example.com")
	admin, err := pgx.Connect(t.Context(), db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.Background()) }()
	for _, owner := range []int64{account, other} {
		_, err = admin.Exec(t.Context(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary,
    summary_hash, figures, quality, formula_version, streams)
SELECT $1, n, CASE n % 10 WHEN 0 THEN 'Swim' ELSE 'Run' END, 'Run', TIMESTAMPTZ '2016-01-01 08:00Z' + n * interval '1 day', '',
       DATE '2016-01-01' + n, '{}', '', '{}', CASE n % 3 WHEN 0 THEN 'average' ELSE 'stream' END, 1, 'stored'
FROM generate_series(1, 4000) AS n`, owner)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := admin.Exec(t.Context(), `VACUUM ANALYZE activities`); err != nil {
		t.Fatal(err)
	}
	from, to := training.NewDate(2020, 1, 1), training.NewDate(2020, 6, 30)
	if _, err := admin.Exec(t.Context(), `SET plan_cache_mode = force_generic_plan`); err != nil {
		t.Fatal(err)
	}
	for name, filter := range map[string]ActivityFilter{
		"all": {}, "sport": {SportType: "Swim"}, "quality": {Quality: training.QualityAverage}, "days": {From: &from, To: &to},
		"everything": {SportType: "Swim", Quality: training.QualityAverage, From: &from, To: &to},
	} {
		for _, generic := range []bool{false, true} {
			conn := &explained{Conn: admin, generic: generic}
			_, err := ListActivities(t.Context(), conn, account, filter, time.Time{}, 0, 51)
			indexed := strings.Contains(conn.plan, "using activities_newest") || strings.Contains(conn.plan, "on activities_day_sums")
			sorted := generic && strings.Contains(conn.plan, "Sort") // a plan for any arguments must not read the whole history
			if !indexed || sorted || strings.Contains(conn.plan, "Seq Scan") || strings.Contains(conn.plan, "$7") != generic {
				t.Errorf("%s, generic %v: %v\n%s", name, generic, err, conn.plan)
			}
		}
	}
}

// What a list page names is looked up by its key also while an account's history comes in, of which Postgres knows nothing yet.
func TestAListedActivityIsLookedUpByItsKey(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	old := newAccount(t, connect(t, db, "onboarding"), "ada@example.com")
	account := newAccount(t, connect(t, db, "onboarding"), "eve@example.com")
	admin, err := pgx.Connect(t.Context(), db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(context.Background()) }()
	for _, owner := range []int64{old, account} {
		_, err = admin.Exec(t.Context(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary,
    summary_hash, figures, quality, formula_version, streams)
SELECT $1, n, 'Run', 'Run', TIMESTAMPTZ '2016-01-01 08:00Z' + n * interval '1 day', '', DATE '2016-01-01' + n, '{}', '', '{}', 'none', 1, 'pending'
FROM generate_series(1, 4000) AS n`, owner)
		if err != nil {
			t.Fatal(err)
		}
		if owner == account {
			break // nobody has told Postgres of its rows
		}
		if _, err := admin.Exec(t.Context(), `ANALYZE activities`); err != nil {
			t.Fatal(err)
		}
	}
	explain := &explained{Conn: admin}
	_, err = explain.Query(t.Context(), storedSummaries, account, []int64{1, 2, 3}, [][]byte{{1}, {2}, {3}}, make([]*float64, 3), make([]bool, 3))
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if !strings.Contains(explain.plan, "Index Cond: ((account_id = seen.account_id) AND (id = seen.id))") {
		t.Errorf("the plan is\n%s", explain.plan)
	}
}
