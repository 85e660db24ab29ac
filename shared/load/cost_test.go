package load

import (
	"bytes"
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

func TestASeriesCostsOneStatementOverTheIndexAlone(t *testing.T) {
	t.Parallel()
	f := setup(t)
	id := f.athlete("cost@example.com")
	f.ingest(id, history(300, 5))
	f.pool.statements.Store(0)
	if _, _, err := f.service.Series(t.Context(), id, FromStart, UntilToday, training.LoadTRIMP); err != nil {
		t.Fatal(err)
	}
	if got := f.pool.statements.Load(); got != 1 {
		t.Errorf("a series takes %d statements, want 1", got)
	}
	if _, err := f.service.Today(t.Context(), id); err != nil || f.pool.statements.Load() != 2 {
		t.Errorf("today takes %d statements, want 1 (%v)", f.pool.statements.Load()-1, err)
	}

	superuser := f.superuser()
	// Others' activities around, as where it matters: of a table that is all one account's, every index is a detour.
	for _, sql := range []string{`INSERT INTO accounts SELECT FROM generate_series(1, 40)`, `INSERT INTO activities (account_id, id, sport_type, name,
start_at, start_local, local_day, summary, summary_hash, figures, trimp, quality, formula_version, streams)
SELECT accounts.id, a.id, sport_type, name, start_at, start_local, local_day, summary, summary_hash, figures, trimp, quality, formula_version, streams
FROM accounts, activities AS a WHERE accounts.id <> a.account_id`} {
		if _, err := superuser.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	vacuum(t, superuser)
	var plan capture
	plan.Conn = superuser
	_, _ = store.LoadDayHistory(t.Context(), &plan, id)
	if !bytes.Contains(plan.text, []byte("Index Only Scan using activities_day_sums")) || !bytes.Contains(plan.text, []byte("Heap Fetches: 0")) {
		t.Errorf("the plan is\n%s", plan.text)
	}
}

// vacuum marks all pages of the activities as visible to all. A snapshot that somebody else holds for a moment keeps some
// from it: it is done again until they are.
func vacuum(t testing.TB, superuser *pgx.Conn) {
	t.Helper()
	for visible := false; !visible; {
		if _, err := superuser.Exec(t.Context(), `VACUUM ANALYZE activities`); err != nil {
			t.Fatal(err)
		}
		err := superuser.QueryRow(t.Context(), `SELECT relallvisible = relpages FROM pg_class WHERE oid = 'activities'::regclass`).Scan(&visible)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// superuser connects as the server's superuser.
func (f *fixture) superuser() *pgx.Conn {
	f.t.Helper()
	conn, err := pgx.Connect(f.t.Context(), f.SuperuserDSN())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// capture explains the statement it is asked to run.
type capture struct {
	database.Conn
	text []byte
}

func (c *capture) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	rows, err := c.Conn.Query(ctx, "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) "+sql, args...)
	if err != nil {
		return nil, err
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	for _, line := range lines {
		c.text = append(append(c.text, line...), '\n')
	}
	if err != nil {
		return nil, err
	}
	return nil, context.Canceled
}

func BenchmarkTenYears(b *testing.B) {
	f := setup(b)
	id := f.athlete("bench@example.com")
	f.ingest(id, history(3000, 6))
	vacuum(b, f.superuser())
	ctx := b.Context()
	b.Run("series", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := f.service.Series(ctx, id, FromStart, UntilToday, training.LoadTRIMP); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("bare query", func(b *testing.B) {
		for b.Loop() {
			f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
				_, err := store.LoadDayHistory(ctx, conn, id)
				return err
			})
		}
	})
	b.Run("bare computation", func(b *testing.B) {
		var days store.DayHistory
		f.use(f.pool, func(ctx context.Context, conn database.Conn) (err error) {
			days, err = store.LoadDayHistory(ctx, conn, id)
			return err
		})
		b.ReportMetric(float64(lateDay.Sub(days.Days[0].Day)+1), "days")
		for b.Loop() {
			if _, _, err := seriesOf(days, lateDay, FromStart, lateDay, training.LoadTRIMP); err != nil {
				b.Fatal(err)
			}
		}
	})
}
