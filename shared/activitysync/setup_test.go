package activitysync

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// The simulator's athletes, in its own order.
const (
	trailRunner  int64 = 8_100_000_001
	cyclist      int64 = 8_100_000_002
	triathlete   int64 = 8_100_000_003
	beginner     int64 = 8_100_000_004
	oddIntervals int64 = 8_100_000_005
)

// system is one account's world: a database, a Strava at the wire, and both sides of the sync under their own logins.
type system struct {
	t       testing.TB
	db      *postgrestest.DB
	admin   *pgx.Conn // the superuser's, to look at everything
	sim     *stravasim.Simulator
	strava  *httptest.Server
	clock   atomic.Int64 // how far the clock is ahead of the real one
	request atomic.Pointer[func(*http.Request)]
	killed  bool // the worker loses its connections, so a message may have to come again
	service *Service
	worker  *Worker
	wakes   *wakes
	log     *logBuffer
	account int64
}

// wakes keeps what was published.
type wakes struct {
	mu     sync.Mutex
	bodies []any
}

func (w *wakes) Publish(ctx context.Context, topic message.Topic, body any) error {
	return w.PublishAll(ctx, topic, []any{body})
}

func (w *wakes) PublishAll(_ context.Context, topic message.Topic, bodies []any) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if topic != message.TopicSync {
		return fmt.Errorf("published to %s", topic)
	}
	w.bodies = append(w.bodies, bodies...)
	return nil
}

func (w *wakes) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.bodies)
}

// logBuffer keeps log lines.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) count(event logging.Event) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), fmt.Sprintf("%q:%q", "event", event))
}

// entries are the log's entries of an event, oldest first.
func (b *logBuffer) entries(t testing.TB, event logging.Event) []map[string]any {
	t.Helper()
	var found []map[string]any
	for line := range strings.Lines(b.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if entry["event"] == string(event) {
			found = append(found, entry)
		}
	}
	return found
}

// last is the log's newest entry of an event, which there must be.
func (b *logBuffer) last(t testing.TB, event logging.Event) map[string]any {
	t.Helper()
	found := b.entries(t, event)
	if len(found) == 0 {
		t.Fatalf("no event %s in %s", event, b)
	}
	return found[len(found)-1]
}

// reset forgets what was logged.
func (b *logBuffer) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text.Reset()
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func setup(t testing.TB, simulator stravasim.Config) *system {
	t.Helper()
	s := &system{t: t, db: postgrestest.New(t), wakes: &wakes{}, log: &logBuffer{}}
	simulator.Seed = 7
	simulator.Now = s.now
	sim, err := stravasim.New(simulator)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	s.sim = sim
	s.strava = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if before := s.request.Load(); before != nil && !strings.HasPrefix(r.URL.Path, "/_sim") {
			(*before)(r)
		}
		sim.Handler().ServeHTTP(w, r)
	}))
	t.Cleanup(s.strava.Close)
	s.admin, err = pgx.Connect(t.Context(), s.db.SuperuserDSN())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.admin.Close(context.Background()) })

	keyset, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := secret.NewSealer(config.NewSecret(keyset))
	if err != nil {
		t.Fatal(err)
	}
	client := strava.NewClient(config.Strava{ClientID: "50001", ClientSecret: config.NewSecret("stravasim-secret"),
		APIURL: s.strava.URL, OAuthURL: s.strava.URL + "/oauth"}, s.strava.Client())
	pages := s.direct("onboarding").Open()
	t.Cleanup(func() { pages.Close(context.Background()) })
	s.service = &Service{DB: pages, Sealer: sealer, Now: s.now}
	s.worker = &Worker{Databases: s.direct("sync").AsOpener(), Strava: client, Sealer: sealer, Publisher: s.wakes,
		Retention: 7 * 24 * time.Hour, Now: s.now}
	s.account = s.register("athlete@example.com")
	// Without resting and maximum heart rate no activity has a load.
	if _, err := s.admin.Exec(t.Context(), `INSERT INTO thresholds (account_id, kind, effective_from, value)
VALUES ($1, 'resting_hr', '2020-01-01', 48), ($1, 'max_hr', '2020-01-01', 188)`, s.account); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *system) now() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) }

// pass lets time go by.
func (s *system) pass(d time.Duration) { s.clock.Add(int64(d)) }

func (s *system) direct(login string) *database.Direct {
	s.t.Helper()
	return database.NewDirect(s.settings(login), login)
}

func (s *system) settings(login string) config.Database {
	s.t.Helper()
	settings, err := config.Load[config.Sync]([]string{"DATABASE_URL=" + s.db.DSN(login), "STRAVA_CLIENT_ID=1",
		"STRAVA_CLIENT_SECRET=x", "TOKEN_KEYSET=x", "PUSH_AUDIENCE=x", "PUSH_SERVICE_ACCOUNT=push@example.com"})
	if err != nil {
		s.t.Fatal(err)
	}
	return settings.Database
}

func (s *system) register(email string) int64 {
	s.t.Helper()
	var account int64
	err := s.direct("onboarding").Open().Use(s.t.Context(), func(ctx context.Context, conn database.Conn) (err error) {
		account, _, err = store.Register(ctx, conn, store.Registration{Email: email, PasswordHash: "hash",
			Session: store.NewSession{TokenHash: store.TokenHash([]byte(fmt.Sprintf("%32s", email)[:32])), OpenedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return account
}

// ctx carries the log that the test reads.
func (s *system) ctx() context.Context {
	logger := logging.New(s.log, logging.Options{Level: slog.LevelDebug, Format: "json"})
	return logging.WithTrace(logging.Into(s.t.Context(), logger), logging.NewTrace())
}

// connect joins the account to an athlete of the simulator.
func (s *system) connect(athlete int64) {
	s.t.Helper()
	if _, err := s.service.Connect(s.ctx(), s.account, s.grant(athlete), []string{"read", "activity:read_all"}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *system) grant(athlete int64) strava.Grant {
	s.t.Helper()
	return s.grantWith(athlete, "read", "activity:read_all")
}

func (s *system) grantWith(athlete int64, scopes ...string) strava.Grant {
	s.t.Helper()
	token := s.sim.Grant(athlete, scopes...)
	return strava.Grant{Athlete: strava.Athlete{ID: athlete}, Tokens: strava.Tokens{
		Access: config.NewSecret(token.AccessToken), Refresh: config.NewSecret(token.RefreshToken), ExpiresAt: token.ExpiresAt}}
}

// wake delivers one message, as the push subscription does.
func (s *system) wake() error {
	return s.worker.Wake(s.ctx(), message.NewWake(1, s.account))
}

// drain delivers messages and lets the clock run to whatever is due next, until nothing is but the next regular look.
func (s *system) drain() {
	s.t.Helper()
	for range 200 {
		err := s.wake()
		switch {
		case err != nil && s.killed:
			s.pass(leaseTime + time.Second)
			continue
		case err != nil:
			s.t.Fatal(err)
		}
		var next *time.Time
		s.row(&next, `SELECT min(greatest(due_at, coalesce(lease_until, due_at))) FROM due_work
WHERE parked_at IS NULL AND kind NOT IN ('incremental', 'reconcile') AND account_id = $1`, s.account)
		if next == nil {
			return
		}
		if wait := next.Sub(s.now()); wait > 0 {
			s.pass(wait + time.Second)
		}
	}
	s.t.Fatalf("work does not come to an end: %s", s.dump("due_work"))
}
