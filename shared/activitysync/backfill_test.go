package activitysync

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/bench/wire"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/strava"
)

func TestABackfillBringsInTheWholeHistoryAndItsStreams(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 40})
	s.connect(trailRunner)
	s.drain()

	truth := s.truth(trailRunner)
	if len(truth) < 40 {
		t.Fatalf("the simulator has %d activities", len(truth))
	}
	var distance, moving float64
	days := map[string]int{}
	manual := 0
	for _, activity := range truth {
		distance += activity.Distance
		moving += float64(activity.MovingTime)
		days[activity.StartDateLocal[:10]]++
		if activity.Manual {
			manual++
		}
	}
	if got := s.count(`SELECT count(*) FROM activities`); got != len(truth) {
		t.Errorf("%d activities stored, want %d", got, len(truth))
	}
	var gotDistance, gotMoving float64
	s.row(&gotDistance, `SELECT sum((summary->>'distance_m')::float8) FROM activities`)
	s.row(&gotMoving, `SELECT sum((summary->>'moving_s')::float8) FROM activities`)
	if math.Abs(gotDistance-distance) > 0.01 || gotMoving != moving {
		t.Errorf("stored %.1f m and %.0f s, want %.1f m and %.0f s", gotDistance, gotMoving, distance, moving)
	}
	for day, want := range days {
		if got := s.count(`SELECT count(*) FROM activities WHERE local_day = $1::text::date`, day); got != want {
			t.Errorf("%s: %d activities, want %d", day, got, want)
		}
	}
	if got := s.count(`SELECT count(*) FROM activity_streams WHERE samples > 0 AND expires_at > fetched_at`); got != len(truth)-manual {
		t.Errorf("%d streams stored, want %d", got, len(truth)-manual)
	}
	// I22: what claims to be from the stream is, and differs from the average's.
	if got := s.count(`SELECT count(*) FROM activities WHERE quality = 'stream' AND hr_histogram IS NULL`); got != 0 {
		t.Errorf("%d activities claim a stream they have not", got)
	}
	if got := s.count(`SELECT count(*) FROM activities, LATERAL (SELECT figures->'lucia_zone_s' AS s, figures#>>'{lucia,value}' AS lucia) AS known
WHERE (low_s, moderate_s, high_s) IS DISTINCT FROM
      CASE WHEN lucia IS NOT NULL THEN ((s->>0)::integer, (s->>1)::integer, (s->>2)::integer) ELSE (NULL::integer, NULL::integer, NULL::integer) END`); got != 0 {
		t.Errorf("%d activities have other times in the phases than their figures", got)
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE low_s + moderate_s + high_s > 0`); got == 0 {
		t.Error("no activity has time in a phase")
	}
	if got := s.count(`SELECT count(*) FROM activities WHERE quality = 'stream' AND trimp > 0`); got < len(truth)/2 {
		t.Errorf("only %d loads come from streams", got)
	}
	if got := s.count(`SELECT count(*) FROM strava_connections
WHERE backfilled_at IS NOT NULL AND refined_at IS NOT NULL AND synced_at IS NOT NULL AND last_error = ''`); got != 1 {
		t.Errorf("the connection does not say that it is done: %s", s.dump("strava_connections"))
	}
	// I20
	if got := s.count(`SELECT count(*) FROM activities WHERE id > 4294967296`); got != len(truth) {
		t.Errorf("%d ids lie beyond 32 bits, want %d", got, len(truth))
	}
	progress, err := s.service.Progress(s.ctx(), s.account)
	if err != nil || progress.Phase != PhaseDone || progress.Listed != len(truth) || progress.Refined != len(truth) || progress.Pending != 0 {
		t.Errorf("progress %+v (%v)", progress, err)
	}
}

// What a webhook tells of during a long walk over the list is asked for two pages later and not after the last.
func TestALongWalkLetsMoreUrgentWorkGoFirst(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5 * strava.MaxPerPage})
	s.connect(cyclist)
	newest := s.truth(cyclist)[0].ID
	ctx, cancel := context.WithCancel(s.ctx())
	defer cancel()
	var calls []string
	before := func(r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/athlete/activities"):
			calls = append(calls, "page")
		case strings.HasSuffix(r.URL.Path, "/streams"):
			cancel()
		case strings.Contains(r.URL.Path, "/activities/"):
			calls = append(calls, "activity")
		}
		if len(calls) != 2 || strings.HasSuffix(r.URL.Path, "/streams") {
			return
		}
		if _, err := s.admin.Exec(context.Background(), `INSERT INTO due_work (account_id, kind, subject, lane, cursor, due_at)
VALUES ($1, 'reread', $2, 1, '{}', $3)`, s.account, strconv.FormatInt(newest, 10), s.now().Add(-time.Second)); err != nil {
			t.Error(err)
		}
	}
	s.request.Store(&before)
	_ = s.worker.Wake(ctx, message.NewWake(1, s.account)) // ends with the context, at the first samples
	if at := slices.Index(calls, "activity"); at < 2 || at > 4 {
		t.Errorf("the activity is asked for at call %d of %v", at+1, calls)
	}
	if got := len(calls); got != 7+1 {
		t.Errorf("%d calls, want 7 pages, with the two at the end that prove it, and an activity: %v", got, calls)
	}
}

// beforePages calls f before each list call with its number from 1, and ends the work at the first samples.
func (s *system) beforePages(f func(page int)) context.Context {
	ctx, cancel := context.WithCancel(s.ctx())
	s.t.Cleanup(cancel)
	page := 0
	before := func(r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/athlete/activities"):
			page++
			f(page)
		case strings.HasSuffix(r.URL.Path, "/streams"):
			cancel()
		}
	}
	s.request.Store(&before)
	return ctx
}

// While the first page cannot be stored the second is asked for; what keeps the first back is let go only then.
func TestTheNextPageIsFetchedWhileOneIsStored(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2 * strava.MaxPerPage})
	s.connect(cyclist)
	barrier, err := s.admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = barrier.Rollback(context.Background()) })
	ctx := s.beforePages(func(page int) {
		switch page {
		case 1:
			_, err = barrier.Exec(context.Background(), `LOCK TABLE activities IN EXCLUSIVE MODE`)
		case 2:
			err = barrier.Commit(context.Background())
		}
		if err != nil {
			t.Error(err)
		}
	})
	_ = s.worker.Wake(ctx, message.NewWake(1, s.account)) // ends with the context, at the first samples
	if got, want := s.count(`SELECT count(*) FROM activities`), len(s.truth(cyclist)); got != want {
		t.Errorf("%d of %d activities: the first page waited in vain for the second to be asked for", got, want)
	}
}

// Of a first import nothing can stand but what the page before named too: what each page repeats is known without a look.
func TestAFirstImportLooksForNothingThatCannotBeThere(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2*strava.MaxPerPage + 50})
	settings := s.settings("sync")
	dsn, err := url.Parse(settings.URL.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	between, err := wire.Start(dsn.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = between.Close() })
	dsn.Host = between.Address()
	settings.URL = config.NewSecret(dsn.String())
	s.worker.Databases = database.NewDirect(settings, "sync").AsOpener()
	s.connect(cyclist)
	list := func() (comparisons int) {
		t.Helper()
		_ = s.worker.Wake(s.beforePages(func(int) {}), message.NewWake(1, s.account)) // ends with the context, at the first samples
		if got, want := s.count(`SELECT count(*) FROM activities`), len(s.truth(cyclist)); got != want {
			t.Fatalf("%d of %d activities", got, want)
		}
		_, statements := between.Take()
		if !slices.Contains(statements, "due.advance") {
			t.Fatalf("the walk is not in %v", statements)
		}
		for _, name := range statements {
			if name == "activities.stored_summaries" {
				comparisons++
			}
		}
		return comparisons
	}
	if got := list(); got != 0 {
		t.Errorf("the first import looks %d times for what stands", got)
	}
	if _, err := s.admin.Exec(t.Context(), `DELETE FROM due_work; INSERT INTO due_work (account_id, kind, lane, cursor, due_at)
SELECT id, 'backfill', 3, '{}', now() - interval '1 minute' FROM accounts`); err != nil {
		t.Fatal(err)
	}
	if got := list(); got < 3 {
		t.Errorf("a second walk over three pages looks %d times for what stands", got)
	}
}

// A worker whose lease has run out may write an activity that the first import does not look for.
func TestWhatAnotherWorkerWroteIsFoundAllTheSame(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 60})
	s.connect(cyclist)
	want := s.truth(cyclist)
	ctx := s.beforePages(func(page int) {
		if page > 1 {
			return
		}
		for i, activity := range want[7:9] { // the one as it is listed but for its hash, the other long deleted
			if _, err := s.admin.Exec(context.Background(), `INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day,
    summary, summary_hash, figures, quality, formula_version, streams, deleted_at)
VALUES ($1, $2, 'Ride', 'of before', $3, '', '2020-01-01', '{}', '', '{}', 'none', 1, 'pending', CASE WHEN $4 = 1 THEN now() END)`,
				s.account, activity.ID, activity.StartDate, i); err != nil {
				t.Error(err)
			}
		}
	})
	_ = s.worker.Wake(ctx, message.NewWake(1, s.account)) // ends with the context, at the first samples
	if got := s.count(`SELECT count(*) FROM activities WHERE name <> 'of before' AND local_day > '2020-01-01' AND deleted_at IS NULL`); got != len(want) {
		t.Errorf("%d of %d activities stand as they are listed", got, len(want))
	}
	if got := s.log.count(logging.EventSyncFailed); got > 1 { // the samples, whose call was ended
		t.Errorf("%d units failed: %s", got, s.log)
	}
}

func TestAWalkThatIsAskedForAgainBeginsAnewAtOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5 * strava.MaxPerPage})
	s.connect(cyclist)
	pages := 0
	ctx := s.beforePages(func(page int) {
		if pages = page; page == 2 {
			if _, err := s.admin.Exec(context.Background(), `UPDATE due_work SET revision = revision + 1, cursor = '{}' WHERE kind = 'backfill'`); err != nil {
				t.Error(err)
			}
		}
	})
	_ = s.worker.Wake(ctx, message.NewWake(1, s.account)) // ends with the context, at the first samples
	// Three before it is noticed at the latest, and the seven of a whole walk.
	if pages < 8 || pages > 10 {
		t.Errorf("%d pages are asked for, want a walk of 7 after at most 3", pages)
	}
}

func TestAFailureAfterProgressIsTheFirst(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5 * strava.MaxPerPage})
	s.connect(cyclist)
	if _, err := s.admin.Exec(t.Context(), `UPDATE due_work SET refusals = 7, attempts = 7`); err != nil {
		t.Fatal(err)
	}
	ctx := s.beforePages(func(page int) {
		if page == 4 {
			s.fault(stravasim.Fault{Kind: stravasim.FaultCut, Endpoint: "activities", Count: 1})
		}
	})
	if err := s.worker.Wake(ctx, message.NewWake(1, s.account)); err != nil {
		t.Fatal(err)
	}
	var refusals int
	var due time.Time
	s.row(&refusals, `SELECT refusals FROM due_work WHERE kind = 'backfill'`)
	s.row(&due, `SELECT due_at FROM due_work WHERE kind = 'backfill'`)
	if wait := due.Sub(s.now()); refusals != 1 || wait > firstBackoff {
		t.Errorf("after three pages the row waits %v for refusal %d, want the first wait", wait, refusals)
	}
}

// panicking is a transport with a mistake in it.
type panicking struct{}

func (panicking) RoundTrip(*http.Request) (*http.Response, error) { panic("a mistake") }

func TestAPanicOfACallIsTheInvocations(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5})
	s.connect(cyclist)
	s.worker.Strava = strava.NewClient(config.Strava{APIURL: s.strava.URL}, &http.Client{Transport: panicking{}})
	defer func() {
		if cause := fmt.Sprint(recover()); !strings.Contains(cause, "a mistake") || !strings.Contains(cause, "RoundTrip") {
			t.Errorf("recovered %q, want the mistake and where it was", cause)
		}
	}()
	_ = s.wake()
}

func TestDeliveringEveryMessageAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 12})
	s.connect(cyclist)
	s.drain()
	before, calls := s.everything(), s.calls("streams")+s.calls("activities")
	for range 3 {
		if err := s.wake(); err != nil {
			t.Fatal(err)
		}
	}
	if after := s.everything(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
	if again := s.calls("streams") + s.calls("activities"); again != calls {
		t.Errorf("%d further calls of Strava", again-calls)
	}
	// A further look that finds nothing new leaves the activities' rows alone, updated_at too.
	s.pass(2 * askEvery)
	rows := s.dump("activities") + s.dump("activity_streams")
	if _, err := s.service.AskSync(s.ctx(), s.account); err != nil {
		t.Fatal(err)
	}
	s.drain()
	if again := s.calls("activities"); again <= calls-s.calls("streams") {
		t.Error("the look did not happen")
	}
	if after := s.dump("activities") + s.dump("activity_streams"); after != rows {
		t.Error("a look that found nothing new changed rows")
	}
}

// changing are the columns that two runs may differ in: times, nonces and numbers that count attempts at them.
var changing = []string{"created_at", "updated_at", "fetched_at", "expires_at", "synced_at", "backfilled_at", "refined_at",
	"connected_at", "sealed_access_token", "sealed_refresh_token", "token_expires_at", "id_", "due_at", "lease_until",
	"lease_token", "origin_trace", "revision", "generation", "attempts"}

func TestAWorkerKilledAnywhereLeavesWorkThatEndsTheSame(t *testing.T) {
	t.Parallel()
	config := stravasim.Config{Activities: 15, Until: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	calm := setup(t, config)
	calm.connect(triathlete)
	calm.drain()
	want := calm.dump("activities", changing...) + calm.dump("activity_streams", changing...)

	s := setup(t, config)
	s.connect(triathlete)
	// Every third call of Strava, the server ends the worker's connection: nothing can be settled or released any more.
	var calls, kills atomic.Int64
	kill := func(*http.Request) {
		if calls.Add(1)%3 == 0 {
			kills.Add(1)
			s.endConnections()
		}
	}
	s.request.Store(&kill)
	for range 60 {
		_ = s.wake() // an error asks for another delivery, which comes
		s.pass(leaseTime + time.Second)
		if s.count(`SELECT count(*) FROM due_work WHERE kind NOT IN ('incremental', 'reconcile')`) == 0 {
			break
		}
	}
	s.request.Store(nil)
	s.drain()
	if kills.Load() < 4 {
		t.Fatalf("only %d kills", kills.Load())
	}
	if got := s.dump("activities", changing...) + s.dump("activity_streams", changing...); got != want {
		t.Errorf("after %d kills:\n%s\nundisturbed:\n%s", kills.Load(), got, want)
	}
	// No finished call is made again, but those under way at a kill: one asked for and one ahead of it.
	if extra := s.calls("streams") - calm.calls("streams"); extra > 2*int(kills.Load()) {
		t.Errorf("%d streams were asked for again after %d kills", extra, kills.Load())
	}
}

func TestALongHistoryIsWalkedPageByPage(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Athletes: 4, Activities: 450})
	s.connect(beginner)
	for s.count(`SELECT count(*) FROM due_work WHERE kind = 'backfill'`) > 0 {
		if err := s.worker.Run(s.ctx(), s.session(), s.claim()); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := s.count(`SELECT count(*) FROM activities`), len(s.truth(beginner)); got != want || want < 450 {
		t.Errorf("%d of %d activities", got, want)
	}
	if pages := s.calls("activities"); pages > 5 {
		t.Errorf("%d pages for 450 activities", pages)
	}
	// I17: the whole history has a provisional load before any stream was asked for.
	if got := s.calls("streams"); got != 0 {
		t.Errorf("%d streams asked for before the list was through", got)
	}
	progress, err := s.service.Progress(s.ctx(), s.account)
	if err != nil || progress.Phase != PhaseRefining || progress.ETA == nil {
		t.Errorf("progress %+v (%v)", progress, err)
	}
}

// I21: an evening run belongs to the evening's day.
func TestAnEveningRunStaysOnItsLocalDay(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3, Until: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)})
	s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(triathlete, 10)+"/activities", map[string]any{
		"start_date": "2026-03-11T01:30:00Z", "timezone": "America/New_York", "minutes": 30})
	s.connect(triathlete)
	s.drain()
	var got string
	s.row(&got, `SELECT local_day::text || ' ' || start_local FROM activities WHERE start_at = '2026-03-11T01:30:00Z'`)
	if want := "2026-03-10 2026-03-10T21:30:00Z"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// I18: a sport that nobody knows counts like any other.
func TestAnUnknownSportIsKept(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 5})
	s.fault(stravasim.Fault{Kind: stravasim.FaultSport, Endpoint: "activities"})
	s.connect(trailRunner)
	s.drain()
	if got := s.count(`SELECT count(*) FROM activities WHERE external_km IS NOT NULL`); got != len(s.truth(trailRunner)) {
		t.Errorf("%d activities with an external load, want %d", got, len(s.truth(trailRunner)))
	}
	if strings.Contains(s.dump("activities"), `"sport_type": "TrailRun"`) {
		t.Error("the fault did not strike")
	}
}
