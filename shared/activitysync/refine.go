package activitysync

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
	"github.com/train-d/train-d/shared/training"
)

const (
	// refineBatch is how many activities a unit refines before more urgent work of the athlete gets its turn.
	refineBatch = 25
	// mostStreamTries is after how many failures of its own an activity is given up on for a day at a time.
	mostStreamTries = 4
	// mostParkedTries is how often it is tried again then, every parkedEvery.
	mostParkedTries = 14
	parkedEvery     = 24 * time.Hour
	// lateStreams is how long after its upload an activity without streams may still get some.
	lateStreams = 48 * time.Hour
	// firstLateWait is the wait after the first look at streams that may be late; each further one is twice as long.
	firstLateWait   = 15 * time.Minute
	longestLateWait = 12 * time.Hour
	// mostSuspects is after how many silent failures without any answer it is found out whose they are.
	mostSuspects = 3
)

// refine does one batch of phase two: least tried first, of those the newest, each activity's streams are fetched, reduced
// to figures and stored. While one is stored the next is fetched. An activity that fails is put behind the others with a
// time to try it again.
func (s *session) refine(ctx context.Context, due store.Due) (report, error) {
	var batch []store.Activity
	var profiles store.Profiles
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if batch, err = store.ListUnrefinedActivities(ctx, conn, s.accountID, s.worker.now(), refineBatch); err != nil {
			return err
		}
		profiles, err = store.LoadProfiles(ctx, conn, s.accountID)
		return err
	})
	if err != nil {
		return report{}, err
	}
	if len(batch) == 0 {
		return report{}, s.endRefining(ctx, due)
	}
	done := report{more: true}
	err = s.refineBatch(ctx, due, batch, profiles, &done)
	if err != nil {
		return done, err
	}
	return done, s.giveBack(ctx, due)
}

// endRefining waits for the time that the next activity is to be tried again at, and finishes phase two where none is.
func (s *session) endRefining(ctx context.Context, due store.Due) error {
	now := s.worker.now()
	return s.db.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		left, err := store.CountUnrefined(ctx, conn, s.accountID, now)
		if err != nil {
			return err
		}
		reason := "Strava could not give the samples of some activities"
		if left.Pending == 0 {
			reason = "" // what is parked is tried once more now and then; nobody waits for it
			if err := store.MarkSynced(ctx, conn, s.accountID, store.MarkRefined, now); err != nil {
				return err
			}
		}
		if left.RetryAt == nil {
			return store.FinishDue(ctx, conn, due)
		}
		return store.PostponeDue(ctx, conn, due, *left.RetryAt, reason)
	})
}

// fetching is an activity whose streams are under way, to be reduced as soon as they are here.
type fetching struct {
	activity store.Activity
	call     *underway[store.Refinement]
}

// refineBatch fetches one activity ahead of the one that is stored, and no further: what is under way when the process
// dies is asked for again.
func (s *session) refineBatch(ctx context.Context, due store.Due, batch []store.Activity, profiles store.Profiles, done *report) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	trouble := troubles{session: s, due: due, profiles: profiles}
	var ahead *fetching
	for i := 0; i < len(batch) || ahead != nil; i++ {
		var next *fetching
		var refused error
		if i < len(batch) && !timeIsUp(ctx) {
			next, refused = s.fetch(ctx, due.Lane, batch[i], profiles)
		}
		if ahead != nil {
			err := s.storeFetched(ctx, due, ahead, &trouble, done)
			if err != nil {
				if next != nil {
					cancel()
					next.call.end(ctx, s)
				}
				return err
			}
		}
		if refused != nil {
			return errors.Join(trouble.end(ctx), refused)
		}
		if ahead = next; ahead == nil {
			break
		}
	}
	return trouble.end(ctx)
}

func (s *session) fetch(ctx context.Context, lane int, activity store.Activity, profiles store.Profiles) (*fetching, error) {
	call, err := begin(ctx, s, lane, func(ctx context.Context, access string) (store.Refinement, strava.Usage, error) {
		streams, usage, err := s.worker.Strava.Streams(ctx, access, activity.ID)
		if err != nil {
			return store.Refinement{}, usage, err
		}
		refinement, err := s.worker.reduce(&activity, streams, profiles)
		return refinement, usage, err
	})
	if err != nil {
		return nil, err
	}
	return &fetching{activity, call}, nil
}

// storeFetched stores one answer, or notes its failure where it is the activity's own.
func (s *session) storeFetched(ctx context.Context, due store.Due, fetched *fetching, trouble *troubles, done *report) error {
	refinement, err := fetched.call.wait(ctx, s)
	if err != nil {
		return trouble.take(ctx, &fetched.activity, err)
	}
	if err := trouble.blame(ctx); err != nil {
		return err
	}
	if err := s.store(ctx, due, refinement); err != nil {
		return err
	}
	done.refined++
	done.progress = true
	return nil
}

func (s *session) store(ctx context.Context, due store.Due, refinement store.Refinement) error {
	return s.use(ctx, func(ctx context.Context, conn database.Conn) error {
		return store.RefineActivity(ctx, conn, due, refinement, s.worker.now())
	})
}

// reduce turns an activity's streams into what is stored of them.
func (w *Worker) reduce(activity *store.Activity, streams training.Streams, profiles store.Profiles) (store.Refinement, error) {
	if streams.Len() == 0 {
		return w.without(activity, "Strava has no samples of it", profiles)
	}
	row := *activity
	row.Histogram = nil
	// A strap that sent nothing but artefacts has a histogram too: it says that its average is not to be believed (I30).
	if histogram, _ := training.NewHistogram(streams); streams.HeartRate != nil && histogram.IncludedS > 0 {
		packed, err := histogram.MarshalBinary()
		if err != nil {
			return store.Refinement{}, fmt.Errorf("activity %d: %w", row.ID, err)
		}
		row.Histogram = packed
	}
	streamFigures := training.ComputeStreamFigures(row.Summary, streams)
	row.StreamFigures = &streamFigures
	figures, err := figuresOf(&row, profiles)
	if err != nil {
		return store.Refinement{}, err
	}
	packed, err := store.PackStreams(streams)
	if err != nil {
		return store.Refinement{}, fmt.Errorf("activity %d: %w", row.ID, err)
	}
	now := w.now()
	refinement := store.Refinement{ActivityID: row.ID, Streams: store.StreamsStored, Histogram: row.Histogram,
		StreamFigures: row.StreamFigures, Figures: figures, Packed: packed, Samples: streams.Len(), FetchedAt: now}
	if w.Retention > 0 {
		expires := now.Add(w.Retention)
		refinement.ExpiresAt = &expires
	}
	return refinement, nil
}

// without is the outcome for an activity of which Strava has no samples: what was known of it stays.
func (w *Worker) without(activity *store.Activity, reason string, profiles store.Profiles) (store.Refinement, error) {
	figures, err := figuresOf(activity, profiles)
	return store.Refinement{ActivityID: activity.ID, Streams: store.StreamsNone, Reason: reason,
		Histogram: activity.Histogram, StreamFigures: activity.StreamFigures, Figures: figures}, err
}

// refetch asks again for the samples of one activity, which a page waits for.
func (s *session) refetch(ctx context.Context, due store.Due) (report, error) {
	id, err := strconv.ParseInt(due.Subject, 10, 64)
	if err != nil {
		return report{}, fmt.Errorf("read subject of refetch: %w", err)
	}
	var activity store.Activity
	var profiles store.Profiles
	err = s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if activity, err = store.ReadActivity(ctx, conn, s.accountID, id); err != nil {
			return err
		}
		profiles, err = store.LoadProfiles(ctx, conn, s.accountID)
		return err
	})
	if fault.KindOf(err) == fault.NotFound { // deleted meanwhile: nobody waits for it any more
		return report{}, s.finish(ctx, due)
	}
	if err != nil {
		return report{}, err
	}
	streams, err := call(ctx, s, due.Lane, func(ctx context.Context, access string) (training.Streams, strava.Usage, error) {
		return s.worker.Strava.Streams(ctx, access, id)
	})
	done := report{}
	var refused *strava.Error
	switch {
	case err == nil:
		refinement, err := s.worker.reduce(&activity, streams, profiles)
		if err == nil {
			err = s.store(ctx, due, refinement)
		}
		if err != nil {
			return report{}, err
		}
		done.refined = 1
	case errors.As(err, &refused) && refused.Scope == strava.ScopeActivity:
		trouble := troubles{session: s, due: due, profiles: profiles}
		if err := trouble.note(ctx, &activity, err); err != nil {
			return report{}, err
		}
	default:
		return report{}, err
	}
	return done, s.finish(ctx, due)
}

func (s *session) finish(ctx context.Context, due store.Due) error {
	return s.use(ctx, func(ctx context.Context, conn database.Conn) error { return store.FinishDue(ctx, conn, due) })
}
