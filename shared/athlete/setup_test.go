package athlete

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync"
	"testing"
	"time"
	_ "time/tzdata" // time zones wherever the test runs

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// fixture is the use case over a database of its own, with one account and a clock to be set.
type fixture struct {
	*Service
	db *postgrestest.DB
	id int64 // the account

	mu    sync.Mutex
	clock time.Time
}

func setup(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{db: postgrestest.New(t), clock: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	f.Service = New(f.open(t, "onboarding"), 16)
	f.now = func() time.Time {
		f.mu.Lock()
		defer f.mu.Unlock()
		return f.clock
	}
	f.id = f.register(t, "ada@example.com")
	return f
}

func (f *fixture) open(t *testing.T, login string) *database.Pooled {
	t.Helper()
	pool := database.NewPooled(config.Database{
		URL: config.NewSecret(f.db.DSN(login)), PoolMin: 1, PoolMax: 4, FallbackMax: 1,
		AcquireTimeout: 10 * time.Second, ConnectTimeout: 10 * time.Second, PingTimeout: time.Second,
		StatementTimeout: 10 * time.Second, LockTimeout: 5 * time.Second, IdleInTransactionTimeout: 15 * time.Second,
		ResetAfter: time.Minute, ProbeInterval: time.Second, SlowQuery: time.Minute,
	}, login)
	quiet := logging.Into(context.Background(), slog.New(slog.DiscardHandler))
	t.Cleanup(func() { pool.Close(quiet) })
	return pool
}

func (f *fixture) register(t *testing.T, email string) (id int64) {
	t.Helper()
	var consents []store.Consent
	for _, one := range document.All() {
		consents = append(consents, store.Consent{Document: one.Name, Version: one.Version})
	}
	f.use(t, func(ctx context.Context, conn database.Conn) (err error) {
		id, _, err = store.Register(ctx, conn, store.Registration{
			Email: email, PasswordHash: "hash", Consents: consents,
			Session: store.NewSession{TokenHash: sha256.Sum256([]byte(email)), OpenedAt: f.now(), ExpiresAt: f.now().Add(time.Hour)},
		})
		return err
	})
	return id
}

func (f *fixture) use(t *testing.T, work func(ctx context.Context, conn database.Conn) error) {
	t.Helper()
	if err := f.database.Use(t.Context(), work); err != nil {
		t.Fatal(err)
	}
}

// do runs one statement as the onboarding function.
func (f *fixture) do(t *testing.T, sql string, args ...any) {
	t.Helper()
	f.use(t, func(ctx context.Context, conn database.Conn) error {
		_, err := conn.Exec(ctx, "-- name: test.do\n"+sql, args...)
		return err
	})
}

func (f *fixture) update(t *testing.T, patch Patch) Settings {
	t.Helper()
	settings, err := f.Update(t.Context(), f.id, patch)
	if err != nil {
		t.Fatal(err)
	}
	return settings
}

func (f *fixture) pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clock = f.clock.Add(d)
}

// thresholds makes a patch of thresholds alone.
func thresholds(values ThresholdValues, from string) Patch {
	patch := &ThresholdPatch{ThresholdValues: values}
	if from != "" {
		patch.EffectiveFrom = &from
	}
	return Patch{Thresholds: patch}
}

func day(text string) training.Date {
	date, err := training.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return date
}

// fieldsOf are the paths of the wrong fields that err names.
func fieldsOf(t *testing.T, err error) map[string]string {
	t.Helper()
	fields := map[string]string{}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok || fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v, want wrong fields", err)
		return nil
	}
	for _, one := range joined.Unwrap() {
		if failure, ok := fault.As(one); ok {
			fields[failure.Field] = failure.Message
		}
	}
	return fields
}
