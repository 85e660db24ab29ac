package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	athlete int64 = 8_100_000_002
	pusher        = "push@example.com"
	wait          = 40 * time.Second
)

// world is everything around one Sync.
type world struct {
	t           *testing.T
	binary      string
	trap        *trap
	db          *postgrestest.DB
	admin       *pgx.Conn
	sim         *stravasim.Simulator
	control     string // the simulator past the trap
	cloud       *cloudsim.Cloud
	environment []string
	port        string
	service     *activitysync.Service
	account     int64

	mu      sync.Mutex
	program *exec.Cmd
	kills   int
	ended   bool
}

// newWorld has a Sync that handles one message at a time and nobody else, so that a run does the same steps each time.
func newWorld(t *testing.T) *world {
	t.Helper()
	return openWorld(t, 4, 1)
}

// openWorld has an athlete with some activities, a Sync that handles some messages at a time, and further subscriptions for
// those who join it.
func openWorld(t *testing.T, activities, concurrency int, others ...cloudsim.Subscription) *world {
	t.Helper()
	w := &world{t: t, binary: program(t, "sync"), trap: &trap{}}
	w.trap.kill = w.kill
	w.db = postgrestest.New(t)
	var err error
	if w.admin, err = pgx.Connect(t.Context(), w.db.SuperuserDSN()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.admin.Close(context.Background()) })
	w.sim, err = stravasim.New(stravasim.Config{Seed: 7, Activities: activities, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.sim.Close)
	direct := httptest.NewServer(w.sim.Handler())
	t.Cleanup(direct.Close)
	trapped := httptest.NewServer(w.trap.throughStrava(w.sim.Handler()))
	t.Cleanup(trapped.Close)
	w.control = direct.URL

	w.port = freePort(t)
	w.cloud, err = cloudsim.Start(t.Context(), cloudsim.Config{Project: "train-d-local",
		Topics:        []string{"sync", "sync-dead-letter", "schedule", "schedule-dead-letter"},
		Subscriptions: append(others, subscriptionOf("sync", w.port, concurrency))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })

	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := url.Parse(w.db.DSN("sync"))
	if err != nil {
		t.Fatal(err)
	}
	dsn.Host = w.trap.throughDatabase(t, dsn.Host)
	w.environment = append(w.settings("Sync", w.port), "DATABASE_URL="+dsn.String(), "TOKEN_KEYSET="+keyset,
		"STRAVA_CLIENT_ID=50001", "STRAVA_CLIENT_SECRET=stravasim-secret",
		"STRAVA_API_URL="+trapped.URL+"/api/v3", "STRAVA_OAUTH_URL="+trapped.URL+"/oauth")
	w.connect(keyset)
	w.start()
	t.Cleanup(w.end)
	return w
}

// connect registers an account and joins it to the athlete, as Onboarding does.
func (w *world) connect(keyset string) {
	w.t.Helper()
	sealer, err := secret.NewSealer(config.NewSecret(keyset))
	if err != nil {
		w.t.Fatal(err)
	}
	settings, err := config.Load[config.Dispatch]([]string{"DATABASE_URL=" + w.db.DSN("onboarding"), "PUSH_AUDIENCE=x", "PUSH_SERVICE_ACCOUNT=" + pusher})
	if err != nil {
		w.t.Fatal(err)
	}
	session := database.NewDirect(settings.Database, "onboarding").Open()
	w.t.Cleanup(func() { session.Close(context.Background()) })
	w.service = &activitysync.Service{DB: session, Sealer: sealer}
	err = session.Use(w.t.Context(), func(ctx context.Context, conn database.Conn) (err error) {
		now := time.Now()
		w.account, _, err = store.Register(ctx, conn, store.Registration{Email: "a@example.com", PasswordHash: "hash",
			Session: store.NewSession{OpenedAt: now, ExpiresAt: now.Add(time.Hour)}})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.exec(`INSERT INTO thresholds (account_id, kind, effective_from, value)
VALUES ($1, 'resting_hr', '2020-01-01', 48), ($1, 'max_hr', '2020-01-01', 188)`, w.account)
	token := w.sim.Grant(athlete, "read", "activity:read_all")
	grant := strava.Grant{Athlete: strava.Athlete{ID: athlete}, Tokens: strava.Tokens{Access: config.NewSecret(token.AccessToken),
		Refresh: config.NewSecret(token.RefreshToken), ExpiresAt: token.ExpiresAt}}
	if _, err := w.service.Connect(w.t.Context(), w.account, grant, []string{"read", "activity:read_all"}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.admin.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) publish(topic string, body any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.cloud.Publish(w.t.Context(), topic, text, nil); err != nil {
		w.t.Fatal(err)
	}
}

// finish wakes Sync, and lets the time pass that work waits for, until nothing is due any more.
func (w *world) finish() {
	w.t.Helper()
	w.finishWith(func() {
		w.publish("sync", message.NewWake(1, w.account))
		w.publish("sync", message.NewWake(1, 0))
	})
}

// finishWith has somebody wake Sync and lets the time pass that work waits for, leases of the dead included, until all
// messages are handled and nothing is due any more.
func (w *world) finishWith(wake func()) {
	w.t.Helper()
	deadline := time.Now().Add(wait)
	for {
		wake()
		for !w.cloud.Settled() {
			if time.Now().After(deadline) {
				w.t.Fatalf("messages are not handled: %+v\n%s", w.cloud.Stats(), w.dump("due_work"))
			}
			<-time.After(2 * time.Millisecond)
		}
		var left int
		if err := w.admin.QueryRow(w.t.Context(), `WITH moved AS (
    UPDATE due_work SET due_at = least(due_at, now()), lease_until = NULL
    WHERE (kind NOT IN ('incremental', 'reconcile', 'housekeeping') OR due_at <= now()) AND parked_at IS NULL
    RETURNING 1
)
SELECT count(*) FROM moved`).Scan(&left); err != nil {
			w.t.Fatal(err)
		}
		if left == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("work does not come to an end: %s", w.dump("due_work"))
		}
	}
}

// order has the simulator do something.
func (w *world) order(method, path string, body any) []byte {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(w.t.Context(), method, w.control+"/_sim"+path, bytes.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(response.Body); err != nil || response.StatusCode/100 != 2 {
		w.t.Fatalf("%s %s: %s %s", method, path, response.Status, answer.String())
	}
	return answer.Bytes()
}

// strava is what the simulator has seen: how often it was asked for activities and samples, and who is connected.
func (w *world) strava() (calls int, connected []int64) {
	w.t.Helper()
	var state struct {
		Counts    struct{ Calls map[string]int }
		Connected []int64
	}
	if err := json.Unmarshal(w.order(http.MethodGet, "/state", nil), &state); err != nil {
		w.t.Fatal(err)
	}
	return state.Counts.Calls["activities"] + state.Counts.Calls["activity"] + state.Counts.Calls["streams"], state.Connected
}
