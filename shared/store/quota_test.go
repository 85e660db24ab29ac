package store

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

func reserve(t *testing.T, conn *pgx.Conn, lane int, now time.Time) Reservation {
	t.Helper()
	reservation, err := ReserveQuota(t.Context(), conn, lane, now)
	if err != nil {
		t.Fatal(err)
	}
	return reservation
}

// drainLane reserves until the lane is refused and gives the number granted, and the refusal.
func drainLane(t *testing.T, conn *pgx.Conn, lane int, now time.Time) (int, Reservation) {
	t.Helper()
	for granted := 0; ; granted++ {
		if reservation := reserve(t, conn, lane, now); !reservation.Granted {
			return granted, reservation
		}
	}
}

func TestNoCallBeyondTheLimitHoweverManyAsk(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	now := noon.Add(3 * time.Minute)
	var granted atomic.Int64
	var all sync.WaitGroup
	for worker := range 10 {
		conn := connect(t, db, "sync")
		all.Go(func() {
			for i := range 30 {
				// Answers tell of limits of different windows, so that each settles others than its neighbour.
				told := QuotaTold{Reservation: Reservation{At: now}}
				if worker%2 == 0 {
					told.Overall.DayLimit = initialOverall.Day + i%2
				} else {
					told.Overall.QuarterLimit = initialOverall.Quarter + i%2
				}
				reservation, err := ReserveQuota(t.Context(), conn, LaneInteractive, now, told)
				if err != nil {
					t.Error(err)
				}
				if reservation.Granted {
					granted.Add(1)
				}
			}
		})
	}
	all.Wait()
	if want := int64(initialRead.Quarter); granted.Load() != want {
		t.Errorf("%d calls granted, want %d", granted.Load(), want)
	}
}

func TestWindowsResetAtTheQuarterAndAtMidnight(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	now := noon.Add(3 * time.Minute)
	total := 0
	for total < initialRead.Day {
		granted, refusal := drainLane(t, conn, LaneInteractive, now)
		total += granted
		want := quarterStart(now).Add(15 * time.Minute)
		if total == initialRead.Day {
			want = dayStart(now).Add(24 * time.Hour)
		}
		if granted != initialRead.Quarter || !refusal.RetryAt.Equal(want) {
			t.Fatalf("%d granted until %v, want %d until %v", granted, refusal.RetryAt, initialRead.Quarter, want)
		}
		now = now.Add(15 * time.Minute)
	}
	if reservation := reserve(t, conn, LaneInteractive, dayStart(now).Add(24*time.Hour)); !reservation.Granted {
		t.Errorf("a new day gives nothing: %+v", reservation)
	}
}

func TestUrgentLanesKeepSomethingForThemselves(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	used := 0
	for _, lane := range []int{LaneBackfill, LaneReconcile, LaneWebhook, LaneInteractive} {
		granted, _ := drainLane(t, conn, lane, noon)
		if granted == 0 {
			t.Errorf("lane %d got nothing", lane)
		}
		used += granted
	}
	if used != initialRead.Quarter {
		t.Errorf("%d calls in all, want %d", used, initialRead.Quarter)
	}
}

func TestHeadersTeachLimitsAndUsage(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	reservation := reserve(t, conn, LaneInteractive, noon)
	overall, read := QuotaUsage{600, 10, 6000, 20}, QuotaUsage{300, 298, 3000, 1500}
	if err := SettleQuota(t.Context(), conn, noon.Add(time.Second), QuotaTold{reservation, overall, read}); err != nil {
		t.Fatal(err)
	}
	if granted, _ := drainLane(t, conn, LaneInteractive, noon.Add(2*time.Second)); granted != read.QuarterLimit-read.QuarterUsed {
		t.Errorf("%d granted, want %d", granted, read.QuarterLimit-read.QuarterUsed)
	}
	// Fewer than the ledger knows of: the others' calls are still under way.
	read.QuarterUsed = 1
	if err := SettleQuota(t.Context(), conn, noon.Add(3*time.Second), QuotaTold{reservation, overall, read}); err != nil {
		t.Fatal(err)
	}
	if again := reserve(t, conn, LaneInteractive, noon.Add(4*time.Second)); again.Granted {
		t.Error("usage fell")
	}
	// What Strava counted in a window that has ended is not carried over.
	read.QuarterUsed = read.QuarterLimit
	next := noon.Add(15 * time.Minute)
	if err := SettleQuota(t.Context(), conn, next, QuotaTold{reservation, overall, read}); err != nil {
		t.Fatal(err)
	}
	if again := reserve(t, conn, LaneInteractive, next); !again.Granted {
		t.Error("an old window's usage blocks the new one")
	}
}

func TestWhatAnAnswerToldHoldsForTheNextCall(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	reserved := reserve(t, conn, LaneInteractive, noon)
	refused, err := ReserveQuota(t.Context(), conn, LaneInteractive, noon,
		QuotaTold{Reservation: reserved, Read: QuotaUsage{QuarterUsed: initialRead.Quarter}},
		QuotaTold{Reservation: reserved, Read: QuotaUsage{DayUsed: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if want := noon.Add(15 * time.Minute); refused.Granted || !refused.RetryAt.Equal(want) {
		t.Errorf("got %+v, want to wait until %v", refused, want)
	}
	if again := reserve(t, conn, LaneInteractive, noon); again.Granted {
		t.Error("what the answer told is forgotten")
	}
}

func TestOnlyWhatTheLedgerDoesNotKnowIsNews(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	reserve(t, conn, LaneInteractive, noon)
	reservation := reserve(t, conn, LaneInteractive, noon)
	known := QuotaTold{reservation, QuotaUsage{initialOverall.Quarter, 2, initialOverall.Day, 2},
		QuotaUsage{initialRead.Quarter, 2, initialRead.Day, 2}}
	for name, told := range map[string]struct {
		change func(*QuotaTold)
		news   bool
	}{
		"the same":                 {func(*QuotaTold) {}, false},
		"fewer calls":              {func(told *QuotaTold) { told.Read.QuarterUsed = 1 }, false},
		"no limits":                {func(told *QuotaTold) { told.Overall, told.Read = QuotaUsage{}, QuotaUsage{} }, false},
		"more calls in a day":      {func(told *QuotaTold) { told.Read.DayUsed = 3 }, true},
		"more calls in a quarter":  {func(told *QuotaTold) { told.Overall.QuarterUsed = 3 }, true},
		"another limit of a day":   {func(told *QuotaTold) { told.Overall.DayLimit++ }, true},
		"a lower limit of quarter": {func(told *QuotaTold) { told.Read.QuarterLimit-- }, true},
	} {
		changed := known
		told.change(&changed)
		if got := changed.IsNews(); got != told.news {
			t.Errorf("%s: news %v, want %v", name, got, told.news)
		}
	}
}

func TestABlockedApplicationCallsNothingUntilThen(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "sync")
	until := noon.Add(time.Hour)
	if err := BlockQuota(t.Context(), conn, until, noon); err != nil {
		t.Fatal(err)
	}
	if reservation := reserve(t, conn, LaneInteractive, noon.Add(30*time.Minute)); reservation.Granted || !reservation.RetryAt.Equal(until) {
		t.Errorf("got %+v, want to wait until %v", reservation, until)
	}
	if reservation := reserve(t, conn, LaneBackfill, until); !reservation.Granted {
		t.Errorf("still blocked: %+v", reservation)
	}
}
