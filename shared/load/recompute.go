package load

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

const (
	// recomputeBatch is how many activities one transaction works out: some megabytes, and some 100 ms.
	recomputeBatch = 500
	// stopBefore is how long before the deadline no further batch is begun, beside twice what the last one took.
	stopBefore = 2 * time.Second
)

// Recompute works out the figures of the due row's account from the cursor's day on, newest ids first, from what is stored:
// summary, heart-rate histogram and stream figures, with the profile that is valid on each activity's day. Neither
// Strava nor raw streams are needed.
//
// It owns the row's lease while it runs. Each batch is written in one transaction with the cursor behind it, so that it
// can be killed anywhere and go on; figures that come out the same are not written, so that doing it twice is harmless.
// The row is gone when all is done. Where the context's deadline nears it is given back, due at once, and nil is
// returned all the same. A change of settings meanwhile moves the row's revision: it stays due from its start.
func Recompute(ctx context.Context, db database.Database, due store.Due) error {
	var cursor store.RecomputeCursor
	if err := json.Unmarshal(due.Cursor, &cursor); err != nil {
		return fault.Wrap(fault.Malformed, "recompute-cursor", "the cursor of a recompute can't be read", err)
	}
	var profiles store.Profiles
	err := db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		profiles, err = store.LoadProfiles(ctx, conn, due.AccountID)
		return err
	})
	if err != nil {
		return fmt.Errorf("recompute: %w", err)
	}
	for longest, done := time.Duration(0), false; !done; {
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < stopBefore+2*longest {
			return db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
				return store.ReleaseDue(ctx, conn, due)
			})
		}
		begun, next := time.Now(), cursor
		err := db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			next, done, err = recomputeNext(ctx, conn, due, profiles, cursor)
			return err
		})
		if err != nil {
			return fmt.Errorf("recompute: %w", err)
		}
		cursor = next
		longest = max(longest, time.Since(begun))
	}
	return nil
}

// recomputeNext works out the activities that come next and moves the due row's cursor to the lowest of them, which it
// gives. Where there are no more it is done, and the row is finished. What it changes is noted for the athlete.
func recomputeNext(ctx context.Context, conn database.Conn, due store.Due, profiles store.Profiles, cursor store.RecomputeCursor) (
	next store.RecomputeCursor, done bool, err error) {
	if cursor.Change == 0 {
		if cursor.Change, err = beginChange(ctx, conn, due.AccountID, cursor); err != nil {
			return cursor, false, err
		}
	}
	inputs, err := store.ListFigureInputs(ctx, conn, due.AccountID, cursor, recomputeBatch)
	if err != nil {
		return cursor, false, err
	}
	computed, kept := compute(ctx, profiles, inputs)
	if len(kept) > 0 {
		if err := store.KeepFigures(ctx, conn, due.AccountID, kept, training.FormulaVersion); err != nil {
			return cursor, false, err
		}
	}
	if len(computed) > 0 {
		change, err := store.UpdateFigures(ctx, conn, due.AccountID, computed)
		if err != nil {
			return cursor, false, err
		}
		if change.Activities > 0 {
			if err := store.AddLoadChange(ctx, conn, cursor.Change, change); err != nil {
				return cursor, false, err
			}
		}
	}
	if len(inputs) < recomputeBatch {
		after, err := headlineNow(ctx, conn, due.AccountID)
		if err != nil {
			return cursor, false, err
		}
		if err := store.FinishLoadChange(ctx, conn, cursor.Change, after, time.Now()); err != nil {
			return cursor, false, err
		}
		return cursor, true, store.FinishDue(ctx, conn, due)
	}
	cursor.Before = inputs[len(inputs)-1].ID
	text, err := json.Marshal(cursor)
	if err != nil {
		return cursor, false, fmt.Errorf("write cursor: %w", err)
	}
	return cursor, false, store.AdvanceDue(ctx, conn, due, text, time.Now())
}

// compute works activities' figures out. One whose figures can't be keeps those that it has, and is not tried again by these
// formulas; the others are not to wait for it.
func compute(ctx context.Context, profiles store.Profiles, inputs []store.FigureInputs) (computed []store.ActivityFigures, kept []int64) {
	computed = make([]store.ActivityFigures, 0, len(inputs))
	for i := range inputs {
		activity := &inputs[i]
		figures, err := profiles.Figures(activity.LocalDay, activity.Summary, activity.Histogram, activity.StreamFigures)
		if err != nil {
			logging.Log(ctx, slog.LevelError, logging.EventSyncFailed, "an activity's figures can't be worked out again",
				slog.Int64("activity_id", activity.ID), slog.String("cause", err.Error()))
			kept = append(kept, activity.ID)
			continue
		}
		computed = append(computed, store.ActivityFigures{ID: activity.ID, Figures: figures})
	}
	return computed, kept
}

func beginChange(ctx context.Context, conn database.Conn, accountID int64, cursor store.RecomputeCursor) (int64, error) {
	before, err := headlineNow(ctx, conn, accountID)
	if err != nil {
		return 0, err
	}
	return store.BeginLoadChange(ctx, conn, accountID, cursor.Causes, cursor.From, before, time.Now())
}

// headlineNow is how today stands by what is stored.
func headlineNow(ctx context.Context, conn database.Conn, accountID int64) (store.Headline, error) {
	history, err := store.LoadDayHistory(ctx, conn, accountID)
	if err != nil {
		return store.Headline{}, err
	}
	today, err := history.Athlete.Today(time.Now())
	if err != nil {
		return store.Headline{}, err
	}
	return headlineOf(history, today)
}
