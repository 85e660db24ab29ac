package activitysync

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// walk is a unit's part of a walk over the list.
type walk struct {
	session  *session
	due      store.Due
	profiles store.Profiles
	cursor   listCursor // behind the last page that is stored
	yield    bool       // the row is asked for again, or more urgent work of the athlete is due
	blank    bool       // of the account's activities nothing stands but what this unit stored
	last     *listing   // the page that is stored last; nil before the first
	done     report
}

// forward says that the walk goes from some time on, else it goes back from the newest activity.
func (w *walk) forward() bool { return w.due.Kind == store.KindIncremental }

// run goes from page to page until the row should be given back, or the time is up; a page that is under way then is stored too.
//
// The profiles are read once, and so is whether anything stands at all: whoever changes them makes a recompute due, which needs
// the account's lease and so finds all that was written with the old ones, and who writes an activity needs the lease too.
func (w *walk) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	page, err := w.fetch(ctx, w.cursor)
	for err == nil && page != nil {
		page, err = w.step(ctx, cancel, page)
	}
	return err
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
		listed := newListing(activities, false)
		if w.due.Kind == store.KindBackfill {
			err = listed.makeAhead(w.profiles)
		}
		return listed, usage, err
	})
}

// step stores the page that is under way and gives the next one; nil where the walk or the unit ends. While a page is stored the
// next is fetched, and no further: what is under way when the process dies is asked for again.
func (w *walk) step(ctx context.Context, cancel context.CancelFunc, page *underway[*listing]) (next *underway[*listing], err error) {
	listed, err := page.wait(ctx, w.session)
	if err != nil {
		return nil, err
	}
	moved := listCursor{Listed: w.cursor.Listed + len(listed.page)}
	moved.Edge, w.done.more = nextEdge(listed.page, w.cursor.Edge, w.forward())
	goOn := w.done.more && !w.yield && !timeIsUp(ctx)
	var refused error
	if goOn {
		next, refused = w.fetch(ctx, moved)
	}
	if err := w.store(ctx, listed, moved, goOn); err != nil {
		if next != nil {
			cancel()
			next.end(ctx, w.session)
		}
		return nil, err
	}
	return next, refused
}

// store stores a page and moves the row's cursor behind it, in one transaction. With the walk's last page the row is finished;
// where the unit does not go on it is given back.
func (w *walk) store(ctx context.Context, listed *listing, moved listCursor, goOn bool) error {
	s, now, more := w.session, w.session.worker.now(), w.done.more
	span := covered(listed.page, w.cursor.Edge, moved.Edge, more, w.forward())
	var written int
	write := func(ctx context.Context, conn database.Conn) error {
		found, unlisted, err := w.compare(ctx, conn, listed, span)
		if err != nil {
			return err
		}
		if written, err = s.ingest(ctx, conn, listed, found, w.profiles); err != nil {
			return err
		}
		if err := s.doubt(ctx, conn, w.due, unlisted); err != nil {
			return err
		}
		moved.Written = w.cursor.Written + written
		if !more {
			return s.endWalk(ctx, conn, w.due, moved, now)
		}
		cursor, err := json.Marshal(moved)
		if err != nil {
			return err
		}
		if w.yield, err = store.AdvanceListing(ctx, conn, w.due, cursor, now); err != nil || goOn {
			return err
		}
		return store.ReleaseDue(ctx, conn, w.due)
	}
	err := s.db.InTx(ctx, write)
	if database.IsUnique(err, "") { // whose lease had run out wrote one all the same: now it is found
		w.blank = false
		err = s.db.InTx(ctx, write)
	}
	if err != nil {
		return err
	}
	w.cursor, w.last = moved, listed
	w.done.progress = true
	w.done.listed += len(listed.page)
	w.done.written += written
	return nil
}

// compare gives what stands of a page's activities, and what stands and should be on it and is not. Of a first import only what the
// page before named too can stand; to look for the others would take as long as a tenth of the import.
func (w *walk) compare(ctx context.Context, conn database.Conn, listed *listing, span store.Span) (found []store.StoredSummary, unlisted []int64, err error) {
	if !w.blank {
		return store.CompareActivities(ctx, conn, w.session.accountID, listed.seen, &span, mostUnlisted)
	}
	if w.last == nil {
		return nil, nil, nil
	}
	for _, one := range listed.seen {
		i := slices.IndexFunc(w.last.seen, func(before store.Seen) bool { return before.ID == one.ID })
		if i >= 0 {
			found = append(found, store.StoredSummary{ID: one.ID, Unchanged: bytes.Equal(one.Hash, w.last.seen[i].Hash)})
		}
	}
	return found, nil, nil
}
