package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/crypto/argon2"
)

// Accounts is what registrations cost where passwords are really hashed, and what the time of a refusal tells.
type Accounts struct {
	share        []float64 // of the hashes that nothing but hashing makes, by round
	cpuShare     []float64 // of Onboarding's processor time that a hash alone takes, by round
	hashes       []float64 // per second
	created      []float64 // per second
	took         []time.Duration
	idle, most   int64 // bytes resident
	enumerations []Enumeration
}

// Enumeration compares how long an answer took for addresses that have an account with those that have none.
type Enumeration struct {
	operation      string
	known, unknown []time.Duration
}

const (
	shareGoal  = 0.9       // of the hashing bound
	memoryGoal = 128 << 20 // bytes above idle
)

// Accounts lets clients register as fast as Onboarding's program, as deployed, lets them, in turns with hashing alone on all
// processors. Then it asks for what must not tell whether an address has an account, with such and such addresses in an
// order drawn anew, each from another place, so that nothing is throttled.
func (b *Bench) Accounts(ctx context.Context, rounds, guesses int) (a Accounts, err error) {
	o, err := b.startOnboarding(ctx, b.overTLS(system, "onboarding"))
	if err != nil {
		return a, err
	}
	defer o.stop()
	a.idle = resident(o.Process.Pid, "VmRSS:")
	v := visitors{onboarding: o}
	if _, _, err := v.register(ctx, b.cfg.Clients, b.cfg.WarmUp); err != nil {
		return a, err
	}
	// A registration takes half a second and more here; a short turn would be mostly its ends.
	turn := 5 * b.cfg.Turn
	for range rounds {
		hashes := hashAlone(turn)
		before := processorTime(o.Process.Pid)
		took, elapsed, err := v.register(ctx, b.cfg.Clients, turn)
		if err != nil {
			return a, err
		}
		spent := (processorTime(o.Process.Pid) - before).Seconds() / float64(len(took))
		a.cpuShare = append(a.cpuShare, float64(runtime.GOMAXPROCS(0))/hashes/spent)
		created := float64(len(took)) / elapsed.Seconds()
		a.hashes, a.created = append(a.hashes, hashes), append(a.created, created)
		a.share, a.took = append(a.share, created/hashes), append(a.took, took...)
	}
	a.most = resident(o.Process.Pid, "VmHWM:")
	for _, of := range []struct {
		operation, path, body string
		status                int
	}{
		{"sign-in with a wrong password", "/v1/session", `{"email":%q,"password":"not this one at all"}`, http.StatusUnauthorized},
		{"asking for a reset", "/v1/password-resets", `{"email":%q}`, http.StatusAccepted},
	} {
		e := Enumeration{operation: of.operation}
		for n := range guesses {
			for _, known := range rand.Perm(2) {
				email, into := fmt.Sprintf("nobody-%d@example.com", n), &e.unknown
				if known == 1 {
					email, into = v.emails[n%len(v.emails)], &e.known
				}
				began := time.Now()
				status, _, err := o.ask(ctx, http.MethodPost, of.path, fmt.Sprintf(of.body, email), "X-Forwarded-For", v.place())
				if err == nil && status != of.status {
					err = fmt.Errorf("%s: answered %d in place of %d", of.operation, status, of.status)
				}
				if err != nil {
					return a, err
				}
				*into = append(*into, time.Since(began))
			}
		}
		a.enumerations = append(a.enumerations, e)
	}
	return a, nil
}

// hashAlone is how many passwords all processors hash per second, each one after another, as accounts' are (argon2id, 19 MiB,
// two passes, one thread).
func hashAlone(duration time.Duration) float64 {
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		all   int
	)
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			n := 0
			for ; time.Since(began) < duration; n++ {
				argon2.IDKey([]byte(rightPassword), make([]byte, 16), 2, 19*1024, 1, 32)
			}
			mu.Lock()
			defer mu.Unlock()
			all += n
		})
	}
	group.Wait()
	return float64(all) / time.Since(began).Seconds()
}

// visitors register, each from a place of its own.
type visitors struct {
	*onboarding
	mu     sync.Mutex
	emails []string // registered
	places int
}

// place is an address that nobody came from before.
func (v *visitors) place() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.places++
	return fmt.Sprintf("10.%d.%d.%d", v.places>>16&255, v.places>>8&255, v.places&255)
}

// register lets n clients register at once, each one account after another, until the duration is over and the last
// answer is there.
func (v *visitors) register(ctx context.Context, n int, duration time.Duration) (took []time.Duration, elapsed time.Duration, err error) {
	var group sync.WaitGroup
	began := time.Now()
	for range n {
		group.Go(func() {
			for time.Since(began) < duration {
				place := v.place()
				email := "at-" + place + "@example.com"
				asked := time.Now()
				status, _, failure := v.ask(ctx, http.MethodPost, "/v1/accounts", registration(email), "X-Forwarded-For", place)
				if failure == nil && status != http.StatusCreated {
					failure = fmt.Errorf("a registration was answered %d", status)
				}
				v.mu.Lock()
				if failure != nil {
					err = failure
					v.mu.Unlock()
					return
				}
				v.emails, took = append(v.emails, email), append(took, time.Since(asked))
				v.mu.Unlock()
			}
		})
	}
	group.Wait()
	return took, time.Since(began), err
}

// distance is the greatest between the two distributions (Kolmogorov and Smirnov's): how much better than by chance who sees
// one time can tell which of the two it is of. chance is what it stays below in 99 of 100 runs where there is nothing to tell
// (1.63 √(2/n), for two samples of n).
func (e Enumeration) distance() (greatest, chance float64) {
	known, unknown := slices.Sorted(slices.Values(e.known)), slices.Sorted(slices.Values(e.unknown))
	i, j := 0, 0
	for i < len(known) && j < len(unknown) {
		at := min(known[i], unknown[j])
		for i < len(known) && known[i] <= at {
			i++
		}
		for j < len(unknown) && unknown[j] <= at {
			j++
		}
		greatest = max(greatest, math.Abs(float64(i)/float64(len(known))-float64(j)/float64(len(unknown))))
	}
	return greatest, 1.63 * math.Sqrt(2/float64(len(known)))
}

// PrintAccounts writes what was measured and how the goals fare.
func PrintAccounts(w io.Writer, a Accounts) error {
	slices.Sort(a.took)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	above := a.most - a.idle
	fmt.Fprintf(table, "registrations/s against hashes/s of all processors (goal ≥ %v)\t%.3f\t%s\t%.0f/s against %.0f/s\n",
		shareGoal, middle(a.share), verdict(middle(a.share) >= shareGoal), middle(a.created), middle(a.hashes))
	fmt.Fprintf(table, "a hash alone against Onboarding's CPU per registration: PostgreSQL and the clients have the same processors\t%.3f\t\t\n", middle(a.cpuShare))
	fmt.Fprintf(table, "a registration takes\t\t\tp50 %.0f ms, p99 %.0f ms\n", milliseconds(at(a.took, 0.50)), milliseconds(at(a.took, 0.99)))
	fmt.Fprintf(table, "memory above idle, MB (goal ≤ %s)\t%s\t%s\tfrom %s to %s\n",
		megabytes(memoryGoal), megabytes(above), verdict(above <= memoryGoal), megabytes(a.idle), megabytes(a.most))
	for _, e := range a.enumerations {
		greatest, chance := e.distance()
		fmt.Fprintf(table, "%s: times of known and unknown differ (by chance ≤ %.3f)\t%.3f\t%s\tmedians %.2f ms and %.2f ms\n",
			e.operation, chance, greatest, verdict(greatest <= chance), milliseconds(middle(e.known)), milliseconds(middle(e.unknown)))
	}
	return table.Flush()
}
