package store

import (
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

// dueAccount is an account, and a connection of the login that works its rows off.
func dueAccount(t *testing.T) (*postgrestest.DB, *pgx.Conn, int64) {
	t.Helper()
	db := postgrestest.New(t)
	return db, connect(t, db, "sync"), newAccount(t, connect(t, db, "onboarding"), "due@example.com")
}

func enqueue(t *testing.T, conn *pgx.Conn, request DueRequest) int64 {
	t.Helper()
	id, err := EnqueueDue(t.Context(), conn, request)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func claim(t *testing.T, conn *pgx.Conn, account int64, now time.Time) Due {
	t.Helper()
	due, found, err := ClaimDue(t.Context(), conn, account, now, time.Minute)
	if err != nil || !found {
		t.Fatalf("claimed: %v, %v", found, err)
	}
	return due
}

func TestOneUnitPerAthleteIsClaimedAtATime(t *testing.T) {
	t.Parallel()
	db, conn, account := dueAccount(t)
	for _, kind := range []string{KindBackfill, KindStreams, KindIncremental, KindRecompute} {
		enqueue(t, conn, DueRequest{AccountID: account, Kind: kind})
	}
	workers := make([]*pgx.Conn, 8)
	for i := range workers {
		workers[i] = connect(t, db, "sync")
	}
	for range 25 { // each round all workers claim at the same moment
		var all sync.WaitGroup
		claims := make(chan Due, len(workers))
		start := make(chan struct{})
		for _, worker := range workers {
			all.Go(func() {
				<-start
				due, found, err := ClaimDue(t.Context(), worker, account, time.Now(), time.Minute)
				if err != nil {
					t.Error(err)
				}
				if found {
					claims <- due
				}
			})
		}
		close(start)
		all.Wait()
		if len(claims) != 1 {
			t.Fatalf("%d workers hold a lease of one account", len(claims))
		}
		if err := ReleaseDue(t.Context(), conn, <-claims); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheMostUrgentLaneIsClaimedFirst(t *testing.T) {
	t.Parallel()
	_, conn, account := dueAccount(t)
	now := time.Now()
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindStreams, Lane: LaneBackfill, DueAt: now.Add(-time.Hour)})
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindIncremental, Lane: LaneReconcile, DueAt: now.Add(time.Hour)})
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindRecompute, Lane: LaneInteractive, DueAt: now.Add(-time.Second)})
	var kinds []string
	for range 2 {
		due := claim(t, conn, account, now)
		kinds = append(kinds, due.Kind)
		if err := FinishDue(t.Context(), conn, due); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{KindRecompute, KindStreams}; !slices.Equal(kinds, want) {
		t.Errorf("claimed %v, want %v", kinds, want)
	}
	if _, found, err := ClaimDue(t.Context(), conn, account, now, time.Minute); found || err != nil {
		t.Errorf("claimed what is not due yet: %v", err)
	}
}

func TestARowAskedForDuringARunIsNotLost(t *testing.T) {
	t.Parallel()
	_, conn, account := dueAccount(t)
	request := DueRequest{AccountID: account, Kind: KindRecompute, Cursor: json.RawMessage(`{"before": 9}`)}
	enqueue(t, conn, request)
	now := time.Now()
	held := claim(t, conn, account, now)
	request.Cursor = nil
	enqueue(t, conn, request)
	if yield, err := AdvanceDue(t.Context(), conn, held, json.RawMessage(`{"before": 5}`), now); err != nil || !yield {
		t.Fatalf("who holds the row does not learn of it: %v", err)
	}
	if err := FinishDue(t.Context(), conn, held); err != nil {
		t.Fatal(err)
	}
	again := claim(t, conn, account, now)
	if string(again.Cursor) != "{}" || again.Attempts != 1 {
		t.Errorf("got %+v, want the row from its start", again)
	}
	// With Resume it only goes on.
	request.Resume = true
	if _, err := AdvanceDue(t.Context(), conn, again, json.RawMessage(`{"before": 5}`), now); err != nil {
		t.Fatal(err)
	}
	enqueue(t, conn, request)
	if err := FinishDue(t.Context(), conn, again); err != nil {
		t.Fatal(err)
	}
	if _, found, err := ClaimDue(t.Context(), conn, account, now, time.Minute); found || err != nil {
		t.Errorf("a finished row is still due (%v)", err)
	}
}

func TestProgressTellsOfMoreUrgentWork(t *testing.T) {
	t.Parallel()
	db, conn, account := dueAccount(t)
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindBackfill, Lane: LaneReconcile})
	now := time.Now()
	held := claim(t, conn, account, now)
	yields := func(want bool, when string) {
		t.Helper()
		got, err := AdvanceDue(t.Context(), conn, held, json.RawMessage("{}"), now)
		if err != nil || got != want {
			t.Errorf("%s: %v (%v), want %v", when, got, err, want)
		}
	}
	yields(false, "alone")
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindReconcile, Lane: LaneReconcile})
	yields(false, "with work of the same lane")
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindPasswordReset, Lane: LaneInteractive})
	yields(false, "with an e-mail")
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindReread, Subject: "1", Lane: LaneWebhook, DueAt: now.Add(time.Hour)})
	yields(false, "with what is due later")
	enqueue(t, conn, DueRequest{AccountID: newAccount(t, connect(t, db, "onboarding"), "other@example.com"), Kind: KindReread, Lane: LaneWebhook})
	yields(false, "with another account's work")
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindReread, Subject: "2", Lane: LaneWebhook})
	yields(true, "with a webhook's question")
}

func TestAWorkerWhoseLeaseRanOutCanChangeNothing(t *testing.T) {
	t.Parallel()
	_, conn, account := dueAccount(t)
	enqueue(t, conn, DueRequest{AccountID: account, Kind: KindStreams})
	now := time.Now()
	slow := claim(t, conn, account, now)
	later := now.Add(2 * time.Minute)
	quick := claim(t, conn, account, later)
	if quick.Attempts != 2 {
		t.Errorf("%d attempts counted, want 2", quick.Attempts)
	}
	_, advanced := AdvanceDue(t.Context(), conn, slow, json.RawMessage("{}"), later)
	for name, err := range map[string]error{
		"finish":   FinishDue(t.Context(), conn, slow),
		"advance":  advanced,
		"release":  ReleaseDue(t.Context(), conn, slow),
		"postpone": PostponeDue(t.Context(), conn, slow, later, ""),
		"fail":     FailDue(t.Context(), conn, slow, later, ""),
		"park":     ParkDue(t.Context(), conn, slow, later, ""),
		"refine":   RefineActivity(t.Context(), conn, slow, Refinement{Streams: StreamsNone}, later),
	} {
		if !errors.Is(err, ErrLeaseLost) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := FinishDue(t.Context(), conn, quick); err != nil {
		t.Error(err)
	}
}

func TestPostponedFailedAndParkedRowsWait(t *testing.T) {
	t.Parallel()
	_, conn, account := dueAccount(t)
	request := DueRequest{AccountID: account, Kind: KindStreams}
	enqueue(t, conn, request)
	now := time.Now()
	soon := now.Add(time.Hour)
	if err := PostponeDue(t.Context(), conn, claim(t, conn, account, now), soon, "quota"); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := ClaimDue(t.Context(), conn, account, now, time.Minute); found {
		t.Error("a postponed row was claimed early")
	}
	due := claim(t, conn, account, soon)
	if due.Attempts != 1 {
		t.Errorf("a postponement counted as an attempt: %d", due.Attempts)
	}
	if err := FailDue(t.Context(), conn, due, soon.Add(time.Hour), "broken"); err != nil {
		t.Fatal(err)
	}
	due = claim(t, conn, account, soon.Add(time.Hour))
	if due.Attempts != 2 {
		t.Errorf("a failure did not count: %d", due.Attempts)
	}
	if err := ParkDue(t.Context(), conn, due, soon, "given up"); err != nil {
		t.Fatal(err)
	}
	if _, found, _ := ClaimDue(t.Context(), conn, account, soon.Add(99*time.Hour), time.Minute); found {
		t.Error("a parked row was claimed")
	}
	states, err := ListDue(t.Context(), conn, account, soon)
	if err != nil || len(states) != 1 || !states[0].Parked || states[0].Reason != "given up" {
		t.Errorf("%+v (%v)", states, err)
	}
	enqueue(t, conn, request)
	if again := claim(t, conn, account, now); again.Attempts != 1 {
		t.Errorf("asking again did not unpark it afresh: %+v", again)
	}
}

func TestDueListsKeepTheKindsThatTheSchemaAllows(t *testing.T) { // I39
	t.Parallel()
	db := postgrestest.New(t)
	conn := connect(t, db, "migrate")
	got := sorted(KindPasswordReset, KindEmailVerification, KindEmailChanged, KindBackfill, KindStreams, KindIncremental, KindRecompute, KindRefetch, KindReread, KindAuthorization,
		KindReconcile, KindErasure, KindHousekeeping)
	if want := checkedValues(t, conn, "due_work", "kind"); !slices.Equal(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
	got = sorted(StreamsPending, StreamsStored, StreamsNone, StreamsExpired, StreamsParked)
	if want := checkedValues(t, conn, "activities", "streams"); !slices.Equal(got, want) {
		t.Errorf("states of streams %v, want %v", got, want)
	}
	got = sorted(ConnectionConnected, ConnectionReconnect)
	if want := checkedValues(t, conn, "strava_connections", "status"); !slices.Equal(got, want) {
		t.Errorf("states of connections %v, want %v", got, want)
	}
}
