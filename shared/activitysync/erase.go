package activitysync

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

const (
	// eraseBatch is how many activities one transaction erases with their samples.
	eraseBatch = 500
	// eraseWithin is what athletes are promised; what takes longer is told to the operator every minute.
	eraseWithin = store.EraseWithin
	// revokeWithin is how long the refresh token is kept for a Strava that neither confirms nor refuses.
	revokeWithin = 30 * 24 * time.Hour
	// receiptsKept is how long a receipt stays.
	receiptsKept = 2 * 365 * 24 * time.Hour
)

// erase works an erasure off: first the rows, some at a time, until counting finds none; then the authorization at Strava.
// Killed anywhere it goes on with what is left.
func (s *session) erase(ctx context.Context, due store.Due) error {
	id, err := strconv.ParseInt(due.Subject, 10, 64)
	if err != nil {
		return fmt.Errorf("read subject of erasure: %w", err)
	}
	erased := map[string]int{}
	if string(due.Cursor) != "{}" {
		if err := json.Unmarshal(due.Cursor, &erased); err != nil {
			return fmt.Errorf("read cursor of erasure: %w", err)
		}
	}
	for {
		if timeIsUp(ctx) {
			return s.giveBack(ctx, due)
		}
		done, err := s.eraseSome(ctx, due, id, erased)
		if err != nil {
			return err
		}
		if done {
			break
		}
	}
	if err := s.revoke(ctx, due, id); err != nil {
		return err
	}
	return s.finish(ctx, due)
}

// eraseSome is one transaction of an erasure; done where nothing is left and the receipt is written.
func (s *session) eraseSome(ctx context.Context, due store.Due, id int64, erased map[string]int) (done bool, err error) {
	now := s.worker.now()
	var erasure store.Erasure
	var some map[string]int
	err = s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if erasure, err = store.LockErasure(ctx, conn, id); err != nil {
			return err
		}
		if done = erasure.ErasedAt != nil; done {
			return nil
		}
		if some, err = store.EraseSome(ctx, conn, erasure.AccountID, eraseBatch); err != nil {
			return err
		}
		if len(some) == 0 {
			done = true
			gone := maps.Clone(erased)
			if erasure.AthleteID != 0 {
				gone["strava_connections"] = 1 // it went first
			}
			some, err = store.EndErasing(ctx, conn, erasure, gone, now)
			return err
		}
		total := map[string]int{}
		for _, counts := range []map[string]int{erased, some} {
			for table, rows := range counts {
				total[table] += rows
			}
		}
		cursor, err := json.Marshal(total)
		if err != nil {
			return fmt.Errorf("write cursor of erasure: %w", err)
		}
		_, err = store.AdvanceDue(ctx, conn, due, cursor, now)
		return err
	})
	if err != nil {
		return false, err
	}
	if done {
		if erasure.ErasedAt == nil {
			logErased(ctx, erasure, some, now)
		}
		return true, nil
	}
	for table, rows := range some {
		erased[table] += rows
	}
	return false, nil
}

func logErased(ctx context.Context, erasure store.Erasure, rows map[string]int, now time.Time) {
	about := []slog.Attr{slog.Int64("erasure_id", erasure.ID), slog.String("reason", erasure.Reason), slog.Any("rows", rows),
		logging.Millis("took_ms", now.Sub(erasure.RequestedAt))}
	if erasure.Reason == store.ReasonAccount {
		logging.Log(ctx, slog.LevelInfo, logging.EventAccountErased, "nothing is left of an account", about...)
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventErasureCompleted, "nothing that was to be erased is left", about...)
}
