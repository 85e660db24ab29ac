package faults_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/faults/proxy"
)

// quickly is how soon the first request after a thaw is to be answered. A short run shares its machine with other tests,
// whose work it would measure: it asks for less.
func quickly() time.Duration {
	if *longest <= 3*time.Second {
		return time.Second
	}
	return 100 * time.Millisecond
}

// damage is what happens to the connections of a frozen program.
type damage struct {
	name string
	do   func(s *server, sites []*cell) (struck int)
}

func damages() []damage {
	return []damage{
		{"none", func(_ *server, cells []*cell) int { return poolMax * len(cells) }},
		{"connections terminated", func(_ *server, cells []*cell) (struck int) {
			for _, c := range cells {
				struck += c.terminate("")
			}
			return struck
		}},
		{"black hole", func(_ *server, cells []*cell) (struck int) {
			for _, c := range cells {
				c.plain.SetFaults(proxy.Faults{BlackHole: true})
				c.plain.SetFaults(proxy.Faults{}) // what was swallowed stays lost
				struck += c.plain.Stats().Struck.Swallowed
			}
			return struck
		}},
		{"server restarted", func(s *server, cells []*cell) (struck int) {
			for _, c := range cells {
				struck += c.open()
			}
			s.down(s.t.Context())
			s.up(s.t.Context())
			return struck
		}},
	}
}

// TestFrozenAndThawed stops programs with a warm pool of ten, breaks all their connections while they stand still, and asks
// for the first answers after they go on. They really stand still for as long as the pause says.
func TestFrozenAndThawed(t *testing.T) {
	pauses := []time.Duration{3 * time.Second}
	for _, longer := range []time.Duration{30 * time.Second, 10 * time.Minute} {
		if longer <= *longest {
			pauses = append(pauses, longer)
		}
	}
	var mu sync.Mutex
	lines := []string{"damage while frozen      pause  connections  first answer  health  later  failed  lost doubled"}
	t.Run("damages", func(t *testing.T) {
		for _, d := range damages() {
			t.Run(strings.ReplaceAll(d.name, " ", "-"), func(t *testing.T) {
				t.Parallel()
				s := newServer(t)
				cells := make([]*cell, len(pauses))
				for i := range cells {
					cells[i] = newCell(t, s, pooled, fault{})
					cells[i].warm(poolMax)
				}
				frozen := time.Now()
				for _, c := range cells {
					c.program.freeze()
				}
				if struck := d.do(s, cells); struck < poolMax*len(cells) {
					t.Errorf("struck %d connections, want %d", struck, poolMax*len(cells))
				}
				for i, c := range cells {
					<-time.After(time.Until(frozen.Add(pauses[i])))
					line := c.wake(pauses[i])
					mu.Lock()
					lines = append(lines, fmt.Sprintf("%-24s %s", d.name, line))
					mu.Unlock()
				}
			})
		}
	})
	fmt.Println(strings.Join(lines, "\n"))
}

// warm opens n connections of the pool: as many requests wait behind a lock at once.
func (c *cell) warm(n int) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), certainly)
	defer cancel()
	conn := c.connect(ctx, c.database)
	defer func() { _ = conn.Close(ctx) }()
	open := func() int { return c.number(`SELECT count(*) `+ours, c.oid) }
	for attempt := 0; open() < n; attempt++ {
		if attempt == 5 {
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

// wake lets the program go on, asks it for something at once, and holds what it says against the rules.
func (c *cell) wake(pause time.Duration) (line string) {
	c.t.Helper()
	c.server.t = c.t
	open := c.number(`SELECT count(*) `+ours, c.oid)
	c.program.thaw()
	first := c.visitors.patch(c.helpers[0], "weight") // which publishes nothing: the database alone is asked
	took := first.answered.Sub(first.sent)
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
	if first.status != http.StatusOK || took > quickly() {
		c.t.Errorf("%v: the first request was answered %d after %v, want 200 within %v\n%s", pause, first.status, took, quickly(), c.program.complaints())
	}
	if health == "down" {
		c.t.Errorf("%v: health says %s", pause, health)
	}
	return fmt.Sprintf("%6v %12d %10.1f ms %7s %6d %7d %5d %7d", pause, open, float64(took.Microseconds())/1000, health,
		len(r.visits)-1, len(r.visits)-result.good, len(result.lost), len(result.doubled))
}
