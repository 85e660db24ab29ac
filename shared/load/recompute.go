package load

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
)

const (
	// recomputeBatch is how many activities one transaction works out: some megabytes, and some 100 ms.
	recomputeBatch = 500
	// stopBefore is how long before the deadline no further batch is begun, beside twice what the last one took.
	stopBefore = 2 * time.Second
)

// recomputeCursor is how far a recompute has come: the lowest id that is done. 0 is the start.
type recomputeCursor struct {
	Before int64 `json:"before,omitempty"`
}

// Recompute works out the figures of all activities of the due row's account, newest ids first, from what is stored:
// summary, heart-rate histogram and stream figures, with the profile that is valid on each activity's day. Neither
// Strava nor raw streams are needed.
//
// It owns the row's lease while it runs. Each batch is written in one transaction with the cursor behind it, so that it
// can be killed anywhere and go on; figures that come out the same are not written, so that doing it twice is harmless.
// The row is gone when all is done. Where the context's deadline nears it is given back, due at once, and nil is
// returned all the same. A change of settings meanwhile moves the row's revision: it stays due from its start.
func Recompute(ctx context.Context, db database.Database, due store.Due) error {
	var cursor recomputeCursor
	if err := json.Unmarshal(due.Cursor, &cursor); err != nil {
		return fault.Wrap(fault.Malformed, "recompute-cursor", "the cursor of a recompute can't be read", err)
	}
	before := cursor.Before
	if before == 0 {
		before = math.MaxInt64
	}
	var profiles store.Profiles
	err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err = store.LoadProfiles(ctx, conn, due.AccountID)
		return err
	})
	if err != nil {
		return fmt.Errorf("recompute: %w", err)
	}
	for longest := time.Duration(0); before > 0; {
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < stopBefore+2*longest {
			return db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
				return store.ReleaseDue(ctx, conn, due)
			})
		}
		begun, lowest := time.Now(), int64(0)
		err := db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			lowest, err = recomputeBelow(ctx, conn, due, profiles, before)
			return err
		})
		if err != nil {
			return fmt.Errorf("recompute: %w", err)
		}
		before = lowest
		longest = max(longest, time.Since(begun))
	}
	return nil
}

// recomputeBelow works out the next activities below an id and moves the due row's cursor to the lowest of them, which it
// gives; 0 where there are no more, and the row is finished.
func recomputeBelow(ctx context.Context, conn database.Conn, due store.Due, profiles store.Profiles, before int64) (
	lowest int64, err error) {
	inputs, err := store.ListFigureInputs(ctx, conn, due.AccountID, before, recomputeBatch)
	if err != nil {
		return 0, err
	}
	computed := make([]store.ActivityFigures, 0, len(inputs))
	for i := range inputs {
		activity := &inputs[i]
		figures, err := profiles.Figures(activity.LocalDay, activity.Summary, activity.Histogram, activity.StreamFigures)
		if err != nil { // it keeps the figures that it has; the others are not to wait for it
			logging.Log(ctx, slog.LevelError, logging.EventSyncFailed, "an activity's figures can't be worked out again",
				slog.Int64("activity_id", activity.ID), slog.String("cause", err.Error()))
			continue
		}
		computed = append(computed, store.ActivityFigures{ID: activity.ID, Figures: figures})
	}
	if len(computed) > 0 {
		if _, err := store.UpdateFigures(ctx, conn, due.AccountID, computed); err != nil {
			return 0, err
		}
	}
	if len(inputs) < recomputeBatch {
		return 0, store.FinishDue(ctx, conn, due)
	}
	lowest = inputs[len(inputs)-1].ID
	cursor, err := json.Marshal(recomputeCursor{Before: lowest})
	if err != nil {
		return 0, fmt.Errorf("write cursor: %w", err)
	}
	return lowest, store.AdvanceDue(ctx, conn, due, cursor, time.Now())
}
