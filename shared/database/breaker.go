package database

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/train-d/train-d/shared/logging"
)

// tripAfter is how many dials must fail in a row to open the breaker of a pool that exists. One that could not be built
// opens it at once.
const tripAfter = 2

// breaker stands before the pool's dials, not before its connections: those that are there go on serving while it is
// open. It counts nothing but dials, so that neither a busy pool nor a SQL error can open it.
type breaker struct {
	two *gobreaker.TwoStepCircuitBreaker[struct{}]

	mu      sync.Mutex // guards what follows
	cause   Cause      // of the last failed dial
	changes []gobreaker.State
}

func newBreaker(probe time.Duration, built func() bool) *breaker {
	b := &breaker{}
	b.two = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Timeout: probe,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.ConsecutiveFailures >= tripAfter || !built()
		},
		IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) }, // the pool was closed
		OnStateChange: func(_ string, _, to gobreaker.State) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.changes = append(b.changes, to) // logged by whoever caused it: it has a context
		},
	})
	return b
}

// allow asks whether a dial may begin; done must be told how it ended.
func (b *breaker) allow(ctx context.Context) (done func(error), err error) {
	report, err := b.two.Allow()
	b.tell(ctx)
	if err != nil {
		return nil, errBreaker
	}
	return func(err error) {
		if err != nil {
			b.mu.Lock()
			b.cause = causeOf(err)
			b.mu.Unlock()
		}
		report(err)
		b.tell(ctx)
	}, nil
}

// open reports whether a dial would be refused.
func (b *breaker) open(ctx context.Context) bool {
	defer b.tell(ctx)
	return b.two.State() == gobreaker.StateOpen
}

func (b *breaker) state() string { return b.two.State().String() }

// last is the cause of the last failed dial.
func (b *breaker) last() Cause {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.cause
}

// tell logs the changes of state that nobody has logged yet.
func (b *breaker) tell(ctx context.Context) {
	b.mu.Lock()
	changes, cause := b.changes, b.cause
	b.changes = nil
	b.mu.Unlock()
	for _, to := range changes {
		level := slog.LevelInfo
		if to == gobreaker.StateOpen {
			level = slog.LevelWarn
		}
		logging.Log(ctx, level, logging.EventDatabaseBreaker, "Connection pool breaker changed",
			slog.String("state", to.String()), slog.String("cause", string(cause)))
	}
}
