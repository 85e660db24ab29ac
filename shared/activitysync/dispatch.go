package activitysync

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
)

// BatchPublisher publishes many messages to a topic.
type BatchPublisher interface {
	PublishAll(ctx context.Context, topic message.Topic, bodies []any) error
}

// Dispatcher wakes workers for what is due.
type Dispatcher struct {
	Databases database.Opener
	Publisher BatchPublisher
	Now       func() time.Time // time.Now where nil
}

// dispatchPage is how many accounts are read and woken at a time.
const dispatchPage = 2000

// Tick publishes one Wake for every account that has something due, whoever it is and however many there are, and one for
// housekeeping, whose row it writes where there is none. Work whose lane has none of Strava's quota left is not woken. A
// Wake is only a hint: overlapping ticks, a tick that breaks off and one that comes again are harmless.
func (d *Dispatcher) Tick(ctx context.Context) error {
	now := time.Now()
	if d.Now != nil {
		now = d.Now()
	}
	db, closeDB := d.Databases.Open()
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
		defer cancel()
		closeDB(ctx)
	}()
	lastLane, late := noLane, 0
	err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if err = store.EnsureHousekeeping(ctx, conn); err != nil {
			return err
		}
		if late, err = store.CountLateErasures(ctx, conn, now.Add(-eraseWithin)); err != nil {
			return err
		}
		lastLane, err = lastOpenLane(ctx, conn, now)
		return err
	})
	if err != nil {
		return err
	}
	if late > 0 {
		logging.Log(ctx, slog.LevelError, logging.EventErasureLate, "athletes' data is not erased in time", slog.Int("erasures", late))
	}
	woken := 0
	for after := int64(-1); ; {
		var page []store.DueAccount
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			page, err = store.ListDueAccounts(ctx, conn, now, lastLane, after, dispatchPage)
			return err
		})
		if err != nil {
			return err
		}
		if len(page) > 0 {
			wakes := make([]any, len(page))
			for i, account := range page {
				wakes[i] = message.NewWake(account.DueID, account.AccountID)
			}
			if err := d.Publisher.PublishAll(ctx, message.TopicSync, wakes); err != nil {
				return fmt.Errorf("wake accounts: %w", err)
			}
			woken += len(page)
			after = page[len(page)-1].AccountID
		}
		if len(page) < dispatchPage {
			break
		}
	}
	logging.Log(ctx, slog.LevelDebug, logging.EventSyncDispatched, "due accounts woken", slog.Int("accounts", woken))
	return nil
}

// noLane is the lane before the most urgent one.
const noLane = store.LaneInteractive - 1

// lastOpenLane is the least urgent lane that has some of Strava's quota left; the more urgent ones have too.
func lastOpenLane(ctx context.Context, conn database.Conn, now time.Time) (int, error) {
	windows, err := store.ReadQuota(ctx, conn, now)
	if err != nil {
		return noLane, err
	}
	for lane := store.LaneBackfill; lane > noLane; lane-- {
		if quotaFullUntil(windows, lane, now).IsZero() {
			return lane, nil
		}
	}
	return noLane, nil
}
