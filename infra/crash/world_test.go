package crash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stage"
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
	admin       *pgx.Conn
	sim         *stravasim.Simulator
	control     string // the simulator past the trap
	cloud       *cloudsim.Cloud
	environment []string
	port        string
	service     *activitysync.Service
	account     int64
	sent        int // messages published

	mu      sync.Mutex
	program *exec.Cmd
	kills   int
	ended   bool
}

// program builds Sync from its staged archive, once.
var program = sync.OnceValues(func() (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	repository, err := stage.Open(context.Background(), root)
	if err != nil {
		return "", err
	}
	staged, err := repository.Stage(context.Background(), "sync")
	if err != nil {
		return "", err
	}
	return stage.Build(context.Background(), staged)
})

func newWorld(t *testing.T) *world {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, binary: binary, trap: &trap{}}
	w.trap.kill = w.kill
	db := postgrestest.New(t)
	if w.admin, err = pgx.Connect(t.Context(), db.SuperuserDSN()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.admin.Close(context.Background()) })
	w.sim, err = stravasim.New(stravasim.Config{Seed: 7, Activities: 4, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)})
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
	endpoint := "http://127.0.0.1:" + w.port
	w.cloud, err = cloudsim.Start(t.Context(), cloudsim.Config{Project: "train-d-local", Topics: []string{"sync", "sync-dead-letter"},
		Subscriptions: []cloudsim.Subscription{{Name: "sync", Topic: "sync", Endpoint: endpoint, Audience: endpoint, ServiceAccountEmail: pusher,
			AckDeadline: time.Minute, MinBackoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, MaxAttempts: 10_000,
			DeadLetterTopic: "sync-dead-letter", Concurrency: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })

	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := url.Parse(db.DSN("sync"))
	if err != nil {
		t.Fatal(err)
	}
	dsn.Host = w.trap.throughDatabase(t, dsn.Host)
	w.environment = []string{"FUNCTION_TARGET=Sync", "PORT=" + w.port, "PUBSUB_EMULATOR_HOST=" + w.cloud.PubSubAddress(),
		"DATABASE_URL=" + dsn.String(), "PUSH_AUDIENCE=" + endpoint, "PUSH_SERVICE_ACCOUNT=" + pusher, "PUSH_CERTS_URL=" + w.cloud.CertsURL(),
		"TOKEN_KEYSET=" + keyset, "CLOUD_RUN_TIMEOUT_SECONDS=110", "STRAVA_CLIENT_ID=50001", "STRAVA_CLIENT_SECRET=stravasim-secret",
		"STRAVA_API_URL=" + trapped.URL + "/api/v3", "STRAVA_OAUTH_URL=" + trapped.URL + "/oauth", "LOG_LEVEL=ERROR",
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
	w.connect(db, keyset)
	w.start()
	t.Cleanup(w.end)
	return w
}

// freePort finds one below those that the system gives out by itself, so that nobody takes it while the program is down.
func freePort(t *testing.T) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(10_000))
		listener, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return ""
}

// connect registers an account and joins it to the athlete, as Onboarding does.
func (w *world) connect(db *postgrestest.DB, keyset string) {
	w.t.Helper()
	sealer, err := secret.NewSealer(config.NewSecret(keyset))
	if err != nil {
		w.t.Fatal(err)
	}
	settings, err := config.Load[config.Dispatch]([]string{"DATABASE_URL=" + db.DSN("onboarding"), "PUSH_AUDIENCE=x", "PUSH_SERVICE_ACCOUNT=" + pusher})
	if err != nil {
		w.t.Fatal(err)
	}
	session := database.NewDirect(settings.Database, "onboarding").Open()
	w.t.Cleanup(func() { session.Close(context.Background()) })
	w.service = &activitysync.Service{DB: session, Sealer: sealer}
	err = session.Use(w.t.Context(), func(ctx context.Context, conn database.Conn) (err error) {
		now := time.Now()
		w.account, err = store.Register(ctx, conn, store.Registration{Email: "a@example.com", PasswordHash: "hash",
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

// start runs the program. The caller does not hold w.mu.
func (w *world) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	command := exec.Command(w.binary)
	command.Env = w.environment
	command.Stderr, command.Stdout = os.Stderr, os.Stderr
	if err := command.Start(); err != nil {
		w.t.Errorf("start: %v", err)
		return
	}
	w.program = command
}

// kill ends the program as the platform may, at once, and starts it anew.
func (w *world) kill() {
	w.stop()
	w.mu.Lock()
	w.kills++
	w.mu.Unlock()
	w.start()
}

func (w *world) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.program != nil {
		_ = w.program.Process.Kill()
		_ = w.program.Wait() // it was killed
		w.program = nil
	}
}

func (w *world) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.stop()
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.admin.Exec(w.t.Context(), sql, args...); err != nil {
		w.t.Fatalf("%s: %v", sql, err)
	}
}

func (w *world) publish(body any) {
	w.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.cloud.Publish(w.t.Context(), "sync", text, nil); err != nil {
		w.t.Fatal(err)
	}
	w.sent++
}

// finish wakes Sync and lets the time pass that work waits for, leases of the dead included, until nothing is due any more.
func (w *world) finish() {
	w.t.Helper()
	deadline := time.Now().Add(wait)
	for {
		w.publish(message.NewWake(1, w.account))
		w.publish(message.NewWake(1, 0))
		for stats := w.cloud.Stats()["sync"]; stats.Acked+stats.DeadLettered < w.sent; stats = w.cloud.Stats()["sync"] {
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

// volatile are the columns that two runs may differ in: times, nonces, and what counts attempts.
var volatile = []string{"id_", "created_at", "updated_at", "fetched_at", "expires_at", "synced_at", "backfilled_at", "refined_at",
	"connected_at", "requested_at", "erased_at", "deleted_at", "sealed_access_token", "sealed_refresh_token", "token_expires_at",
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
