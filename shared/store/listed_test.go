package store

import (
	"context"
	"testing"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/training"
)

// An activity may come in by COPY or, where something stands of it already, by a statement: nobody can tell by its row.
func TestAnActivityIsTheSameHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	conn, owners := connect(t, db, "sync"), connect(t, db, "onboarding")
	full := Activity{
		ID: 9007199254740993, SportType: "TrailRun", Name: "Über den \"Berg\"\n\t\\N", StartAt: noon, StartLocal: "2026-11-20T13:00:00Z",
		TimeZone: "Europe/Vienna", LocalDay: training.NewDate(2026, 11, 20), SummaryHash: []byte{0, 1, 255}, Streams: StreamsPending,
		Summary: training.Summary{SportType: "TrailRun", DistanceM: new(10_000.25), AverageHR: new(151.5)},
	}
	full.Figures.FormulaVersion, full.Figures.Quality = training.FormulaVersion, training.QualityAverage
	full.Figures.TRIMP, full.Figures.TSS = training.Known(87.125), training.Known(61.5)
	full.Figures.ExternalKm, full.Figures.PeakHR = training.Known(10.00025), training.Known(181)
	full.Figures.Lucia, full.Figures.LuciaS = training.Known(90), [3]float64{60, 120, 30}
	bare := Activity{ID: 1, SportType: "Ride", StartAt: noon, LocalDay: training.NewDate(1969, 12, 31), SummaryHash: []byte{}, Streams: StreamsNone}
	bare.Figures.Quality = training.QualityNone

	var rows []SummaryRow
	for _, activity := range []*Activity{&full, &bare} {
		row, err := NewSummaryRow(activity)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	write := func(email string, f func(context.Context, database.Conn, int64, []SummaryRow) (int, error)) (written string) {
		account := newAccount(t, owners, email)
		if n, err := f(t.Context(), conn, account, rows); err != nil || n != len(rows) {
			t.Fatalf("%d rows written (%v)", n, err)
		}
		err := conn.QueryRow(t.Context(), `SELECT string_agg((to_jsonb(activities) - '{account_id,created_at,updated_at}'::text[])::text, E'\n' ORDER BY id)
FROM activities WHERE account_id = $1`, account).Scan(&written)
		if err != nil {
			t.Fatal(err)
		}
		return written
	}
	inserted, upserted := write("ada@example.com", InsertActivities), write("eve@example.com", UpsertActivities)
	if inserted != upserted {
		t.Errorf("by COPY:\n%s\nby the statement:\n%s", inserted, upserted)
	}
}
