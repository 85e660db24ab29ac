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

// walk is a unit's part of a walk over the list.
type walk struct {
	session  *session
	due      store.Due
	profiles store.Profiles
	marked   bool // it is noted that Strava answers
}

// forward says that the walk goes from some time on, else it goes back from the newest activity.
func (w *walk) forward() bool { return w.due.Kind == store.KindIncremental }

// list goes on with a walk over the list. The walk ends with a page on which Strava tells of nothing beyond the last one's edge;
// an error is never such a page (I14). What is stored and not on the page where it should be is asked for by itself.
func (s *session) list(ctx context.Context, due store.Due) (report, error) {
	var cursor listCursor
	if err := json.Unmarshal(due.Cursor, &cursor); err != nil {
		return report{}, fmt.Errorf("read list cursor: %w", err)
	}
	w := &walk{session: s, due: due}
	err := s.db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		if w.forward() && cursor.Edge == 0 {
			if cursor.Edge, err = s.incrementalStart(ctx, conn); err != nil {
				return err
			}
		}
		w.profiles, err = store.LoadProfiles(ctx, conn, s.accountID)
		return err
	})
	if err != nil {
		return report{}, err
	}
	return w.run(ctx, cursor)
}

// run goes from page to page until the row is asked for again, more urgent work of the athlete is due, or the time is up; a page
// that is under way then is stored too. While a page is stored the next is fetched, and no further: what is under way when the
// process dies is asked for again.
//
// The profiles are read once: whoever changes them makes a recompute due, which needs the account's lease and so finds all that
// was written with the old ones.
func (w *walk) run(ctx context.Context, cursor listCursor) (done report, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	page, err := w.fetch(ctx, cursor)
	if err != nil {
		return done, err
	}
	for yield := false; ; {
		told, err := page.wait(ctx, w.session)
		if err != nil {
			return done, err
		}
		moved := listCursor{Listed: cursor.Listed + len(told.told)}
		moved.Edge, done.more = nextEdge(told.told, cursor.Edge, w.forward())
		var next *underway[*listing]
		var refused error
		if done.more && !yield && !timeIsUp(ctx) {
			next, refused = w.fetch(ctx, moved)
		}
		stored, err := w.store(ctx, told, cursor, moved, done.more)
		if err != nil {
			if next != nil {
				cancel()
				next.end(ctx, w.session)
			}
			return done, err
		}
		done.progress = true
		done.listed += len(told.told)
		done.written += stored.written
		moved.Written = cursor.Written + stored.written
		switch {
		case next != nil:
			page, cursor, yield = next, moved, stored.yield
		case refused != nil || !done.more:
			return done, refused
		default:
			return done, w.session.giveBack(ctx, w.due)
		}
	}
}

// fetch asks for the page that begins where the cursor stands.
func (w *walk) fetch(ctx context.Context, cursor listCursor) (*underway[*listing], error) {
	options := strava.ListOptions{PerPage: strava.MaxPerPage}
	switch {
	case w.forward():
		options.After = time.Unix(cursor.Edge, 0)
	case cursor.Edge != 0:
		options.Before = time.Unix(cursor.Edge, 0)
	}
	return begin(ctx, w.session, w.due.Lane, func(ctx context.Context, access string) (*listing, strava.Usage, error) {
		activities, usage, err := w.session.worker.Strava.Activities(ctx, access, options)
		if err != nil {
			return nil, usage, err
		}
		told := newListing(activities, false)
		if w.due.Kind == store.KindBackfill {
			err = told.makeAhead(w.profiles)
		}
		return told, usage, err
	})
}

// storedPage is what came of storing a page.
type storedPage struct {
	written int  // activities
	yield   bool // the row should be given back
}

// store stores a page and moves the row's cursor behind it, in one transaction; with the walk's last page the row is finished.
func (w *walk) store(ctx context.Context, told *listing, from, moved listCursor, more bool) (stored storedPage, err error) {
	s, now := w.session, w.session.worker.now()
	span := covered(told.told, from.Edge, moved.Edge, more, w.forward())
	write := func(ctx context.Context, conn database.Conn) (err error) {
		found, unlisted, err := store.CompareActivities(ctx, conn, s.accountID, told.seen, &span, mostUnlisted)
		if err != nil {
			return err
		}
		if stored.written, err = s.ingest(ctx, conn, told, found, w.profiles); err != nil {
			return err
		}
		if err := s.doubt(ctx, conn, w.due, unlisted); err != nil {
			return err
		}
		behind := moved
		behind.Written = from.Written + stored.written
		if !more {
			return s.endWalk(ctx, conn, w.due, behind, now)
		}
		text, err := json.Marshal(behind)
		if err != nil {
			return err
		}
		if !w.marked {
			if err := store.MarkSynced(ctx, conn, s.accountID, store.MarkListed, now); err != nil {
				return err
			}
		}
		stored.yield, err = store.AdvanceDue(ctx, conn, w.due, text, now)
		return err
	}
	if err = s.db.InTx(ctx, write); database.IsUnique(err, "") { // whose lease had run out wrote one all the same: now it is found
		err = s.db.InTx(ctx, write)
	}
	w.marked = w.marked || err == nil
	return stored, err
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
