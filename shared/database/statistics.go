package database

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"github.com/train-d/train-d/shared/logging"
)

// waitBounds are the upper bounds of the buckets of Stats.Waits, in milliseconds; the last bucket is above all.
var waitBounds = [...]time.Duration{
	time.Millisecond, 5 * time.Millisecond, 10 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond,
}

// Stats is a snapshot of connections, and counts since the process began.
type Stats struct {
	Total    int // pooled connections that exist
	Idle     int // of them, unused
	Acquired int // of them, in use
	Max      int // the pool's bound

	Hits   int64 // operations served by a connection that was there and free
	Misses int64 // operations on the pool that had to wait, for a dial or for another to finish

	Waits [len(waitBounds) + 1]int64 // time to a pooled connection: ≤ 1, 5, 10, 50, 100, 250, 500 ms, and above

	Dials            int64           // connections begun, on every path
	ConnectionErrors int64           // of them, failed (address, TLS, login, limit)
	Dead             int64           // pooled connections found dead on hand-out
	Resets           int64           // times the pool was reset as a whole
	Fallbacks        map[Cause]int64 // operations that went to a direct connection, by why
	FallbacksActive  int             // fallback connections in use
	Refused          int64           // operations that got neither a pooled nor a fallback connection

	Statements int64 // that ended
	Slow       int64 // of them, above the threshold
	Failed     int64 // of them, refused or broken off
	Unknown    int64 // operations whose outcome is not known
	Retries    int64 // transactions run again after a serialization failure or a deadlock

	Breaker string // closed, half-open or open; empty for direct connections
}

// counters are the parts of Stats that only grow.
type counters struct {
	hits, misses                      atomic.Int64
	waits                             [len(waitBounds) + 1]atomic.Int64
	dials, dialFailures, dead, resets atomic.Int64
	refused                           atomic.Int64
	statements, slow, failed          atomic.Int64
	unknown, retries                  atomic.Int64

	mu        sync.Mutex // guards what follows
	fallbacks map[Cause]int64
	emitted   time.Time
}

// handedOut counts an operation that got its pooled connection after waiting.
func (c *counters) handedOut(hit bool, waited time.Duration) {
	if hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
	for i, bound := range waitBounds {
		if waited <= bound {
			c.waits[i].Add(1)
			return
		}
	}
	c.waits[len(waitBounds)].Add(1)
}

func (c *counters) fellBack(cause Cause) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fallbacks == nil {
		c.fallbacks = map[Cause]int64{}
	}
	c.fallbacks[cause]++
}

// snapshot gives the counts; whoever holds connections adds them.
func (c *counters) snapshot() Stats {
	s := Stats{
		Hits: c.hits.Load(), Misses: c.misses.Load(), Dials: c.dials.Load(), ConnectionErrors: c.dialFailures.Load(),
		Dead: c.dead.Load(), Resets: c.resets.Load(), Refused: c.refused.Load(), Statements: c.statements.Load(),
		Slow: c.slow.Load(), Failed: c.failed.Load(), Unknown: c.unknown.Load(), Retries: c.retries.Load(),
	}
	for i := range c.waits {
		s.Waits[i] = c.waits[i].Load()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.Fallbacks = maps.Clone(c.fallbacks)
	return s
}

// emitEvery is the least time between two events of statistics.
const emitEvery = time.Minute

// dueToEmit reports whether it is time for an event of statistics, and takes the turn.
func (c *counters) dueToEmit() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.emitted.IsZero() && sinceEither(c.emitted) < emitEvery {
		return false
	}
	c.emitted = time.Now()
	return true
}

// log writes the statistics as one event.
func (s Stats) log(ctx context.Context, path string) {
	fallbacks := make([]any, 0, len(s.Fallbacks))
	for cause, n := range s.Fallbacks {
		fallbacks = append(fallbacks, slog.Int64(string(cause), n))
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventDatabasePoolStats, "Connection statistics",
		slog.String("path", path),
		slog.Int("total", s.Total), slog.Int("idle", s.Idle), slog.Int("acquired", s.Acquired), slog.Int("max", s.Max),
		slog.Int64("hits", s.Hits), slog.Int64("misses", s.Misses), slog.Any("waits", s.Waits),
		slog.Int64("dials", s.Dials), slog.Int64("connection_errors", s.ConnectionErrors),
		slog.Int64("dead", s.Dead), slog.Int64("resets", s.Resets),
		slog.Group("fallbacks", fallbacks...), slog.Int("fallbacks_active", s.FallbacksActive),
		slog.Int64("refused", s.Refused), slog.Int64("statements", s.Statements), slog.Int64("slow_queries", s.Slow),
		slog.Int64("failed_queries", s.Failed), slog.Int64("outcomes_unknown", s.Unknown),
		slog.Int64("retries", s.Retries), slog.String("breaker", s.Breaker))
}

// sinceEither is the time since t by the monotonic or by the wall clock, whichever says more: the monotonic one stands
// still while a machine is suspended.
func sinceEither(t time.Time) time.Duration {
	now := time.Now()
	return max(now.Sub(t), now.Round(0).Sub(t.Round(0)))
}
