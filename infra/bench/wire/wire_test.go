package wire

import (
	"net"
	"net/url"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

func TestWireCountsRoundTripsAndNamesStatements(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	w, err := Start(net.JoinHostPort("127.0.0.1", strconv.Itoa(db.Port())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	dsn, err := url.Parse(db.DSN("onboarding"))
	if err != nil {
		t.Fatal(err)
	}
	dsn.Host = w.Address()
	conn, err := pgx.Connect(t.Context(), dsn.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })

	const one, other = "-- name: test.one\nSELECT $1::int", "-- name: test.other\nSELECT $1::text"
	var (
		n    int
		text string
	)
	exchange := func() error {
		if err := conn.QueryRow(t.Context(), one, 1).Scan(&n); err != nil {
			return err
		}
		var batch pgx.Batch
		batch.Queue(one, 2).QueryRow(func(row pgx.Row) error { return row.Scan(&n) })
		batch.Queue(other, "three").QueryRow(func(row pgx.Row) error { return row.Scan(&text) })
		return conn.SendBatch(t.Context(), &batch).Close()
	}
	if err := exchange(); err != nil { // prepares the statements
		t.Fatal(err)
	}
	w.Take()
	if err := exchange(); err != nil {
		t.Fatal(err)
	}
	trips, statements := w.Take()
	if want := 2; trips != want {
		t.Errorf("round trips: got %d, want %d: one of the statement, one of the batch", trips, want)
	}
	if want := []string{"test.one", "test.one", "test.other"}; !slices.Equal(statements, want) {
		t.Errorf("statements: got %v, want %v", statements, want)
	}
}
