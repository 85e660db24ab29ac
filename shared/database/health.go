package database

import (
	"context"
	"sync"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

// Health is how operations reach the database at present.
type Health struct {
	State string // "pool", "fallback" or "down"
	Cause Cause  // why it is not "pool"; a class, never a text with names or addresses
}

// The states of Health.
const (
	HealthPool     = "pool"
	HealthFallback = "fallback"
	HealthDown     = "down"
)

const (
	healthFor   = time.Second     // how long an answer is good for
	healthLimit = 6 * time.Second // longer than a dial may take
)

// health keeps the last answer.
type health struct {
	mu   sync.Mutex // guards what follows; held while asking, so that a crowd asks once
	last Health
	at   time.Time
}

// Health runs one query the way any operation would, and says which way that was. The answer is good for a second.
func (p *Pooled) Health(ctx context.Context) Health {
	p.health.mu.Lock()
	defer p.health.mu.Unlock()
	if !p.health.at.IsZero() && sinceEither(p.health.at) < healthFor {
		return p.health.last
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthLimit) // the answer is for others too
	defer cancel()
	p.health.last = p.examine(ctx)
	p.health.at = time.Now()
	return p.health.last
}

func (p *Pooled) examine(ctx context.Context) Health {
	l, err := p.acquire(ctx)
	if err != nil {
		return Health{State: HealthDown, Cause: p.causeBehind(err)}
	}
	defer l.release(ctx)
	if err := statements(ctx, l.conn, answers); err != nil {
		return Health{State: HealthDown, Cause: p.causeBehind(err)}
	}
	if l.pooled == nil {
		return Health{State: HealthFallback, Cause: l.cause}
	}
	return Health{State: HealthPool}
}

func answers(ctx context.Context, conn Conn) error {
	_, err := conn.Exec(ctx, "-- name: health.ask\nSELECT 1")
	return err
}

// causeBehind classes what an answer to a caller wraps.
func (p *Pooled) causeBehind(err error) Cause {
	if f, ok := fault.As(err); ok && f.Err != nil {
		err = f.Err
	}
	return p.poolCause(causeOf(err))
}
