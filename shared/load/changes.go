package load

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Changes gives up to limit of the account's changes of figures, the latest first, those with ids below before; 0 is from the
// latest on.
func (s *Service) Changes(ctx context.Context, accountID, before int64, limit int) (changes []store.LoadChange, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		changes, err = store.ListLoadChanges(ctx, conn, accountID, before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read load changes: %w", err)
	}
	return changes, nil
}

// Preview is what other settings would do to the figures.
type Preview struct {
	Today         training.Date
	Change        store.FiguresChange
	Before, After store.Headline // of today
	// StateBefore and StateAfter are today in a word, by the style before and after.
	StateBefore, StateAfter State
}

// Preview tells what the profiles would do to the account's figures if they were its own: where they alter activities', those
// from a day on; nil is the whole history. It computes as Recompute does and writes nothing.
func (s *Service) Preview(ctx context.Context, accountID int64, profiles store.Profiles, alters bool, from *training.Date) (Preview, error) {
	history, today, err := s.history(ctx, accountID)
	if err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	preview := Preview{Today: today}
	if preview.Before, preview.StateBefore, err = standing(history, today); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	days := map[training.Date]*training.DaySum{}
	for cursor, more := (store.RecomputeCursor{From: from}), alters; more; {
		var inputs []store.FigureInputs
		err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
			inputs, err = store.ListFigureInputs(ctx, conn, accountID, cursor, recomputeBatch)
			return err
		})
		if err != nil {
			return Preview{}, fmt.Errorf("preview: %w", err)
		}
		for i := range inputs {
			activity := &inputs[i]
			figures, err := activity.Figures(profiles)
			if err != nil { // it would keep the load that it has
				figures = training.Figures{TRIMP: kept(activity.TRIMP), TSS: kept(activity.TSS)}
			}
			sum := days[activity.LocalDay]
			if sum == nil {
				sum = &training.DaySum{Day: activity.LocalDay}
				days[activity.LocalDay] = sum
			}
			sum.Add(figures)
			sum.AddIntensity(figures.LuciaS)
			note(&preview.Change, activity, figures)
		}
		if more = len(inputs) == recomputeBatch; more {
			cursor.Before = inputs[len(inputs)-1].ID
		}
	}
	history.Athlete = profiles.Athlete
	history.Days = slices.DeleteFunc(history.Days, func(day training.DaySum) bool { return alters && (from == nil || day.Day >= *from) })
	for _, day := range slices.Sorted(maps.Keys(days)) {
		history.Days = append(history.Days, *days[day])
	}
	if preview.After, preview.StateAfter, err = standing(history, today); err != nil {
		return Preview{}, fmt.Errorf("preview: %w", err)
	}
	return preview, nil
}

// note adds an activity whose load comes out differently.
func note(change *store.FiguresChange, was *store.FigureInputs, is training.Figures) {
	if equal(was.TRIMP, is.TRIMP.Pointer()) && equal(was.TSS, is.TSS.Pointer()) {
		return
	}
	change.Activities++
	if change.FirstDay == nil || was.LocalDay < *change.FirstDay {
		change.FirstDay = &was.LocalDay
	}
	if was.TRIMP != nil {
		change.TRIMPBefore += *was.TRIMP
	}
	if is.TRIMP.Known {
		change.TRIMPAfter += is.TRIMP.Value
	}
}

// kept is a load as it stands.
func kept(load *float64) training.Figure {
	if load == nil {
		return training.Figure{}
	}
	return training.Known(*load)
}

func equal(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return cmp.Compare(*a, *b) == 0
}

// standing is how a day stands, in figures and in a word.
func standing(history store.DayHistory, day training.Date) (store.Headline, State, error) {
	series, meta, err := seriesOf(history, day, day, day, training.LoadTRIMP)
	if err != nil {
		return store.Headline{}, "", err
	}
	state := wordsOf(history.Athlete, &series, meta).State
	if series.Days() == 0 {
		absent := training.Absent(training.ReasonNoActivity)
		return store.Headline{CTL: absent, ATL: absent, TSB: absent, ACWR: absent, Decayed: absent}, state, nil
	}
	figures := dayOf(&series)
	return store.Headline{CTL: figures.ctl, ATL: figures.atl, TSB: figures.tsb, ACWR: figures.ratio, Decayed: series.Decayed.At(series.Days() - 1)}, state, nil
}
