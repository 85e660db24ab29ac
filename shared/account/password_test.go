package account

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

func TestAPasswordIsVerifiedAgainstItsHash(t *testing.T) {
	t.Parallel()
	h := newHasher()
	phc, err := h.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") { // OWASP's parameters
		t.Errorf("hash %s", phc)
	}
	again, err := h.hash(t.Context(), password)
	if err != nil || again == phc {
		t.Errorf("the same salt twice, %v", err)
	}
	for attempt, want := range map[string]bool{password: true, password + " ": false, "": false} {
		if got, err := h.verify(t.Context(), attempt, phc); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", attempt, got, err, want)
		}
	}
}

// The reference implementation's own test value (P-H-C/phc-winner-argon2, src/test.c), with parameters other than ours.
func TestAHashOfOtherParametersIsRead(t *testing.T) {
	t.Parallel()
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if right, err := newHasher().verify(t.Context(), "password", reference); err != nil || !right {
		t.Errorf("got %v, %v", right, err)
	}
}

func TestWhatIsNoHashIsRefusedWithoutWork(t *testing.T) {
	t.Parallel()
	h := newHasher()
	h.derive = func([]byte, []byte, cost) []byte { t.Error("hashed"); return nil }
	const salt, key = "c29tZXNhbHQ", "CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	for _, phc := range []string{
		"plain", "$", "$$$$$",
		"$argon2i$v=19$m=64,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=16$m=64,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=999,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=2,p=0$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=2,p=999$" + salt + "$" + key,
		"$argon2id$v=19$m=64$" + salt + "$" + key,
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=2,p=1$!$" + key,
		"$argon2id$v=19$m=64,t=2,p=1$" + salt + "$" + key + "$",
	} {
		if right, err := h.verify(t.Context(), password, phc); right || !errors.Is(err, errHash) {
			t.Errorf("%s: %v, %v", phc, right, err)
		}
	}
}

func TestNoMorePasswordsAreHashedAtOnceThanThereAreCores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := newHasher()
		cores := int64(runtime.GOMAXPROCS(0))
		var running, done atomic.Int64
		release := make(chan struct{})
		h.derive = func([]byte, []byte, cost) []byte {
			running.Add(1)
			defer running.Add(-1)
			<-release
			return nil
		}
		for range 3 * cores {
			go func() {
				if _, err := h.hash(context.Background(), password); err != nil {
					t.Error(err)
				}
				done.Add(1)
			}()
		}
		synctest.Wait()
		if n := running.Load(); n != cores {
			t.Errorf("%d at once on %d cores", n, cores)
		}
		// All cores are taken: whoever has no time left is told to come back, and leaves no place taken.
		waiting, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := h.hash(waiting, password)
		if failure, ok := fault.As(err); !ok || failure.Kind != fault.Unavailable || failure.RetryAfter <= 0 {
			t.Errorf("got %v, want unavailable", err)
		}
		close(release)
		synctest.Wait()
		if n := done.Load(); n != 3*cores || len(h.slots) != 0 {
			t.Errorf("%d of %d were hashed, %d places are still taken", n, 3*cores, len(h.slots))
		}
	})
}
