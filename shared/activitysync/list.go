package activitysync

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// incrementalOverlap is how far before the newest activity known a look for new ones begins: uploads come late.
	incrementalOverlap = 14 * 24 * time.Hour
	// incrementalEvery is how often a connection is looked at where nothing asks for it earlier.
	incrementalEvery = 6 * time.Hour
	// reconcileEvery is how long after one the next comparison of the whole history begins: six calls for 1,000 activities.
	reconcileEvery = 7 * 24 * time.Hour
)

// listCursor is how far a walk over the list has come. A backfill and a reconciliation walk from the newest activity back,
// an incremental look from some time on. The key is a start time and not a page number, so that uploads and deletions during the walk
// shift nothing past it.
type listCursor struct {
	Edge    int64 `json:"edge,omitempty"`    // Unix seconds; the next page begins there. 0 at the start
	Listed  int   `json:"listed,omitempty"`  // activities so far, those of overlaps twice
	Written int   `json:"written,omitempty"` // of those, the ones that were new or changed
}

// list goes on with a walk over the list. The walk ends with a page on which Strava tells of nothing beyond the last one's edge;
// an error is never such a page (I14). What is stored and not on the page where it should be is asked for by itself.
func (s *session) list(ctx context.Context, due store.Due) (report, error) {
	var cursor listCursor
	if err := json.Unmarshal(due.Cursor, &cursor); err != nil {
		return report{}, fmt.Errorf("read list cursor: %w", err)
	}
	w := &walk{session: s, due: due, cursor: cursor}
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if w.forward() && w.cursor.Edge == 0 {
			if w.cursor.Edge, err = s.incrementalStart(ctx, conn); err != nil {
				return err
			}
		}
		if due.Kind == store.KindBackfill {
			has, err := store.HasActivities(ctx, conn, s.accountID)
			if err != nil {
				return err
			}
			w.blank = !has
		}
		w.profiles, err = store.LoadProfiles(ctx, conn, s.accountID)
		return err
	})
	if err != nil {
		return report{}, err
	}
	err = w.run(ctx)
	return w.done, err
}

// nextEdge is where the next page begins and whether there is one. Pages overlap by the second that the last one ended
// in, since several activities may start in it; Strava may give fewer than asked for before the end, so a short page
// proves nothing, only one with nothing beyond the overlap does.
func nextEdge(page []strava.Activity, edge int64, forward bool) (next int64, more bool) {
	if len(page) == 0 {
		return edge, false
	}
	last := earliest(page)
	next = last + 1 // "before" is exclusive
	if forward {
		last = latest(page)
		next = last - 1 // so is "after"
	}
	advanced := edge == 0 || (next > edge && forward) || (next < edge && !forward)
	switch {
	case advanced:
		return next, true
	case len(page) < strava.MaxPerPage:
		return edge, false
	default: // a page full of one second's activities: leave that second behind
		return last, true
	}
}

// incrementalStart is where a look for new activities begins: some time before the newest one known.
func (s *session) incrementalStart(ctx context.Context, conn database.Conn) (int64, error) {
	counts, err := store.CountActivities(ctx, conn, s.accountID)
	if err != nil || counts.NewestStart == nil {
		return 1, err
	}
	return max(counts.NewestStart.Add(-incrementalOverlap).Unix(), 1), nil
}

// endWalk finishes the row, makes streams due where any are pending, the next look for new activities and the next
// comparison of the whole history.
func (s *session) endWalk(ctx context.Context, conn database.Conn, due store.Due, cursor listCursor, now time.Time) error {
	mark := store.MarkListed
	if due.Kind == store.KindBackfill {
		mark = store.MarkBackfilled
	}
	if err := store.MarkSynced(ctx, conn, s.accountID, mark, now); err != nil {
		return err
	}
	if cursor.Written > 0 || due.Kind == store.KindBackfill {
		_, err := store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: s.accountID, Kind: store.KindStreams,
			Lane: store.LaneBackfill, Trace: due.OriginTrace})
		if err != nil {
			return err
		}
	}
	if err := store.FinishDue(ctx, conn, due); err != nil {
		return err
	}
	for kind, wait := range map[string]time.Duration{
		store.KindIncremental: incrementalEvery, store.KindReconcile: reconcileEvery,
	} {
		_, err := store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: s.accountID, Kind: kind,
			Lane: store.LaneReconcile, DueAt: now.Add(wait), Trace: due.OriginTrace, Resume: true})
		if err != nil {
			return err
		}
	}
	return nil
}
