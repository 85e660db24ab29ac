package store

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/postgres/postgrestest"
)

func take(t *testing.T, conn *pgx.Conn, now time.Time, throttles ...Throttle) time.Duration {
	t.Helper()
	wait, err := TakeThrottles(t.Context(), conn, throttles, now)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

func TestTheDelayGrowsBeyondTheFreeAttempts(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	throttle := Throttle{Key: hashOf("ada"), Free: 3, Longest: 5 * time.Second}
	now := noon
	for i, want := range []time.Duration{0, 0, 0, time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
		if wait := take(t, conn, now, throttle); wait != 0 {
			t.Fatalf("attempt %d waits %v", i+1, wait)
		}
		if want == 0 {
			continue
		}
		// What comes too early is refused, and makes nothing longer.
		for range 2 {
			if wait := take(t, conn, now.Add(want/2), throttle); wait != want/2 {
				t.Errorf("half way after attempt %d: %v, want %v", i+1, wait, want/2)
			}
		}
		now = now.Add(want)
	}
	take(t, conn, now, throttle)
	if wait := take(t, conn, now.Add(4*time.Second), Throttle{Key: hashOf("eve"), Free: 3}, throttle); wait != time.Second {
		t.Errorf("beside a free one it waits %v", wait)
	}
	if wait := take(t, conn, now.Add(forgetThrottles+time.Minute), throttle); wait != 0 {
		t.Errorf("after a day: %v", wait)
	}
	if wait := take(t, conn, now.Add(forgetThrottles+time.Minute), throttle); wait != 0 {
		t.Errorf("the count began anew, yet the second attempt waits %v", wait)
	}
}

// Requests that come together reach the database in any order, and instances' clocks differ.
func TestAFreeAttemptAtAnEarlierTimeIsFree(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	throttle := Throttle{Key: hashOf("office"), Free: 2, Longest: 5 * time.Second}
	for i, at := range []time.Duration{0, -time.Millisecond} {
		if wait := take(t, conn, noon.Add(at), throttle); wait != 0 {
			t.Errorf("attempt %d of 2 free ones waits %v", i+1, wait)
		}
	}
	if wait := take(t, conn, noon.Add(-2*time.Millisecond), throttle); wait != 0 {
		t.Errorf("the first beyond them, which alone begins a delay, waits %v", wait)
	}
	if wait := take(t, conn, noon.Add(time.Millisecond), throttle); wait != time.Second-time.Millisecond {
		t.Errorf("after it: %v", wait)
	}
}

func TestOfAttemptsAtTheSameTimeNoMoreAreAllowed(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	throttle := Throttle{Key: hashOf("ada"), Free: 3, Longest: time.Hour}
	var allowed atomic.Int64
	var group sync.WaitGroup
	for range 8 {
		conn := connect(t, db, "onboarding")
		group.Go(func() {
			wait, err := TakeThrottles(t.Context(), conn, []Throttle{throttle}, noon)
			if err != nil {
				t.Error(err)
			}
			if wait == 0 {
				allowed.Add(1)
			}
		})
	}
	group.Wait()
	if allowed.Load() != 4 { // the free ones, and the one whose delay the others meet
		t.Errorf("%d attempts were allowed", allowed.Load())
	}
}

func TestAnOwnersAttemptIsTakenBack(t *testing.T) {
	t.Parallel()
	conn := connect(t, postgrestest.New(t), "onboarding")
	account := Throttle{Key: hashOf("account"), Free: 1, Longest: time.Hour}
	address := Throttle{Key: hashOf("address"), Free: 1, Longest: time.Hour}
	for range 2 {
		if wait := take(t, conn, noon, account, address); wait != 0 {
			t.Fatal(wait)
		}
	}
	if err := ReturnThrottles(t.Context(), conn, []Throttle{account}, []Throttle{address}); err != nil {
		t.Fatal(err)
	}
	// The account's count is gone; the address's is one less, so that another failure there has its delay again.
	if wait := take(t, conn, noon, account, address); wait != 0 {
		t.Errorf("after the owner's: %v", wait)
	}
	if wait := take(t, conn, noon, account); wait != 0 {
		t.Errorf("the account: %v", wait)
	}
	if wait := take(t, conn, noon, address); wait != time.Second {
		t.Errorf("the address: %v", wait)
	}
}

func TestOldThrottlesAreDeleted(t *testing.T) {
	t.Parallel()
	db := postgrestest.New(t)
	conn, sync := connect(t, db, "onboarding"), connect(t, db, "sync")
	for i, at := range []time.Time{noon.Add(-forgetThrottles), noon.Add(-forgetThrottles).Add(time.Second)} {
		take(t, conn, at, Throttle{Key: hashOf(string(rune('a' + i))), Free: 1})
	}
	if n, err := DeleteOldThrottles(t.Context(), sync, noon, 10); n != 1 || err != nil {
		t.Errorf("%d deleted, %v", n, err)
	}
}
