package activitysync

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/bench/wire"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
)

// recorder answers what it has answered before at once, as a Strava that takes no time.
type recorder struct {
	next    http.Handler
	answers sync.Map // by request, *httptest.ResponseRecorder
	calls   atomic.Int64
	streams atomic.Pointer[func()] // called before the first call for samples
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if strings.HasPrefix(request.URL.Path, "/oauth") || request.Method != http.MethodGet {
		r.next.ServeHTTP(w, request)
		return
	}
	if strings.HasSuffix(request.URL.Path, "/streams") {
		if first := r.streams.Swap(nil); first != nil {
			(*first)()
		}
	}
	r.calls.Add(1)
	known, ok := r.answers.Load(request.RequestURI)
	if !ok {
		answer := httptest.NewRecorder()
		r.next.ServeHTTP(answer, request)
		known, _ = r.answers.LoadOrStore(request.RequestURI, answer)
	}
	answer := known.(*httptest.ResponseRecorder)
	maps.Copy(w.Header(), answer.Header())
	w.Header().Set("Content-Length", strconv.Itoa(answer.Body.Len()))
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// processorTime is what this process has used, the simulator's part included.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkHistory measures phase one of a first import from a Strava that answers at once, from the wake-up to the unit's end, as
// activities per second, and against a bare COPY of the same rows that is merged from a temporary table in one transaction. Both
// open a connection of their own, and go in turns.
func BenchmarkHistory(b *testing.B) {
	for _, activities := range []int{600, 2000, 4000} {
		b.Run(strconv.Itoa(activities), func(b *testing.B) {
			s := setup(b, stravasim.Config{Activities: activities})
			s.settle(b)
			strava := s.answerAtOnce()
			list := func() time.Duration {
				s.forget(b)
				s.connect(cyclist)
				s.log.reset()
				runtime.GC()
				ctx, cancel := context.WithCancel(s.ctx())
				defer cancel()
				end := func() { cancel() }
				strava.streams.Store(&end)
				began := time.Now()
				_ = s.worker.Wake(ctx, message.NewWake(1, s.account)) // ends with the context
				ended, err := time.Parse(time.RFC3339Nano, s.log.last(b, logging.EventSyncCompleted)["time"].(string))
				if err != nil {
					b.Fatal(err)
				}
				return ended.Sub(began)
			}
			list() // the simulator makes its answers
			rows := s.listedRows(b)
			if len(rows) < activities {
				b.Fatalf("%d activities are listed", len(rows))
			}
			var listed, shares []float64
			for b.Loop() {
				took := list().Seconds()
				s.forget(b)
				listed = append(listed, took)
				shares = append(shares, s.copyAndMerge(b, rows).Seconds()/took)
			}
			b.ReportMetric(float64(len(rows))/median(listed), "listed/s")
			b.ReportMetric(median(shares), "of-COPY")
			b.ReportMetric(0, "ns/op")
		})
	}
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

// answerAtOnce makes the simulator's answers before they are asked for.
func (s *system) answerAtOnce() *recorder {
	strava := &recorder{next: s.strava.Config.Handler}
	s.strava.Config.Handler = strava
	return strava
}

// settle makes the tables what they are where others have been before: twenty athletes' activities stand in them, and Postgres
// knows.
func (s *system) settle(b *testing.B) {
	b.Helper()
	for _, sql := range []string{
		`INSERT INTO accounts (email, password_hash) SELECT 'athlete-' || n || '@example.com', 'hash' FROM generate_series(1, 20) AS n`,
		`INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash, figures, quality,
    formula_version, streams)
SELECT accounts.id, accounts.id * 10000 + n, 'Run', 'Run', TIMESTAMPTZ '2020-01-01 08:00Z' + n * interval '1 day', '', DATE '2020-01-01' + n,
       jsonb_build_object('padding', repeat('x', 500)), '', jsonb_build_object('padding', repeat('x', 1000)), 'average', 1, 'stored'
FROM accounts, generate_series(1, 1000) AS n WHERE accounts.id <> $1`,
	} {
		args := []any{s.account}[:strings.Count(sql, "$1")]
		if _, err := s.admin.Exec(b.Context(), sql, args...); err != nil {
			b.Fatal(err)
		}
	}
}

// forget takes everything of Strava's about the account out of the database, as if it had never been there.
func (s *system) forget(b *testing.B) {
	b.Helper()
	tables := []string{"strava_connections", "activity_streams", "activities", "due_work"}
	for _, table := range tables {
		if _, err := s.admin.Exec(b.Context(), `DELETE FROM `+table+` WHERE account_id = $1`, s.account); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.admin.Exec(b.Context(), `VACUUM (ANALYZE) `+strings.Join(tables, ", ")); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkImport measures phase two of a first import from a Strava that answers at once, as activities per second, and what
// an activity, and an hour of its samples of every kind, cost in both phases: in processor time of this process, without what
// serving the same answers costs, in round trips, and in bytes.
func BenchmarkImport(b *testing.B) {
	s := setup(b, stravasim.Config{Activities: 600})
	strava := s.answerAtOnce()
	settings := s.settings("sync")
	dsn, err := url.Parse(settings.URL.Reveal())
	if err != nil {
		b.Fatal(err)
	}
	between, err := wire.Start(dsn.Host)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = between.Close() })

	run := func(counted bool) (two, processor time.Duration) {
		s.forget(b)
		worker := *s.worker
		if counted {
			dsn.Host = between.Address()
			direct := settings
			direct.URL = config.NewSecret(dsn.String())
			s.worker.Databases = database.NewDirect(direct, "sync").AsOpener()
			defer func() { *s.worker = worker }()
		}
		s.connect(cyclist)
		runtime.GC()
		spent := processorTime(b)
		var turned time.Time
		turn := func() { turned = time.Now() }
		strava.streams.Store(&turn)
		s.drain()
		return time.Since(turned), processorTime(b) - spent
	}
	run(false) // the simulator makes its answers
	strava.calls.Store(0)
	run(true)
	calls := strava.calls.Load()
	trips, statements := between.Take()
	activities, samples := s.count(`SELECT count(*) FROM activities`), s.count(`SELECT count(*) FROM activity_streams`)
	var hour, length float64 // bytes of an hour of samples, of all that was recorded; how many an activity has
	s.row(&hour, `SELECT 3600.0 * sum(pg_column_size(packed)) / sum(samples) FROM activity_streams`)
	s.row(&length, `SELECT avg(samples) FROM activity_streams`)

	var second, spent []float64
	for b.Loop() {
		two, processor := run(false)
		second = append(second, float64(samples)/two.Seconds())
		before := processorTime(b)
		strava.answers.Range(func(uri, _ any) bool { // what serving costs, but for the network
			strava.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(b.Context(), http.MethodGet, uri.(string), http.NoBody))
			return true
		})
		spent = append(spent, (processor-(processorTime(b)-before)).Seconds()*1000/float64(activities))
	}
	b.ReportMetric(median(second), "refined/s")
	b.ReportMetric(median(spent), "CPU-ms/activity")
	b.ReportMetric(float64(trips)/float64(calls), "trips/call")
	b.ReportMetric(float64(len(statements))/float64(activities), "statements/activity")
	b.ReportMetric(hour, "B/h-of-samples")
	b.ReportMetric(length, "samples/activity")
	b.ReportMetric(median(spent)/length*3600, "CPU-ms/h-of-samples")
	b.ReportMetric(0, "ns/op")
}

// listedColumns are what the list writes.
const listedColumns = "account_id, id, sport_type, name, start_at, start_local, time_zone, local_day, summary, summary_hash, figures, trimp, tss, external_km, quality, formula_version, streams, low_s, moderate_s, high_s, peak_hr"

func (s *system) listedRows(b *testing.B) (rows [][]any) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), s.db.SuperuserDSN())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
	texts := strings.NewReplacer(" summary,", " summary::text,", " figures,", " figures::text,").Replace(listedColumns)
	found, err := conn.Query(b.Context(), `SELECT `+texts+` FROM activities WHERE account_id = $1`, s.account)
	if err != nil {
		b.Fatal(err)
	}
	if rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }); err != nil {
		b.Fatal(err)
	}
	return rows
}

// copyAndMerge writes rows of the list into the empty table as fast as Postgres takes them, and gives how long it took.
func (s *system) copyAndMerge(b *testing.B, rows [][]any) time.Duration {
	b.Helper()
	columns := strings.Split(listedColumns, ", ")
	var merged []string
	for _, column := range columns[2:] {
		merged = append(merged, column+" = excluded."+column)
	}
	began := time.Now()
	conn, err := pgx.Connect(b.Context(), s.db.SuperuserDSN())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(b.Context())) }()
	tx, err := conn.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(b.Context())) }()
	if _, err := tx.Exec(b.Context(), `CREATE TEMPORARY TABLE listed ON COMMIT DROP AS SELECT `+listedColumns+` FROM activities LIMIT 0`); err != nil {
		b.Fatal(err)
	}
	if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{"listed"}, columns, pgx.CopyFromRows(rows)); err != nil {
		b.Fatal(err)
	}
	if _, err := tx.Exec(b.Context(), fmt.Sprintf(`INSERT INTO activities (%[1]s) SELECT %[1]s FROM listed
ON CONFLICT (account_id, id) DO UPDATE SET %[2]s`, listedColumns, strings.Join(merged, ", "))); err != nil {
		b.Fatal(err)
	}
	if err := tx.Commit(b.Context()); err != nil {
		b.Fatal(err)
	}
	return time.Since(began)
}

// counter counts what is published.
type counter int

func (c *counter) PublishAll(_ context.Context, _ message.Topic, bodies []any) error {
	*c += counter(len(bodies))
	return nil
}

// BenchmarkDispatch100000 wakes the workers of 100,000 athletes that have something due.
func BenchmarkDispatch100000(b *testing.B) {
	s := setup(b, stravasim.Config{Activities: 1})
	for _, sql := range []string{
		`INSERT INTO accounts (email, password_hash) SELECT 'athlete-' || n || '@example.com', 'hash' FROM generate_series(1, 100000) AS n`,
		`INSERT INTO due_work (account_id, kind, lane, due_at) SELECT id, 'incremental', 1, now() - interval '1 minute' FROM accounts`,
		`ANALYZE due_work`,
	} {
		if _, err := s.admin.Exec(b.Context(), sql); err != nil {
			b.Fatal(err)
		}
	}
	var most uint64
	for b.Loop() {
		published := counter(0)
		dispatcher := Dispatcher{Databases: s.direct("dispatch").AsOpener(), Publisher: &published, Now: s.now}
		if err := dispatcher.Tick(s.ctx()); err != nil {
			b.Fatal(err)
		}
		if published < 100_000 {
			b.Fatalf("%d are woken", published)
		}
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		most = max(most, memory.HeapSys)
		if bytes.Contains(s.log.text.Bytes(), []byte(`"severity":"ERROR"`)) {
			b.Fatal(s.log)
		}
	}
	b.ReportMetric(float64(most)/1e6, "heap-MB")
}
