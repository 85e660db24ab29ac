package activitysync

import (
	"context"
	"encoding/json"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
)

const (
	// housekeepingEvery is how often what has had its time is deleted.
	housekeepingEvery = 24 * time.Hour
	// housekeepingBatch is how much of it one transaction deletes, so that nobody waits for its locks.
	housekeepingBatch = 200
)

// keepHouse deletes raw streams that have expired and sessions that have ended, some at a time, and receipts that are old,
// and is due again a day later. Killed anywhere it goes on with what is left.
func (s *session) keepHouse(ctx context.Context, due store.Due) error {
	for more := true; more; {
		if timeIsUp(ctx) {
			return s.giveBack(ctx, due)
		}
		err := s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
			now := s.worker.now()
			streams, err := store.ExpireStreams(ctx, conn, now, housekeepingBatch)
			if err != nil {
				return err
			}
			sessions, err := store.DeleteEndedSessions(ctx, conn, now, housekeepingBatch)
			if err != nil {
				return err
			}
			if more = max(streams, sessions) == housekeepingBatch; more {
				return store.AdvanceDue(ctx, conn, due, json.RawMessage("{}"), now)
			}
			if err := store.ForgetErasures(ctx, conn, now.Add(-revokeWithin), now.Add(-receiptsKept)); err != nil {
				return err
			}
			return store.PostponeDue(ctx, conn, due, now.Add(housekeepingEvery), "")
		})
		if err != nil {
			return err
		}
	}
	return nil
}
