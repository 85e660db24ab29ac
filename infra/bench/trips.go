package bench

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
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
	all, programs, err := staged(ctx)
	if err != nil {
		return nil, err
	}
	w, err := newWire(net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = w.listener.Close() }()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	var command *exec.Cmd
	for i, function := range all {
		if function.Name == "onboarding" {
			command = exec.CommandContext(ctx, programs[i])
		}
	}
	dsn := strings.Replace(b.server.DSN(system, "onboarding", b.password), net.JoinHostPort("127.0.0.1", strconv.Itoa(b.server.Port)), w.listener.Addr().String(), 1)
	command.Env = append(b.common("Onboarding"), "DATABASE_URL="+dsn, fmt.Sprintf("PORT=%d", port))
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return nil, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	}()
	who := &visitor{address: fmt.Sprintf("http://127.0.0.1:%d", port)}
	if err := who.awaitService(ctx); err != nil {
		return nil, err
	}
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
			w.take()
			if err := who.ask(ctx, operation.method, operation.path); err != nil {
				return nil, err
			}
			if taken, statements := w.take(); n >= warming && taken > trip.most {
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

// visitor is a browser that registers again and again, and is signed in as who it registered last.
type visitor struct {
	address string
	session string // cookie
	asked   int
}

func (v *visitor) awaitService(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := v.ask(ctx, http.MethodGet, "/v1/health")
		if err == nil || ctx.Err() != nil {
			return err
		}
		<-time.After(time.Millisecond) // not up yet
	}
}

func (v *visitor) ask(ctx context.Context, method, path string) error {
	var body io.Reader
	if method == http.MethodPost {
		v.asked++
		body = strings.NewReader(fmt.Sprintf(`{"email":"visitor-%d@example.com","password":"correct horse battery","accept_terms":true}`, v.asked))
	}
	request, err := http.NewRequestWithContext(ctx, method, v.address+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Cookie", v.session)
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s: %s %s", method, path, response.Status, answer)
	}
	for _, cookie := range response.Cookies() {
		v.session = cookie.Name + "=" + cookie.Value
	}
	return nil
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
