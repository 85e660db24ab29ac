package faults_test

import (
	"context"
	"slices"
	"time"
)

// round is one fault and what came of it.
type round struct {
	fault    fault
	work     workload
	toll     toll
	visits   []visit        // what was sent, and what was told
	codes    map[string]int // of Sync's failures, which its answers do not bear
	next     time.Duration  // from the fault's end to the next success
	again    time.Duration  // from the fault's end until the pool served; 0 where there is none or it was never away
	recovers bool           // there was one
	most     int            // connections at a time
	orphans  int            // at a time
	samples  int            // of connections
	ended    time.Time      // the fault
}

// suffer lets a fault strike the cell under load, waits until it is served again, and at least until a time, and gives what
// happened.
func (c *cell) suffer(f fault, least time.Time) round {
	c.t.Helper()
	var counts []int
	var codes map[string]int
	c.pause(func() {
		for _, l := range c.loads() {
			counts = append(counts, l.count())
		}
		codes = c.codes()
		c.sampler.reset()
	})
	r := round{fault: f, work: c.work}
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*certainly)
	defer cancel()
	if f.before == nil {
		begun := time.Now()
		_ = until(ctx, "the first success", func() bool { _, all := c.served(begun); return all }) // else the rules say so
		c.under(600 * time.Millisecond)
	}
	if f.inflict != nil {
		r.toll = f.inflict(c)
	}
	r.ended = time.Now()
	r.recovers = until(ctx, "the next success", func() bool { _, all := c.served(r.ended); return all }) == nil
	if last, all := c.served(r.ended); all {
		r.next = last.Sub(r.ended)
	}
	c.under(700 * time.Millisecond)
	if c.work == pooled && c.visitors.health() != "pool" {
		if until(ctx, "the pool", func() bool { return c.visitors.health() == "pool" }) == nil {
			r.again = time.Since(r.ended)
		} else {
			r.again = certainly
		}
	}
	c.under(time.Until(least))
	c.pause(func() { // whatever was under way has its answer now
		for i, l := range c.loads() {
			r.visits = append(r.visits, l.all(counts[i])...)
		}
		r.codes = c.codes()
	})
	for code, n := range codes {
		r.codes[code] -= n
	}
	r.samples, r.most, r.orphans = c.sampler.seen()
	return r
}

// codes counts the failures that Sync has logged.
func (c *cell) codes() map[string]int {
	if c.pushers == nil {
		return nil
	}
	return c.pushers.program.codes()
}

// served is when the first request sent after t was served, of those that were answered in this order.
func served(visits []visit, t time.Time) (first time.Time) {
	for _, did := range slices.Backward(visits) {
		if did.answered.Before(t.Add(-time.Second)) {
			break
		}
		if did.sent.After(t) && did.status/100 == 2 && did.code == "" && (first.IsZero() || did.answered.Before(first)) {
			first = did.answered
		}
	}
	return first
}
