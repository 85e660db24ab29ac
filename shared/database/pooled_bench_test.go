package database_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// BenchmarkPooled runs the same statement through Pooled and through a bare pgxpool, in turns within one run, and reports
// the ratio of the medians (goal: ≤ 1.03): the least there can be to read, and two rows written and committed as a
// registration does.
func BenchmarkPooled(b *testing.B) {
	b.Run("read", func(b *testing.B) { compare(b, "-- name: bench.read\nSELECT $1::bigint + 1") })
	b.Run("registration", func(b *testing.B) {
		compare(b, `-- name: bench.write
			WITH first AS (INSERT INTO notes (body) VALUES (gen_random_uuid()) RETURNING id)
			INSERT INTO notes (body) SELECT gen_random_uuid() FROM first RETURNING id + $1::bigint`)
	})
}

func compare(b *testing.B, query string) {
	s := setup(b)
	ctx := logging.Into(context.Background(), logging.New(s.log, logging.Options{Level: slog.LevelInfo}))
	p := s.pooled(s.settings())
	bare, err := pgxpool.New(ctx, s.DSN("onboarding"))
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()

	var n int64
	pooled := func() error {
		return p.Use(ctx, func(ctx context.Context, conn database.Conn) error {
			return conn.QueryRow(ctx, query, int64(1)).Scan(&n)
		})
	}
	plain := func() error { return bare.QueryRow(ctx, query, int64(1)).Scan(&n) }
	for range 200 { // both warm
		if err := pooled(); err != nil {
			b.Fatal(err)
		}
		if err := plain(); err != nil {
			b.Fatal(err)
		}
	}
	var pooledTimes, plainTimes []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		if err := pooled(); err != nil {
			b.Fatal(err)
		}
		between := time.Now()
		if err := plain(); err != nil {
			b.Fatal(err)
		}
		pooledTimes = append(pooledTimes, between.Sub(began))
		plainTimes = append(plainTimes, time.Since(between))
	}
	b.StopTimer()
	slices.Sort(pooledTimes)
	slices.Sort(plainTimes)
	median := func(d []time.Duration) float64 { return float64(d[len(d)/2].Nanoseconds()) }
	b.ReportMetric(median(pooledTimes), "pooled-ns")
	b.ReportMetric(median(plainTimes), "bare-ns")
	b.ReportMetric(median(pooledTimes)/median(plainTimes), "ratio")
	b.ReportMetric(testing.AllocsPerRun(500, func() { _ = pooled() }), "pooled-allocs")
	b.ReportMetric(testing.AllocsPerRun(500, func() { _ = plain() }), "bare-allocs")
}
