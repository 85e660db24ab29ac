package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
)

// atStrava has the simulator do something, as an athlete at Strava would.
func atStrava(t *testing.T, system *local.System, method, path, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, system.Info().Simulator.URL+"/_sim"+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", method, path, response.Status)
	}
}

func number(t *testing.T, db *pgx.Conn, sql string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// pushedEventsArrive makes a change at Strava of each kind and waits for it here, with nobody asking and no tick.
func pushedEventsArrive(t *testing.T, system *local.System, db *pgx.Conn) {
	owner := number(t, db, `SELECT athlete_id FROM strava_connections`)
	newest := number(t, db, `SELECT id FROM activities ORDER BY start_at DESC LIMIT 1`)
	atStrava(t, system, http.MethodPost, fmt.Sprintf("/athletes/%d/activities", owner), `{"minutes": 20}`)
	until(t, "the new activity with its samples", func() bool {
		return number(t, db, `SELECT count(*) FROM activities WHERE streams = 'stored'
			AND start_at > (SELECT start_at FROM activities WHERE id = $1)`, newest) == 1
	})
	atStrava(t, system, http.MethodPatch, fmt.Sprintf("/activities/%d", newest), `{"name": "Renamed at Strava"}`)
	until(t, "the new name", func() bool {
		return number(t, db, `SELECT count(*) FROM activities WHERE name = 'Renamed at Strava'`) == 1
	})
	other := number(t, db, `SELECT id FROM activities WHERE id <> $1 AND deleted_at IS NULL ORDER BY start_at LIMIT 1`, newest)
	atStrava(t, system, http.MethodDelete, fmt.Sprintf("/activities/%d", other), "")
	until(t, "the tombstone", func() bool {
		return number(t, db, `SELECT count(*) FROM activities WHERE id = $1 AND deleted_at IS NOT NULL`, other) == 1
	})
}

// secretsStayOutOfTheLog reads what Webhook wrote at the most talkative level.
func secretsStayOutOfTheLog(t *testing.T, system *local.System) {
	written, err := os.ReadFile(system.Info().Functions["webhook"].Log)
	if err != nil {
		t.Fatal(err)
	}
	hook := system.Info().Webhook
	if !bytes.Contains(written, []byte("request completed")) {
		t.Fatal("the log tells of no request: this test looks for the wrong thing")
	}
	for _, word := range []string{path.Base(hook.CallbackURL), hook.VerifyToken} {
		if bytes.Contains(written, []byte(word)) {
			t.Error("a secret stands in the log of webhook")
		}
	}
}

// disconnectingErases ends the connection as the page's button does, and waits until nothing is left of it.
func disconnectingErases(t *testing.T, athlete *e2e.Athlete, db *pgx.Conn) {
	if err := athlete.Call(t.Context(), http.MethodDelete, "/v1/strava", nil, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "the receipt", func() bool {
		return number(t, db, `SELECT count(*) FROM erasures WHERE erased_at IS NOT NULL AND revocation = 'ended' AND account_id IS NULL`) == 1
	})
	if left := number(t, db, `SELECT (SELECT count(*) FROM activities) + (SELECT count(*) FROM activity_streams) + (SELECT count(*) FROM strava_connections)`); left != 0 {
		t.Errorf("%d rows are left", left)
	}
}
