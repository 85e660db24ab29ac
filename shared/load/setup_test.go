package load

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// late is an evening in Greenwich, when it is already tomorrow in Tokyo.
var late = time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)

var lateDay = training.NewDate(2026, 11, 20)

// fixture is an athlete of thirty with activities, on a real database, read as onboarding and written as sync.
type fixture struct {
	*postgrestest.DB
	t       testing.TB
	pool    *counted
	session *counted
	service *Service
}

func setup(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{DB: postgrestest.New(t), t: t}
	pool := database.NewPooled(f.settings("onboarding"), "onboarding")
	session := database.NewDirect(f.settings("sync"), "sync").Open()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(logging.Into(context.Background(), slog.New(slog.DiscardHandler)), 5*time.Second)
		defer cancel()
		session.Close(ctx)
		pool.Close(ctx)
	})
	f.pool, f.session = &counted{Database: pool}, &counted{Database: session}
	f.service = New(f.pool)
	f.service.now = func() time.Time { return late }
	return f
}

func (f *fixture) settings(login string) config.Database {
	return config.Database{
		URL: config.NewSecret(f.DSN(login)), PoolMin: 1, PoolMax: 2, FallbackMax: 1,
		AcquireTimeout: 5 * time.Second, ConnectTimeout: 5 * time.Second, PingTimeout: 250 * time.Millisecond,
		ResetAfter: 2 * time.Second, ProbeInterval: 5 * time.Second, StatementTimeout: 30 * time.Second,
		LockTimeout: 5 * time.Second, IdleInTransactionTimeout: 15 * time.Second, SlowQuery: 10 * time.Second,
	}
}

// use runs f on a connection of the given kind and fails the test on an error.
func (f *fixture) use(db database.Database, do func(ctx context.Context, conn database.Conn) error) {
	f.t.Helper()
	if err := db.Use(f.t.Context(), do); err != nil {
		f.t.Fatal(err)
	}
}

// athlete registers an account whose athlete is a man with resting 50, maximum 190 and threshold power 250.
func (f *fixture) athlete(email string) (id int64) {
	f.t.Helper()
	f.use(f.pool, func(ctx context.Context, conn database.Conn) (err error) {
		id, _, err = store.Register(ctx, conn, store.Registration{
			Email: email, PasswordHash: "hash",
			Session: store.NewSession{TokenHash: sha256.Sum256([]byte(email)), OpenedAt: late, ExpiresAt: late.Add(time.Hour)},
		})
		return err
	})
	f.change(id, func(athlete *store.Athlete) { athlete.Sex = training.SexMale },
		store.Threshold{Kind: store.ThresholdRestingHR, EffectiveFrom: lateDay - 5000, Value: 50},
		store.Threshold{Kind: store.ThresholdMaxHR, EffectiveFrom: lateDay - 5000, Value: 190},
		store.Threshold{Kind: store.ThresholdFTP, EffectiveFrom: lateDay - 5000, Value: 250})
	return id
}

// change alters the athlete and sets thresholds.
func (f *fixture) change(id int64, alter func(*store.Athlete), thresholds ...store.Threshold) {
	f.t.Helper()
	f.use(f.pool, func(ctx context.Context, conn database.Conn) error {
		athlete, err := store.LoadAthlete(ctx, conn, id)
		if err != nil {
			return err
		}
		alter(&athlete)
		if err := store.UpdateAthlete(ctx, conn, athlete, late); err != nil {
			return err
		}
		return store.SetThresholds(ctx, conn, id, thresholds)
	})
}

// recorded is an activity as sync has it before its figures are computed.
type recorded struct {
	store.Activity
	histogram *training.Histogram
}

// history makes n activities on the days before today, newest first, from a seed: every fifth on the day of another one,
// some without heart rate, some with its average only, the others with samples.
func history(n int, seed uint64) []recorded {
	random := rand.New(rand.NewPCG(seed, 1))
	activities := make([]recorded, n)
	day := lateDay
	for i := range activities {
		if i%5 != 0 {
			day = day.AddDays(-1 - random.IntN(2))
		}
		sport := []string{"Run", "Ride", "Swim", "Padel"}[random.IntN(4)]
		summary := training.Summary{SportType: sport, MovingS: new(1800 + 3600*random.Float64()), DistanceM: new(4000 + 20000*random.Float64())}
		a := recorded{Activity: store.Activity{
			ID: 16_000_000_000 - int64(i)*7, SportType: sport, Name: fmt.Sprint("Activity ", i), StartAt: day.Time().Add(12 * time.Hour),
			StartLocal: day.String() + "T12:00:00Z", LocalDay: day, SummaryHash: []byte{1}, Streams: store.StreamsNone}}
		if kind := random.IntN(8); kind > 0 {
			summary.AverageHR = new(float64(110 + random.IntN(60)))
			if kind > 1 {
				a.histogram = &training.Histogram{IncludedS: uint32(*summary.MovingS)}
				for left := a.histogram.IncludedS; left > 0; {
					seconds := min(left, uint32(1+random.IntN(200)))
					a.histogram.Seconds[90+random.IntN(95)] += seconds
					left -= seconds
				}
			}
		}
		if sport == "Ride" {
			summary.DeviceWatts = new(true)
			a.StreamFigures = new(training.ComputeStreamFigures(summary, training.Streams{
				Time: seconds(1500), Watts: watts(1500, random), Moving: nil}))
		}
		a.Summary = summary
		activities[i] = a
	}
	return activities
}

func seconds(n int) []int32 {
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(i)
	}
	return at
}

func watts(n int, random *rand.Rand) []int16 {
	power := make([]int16, n)
	for i := range power {
		power[i] = int16(150 + random.IntN(150))
	}
	return power
}

// ingest stores activities as sync does, with the figures of the athlete's profiles as they are now.
func (f *fixture) ingest(id int64, activities []recorded) {
	f.t.Helper()
	f.use(f.session, func(ctx context.Context, conn database.Conn) error {
		profiles, err := store.LoadProfiles(ctx, conn, id)
		if err != nil {
			return err
		}
		rows := make([]store.SummaryRow, len(activities))
		batch := &pgx.Batch{}
		for i, a := range activities {
			a.Figures = training.Compute(a.Summary, a.histogram, a.StreamFigures, profiles.On(a.LocalDay, a.SportType))
			if rows[i], err = store.NewSummaryRow(&a.Activity); err != nil {
				return err
			}
			var packed []byte
			if a.histogram != nil {
				if packed, err = a.histogram.MarshalBinary(); err != nil {
					return err
				}
			}
			batch.Queue(`UPDATE activities SET hr_histogram = $3, stream_figures = $4 WHERE account_id = $1 AND id = $2`,
				id, a.ID, packed, a.StreamFigures)
		}
		if _, err := store.UpsertActivities(ctx, conn, id, rows); err != nil {
			return err
		}
		return conn.SendBatch(ctx, batch).Close()
	})
}

// counted counts the statements sent through a database.
type counted struct {
	database.Database
	statements atomic.Int64
	failAt     int64 // the transaction that breaks at its end; 0 for none
	begun      int64
}

func (c *counted) Use(ctx context.Context, f func(context.Context, database.Conn) error) error {
	return c.Database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		return f(ctx, &countedConn{conn, &c.statements})
	})
}

func (c *counted) InTx(ctx context.Context, f func(context.Context, database.Conn) error) error {
	c.begun++
	return c.Database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		if err := f(ctx, &countedConn{conn, &c.statements}); err != nil || c.begun != c.failAt {
			return err
		}
		return errKilled
	})
}

type countedConn struct {
	database.Conn
	statements *atomic.Int64
}

func (c *countedConn) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	c.statements.Add(1)
	return c.Conn.Query(ctx, sql, args...)
}

func (c *countedConn) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	c.statements.Add(1)
	return c.Conn.QueryRow(ctx, sql, args...)
}

func (c *countedConn) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	c.statements.Add(int64(batch.Len()))
	return c.Conn.SendBatch(ctx, batch)
}
