package crash_test

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// volatile are the columns that two runs may differ in: times, nonces, receipts, and what counts attempts.
var volatile = []string{"id_", "created_at", "updated_at", "fetched_at", "expires_at", "confirmed_at", "synced_at", "backfilled_at", "refined_at",
	"connected_at", "requested_at", "erased_at", "deleted_at", "receipt", "sealed_access_token", "sealed_refresh_token", "token_expires_at",
	"generation", "due_at", "tried_at", "lease_until", "lease_token", "origin_trace", "revision", "attempts", "refusals"}

func (w *world) dump(table string, without ...string) string {
	w.t.Helper()
	rows, err := w.admin.Query(w.t.Context(), "SELECT (to_jsonb(t) - $1::text[])::text FROM "+table+" AS t ORDER BY 1", append([]string{}, without...))
	if err != nil {
		w.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		w.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// everything is the database without what may differ, and whose authorization Strava has.
func (w *world) everything() string {
	var all strings.Builder
	_, connected := w.strava()
	fmt.Fprintf(&all, "== connected at Strava: %v\n", connected)
	for _, table := range []string{"accounts", "activities", "activity_streams", "strava_connections", "erasures"} {
		fmt.Fprintf(&all, "== %s\n%s\n", table, w.dump(table, volatile...))
	}
	fmt.Fprintf(&all, "== due_work\n%s\n", w.dump("due_work", append(volatile, "id")...))
	return all.String()
}
