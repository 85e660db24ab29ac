package activitysync

import (
	"context"
	"encoding/json"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

const (
	// housekeepingEvery is how often what has had its time is deleted, and how long new formulas wait at most.
	housekeepingEvery = time.Hour
	// housekeepingBatch is how much of it one transaction does, so that nobody waits for its locks.
	housekeepingBatch = 200
)

// sweeps are what housekeeping does: each deletes up to limit rows that have had their time at now, or sees to what is out of
// date, and gives how many. What is to be swept too needs a line here, and a right of Sync's to do it.
var sweeps = []func(ctx context.Context, conn database.Conn, now time.Time, limit int) (int, error){
	store.ExpireStreams,
	store.DeleteEndedSessions,
	store.DeleteExpiredEmailTokens,
	store.DeleteExpiredStravaSignIns,
	store.DeleteOldThrottles,
	store.DeleteOldDevices,
	func(ctx context.Context, conn database.Conn, _ time.Time, limit int) (int, error) {
		return store.EnqueueOutdated(ctx, conn, training.FormulaVersion, limit)
	},
	func(ctx context.Context, conn database.Conn, now time.Time, _ int) (int, error) {
		return 0, store.ForgetErasures(ctx, conn, now.Add(-revokeWithin), now.Add(-receiptsKept))
	},
}

// keepHouse makes all sweeps, some rows at a time, and is due again an hour later. Killed anywhere it goes on with what is left.
func (s *session) keepHouse(ctx context.Context, due store.Due) error {
	for more := true; more; {
		if timeIsUp(ctx) {
			return s.giveBack(ctx, due)
		}
		err := s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
			now := s.worker.now()
			more = false
			for _, sweep := range sweeps {
				swept, err := sweep(ctx, conn, now, housekeepingBatch)
				if err != nil {
					return err
				}
				more = more || swept == housekeepingBatch
			}
			if more {
				_, err := store.AdvanceDue(ctx, conn, due, json.RawMessage("{}"), now)
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
