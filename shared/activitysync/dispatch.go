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

// Tick publishes one Wake for every account that has something due, whoever it is and however many there are. It stores
// nothing, for a Wake is only a hint: overlapping ticks, a tick that breaks off and one that comes again are harmless.
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
	woken := 0
	for after := int64(0); ; {
		var page []store.DueAccount
		err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			page, err = store.ListDueAccounts(ctx, conn, now, after, dispatchPage)
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
