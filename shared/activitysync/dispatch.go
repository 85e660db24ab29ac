package activitysync

import (
	"context"
	"errors"
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

// Tick publishes one Wake, and where e-mail is due one Mail, for every account that has something due, whoever it is and
// however many there are, and a Wake for housekeeping, whose row it writes where there is none. Work whose lane has none of
// Strava's quota left is not woken. A message is only a hint: overlapping ticks, a tick that breaks off and one that comes
// again are harmless.
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
	seen, err := look(ctx, db, now)
	if err != nil {
		return err
	}
	if seen.lateErasures > 0 {
		logging.Log(ctx, slog.LevelError, logging.EventErasureLate, "athletes' data is not erased in time",
			slog.Int("erasures", seen.lateErasures))
	}
	woken, err := d.wake(ctx, db, message.TopicSync, func(ctx context.Context, conn database.Conn, after int64) ([]store.DueAccount, error) {
		return store.ListDueAccounts(ctx, conn, now, seen.lastLane, after, dispatchPage)
	}, func(due store.DueAccount) any { return message.NewWake(due.DueID, due.AccountID) })
	mailed, mailErr := d.wake(ctx, db, message.TopicMail, func(ctx context.Context, conn database.Conn, after int64) ([]store.DueAccount, error) {
		return store.ListDueMail(ctx, conn, now, after, dispatchPage)
	}, func(due store.DueAccount) any { return message.NewMail(due.DueID, due.AccountID) })
	logging.Log(ctx, slog.LevelInfo, logging.EventSyncDispatched, "due accounts woken", slog.Int("accounts", woken),
		slog.Int("mailed", mailed), slog.Int("oldest_s", int(seen.waited.Seconds())))
	return errors.Join(err, mailErr)
}

// sight is what a tick sees before it wakes anybody.
type sight struct {
	lateErasures int
	lastLane     int           // the least urgent lane that has quota left
	waited       time.Duration // how long the oldest of what is due has waited for its turn
}

func look(ctx context.Context, db database.Database, now time.Time) (sight, error) {
	var seen sight
	err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if err = store.EnsureHousekeeping(ctx, conn); err != nil {
			return err
		}
		if seen.lateErasures, err = store.CountLateErasures(ctx, conn, now.Add(-eraseWithin)); err != nil {
			return err
		}
		if seen.lastLane, err = lastOpenLane(ctx, conn, now); err != nil {
			return err
		}
		since, err := store.OldestDue(ctx, conn, now, seen.lastLane)
		if since != nil {
			seen.waited = now.Sub(*since)
		}
		return err
	})
	return seen, err
}

// wake publishes a message for every account that list gives, page by page, and says for how many it did.
func (d *Dispatcher) wake(ctx context.Context, db database.Database, topic message.Topic,
	list func(ctx context.Context, conn database.Conn, after int64) ([]store.DueAccount, error),
	body func(store.DueAccount) any) (int, error) {
	woken := 0
	for after := int64(-1); ; {
		var page []store.DueAccount
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			page, err = list(ctx, conn, after)
			return err
		})
		if err != nil || len(page) == 0 {
			return woken, err
		}
		wakes := make([]any, len(page))
		for i, account := range page {
			wakes[i] = body(account)
		}
		if err := d.Publisher.PublishAll(ctx, topic, wakes); err != nil {
			return woken, fmt.Errorf("wake accounts: %w", err)
		}
		woken += len(page)
		if len(page) < dispatchPage {
			return woken, nil
		}
		after = page[len(page)-1].AccountID
	}
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
