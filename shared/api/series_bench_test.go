package api

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// BenchmarkTrainingLoad answers GET /v1/training-load over ten years of days, session and all, and in turns runs the bare
// query and the bare encoding of the same columns. It reports both medians and their ratio (goal: ≤ 1.3, about 5 ms).
func BenchmarkTrainingLoad(b *testing.B) {
	s := setup(b)
	person := s.register("ada@example.com")
	person.call("PATCH", "/v1/settings", profile).wants(http.StatusOK)
	accountID := int64(s.count(`SELECT max(id) FROM accounts`))
	s.exec(`INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash,
    figures, trimp, tss, external_km, quality, formula_version, streams)
SELECT $1, day, 'Run', 'Run', now() - day * interval '1 day', '', current_date - day, '{}', '', '{}',
    40 + 37.123456 * random(), 30 + 50.654321 * random(), 10 * random(), 'stream', 1, 'stored'
FROM generate_series(0, 3652) AS day WHERE day % 4 > 0`, accountID)
	if _, err := s.admin.Exec(b.Context(), `VACUUM ANALYZE activities`); err != nil {
		b.Fatal(err)
	}
	ctx := silent(context.Background())
	columns, meta, err := s.api.Load.Series(ctx, accountID, load.FromStart, load.UntilToday, training.LoadTRIMP)
	if err != nil {
		b.Fatal(err)
	}
	handler := quiet(s.api.Handler())
	request := person.request("GET", "/v1/training-load", nil)
	for _, cookie := range person.client.Jar.Cookies(s.api.PublicURL) {
		request.AddCookie(cookie)
	}
	size := 0
	answer := func() {
		sink := &unrouted{header: http.Header{}}
		if handler.ServeHTTP(sink, request); sink.status != http.StatusOK {
			b.Fatalf("answered %d", sink.status)
		}
	}
	// The query runs on the connection that answers: one server process can be a fifth slower than another for as long as it
	// lives, by what its memory allocator has learnt.
	least := func() (took time.Duration) {
		err := s.pool.Use(ctx, func(ctx context.Context, conn database.Conn) error {
			began := time.Now()
			_, err := store.LoadDayHistory(ctx, conn, accountID)
			took = time.Since(began)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		began := time.Now()
		text, err := (&TrainingLoad{meta, columns}).AppendJSON(nil)
		if err != nil {
			b.Fatal(err)
		}
		size = len(text)
		return took + time.Since(began)
	}
	for range 20 { // both warm
		answer()
		least()
	}
	var answers, leasts []time.Duration
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		began := time.Now()
		answer()
		answers = append(answers, time.Since(began))
		leasts = append(leasts, least())
	}
	b.StopTimer()
	slices.Sort(answers)
	slices.Sort(leasts)
	median, bound := answers[b.N/2], leasts[b.N/2]
	b.ReportMetric(float64(median.Microseconds()), "µs/answer")
	b.ReportMetric(float64(bound.Microseconds()), "µs/query+encoding")
	b.ReportMetric(float64(median)/float64(bound), "ratio")
	b.ReportMetric(float64(size), "bytes")
}
