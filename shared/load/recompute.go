package load

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
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
	next := &worked{cursor: cursor}
	err = db.Use(ctx, func(ctx context.Context, conn database.Conn) error { return next.read(ctx, conn, due.AccountID) })
	if err != nil {
		return fmt.Errorf("recompute: %w", err)
	}
	next.compute(ctx, profiles)
	for longest := time.Duration(0); next != nil; {
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < stopBefore+2*longest {
			return db.Use(ctx, func(ctx context.Context, conn database.Conn) error {
				return store.ReleaseDue(ctx, conn, due)
			})
		}
		begun, batch := time.Now(), next
		err := db.InTx(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			next, err = batch.write(ctx, conn, due, profiles)
			return err
		})
		if err != nil {
			return fmt.Errorf("recompute: %w", err)
		}
		longest = max(longest, time.Since(begun))
	}
	return nil
}

// worked is a batch of activities whose figures are worked out: from inputs that stay what they are, as nobody else writes
// what the due row's lease is about.
type worked struct {
	cursor store.RecomputeCursor // behind which the batch begins
	inputs []store.FigureInputs
	rows   store.FigureRows
	kept   []int64 // whose figures can't be worked out
	err    error   // why nothing can
}

// last says that no more activities come after the batch.
func (w *worked) last() bool { return len(w.inputs) < recomputeBatch }

// read gives the batch its activities.
func (w *worked) read(ctx context.Context, conn database.Conn, accountID int64) (err error) {
	w.inputs, err = store.ListFigureInputs(ctx, conn, accountID, w.cursor, recomputeBatch)
	return err
}

// write stores the batch and moves the due row's cursor behind it; what it changes is noted for the athlete. Meanwhile the
// batch after it, which it gives, is worked out: two processors do more than one. Where there is none the row is finished.
func (w *worked) write(ctx context.Context, conn database.Conn, due store.Due, profiles store.Profiles) (next *worked, err error) {
	cursor := w.cursor // the batch itself stays as it is: the transaction may be run again
	if cursor.Change == 0 {
		if cursor.Change, err = beginChange(ctx, conn, due.AccountID, cursor); err != nil {
			return nil, err
		}
	}
	if !w.last() {
		next = &worked{cursor: cursor}
		next.cursor.Before = w.inputs[len(w.inputs)-1].ID
		if err := next.read(ctx, conn, due.AccountID); err != nil {
			return nil, err
		}
		var computing sync.WaitGroup
		computing.Go(func() { next.compute(ctx, profiles) })
		defer computing.Wait()
	}
	if w.err != nil {
		return nil, w.err
	}
	if len(w.kept) > 0 {
		if err := store.KeepFigures(ctx, conn, due.AccountID, w.kept, training.FormulaVersion); err != nil {
			return nil, err
		}
	}
	if w.rows.Len() > 0 {
		change, err := store.UpdateFigures(ctx, conn, due.AccountID, w.rows)
		if err != nil {
			return nil, err
		}
		if change.Activities > 0 {
			if err := store.AddLoadChange(ctx, conn, cursor.Change, change); err != nil {
				return nil, err
			}
		}
	}
	if w.last() {
		after, err := headlineNow(ctx, conn, due.AccountID)
		if err != nil {
			return nil, err
		}
		if err := store.FinishLoadChange(ctx, conn, cursor.Change, after, time.Now()); err != nil {
			return nil, err
		}
		return nil, store.FinishDue(ctx, conn, due)
	}
	text, err := json.Marshal(next.cursor)
	if err != nil {
		return nil, fmt.Errorf("write cursor: %w", err)
	}
	_, err = store.AdvanceDue(ctx, conn, due, text, time.Now())
	return next, err
}

// compute works the batch out.
func (w *worked) compute(ctx context.Context, profiles store.Profiles) {
	var computed []store.ActivityFigures
	computed, w.kept = compute(ctx, profiles, w.inputs)
	w.rows, w.err = store.NewFigureRows(computed)
}

// compute works activities' figures out. One whose figures can't be keeps those that it has, and is not tried again by these
// formulas; the others are not to wait for it.
func compute(ctx context.Context, profiles store.Profiles, inputs []store.FigureInputs) (computed []store.ActivityFigures, kept []int64) {
	computed = make([]store.ActivityFigures, 0, len(inputs))
	for i := range inputs {
		activity := &inputs[i]
		figures, err := activity.Figures(profiles)
		if err != nil {
			logging.Log(ctx, slog.LevelError, logging.EventSyncFailed, "an activity's figures can't be worked out again",
				slog.Int64("activity_id", activity.ID), slog.String("cause", err.Error()))
			kept = append(kept, activity.ID)
			continue
		}
		computed = append(computed, store.ActivityFigures{ID: activity.ID, Figures: figures, TRIMPWas: activity.TRIMP, TSSWas: activity.TSS})
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
	headline, _, err := standing(history, today)
	return headline, err
}
