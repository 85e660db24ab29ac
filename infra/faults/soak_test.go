package faults_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

const (
	faultEvery = 20 * time.Second
	// slack is by how many goroutines, threads or open files a program may differ from one that is freshly warm: idle
	// connections of its clients and of its pool come and go.
	slack = 16
)

// level is what a program holds when it has nothing to do.
type level struct{ goroutines, threads, files, memory, connections int }

// newSoak is a site where both functions work at a steady rate.
func newSoak(t *testing.T, s *server) *cell {
	t.Helper()
	c := newCell(t, s, pooled, fault{settings: briefly})
	port := freePort(t)
	c.pushers = newPushers(c.site, port, pushersAtOnce)
	c.pushers.program = run(t, "sync", port, c.environment("sync", port, map[string]string{"CLOUD_RUN_TIMEOUT_SECONDS": "20"}))
	return c
}

// on gives the cell's other face: the same site and load, with Sync's way as what is hit.
func (c *cell) on(w workload) *cell {
	other := *c
	other.work = w
	if w == direct {
		other.program = c.pushers.program
	}
	return &other
}

// rest measures the programs after the load, and ends them.
func (c *cell) rest() map[string]level {
	c.t.Helper()
	levels := map[string]level{}
	for _, p := range []*program{c.program, c.pushers.program} {
		var l level
		l.threads, l.files, l.memory = p.resources()
		l.connections = c.number(`SELECT count(*) `+ours+` AND application_name LIKE '%/' || $2 || '/%'`, c.oid, p.name)
		l.goroutines = p.goroutines()
		levels[p.name] = l
	}
	return levels
}

// TestSoak works at a steady rate for long, with a fault now and then. At its end nothing is lost or doubled, and the
// programs hold no more than others that have been warm for a moment.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("takes long: -soak says for how long")
	}
	t.Parallel()
	random := chance(t)
	s := newServer(t)

	reference := newSoak(t, s)
	reference.begin(t.Context())
	reference.under(10 * time.Second)
	reference.end()
	fresh := reference.rest()

	c := newSoak(t, s)
	var possible []fault
	for _, f := range faults() {
		if !f.alone && f.inflict != nil {
			possible = append(possible, f)
		}
	}
	begun := time.Now()
	c.begin(t.Context())
	var rounds []round
	for time.Since(begun) < *soak {
		f := possible[random.IntN(len(possible))]
		w := []workload{pooled, direct}[random.IntN(2)]
		rounds = append(rounds, c.on(w).suffer(f, time.Now().Add(faultEvery)))
	}
	c.end()
	c.under(3 * time.Second)
	books := c.audit()
	worn := c.rest()

	fmt.Println(heading)
	bound := c.bound() + pushersAtOnce + 1
	unavailable := 0
	for _, r := range rounds {
		result := judge(r, books, nil, bound)
		fmt.Println(result.line(bound))
		for _, wrong := range result.broken {
			t.Errorf("%s × %s: %s", r.fault.name, r.work, wrong)
		}
	}
	whole := judge(round{visits: append(c.visitors.all(0), c.pushers.all(0)...), ended: time.Now(), toll: toll{resent: true}}, books, c.works(), bound)
	for _, n := range whole.unavailable {
		unavailable += n
	}
	for _, v := range c.pushers.all(0) {
		if v.status == http.StatusServiceUnavailable {
			unavailable++
		}
	}
	fmt.Printf("soak of %v: %d requests sent, %d served, %d refused as they should be, %d × 503, %d otherwise; %d lost, %d doubled\n",
		time.Since(begun).Round(time.Second), whole.sent, whole.good, whole.refused, unavailable, whole.other, len(whole.lost), len(whole.doubled))
	if len(whole.lost)+len(whole.doubled)+whole.other > 0 {
		t.Errorf("lost %v, doubled %v, %d answered otherwise", whole.lost, whole.doubled, whole.other)
	}
	for name, now := range worn {
		then := fresh[name]
		fmt.Printf("%-10s goroutines %d (fresh %d), threads %d (%d), open files %d (%d), memory %d MiB (%d), connections %d (%d)\n", name,
			now.goroutines, then.goroutines, now.threads, then.threads, now.files, then.files, now.memory, then.memory, now.connections, then.connections)
		if now.goroutines > then.goroutines+slack || now.files > then.files+slack || now.threads > then.threads+slack || now.connections > poolMax {
			t.Errorf("%s does not come back to its level", name)
		}
	}
}
