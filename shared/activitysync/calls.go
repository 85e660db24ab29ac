package activitysync

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// reserve enters a call in the quota's ledger, and with it what answers told; a call that the ledger has no room
// for is a postponement to the time when it will have. Refreshing tokens needs none: Strava doesn't count it.
func (s *session) reserve(ctx context.Context, lane int) (reservation store.Reservation, err error) {
	err = s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		reservation, err = store.ReserveQuota(ctx, conn, lane, s.worker.now(), s.told...)
		return err
	})
	if err != nil {
		return reservation, err
	}
	s.told = nil
	if !reservation.Granted {
		logging.Log(ctx, slog.LevelInfo, logging.EventStravaQuota, "no quota left for this lane",
			slog.Int("lane", lane), slog.Time("until", reservation.RetryAt))
		return reservation, &postponement{at: reservation.RetryAt, reason: appReason(strava.CodeRateLimited)}
	}
	s.calls++
	return reservation, nil
}

// account keeps what a call's answer told and the ledger does not know, until the next call is entered or the unit ends.
func (s *session) account(ctx context.Context, reserved store.Reservation, usage strava.Usage) {
	if !usage.Known {
		return
	}
	logging.Log(ctx, slog.LevelDebug, logging.EventStravaQuota, "Strava's usage",
		slog.Int("read_quarter", usage.Read.QuarterUsed), slog.Int("read_quarter_limit", usage.Read.QuarterLimit),
		slog.Int("read_day", usage.Read.DayUsed), slog.Int("read_day_limit", usage.Read.DayLimit))
	told := store.QuotaTold{Reservation: reserved, Overall: store.QuotaUsage(usage.Overall), Read: store.QuotaUsage(usage.Read)}
	if told.IsNews() {
		s.told = append(s.told, told)
	}
}

// settleQuota enters in the ledger what the unit's last answers told.
func (s *session) settleQuota(ctx context.Context) error {
	if len(s.told) == 0 {
		return nil
	}
	err := s.use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.SettleQuota(ctx, conn, s.worker.now(), s.told...)
	})
	if err == nil {
		s.told = nil
	}
	return err
}

// ask is one call of Strava's API with an access token.
type ask[T any] func(ctx context.Context, access string) (T, strava.Usage, error)

// underway is a call that is made in the background.
type underway[T any] struct {
	ask        ask[T]
	lane       int
	generation int64 // of the access token
	reserved   store.Reservation
	answered   chan struct{} // closed when the rest stands
	result     T
	usage      strava.Usage
	err        error
	panicked   any // what a panic of the call gave, with its stack; nil without one
}

// begin enters a call in the ledger and makes it in the background.
func begin[T any](ctx context.Context, s *session, lane int, f ask[T]) (*underway[T], error) {
	access, err := s.access(ctx)
	if err != nil {
		return nil, err
	}
	reserved, err := s.reserve(ctx, lane)
	if err != nil {
		return nil, err
	}
	u := &underway[T]{ask: f, lane: lane, generation: s.tokens.generation, reserved: reserved, answered: make(chan struct{})}
	go func() {
		defer close(u.answered)
		defer func() { // a panic is the invocation's, which waits
			if cause := recover(); cause != nil {
				u.panicked = fmt.Sprintf("%v\n%s", cause, debug.Stack())
			}
		}()
		u.result, u.usage, u.err = f(ctx, access)
	}()
	return u, nil
}

// end waits until the call has ended, and keeps for the ledger what its answer told.
func (u *underway[T]) end(ctx context.Context, s *session) {
	<-u.answered
	if u.panicked != nil {
		panic(u.panicked)
	}
	s.account(ctx, u.reserved, u.usage)
}

// wait gives the answer. A refused access token is refreshed once, and the call made again.
func (u *underway[T]) wait(ctx context.Context, s *session) (T, error) {
	u.end(ctx, s)
	if !isUnauthorized(u.err) {
		return u.result, u.err
	}
	if err := s.renew(ctx, u.generation); err != nil {
		return *new(T), err
	}
	again, err := begin(ctx, s, u.lane, u.ask)
	if err != nil {
		return *new(T), err
	}
	again.end(ctx, s)
	return again.result, again.err
}

// call makes one call and waits for its answer.
func call[T any](ctx context.Context, s *session, lane int, f ask[T]) (T, error) {
	u, err := begin(ctx, s, lane, f)
	if err != nil {
		return *new(T), err
	}
	return u.wait(ctx, s)
}
