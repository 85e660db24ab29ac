package api

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// The simulator's athletes that the tests connect.
const (
	trailRunner int64 = 8_100_000_001
	triathlete  int64 = 8_100_000_003
)

// system is all that stands behind a browser: the API over HTTP, its use cases on a database of their own, a Strava at
// the wire, and the worker that imports.
type system struct {
	*postgrestest.DB
	t      testing.TB
	api    *API
	server *httptest.Server
	sim    *stravasim.Simulator
	strava *httptest.Server
	worker *activitysync.Worker
	pool   *database.Pooled
	admin  *pgx.Conn // the superuser's, to arrange and to look at what no browser can

	mu      sync.Mutex
	wakes   []message.Wake
	letters []message.Mail
}

// setup starts a system; change alters it before its handler is built.
func setup(t testing.TB, change ...func(*system)) *system {
	t.Helper()
	s := &system{DB: postgrestest.New(t), t: t}
	s.startStrava()
	s.server = httptest.NewUnstartedServer(nil)
	public := "http://" + s.server.Listener.Addr().String()
	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	common := []string{"STRAVA_CLIENT_ID=50001", "STRAVA_CLIENT_SECRET=stravasim-secret", "STRAVA_API_URL=" + s.strava.URL,
		"STRAVA_OAUTH_URL=" + s.strava.URL + "/oauth", "TOKEN_KEYSET=" + keyset}
	onboarding, err := config.Load[config.Onboarding](append(common, "DATABASE_URL="+s.DSN("onboarding"), "PUBLIC_URL="+public))
	if err != nil {
		t.Fatal(err)
	}
	syncing, err := config.Load[config.Sync](append(common, "DATABASE_URL="+s.DSN("sync"),
		"PUSH_AUDIENCE=https://sync.example.com", "PUSH_SERVICE_ACCOUNT=push@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := secret.NewSealer(onboarding.Tokens.Keyset)
	if err != nil {
		t.Fatal(err)
	}
	s.pool = database.NewPooled(onboarding.Database, "onboarding")
	t.Cleanup(func() { s.pool.Close(silent(context.Background())) })
	client := strava.NewClient(onboarding.Strava, s.strava.Client())
	s.api = newAPI(onboarding, s.pool, sealer, client)
	s.api.Wake, s.api.WakeMail = s.recordWake, s.recordLetter
	s.worker = &activitysync.Worker{
		Databases: database.NewDirect(syncing.Database, "sync").AsOpener(), Strava: client, Sealer: sealer, Publisher: s,
		Runners: map[string]activitysync.Runner{store.KindRecompute: load.Recompute}, Retention: 7 * 24 * time.Hour,
	}
	if s.admin, err = pgx.Connect(t.Context(), s.SuperuserDSN()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.admin.Close(context.Background()) })
	for _, f := range change {
		f(s)
	}
	s.server.Config.Handler = quiet(s.api.Handler())
	s.server.Start()
	t.Cleanup(s.server.Close)
	return s
}

// newAPI puts the edge together as the function Onboarding does.
func newAPI(settings config.Onboarding, pool *database.Pooled, sealer *secret.Sealer, client *strava.Client) *API {
	public, err := url.Parse(settings.Accounts.PublicURL)
	if err != nil {
		panic(err) // config has read it already
	}
	leading := database.Leading{Database: pool}
	return &API{
		PublicURL: public, Accounts: account.New(pool, sealer, settings.Accounts), Athletes: athlete.New(leading, settings.Accounts.MinimumAge),
		Activities: &activitysync.Service{DB: leading, Sealer: sealer}, Load: load.New(leading), Strava: client, Health: pool.Health,
		Web: builtWeb,
	}
}

// startStrava starts a simulator with short histories.
func (s *system) startStrava() {
	s.t.Helper()
	var err error
	if s.sim, err = stravasim.New(stravasim.Config{Seed: 7, Activities: 30}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.sim.Close)
	s.strava = httptest.NewServer(s.sim.Handler())
	s.t.Cleanup(s.strava.Close)
}

// silent keeps the log off the test's output: what must be logged is looked at behind the real adapter.
func silent(ctx context.Context) context.Context {
	return logging.Into(ctx, slog.New(slog.DiscardHandler))
}

func quiet(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(silent(r.Context())))
	})
}

func (s *system) recordWake(_ context.Context, accountID, dueID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wakes = append(s.wakes, message.NewWake(dueID, accountID))
	return nil
}

func (s *system) recordLetter(_ context.Context, accountID, dueID int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.letters = append(s.letters, message.NewMail(dueID, accountID))
	return nil
}

// Publish makes the system what the worker publishes to.
func (s *system) Publish(ctx context.Context, topic message.Topic, body any) error {
	wake, ok := body.(message.Wake)
	if !ok || topic != message.TopicSync {
		return fmt.Errorf("published %T to %s", body, topic)
	}
	return s.recordWake(ctx, wake.AccountID, wake.DueID)
}

// takeWakes gives what was published since it was last asked.
func (s *system) takeWakes() []message.Wake {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.wakes
	s.wakes = nil
	return taken
}

// deliver hands the worker everything that was published, until nothing more is. It gives how many messages there were.
func (s *system) deliver() int {
	s.t.Helper()
	delivered := 0
	for {
		wakes := s.takeWakes()
		if len(wakes) == 0 {
			return delivered
		}
		for _, wake := range wakes {
			if err := s.worker.Wake(silent(s.t.Context()), wake); err != nil {
				s.t.Fatal(err)
			}
			delivered++
		}
	}
}

// exec arranges what takes too long to wait for.
func (s *system) exec(sql string, args ...any) {
	s.t.Helper()
	tag, err := s.admin.Exec(s.t.Context(), sql, args...)
	if err != nil || tag.RowsAffected() == 0 {
		s.t.Fatalf("%s: %v, %v", sql, tag, err)
	}
}

// count looks at the database past the API.
func (s *system) count(sql string, args ...any) (n int) {
	s.t.Helper()
	if err := s.admin.QueryRow(s.t.Context(), sql, args...).Scan(&n); err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return n
}
