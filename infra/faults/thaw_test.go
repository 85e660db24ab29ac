package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/faults/proxy"
)

// quickly is how soon the first request after a thaw is to be answered, on a machine that has nothing else to do. How busy
// it is shows in what the same took without any damage.
func quickly(undamaged time.Duration) time.Duration {
	least := 100 * time.Millisecond
	if *longest <= 3*time.Second {
		least = time.Second // a short run shares its machine with other tests
	}
	return max(least, 3*undamaged)
}

// damage is what happens to the connections of frozen programs.
type damage struct {
	name string
	do   func(cells []*cell) (struck int)
}

// damages are all of the proof; the first is none.
func damages() []damage {
	each := func(do func(c *cell) int) func([]*cell) int {
		return func(cells []*cell) (struck int) {
			for _, c := range cells {
				struck += do(c)
			}
			return struck
		}
	}
	return []damage{
		{"none", each((*cell).open)},
		{"connections terminated", each(func(c *cell) int { return c.terminate("") })},
		{"black hole", each(func(c *cell) int {
			c.plain.SetFaults(proxy.Faults{BlackHole: true})
			c.plain.SetFaults(proxy.Faults{}) // what was swallowed stays lost
			return c.plain.Stats().Struck.Swallowed
		})},
		{"server restarted", func(cells []*cell) int {
			struck := each((*cell).open)(cells)
			cells[0].down(cells[0].t.Context())
			cells[0].up(cells[0].t.Context())
			return struck
		}},
	}
}

// TestFrozenAndThawed stops programs with a warm pool of ten, breaks all their connections while they stand still, and asks
// for the first answers after they go on. They really stand still for as long as the pause says.
func TestFrozenAndThawed(t *testing.T) {
	var pauses []time.Duration
	for _, pause := range []time.Duration{3 * time.Second, 30 * time.Second, 10 * time.Minute} {
		if pause <= max(*longest, 3*time.Second) {
			pauses = append(pauses, pause)
		}
	}
	shared, restarted := newServer(t), newServer(t)
	cells := make([][]*cell, len(damages())) // by damage and pause
	for i, d := range damages() {
		s := shared
		if d.name == "server restarted" {
			s = restarted
		}
		for range pauses {
			c := newCell(t, s, pooled, fault{})
			c.warm(poolMax)
			cells[i] = append(cells[i], c)
		}
	}
	frozen := time.Now()
	for i, d := range damages() {
		for _, c := range cells[i] {
			c.program.freeze()
		}
		if struck := d.do(cells[i]); struck < poolMax*len(pauses) {
			t.Errorf("%s struck %d connections, want %d", d.name, struck, poolMax*len(pauses))
		}
	}
	fmt.Println("damage while frozen      pause  connections  first answer  health  later  failed  lost doubled")
	for j, pause := range pauses {
		<-time.After(time.Until(frozen.Add(pause)))
		undamaged := time.Second // of nothing: the first measures it
		for i, d := range damages() {
			took, line := cells[i][j].wake(pause, undamaged)
			if i == 0 {
				undamaged = took
			}
			fmt.Printf("%-24s %s\n", d.name, line)
		}
	}
}

// warm opens n connections of the pool: as many requests wait behind a lock at once.
func (c *cell) warm(n int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 2*certainly)
	defer cancel()
	conn := c.connect(ctx, c.database)
	defer func() { _ = conn.Close(ctx) }()
	open := func() int { return c.number(`SELECT count(*) `+ours+` AND application_name LIKE '%/pool'`, c.oid) }
	for attempt := 0; open() < n; attempt++ {
		if attempt == 12 {
			c.t.Fatalf("%d connections, want %d", open(), n)
		}
		if _, err := conn.Exec(ctx, `BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE`); err != nil {
			c.t.Fatal(err)
		}
		var waiting sync.WaitGroup
		for _, p := range c.helpers[:n] {
			waiting.Go(func() { c.visitors.something(p, 0) })
		}
		limited, stop := context.WithTimeout(ctx, 2*time.Second)
		_ = until(limited, "connections", func() bool { return open() >= n })
		stop()
		if _, err := conn.Exec(ctx, `COMMIT`); err != nil {
			c.t.Fatal(err)
		}
		waiting.Wait()
	}
	c.visitors.visits = nil
}

// wake lets the program go on, asks it for something at once, and holds what it says against the rules and against what the
// same took without damage.
func (c *cell) wake(pause, undamaged time.Duration) (took time.Duration, line string) {
	c.t.Helper()
	open := c.number(`SELECT count(*) `+ours, c.oid)
	c.program.thaw()
	first := c.visitors.patch(c.helpers[0], "weight") // which publishes nothing: the database alone is asked
	took = first.answered.Sub(first.sent)
	health := c.visitors.health()
	samples := newSampler(c.site)
	var all sync.WaitGroup
	for _, p := range c.helpers[:poolMax] {
		all.Go(func() {
			c.visitors.patch(p, "ftp")
			c.visitors.something(p, 0)
		})
	}
	all.Wait()
	samples.end()
	books := c.audit()
	r := round{work: pooled, visits: c.visitors.all(0), recovers: true, samples: 1}
	_, r.most, _ = samples.seen()
	result := judge(r, books, nil, c.bound())
	for _, wrong := range result.broken {
		c.t.Errorf("%v: %s", pause, wrong)
	}
	if limit := quickly(undamaged); first.status != http.StatusOK || took > limit {
		c.t.Errorf("%v: the first request was answered %d after %v, want 200 within %v\n%s", pause, first.status, took, limit, c.program.complaints())
	}
	if health == "down" {
		c.t.Errorf("%v: health says %s", pause, health)
	}
	return took, fmt.Sprintf("%6v %12d %10.1f ms %7s %6d %7d %5d %7d", pause, open, float64(took.Microseconds())/1000, health,
		len(r.visits)-1, len(r.visits)-result.good, len(result.lost), len(result.doubled))
}
