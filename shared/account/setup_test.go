package account

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
)

const password = "correct horse"

// fixture is the use case over a database of its own, with a clock to be set and every hash counted.
type fixture struct {
	*Service
	db   *postgrestest.DB
	keys config.Secret // that seal

	hashes atomic.Int64
	mu     sync.Mutex
	clock  time.Time
	costs  []cost // of every hash
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{db: postgrestest.New(t), clock: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	pool := database.NewPooled(config.Database{
		URL: config.NewSecret(f.db.DSN("onboarding")), PoolMin: 1, PoolMax: 4, FallbackMax: 1,
		AcquireTimeout: 10 * time.Second, ConnectTimeout: 10 * time.Second, PingTimeout: time.Second,
		StatementTimeout: 10 * time.Second, LockTimeout: 5 * time.Second, IdleInTransactionTimeout: 15 * time.Second,
		ResetAfter: time.Minute, ProbeInterval: time.Second, SlowQuery: time.Minute,
	}, "onboarding")
	quiet := logging.Into(context.Background(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { pool.Close(quiet) })
	keys, err := secret.NewKeyset()
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := secret.NewSealer(config.NewSecret(keys))
	if err != nil {
		t.Fatal(err)
	}
	f.keys = config.NewSecret(keys)
	f.Service = New(pool, sealer, config.Accounts{SessionIdle: 14 * 24 * time.Hour, SessionLifetime: 90 * 24 * time.Hour})
	f.now = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.clock
	}
	// The least cost that argon2 allows: what is tested here is how often it is paid.
	f.hasher.derive = func(password, salt []byte, c cost) []byte {
		f.hashes.Add(1)
		f.mu.Lock()
		f.costs = append(f.costs, c)
		f.mu.Unlock()
		return argon2.IDKey(password, salt, 1, 8, 1, c.key)
	}
	return f
}

// rotate goes over to a keyset that is made of the one before.
func (f *fixture) rotate(t *testing.T, change func(config.Secret) (string, error)) {
	t.Helper()
	keys, err := change(f.keys)
	if err != nil {
		t.Fatal(err)
	}
	f.keys = config.NewSecret(keys)
	if f.sealer, err = secret.NewSealer(f.keys); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

func (f *fixture) register(t *testing.T, email string) (Session, Identity) {
	t.Helper()
	session, err := f.Register(t.Context(), Registration{Email: email, Password: password, AcceptTerms: true}, Client{})
	if err != nil {
		t.Fatal(err)
	}
	identity, err := f.Authenticate(t.Context(), session.Token)
	if err != nil {
		t.Fatal(err)
	}
	return session, identity
}

// count runs a query that gives one number.
func (f *fixture) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	err := f.database.Use(t.Context(), func(ctx context.Context, conn database.Conn) error {
		return conn.QueryRow(ctx, "-- name: test.count\n"+sql, args...).Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
