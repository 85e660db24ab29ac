package activitysync

import (
	"context"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// admit gives an access token and enters a call in the quota's ledger; a call that the ledger has no room for is a
// postponement to the time when it will have.
func (s *session) admit(ctx context.Context, lane int) (access string, reserved time.Time, err error) {
	if access, err = s.access(ctx); err != nil {
		return "", time.Time{}, err
	}
	reserved, err = s.reserve(ctx, lane)
	return access, reserved, err
}

// reserve enters a call in the quota's ledger. Refreshing tokens needs none: Strava doesn't count it.
func (s *session) reserve(ctx context.Context, lane int) (time.Time, error) {
	var reservation store.Reservation
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		reservation, err = store.ReserveQuota(ctx, conn, lane, s.worker.now())
		return err
	})
	if err != nil {
		return time.Time{}, err
	}
	if !reservation.Granted {
		logging.Log(ctx, slog.LevelInfo, logging.EventStravaQuota, "no quota left for this lane",
			slog.Int("lane", lane), slog.Time("until", reservation.RetryAt))
		return time.Time{}, &postponement{at: reservation.RetryAt, reason: appReason(strava.CodeRateLimited)}
	}
	s.calls++
	return reservation.At, nil
}

// account corrects the ledger by what a call's answer told.
func (s *session) account(ctx context.Context, reserved time.Time, usage strava.Usage) error {
	if !usage.Known {
		return nil
	}
	logging.Log(ctx, slog.LevelDebug, logging.EventStravaQuota, "Strava's usage",
		slog.Int("read_quarter", usage.Read.QuarterUsed), slog.Int("read_quarter_limit", usage.Read.QuarterLimit),
		slog.Int("read_day", usage.Read.DayUsed), slog.Int("read_day_limit", usage.Read.DayLimit))
	return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.SettleQuota(ctx, conn, reserved, s.worker.now(), store.QuotaUsage(usage.Overall), store.QuotaUsage(usage.Read))
	})
}

// call makes one call: reserve, call, settle. A refused access token is refreshed once, and the call made again.
func call[T any](ctx context.Context, s *session, lane int,
	f func(ctx context.Context, access string) (T, strava.Usage, error)) (T, error) {
	for refreshed := false; ; refreshed = true {
		access, reserved, err := s.admit(ctx, lane)
		if err != nil {
			return *new(T), err
		}
		generation := s.tokens.generation
		result, usage, err := f(ctx, access)
		if settleErr := s.account(ctx, reserved, usage); settleErr != nil {
			return *new(T), settleErr
		}
		if err == nil || refreshed || !isUnauthorized(err) {
			return result, err
		}
		if err := s.renew(ctx, generation); err != nil {
			return *new(T), err
		}
	}
}
