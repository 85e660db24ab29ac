package faults_test

import (
	"context"
	"maps"
	"testing"
	"time"
)

// workload is what is hit: which function, and on which way to the database.
type workload int

const (
	pooled   workload = iota // Onboarding on its pool; the fallback's way is free
	fallback                 // Onboarding while the pool's way refuses from the start: everything is a fallback
	direct                   // Sync, on one direct connection for each push
)

func (w workload) String() string {
	return [...]string{"onboarding pooled", "onboarding in fallback", "sync direct"}[w]
}

// cell is one workload on a site of its own.
type cell struct {
	*site
	work     workload
	program  *program
	settings map[string]string
	visitors *visitors // of Onboarding, else nil
	pushers  *pushers  // of Sync, else nil
	helpers  []person  // athletes whom the load leaves alone, for what a fault itself sends
	sampler  *sampler
}

// The load: clients, and how many requests each sends in a second. With the one that asks for the health there are as many
// clients as there may be fallbacks: only what a fault itself adds can go beyond that bound.
const (
	visitorsAtOnce, visitsPerSecond = fallbackMax - 1, 12
	pushersAtOnce, worksPerSecond   = 3, 5
)

// bound is how many connections the workload may have.
func (c *cell) bound() int {
	if c.work == direct {
		return pushersAtOnce + 1 // one for each push: the load's, and the one of a fault itself
	}
	return poolMax + fallbackMax
}

func newCell(t testing.TB, s *server, w workload, f fault) *cell {
	t.Helper()
	c := &cell{site: newSite(t, s), work: w, settings: map[string]string{}}
	maps.Copy(c.settings, f.settings)
	if f.settings["CLOUD_RUN_TIMEOUT_SECONDS"] != "" && w == direct {
		c.settings["CLOUD_RUN_TIMEOUT_SECONDS"] = "20" // Sync begins no step in the last ten seconds
	}
	if w == fallback {
		c.plain.SetFaults(refusing)
	}
	c.helpers = c.people(14)
	people := c.people(visitorsAtOnce)
	port := freePort(t)
	if w == direct { // its athletes are made while the server is up
		c.pushers = newPushers(c.site, port, pushersAtOnce)
	}
	if f.before != nil {
		f.before(c)
	}
	if w == direct {
		c.program = run(t, "sync", port, c.environment("sync", port, c.settings))
		c.pushers.program = c.program
	} else {
		c.program = run(t, "onboarding", port, c.environment("onboarding", port, c.settings))
		c.visitors = newVisitors(c.program, people)
	}
	return c
}

// begin puts the cell to work.
func (c *cell) begin(ctx context.Context) {
	c.sampler = newSampler(c.site)
	if c.visitors != nil {
		c.visitors.begin(ctx, visitsPerSecond)
	}
	if c.pushers != nil {
		c.pushers.begin(ctx, worksPerSecond)
	}
}

// end lets what is under way end.
func (c *cell) end() {
	if c.visitors != nil {
		c.visitors.end()
	}
	if c.pushers != nil {
		c.pushers.end()
	}
	c.sampler.end()
}

// pause holds the load, with nothing under way, while f runs.
func (c *cell) pause(f func()) {
	if c.visitors != nil {
		c.visitors.gate.Lock()
		defer c.visitors.gate.Unlock()
	}
	if c.pushers != nil {
		c.pushers.gate.Lock()
		defer c.pushers.gate.Unlock()
	}
	f()
}

// under lets the load go on for a while.
func (c *cell) under(d time.Duration) { <-time.After(d) }

// served is when the first request after t was, of each load that there is.
func (c *cell) served(t time.Time) (last time.Time, all bool) {
	for _, load := range c.loads() {
		first := load.served(t)
		if first.IsZero() {
			return last, false
		}
		if first.After(last) {
			last = first
		}
	}
	return last, true
}

type load interface {
	served(t time.Time) time.Time
	all(since int) []visit
	count() int
}

func (c *cell) loads() (loads []load) {
	if c.visitors != nil {
		loads = append(loads, c.visitors)
	}
	if c.pushers != nil {
		loads = append(loads, c.pushers)
	}
	return loads
}
