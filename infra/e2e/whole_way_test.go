package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
)

// TestWholeWay takes an athlete from registration to training load over the staged programs, compares what is stored with
// what the simulator has, and then goes the way a second time. Before and after it looks at how the database is reached.
func TestWholeWay(t *testing.T) {
	t.Parallel()
	system := setup(t)
	db := connect(t, system)
	logLogins(t, system, db)
	t.Run("health tells how the database is reached", func(t *testing.T) { healthTellsHowTheDatabaseIsReached(t, system) })

	athlete := newAthlete(t, system)
	importAll(t, athlete)

	var load e2e.TrainingLoad
	if err := athlete.Call(t.Context(), http.MethodGet, "/v1/training-load", nil, &load); err != nil {
		t.Fatal(err)
	}
	if sum := total(load.Series.TRIMP); sum <= 0 {
		t.Errorf("the series' TRIMP sums up to %v", sum)
	}
	t.Run("every activity has its streams", func(t *testing.T) { everyActivityHasItsStreams(t, db) })
	t.Run("the second delivery of every message changes nothing", func(t *testing.T) { redeliveryChangesNothing(t, system, db) })
	t.Run("a slow statement is logged", func(t *testing.T) { slowStatementIsLogged(t, system, athlete) })
	t.Run("every function takes its route", func(t *testing.T) { everyFunctionTakesItsRoute(t, system) })
	t.Run("no login can do what is beyond it", func(t *testing.T) { noLoginBeyondItsOwn(t, db) })
	t.Run("everything listens on loopback", func(t *testing.T) { everythingListensOnLoopback(t, system.Info()) })
	t.Run("no function's port is one that the kernel gives out", func(t *testing.T) { portsAreNotGivenOut(t, system.Info()) })
	t.Run("what Strava pushes arrives", func(t *testing.T) { pushedEventsArrive(t, system, db) })
	t.Run("the webhook's secrets stay out of its log", func(t *testing.T) { secretsStayOutOfTheLog(t, system) })
	t.Run("disconnecting erases", func(t *testing.T) { disconnectingErases(t, athlete, db) })
}

// redeliveryChangesNothing delivers every message again and compares all rows.
func redeliveryChangesNothing(t *testing.T, system *local.System, db *pgx.Conn) {
	post(t, system.Info().Pushes.URL+"/_cloud/jobs/tick", nil)
	until(t, "the housekeeping that the tick sets off", func() bool {
		var done bool
		err := db.QueryRow(t.Context(), `SELECT count(*) > 0 FROM due_work
			WHERE kind = 'housekeeping' AND due_at > now() AND lease_until IS NULL`).Scan(&done)
		if err != nil {
			t.Fatal(err)
		}
		return done
	})
	before, rows := counts(t, db), dump(t, db)
	var replayed map[string]struct{ Acked, Refused int }
	post(t, system.Info().Pushes.URL+"/_cloud/replay", &replayed)
	after := counts(t, db)
	t.Logf("before: %v\nredelivered: %v\nafter: %v", before, replayed, after)
	for _, name := range []string{"dispatch", "migrate", "sync"} {
		if replayed[name].Acked == 0 {
			t.Errorf("no message of %s was redelivered: %v", name, replayed)
		}
		if replayed[name].Refused > 0 {
			t.Errorf("%s refused %d redelivered messages", name, replayed[name].Refused)
		}
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("redelivery changed the counts (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(rows, dump(t, db)); diff != "" {
		t.Errorf("redelivery changed rows (-before +after):\n%s", diff)
	}
}

// everyActivityHasItsStreams finds a stream row and a histogram for each activity that was not entered by hand (I18, I22).
func everyActivityHasItsStreams(t *testing.T, db *pgx.Conn) {
	var all, recorded, packed, withHeartRate, histograms, averages int
	err := db.QueryRow(t.Context(), `
		SELECT count(*),
		       count(*) FILTER (WHERE NOT coalesce((summary->>'manual')::boolean, false)),
		       count(s.activity_id),
		       count(*) FILTER (WHERE summary->>'average_hr' IS NOT NULL AND s.activity_id IS NOT NULL),
		       count(*) FILTER (WHERE summary->>'average_hr' IS NOT NULL AND a.hr_histogram IS NOT NULL),
		       count(*) FILTER (WHERE quality = 'average' AND s.activity_id IS NOT NULL)
		FROM activities a LEFT JOIN activity_streams s ON s.account_id = a.account_id AND s.activity_id = a.id`).
		Scan(&all, &recorded, &packed, &withHeartRate, &histograms, &averages)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d activities, %d recorded by a device, %d with packed streams; %d with heart rate, %d with a histogram",
		all, recorded, packed, withHeartRate, histograms)
	if all != history {
		t.Errorf("%d activities are stored, the simulator has %d", all, history)
	}
	if recorded == 0 || packed != recorded {
		t.Errorf("%d activities have streams at the simulator, %d in the database", recorded, packed)
	}
	if withHeartRate == 0 || histograms != withHeartRate {
		t.Errorf("%d activities with streams have heart rate, %d have a histogram", withHeartRate, histograms)
	}
	if averages > 0 {
		t.Errorf("%d activities have samples and yet only an average's load", averages)
	}
}

// newAthlete registers somebody with a profile.
func newAthlete(t *testing.T, system *local.System) *e2e.Athlete {
	t.Helper()
	athlete, err := e2e.NewAthlete(system.Info().URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := athlete.Register(t.Context(), "runner@example.com", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	err = athlete.Call(t.Context(), http.MethodPatch, "/v1/settings", map[string]any{
		"sex": "female", "birth_date": "1990-05-17", "time_zone": "Europe/Berlin",
		"thresholds": map[string]any{"resting_hr": 52, "max_hr": 188},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return athlete
}

// importAll connects the first athlete of the simulator and waits until everything is refined.
func importAll(t *testing.T, athlete *e2e.Athlete) {
	t.Helper()
	outcome, err := athlete.Connect(t.Context(), e2e.Consent{})
	if err != nil {
		t.Fatal(err)
	}
	if outcome != "connected" {
		t.Fatalf("connecting ended in %q", outcome)
	}
	until(t, "the import to be done", func() bool {
		var progress e2e.Progress
		if err := athlete.Call(t.Context(), http.MethodGet, "/v1/sync", nil, &progress); err != nil {
			t.Fatal(err)
		}
		return progress.Phase == "done" && progress.Refined == progress.Activities && progress.Activities > 0
	})
}

// tables lists the tables of the schema.
func tables(t *testing.T, db *pgx.Conn) []string {
	t.Helper()
	rows, err := db.Query(t.Context(), "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		t.Fatalf("list tables: %v %v", names, err)
	}
	return names
}

// counts gives the number of rows of each table.
func counts(t *testing.T, db *pgx.Conn) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, table := range tables(t, db) {
		var n int
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize()).Scan(&n); err != nil {
			t.Fatal(err)
		}
		found[table] = n
	}
	return found
}

// dump gives every row of every table as text, but for when a session was last seen: asking moves it.
func dump(t *testing.T, db *pgx.Conn) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, table := range tables(t, db) {
		var text *string
		query := fmt.Sprintf("SELECT string_agg(line, E'\\n' ORDER BY line) FROM (SELECT (to_jsonb(t) - 'seen_at')::text AS line FROM %s t) AS lines",
			pgx.Identifier{table}.Sanitize())
		if err := db.QueryRow(t.Context(), query).Scan(&text); err != nil {
			t.Fatal(err)
		}
		if text != nil {
			found[table] = *text
		}
	}
	return found
}

func post(t *testing.T, address string, out any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(""))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		t.Fatalf("%s answered %s", address, response.Status)
	}
	if out == nil {
		return
	}
	if err := json.NewDecoder(response.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
}

func total(column e2e.Column) (sum float64) {
	for _, value := range column.Values {
		if value != nil {
			sum += *value
		}
	}
	return sum
}
