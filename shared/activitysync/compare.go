package activitysync

import (
	"context"
	"encoding/json"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
)

// mostUnlisted bounds how many activities a page makes doubtful, so that a list which is wrong sets off no flood. The next
// walk finds the others.
const mostUnlisted = strava.MaxPerPage

// covered is the stretch of start times that a page tells everything about. The second that it ends in is left out where
// there is a next page, which may hold more of it.
func covered(page []strava.Activity, edge, next int64, more, forward bool) store.Span {
	at := func(second int64) *time.Time {
		t := time.Unix(second, 0).UTC()
		return &t
	}
	var span store.Span
	switch {
	case forward:
		span.From = at(edge + 1)
		if more {
			span.To = at(min(next+1, latest(page)))
		}
	default:
		if edge != 0 {
			span.To = at(edge)
		}
		if more {
			span.From = at(max(next, earliest(page)+1))
		}
	}
	return span
}

func latest(page []strava.Activity) int64 {
	last := page[0].StartAt.Unix()
	for _, activity := range page {
		last = max(last, activity.StartAt.Unix())
	}
	return last
}

func earliest(page []strava.Activity) int64 {
	first := page[0].StartAt.Unix()
	for _, activity := range page {
		first = min(first, activity.StartAt.Unix())
	}
	return first
}

// doubt makes it due to ask for activities that are stored and that the page should name and does not: deleted, hidden from
// us, or moved while the walk went on. Only Strava's 404 for the activity itself is believed.
func (s *session) doubt(ctx context.Context, conn database.Conn, due store.Due, unlisted []int64) error {
	cursor, err := json.Marshal(question{Aspect: message.AspectDelete})
	if err != nil {
		return err
	}
	return store.AskForActivities(ctx, conn, s.accountID, unlisted, store.LaneReconcile, cursor, due.OriginTrace)
}
