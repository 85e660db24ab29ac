package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// healthTellsHowTheDatabaseIsReached takes the plain route away before Onboarding's first request, then the connector's as
// well, and gives both back; then it takes the plain route from a pool that works. An operator must see each (I01, I37).
func healthTellsHowTheDatabaseIsReached(t *testing.T, system *local.System) {
	breaker := func(state string) map[string]any {
		return map[string]any{"event": string(logging.EventDatabaseBreaker), "state": state}
	}
	order(t, system, cloudsim.SQLFaults{PlainDown: true})
	health(t, system, database.HealthFallback, http.StatusOK)
	awaitLogged(t, system, "onboarding", breaker("open"), 1)
	awaitLogged(t, system, "onboarding", map[string]any{"event": string(logging.EventDatabasePooled), "severity": "ERROR",
		"message": "Connection pool failed at first use", "cause": "network"}, 1)
	fallback := awaitLogged(t, system, "onboarding", map[string]any{"event": string(logging.EventDatabaseFallback)}, 1)[0]
	cause, _ := fallback["cause"].(string)
	if fallback["severity"] != "WARNING" || cause == "" || fallback["logging.googleapis.com/trace"] == nil ||
		fallback["message"] != "Connection pool failed, falling back to direct connection: "+cause {
		t.Errorf("got %v, want the owner's message at WARNING with its cause and trace", fallback)
	}
	until(t, "the pool to be tried once more, in vain", func() bool {
		health(t, system, database.HealthFallback, http.StatusOK)
		return len(logged(t, system, "onboarding").having(breaker("open"))) >= 2
	})

	order(t, system, cloudsim.SQLFaults{PlainDown: true, Refuse: true})
	health(t, system, database.HealthDown, http.StatusServiceUnavailable)
	order(t, system, cloudsim.SQLFaults{})
	health(t, system, database.HealthPool, http.StatusOK)
	awaitLogged(t, system, "onboarding", breaker("closed"), 1)

	before := stats(t, system).Struck.PlainDown
	order(t, system, cloudsim.SQLFaults{PlainDown: true})
	if stats(t, system).Struck.PlainDown == before {
		t.Error("the pool had no connection on the plain route to lose")
	}
	health(t, system, database.HealthFallback, http.StatusOK)
	order(t, system, cloudsim.SQLFaults{})
	health(t, system, database.HealthPool, http.StatusOK)
	if got := logged(t, system, "onboarding").having(map[string]any{"severity": "ERROR"}); len(got) != 1 {
		t.Errorf("got %v, want the failure at first use told at ERROR and nothing else", got)
	}
}

// order puts faults in force at the Cloud SQL instance.
func order(t *testing.T, system *local.System, faults cloudsim.SQLFaults) {
	t.Helper()
	body, err := json.Marshal(faults)
	if err != nil {
		t.Fatal(err)
	}
	if status := ask(t, http.MethodPut, system.Info().CloudSQL.URL+"/_cloud/sql/faults", body, nil); status != http.StatusOK {
		t.Fatalf("order of %+v: answered %d", faults, status)
	}
}

func stats(t *testing.T, system *local.System) (got cloudsim.SQLStats) {
	t.Helper()
	if status := ask(t, http.MethodGet, system.Info().CloudSQL.URL+"/_cloud/sql/stats", nil, &got); status != http.StatusOK {
		t.Fatalf("statistics: answered %d", status)
	}
	return got
}

// health waits until /v1/health tells the state, and checks the status and the cause that go with it.
func health(t *testing.T, system *local.System, state string, status int) {
	t.Helper()
	until(t, "health "+state, func() bool {
		var got struct{ Database, Cause string }
		answered := ask(t, http.MethodGet, system.Info().URL+"/v1/health", nil, &got)
		if got.Database != state {
			return false
		}
		if answered != status || (got.Cause == "") != (state == database.HealthPool) {
			t.Errorf("health %s answered %d with cause %q, want %d and a cause where it is not the pool", state, answered, got.Cause, status)
		}
		return true
	})
}

// ask sends a request and reads the answer into out, whatever its status.
func ask(t *testing.T, method, address string, body []byte, out any) (status int) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if out != nil {
		if err := json.NewDecoder(response.Body).Decode(out); err != nil {
			t.Fatalf("%s %s: %v", method, address, err)
		}
	}
	return response.StatusCode
}

// entries are what a function logged.
type entries []map[string]any

// logged reads a function's log.
func logged(t *testing.T, system *local.System, function string) (all entries) {
	t.Helper()
	for line := range strings.Lines(read(t, system.Info().Functions[function].Log)) {
		if !strings.HasSuffix(line, "\n") {
			break // still being written
		}
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%s logged %q: %v", function, line, err)
		}
		all = append(all, entry)
	}
	return all
}

// having gives the entries that have all of these fields.
func (e entries) having(fields map[string]any) (found entries) {
	for _, entry := range e {
		matches := true
		for name, value := range fields {
			matches = matches && entry[name] == value
		}
		if matches {
			found = append(found, entry)
		}
	}
	return found
}

// awaitLogged waits until a function has logged at least so many entries with all of these fields: what it answers may be
// here before what it logged.
func awaitLogged(t *testing.T, system *local.System, function string, fields map[string]any, least int) (found entries) {
	t.Helper()
	until(t, fmt.Sprintf("%d entries of %s with %v", least, function, fields), func() bool {
		found = logged(t, system, function).having(fields)
		return len(found) >= least
	})
	return found
}

// slowStatementIsLogged lets somebody's request wait for a lock and finds the entry that says which statement was slow.
func slowStatementIsLogged(t *testing.T, system *local.System, athlete *e2e.Athlete) {
	// Not in the transaction that holds the lock: in one the server shows all activity as it was at the first look.
	watcher := connect(t, system)
	tx, err := connect(t, system).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), "LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE"); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { answered <- athlete.Call(t.Context(), http.MethodGet, "/v1/session", nil, nil) }()
	var path string
	until(t, "the request to wait for longer than a statement may take unnoticed", func() bool {
		err := watcher.QueryRow(t.Context(), `SELECT coalesce(max(split_part(application_name, '/', 3)), '') FROM pg_stat_activity
			WHERE usename = 'onboarding' AND wait_event_type = 'Lock'
			AND clock_timestamp() - query_start > interval '550 ms'`).Scan(&path)
		if err != nil {
			t.Fatal(err)
		}
		return path != ""
	})
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	slow := awaitLogged(t, system, "onboarding", map[string]any{"event": string(logging.EventDatabaseSlowQuery)}, 1)[0]
	t.Log(slow)
	took, _ := slow["duration_ms"].(float64)
	if slow["path"] != path || slow["query"] == "unnamed" || took < 500 || slow["severity"] != "WARNING" {
		t.Errorf("got %v, want a named statement, its path %s and its duration", slow, path)
	}
	trace := slow["logging.googleapis.com/trace"]
	if trace == nil {
		t.Fatalf("got %v, want the trace of the request", slow)
	}
	awaitLogged(t, system, "onboarding", map[string]any{"event": string(logging.EventRequestCompleted), "logging.googleapis.com/trace": trace}, 1)
}
