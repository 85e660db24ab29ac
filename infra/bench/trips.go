package bench

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/train-d/train-d/infra/bench/wire"
)

// Trip is what one operation of Onboarding costs in round trips to the database, once everything is warm.
type Trip struct {
	operation  string
	goal       int
	most       int
	statements []string // of the dearest request
}

// How often an operation runs before it counts, so that every connection knows its statements, and how often it counts.
const warming, counted = 20, 10

// Trips counts the round trips of a registration and of authenticated reads between Onboarding's program, as deployed, and
// the server.
func (b *Bench) Trips(ctx context.Context) (trips []Trip, err error) {
	w, err := wire.Start(net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.Close() }()
	dsn := strings.Replace(b.server.DSN(system, "onboarding", b.password), net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port)), w.Address(), 1)
	onboarding, err := b.startOnboarding(ctx, dsn)
	if err != nil {
		return nil, err
	}
	defer onboarding.stop()
	var (
		session  string // cookies of who registered last
		visitors int
	)
	for _, operation := range []struct {
		method, path string
		goal         int
	}{
		{http.MethodPost, "/v1/accounts", 2},
		{http.MethodGet, "/v1/session", 1},
		{http.MethodGet, "/v1/settings", 1},
		{http.MethodGet, "/v1/onboarding", 1},
		{http.MethodGet, "/v1/sync", 1},
		{http.MethodGet, "/v1/activities", 1},
		{http.MethodGet, "/v1/training-load/today", 1},
	} {
		trip := Trip{operation: operation.method + " " + operation.path, goal: operation.goal}
		for n := range warming + counted {
			w.Take()
			var body string
			if operation.method == http.MethodPost {
				visitors++
				body = registration(fmt.Sprintf("visitor-%d@example.com", visitors))
			}
			status, cookies, err := onboarding.ask(ctx, operation.method, operation.path, body, "Cookie", session)
			if err == nil && status/100 != 2 {
				err = fmt.Errorf("%s: answered %d", trip.operation, status)
			}
			if err != nil {
				return nil, err
			}
			session = cmp.Or(cookies, session)
			if taken, statements := w.Take(); n >= warming && taken > trip.most {
				trip.most, trip.statements = taken, statements
			}
		}
		if trip.most == 0 {
			return nil, fmt.Errorf("%s: nothing was seen on the wire", trip.operation)
		}
		trips = append(trips, trip)
	}
	return trips, nil
}

// PrintTrips writes the table of round trips.
func PrintTrips(w io.Writer, trips []Trip) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "round trips\tgoal\t\toperation\tstatements")
	for _, t := range trips {
		fmt.Fprintf(table, "%d\t≤ %d\t%s\t%s\t%s\n", t.most, t.goal, verdict(t.most <= t.goal), t.operation, strings.Join(t.statements, ", "))
	}
	return table.Flush()
}
