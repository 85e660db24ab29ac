package activitysync

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
)

// row reads one row as the superuser.
func (s *system) row(into any, sql string, args ...any) {
	s.t.Helper()
	if err := s.admin.QueryRow(context.Background(), sql, args...).Scan(into); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

func (s *system) count(sql string, args ...any) int {
	s.t.Helper()
	var n int
	s.row(&n, sql, args...)
	return n
}

// dump is a table's whole content as text, without the named columns.
func (s *system) dump(table string, without ...string) string {
	s.t.Helper()
	rows, err := s.admin.Query(context.Background(),
		"SELECT (to_jsonb(t) - $1::text[])::text FROM "+table+" AS t ORDER BY 1", append([]string{}, without...))
	if err != nil {
		s.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

// everything is the whole content of what a sync writes.
func (s *system) everything(without ...string) string {
	var all []string
	for _, table := range []string{"activities", "activity_streams", "strava_connections", "due_work"} {
		all = append(all, "== "+table, s.dump(table, without...))
	}
	return strings.Join(all, "\n")
}

// control orders something of the simulator.
func (s *system) control(method, path string, body any) []byte {
	s.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	request, err := http.NewRequest(method, s.strava.URL+"/_sim"+path, bytes.NewReader(text))
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := s.strava.Client().Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode > 299 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, response.StatusCode, answer, err)
	}
	return answer
}

func (s *system) fault(f stravasim.Fault) {
	s.t.Helper()
	if _, err := s.sim.Order(f); err != nil {
		s.t.Fatal(err)
	}
}

// truth is what the simulator knows of an athlete's activities, read past the sync.
func (s *system) truth(athlete int64) []stravasim.Activity {
	s.t.Helper()
	var activities []stravasim.Activity
	if err := json.Unmarshal(s.control(http.MethodGet, "/athletes/"+strconv.FormatInt(athlete, 10)+"/activities", nil), &activities); err != nil {
		s.t.Fatal(err)
	}
	slices.SortFunc(activities, func(a, b stravasim.Activity) int { return strings.Compare(b.StartDate, a.StartDate) })
	return activities
}

// calls is how often the simulator was asked, by endpoint.
func (s *system) calls(endpoint string) int {
	s.t.Helper()
	var state struct {
		Counts struct {
			Calls     map[string]int
			Refreshed map[string]int
		}
	}
	if err := json.Unmarshal(s.control(http.MethodGet, "/state", nil), &state); err != nil {
		s.t.Fatal(err)
	}
	return state.Counts.Calls[endpoint]
}

func (s *system) session() database.Database {
	session := s.direct("sync").Open()
	s.t.Cleanup(func() { session.Close(context.Background()) })
	return session
}

// claim takes the account's next due row.
func (s *system) claim() store.Due {
	s.t.Helper()
	var due store.Due
	err := s.session().Use(s.t.Context(), func(ctx context.Context, conn database.Conn) error {
		claimed, found, err := store.ClaimDue(ctx, conn, s.account, s.now(), leaseTime)
		if err == nil && !found {
			err = fmt.Errorf("nothing is due: %s", s.dump("due_work"))
		}
		due = claimed
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return due
}

// endConnections makes the server end the connections of the sync login, on a connection of its own: it is called while
// the test looks at the database.
func (s *system) endConnections() {
	conn, err := pgx.Connect(context.Background(), s.db.SuperuserDSN())
	if err == nil {
		_, err = conn.Exec(context.Background(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE usename = 'sync' AND datname = current_database()`)
		_ = conn.Close(context.Background())
	}
	if err != nil {
		s.t.Error(err)
	}
}
