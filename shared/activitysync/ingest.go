package activitysync

import (
	"context"
	"fmt"
	"strings"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/strava"
	"github.com/train-d/train-d/shared/training"
)

// listing is activities that Strava told of, on their way into the database.
type listing struct {
	page       []strava.Activity
	activities []strava.Activity // of those, one of each id
	seen       []store.Seen
	fresh      []store.SummaryRow // their rows where nothing stands of them yet; nil where they are not made ahead
}

// newListing takes a list page's activities, or one in detail.
func newListing(page []strava.Activity, detailed bool) *listing {
	l := &listing{page: page, activities: distinct(page)}
	l.seen = make([]store.Seen, len(l.activities))
	for i := range l.activities {
		activity := &l.activities[i]
		hash := activity.Hash()
		l.seen[i] = store.Seen{ID: activity.ID, Hash: hash[:], Exertion: activity.PerceivedExertion, Detailed: detailed}
	}
	return l
}

// makeAhead makes the rows of activities that are most likely new before the database is there for them.
func (l *listing) makeAhead(profiles store.Profiles) error {
	l.fresh = make([]store.SummaryRow, len(l.activities))
	for i := range l.activities {
		var err error
		if l.fresh[i], err = summaryRow(l.activities[i], l.seen[i], profiles, store.StoredSummary{}); err != nil {
			return err
		}
	}
	return nil
}

// ingest stores activities, every sport type of them: new ones with a provisional load from average heart rate, changed ones
// with what their streams gave before. Unchanged ones are left alone. found is what stands of them. It gives the number written.
func (s *session) ingest(ctx context.Context, conn database.Conn, l *listing, found []store.StoredSummary, profiles store.Profiles) (int, error) {
	stored := make(map[int64]store.StoredSummary, len(found))
	for _, summary := range found {
		stored[summary.ID] = summary
	}
	var fresh, changed []store.SummaryRow
	for i := range l.activities {
		before, known := stored[l.activities[i].ID]
		switch {
		case known && before.Unchanged:
		case !known && l.fresh != nil:
			fresh = append(fresh, l.fresh[i])
		default:
			row, err := summaryRow(l.activities[i], l.seen[i], profiles, before)
			if err != nil {
				return 0, err
			}
			changed = append(changed, row)
		}
	}
	inserted, err := store.InsertActivities(ctx, conn, s.accountID, fresh)
	if err != nil {
		return 0, err
	}
	upserted, err := store.UpsertActivities(ctx, conn, s.accountID, changed)
	return inserted + upserted, err
}

// distinct keeps one of each id: Strava may repeat one on a page while its list changes.
func distinct(page []strava.Activity) []strava.Activity {
	seen := make(map[int64]bool, len(page))
	kept := make([]strava.Activity, 0, len(page))
	for _, activity := range page {
		if !seen[activity.ID] {
			seen[activity.ID] = true
			kept = append(kept, activity)
		}
	}
	return kept
}

// summaryRow is the row of an activity by its summary; before is what stood of it, zero where nothing did.
func summaryRow(activity strava.Activity, seen store.Seen, profiles store.Profiles, before store.StoredSummary) (store.SummaryRow, error) {
	if !seen.Detailed && before.Summary != nil { // the list does not have it, and does not deny it
		activity.PerceivedExertion = before.Summary.PerceivedExertion
	}
	summary := activity.Summary()
	summary.SportType = storable(summary.SportType)
	row := &store.Activity{
		ID: activity.ID, SportType: summary.SportType, Name: storable(activity.Name), StartAt: activity.StartAt,
		StartLocal: storable(activity.StartLocal), TimeZone: storable(activity.TimeZone), LocalDay: activity.LocalDay,
		Summary: summary, SummaryHash: seen.Hash, Histogram: before.Histogram, StreamFigures: before.StreamFigures,
		Streams: streamsAfter(&activity, before),
	}
	var err error
	if row.Figures, err = figuresOf(row, profiles); err != nil {
		// What its streams gave can't be read any more: they are asked for anew, and the page goes on.
		row.Histogram, row.StreamFigures, row.Streams = nil, nil, streamsAfter(&activity, store.StoredSummary{})
		if row.Figures, err = figuresOf(row, profiles); err != nil {
			return store.SummaryRow{}, err
		}
	}
	return store.NewSummaryRow(row)
}

// streamsAfter is what is known of an activity's streams once its summary is new or changed. They are asked for anew
// where the change can be one of the samples, and left where only words changed.
func streamsAfter(activity *strava.Activity, before store.StoredSummary) string {
	switch {
	case activity.Manual:
		return store.StreamsNone
	case before.Streams == nil || before.Summary == nil || before.StartAt == nil:
		return store.StreamsPending
	case sameRecording(activity.Summary(), *before.Summary) && activity.StartAt.Equal(*before.StartAt):
		return *before.Streams
	default:
		return store.StreamsPending
	}
}

// sameRecording says that two summaries are of the same samples.
func sameRecording(a, b training.Summary) bool {
	same := func(x, y *float64) bool { return x == y || (x != nil && y != nil && *x == *y) }
	return a.Manual == b.Manual && same(a.DistanceM, b.DistanceM) && same(a.MovingS, b.MovingS) &&
		same(a.ElapsedS, b.ElapsedS) && same(a.AverageHR, b.AverageHR) && same(a.MaxHR, b.MaxHR) &&
		same(a.AverageWatts, b.AverageWatts)
}

func figuresOf(row *store.Activity, profiles store.Profiles) (training.Figures, error) {
	figures, err := profiles.Figures(row.LocalDay, row.Summary, row.Histogram, row.StreamFigures)
	if err != nil {
		return training.Figures{}, fmt.Errorf("activity %d: %w", row.ID, err)
	}
	return figures, nil
}

// storable takes out what a text of Postgres can't hold.
func storable(text string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\x00", "")
}
