package database_test

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
)

// BenchmarkPooled runs the same statement through Pooled and through a bare pgxpool, and reports the ratio of their times
// (goal: ≤ 1.03): the least there can be to read, two rows written and committed as a registration does, and no statement
// at all, which shows the time that neither the server nor the wire takes.
func BenchmarkPooled(b *testing.B) {
	b.Run("read", func(b *testing.B) { compare(b, readQuery) })
	b.Run("registration", func(b *testing.B) {
		compare(b, `-- name: bench.write
			WITH first AS (INSERT INTO notes (body) VALUES (gen_random_uuid()) RETURNING id)
			INSERT INTO notes (body) SELECT gen_random_uuid() FROM first RETURNING id + $1::bigint`)
	})
	b.Run("nothing", func(b *testing.B) { compare(b, "") })
}

const readQuery = "-- name: bench.read\nSELECT $1::bigint + 1"

// pairs is how often each side runs in one round.
const pairs = 500

// compare runs one round per iteration, and reports medians over the rounds: of each side's median time, and of their
// ratio. Within a round the sides take turns in an order drawn for each pair, so that neither always follows the other
// and both see the same machine.
func compare(b *testing.B, query string) {
	pooled, bare := sides(b, query)
	sidesRun := func(pooledTimes, bareTimes *[]time.Duration) {
		one := func(do func() error, times *[]time.Duration) {
			began := time.Now()
			if err := do(); err != nil {
				b.Fatal(err)
			}
			*times = append(*times, time.Since(began))
		}
		if rand.N(2) == 0 {
			one(pooled, pooledTimes)
			one(bare, bareTimes)
			return
		}
		one(bare, bareTimes)
		one(pooled, pooledTimes)
	}
	var pooledMedians, bareMedians []time.Duration
	var ratios []float64
	round := func() {
		pooledTimes, bareTimes := make([]time.Duration, 0, pairs), make([]time.Duration, 0, pairs)
		for range pairs {
			sidesRun(&pooledTimes, &bareTimes)
		}
		p, q := median(pooledTimes), median(bareTimes)
		pooledMedians, bareMedians = append(pooledMedians, p), append(bareMedians, q)
		ratios = append(ratios, float64(p)/float64(q))
	}
	round() // both warm
	pooledMedians, bareMedians, ratios = nil, nil, nil
	for b.Loop() {
		round()
	}
	b.ReportMetric(float64(median(pooledMedians).Nanoseconds()), "pooled-ns")
	b.ReportMetric(float64(median(bareMedians).Nanoseconds()), "bare-ns")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(float64(len(ratios)), "rounds")
	b.ReportMetric(testing.AllocsPerRun(500, func() { _ = pooled() }), "pooled-allocs")
	b.ReportMetric(testing.AllocsPerRun(500, func() { _ = bare() }), "bare-allocs")
}

// sides gives the same operation on Pooled and on a bare pool of the same size: the query, or nothing but taking a
// connection and handing it back.
func sides(b *testing.B, query string) (pooled, bare func() error) {
	s := setup(b)
	// A request's context has a deadline, which the driver watches.
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	b.Cleanup(cancel)
	ctx = logging.Into(ctx, logging.New(s.log, logging.Options{Level: slog.LevelInfo}))
	p := s.pooled(s.settings())
	c, err := pgxpool.ParseConfig(s.DSN("onboarding"))
	if err != nil {
		b.Fatal(err)
	}
	c.MinConns, c.MaxConns = int32(s.settings().PoolMin), int32(s.settings().PoolMax)
	pool, err := pgxpool.NewWithConfig(ctx, c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	if query == "" {
		return func() error { return p.Use(ctx, nothing) }, func() error {
			conn, err := pool.Acquire(ctx)
			if err == nil {
				conn.Release()
			}
			return err
		}
	}
	var n int64
	return func() error {
		return p.Use(ctx, func(ctx context.Context, conn database.Conn) error {
			return conn.QueryRow(ctx, query, int64(1)).Scan(&n)
		})
	}, func() error { return pool.QueryRow(ctx, query, int64(1)).Scan(&n) }
}

func median[T cmp.Ordered](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	return sorted[len(sorted)/2]
}

// BenchmarkAlone runs one side only, for profiles: what Pooled has beyond the bare pool is its cost.
//
//	go test -run '^$' -bench Alone/pooled/nothing -cpuprofile cpu.out ./shared/database
func BenchmarkAlone(b *testing.B) {
	for name, query := range map[string]string{"read": readQuery, "nothing": ""} {
		alone := func(do func(b *testing.B) func() error) func(*testing.B) {
			return func(b *testing.B) {
				side := do(b)
				b.ReportAllocs()
				for b.Loop() {
					if err := side(); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		b.Run("pooled/"+name, alone(func(b *testing.B) func() error { pooled, _ := sides(b, query); return pooled }))
		b.Run("bare/"+name, alone(func(b *testing.B) func() error { _, bare := sides(b, query); return bare }))
	}
}
