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

// ingest stores a list page's activities, or one in detail, every sport type of them: new ones with a provisional load from
// average heart rate, changed ones with what their streams gave before. Unchanged ones are left alone. It gives the number
// written.
func (s *session) ingest(ctx context.Context, conn database.Conn, page []strava.Activity, detailed bool) (int, error) {
	if len(page) == 0 {
		return 0, nil
	}
	profiles, err := store.LoadProfiles(ctx, conn, s.accountID)
	if err != nil {
		return 0, err
	}
	page = distinct(page)
	seen := make([]store.Seen, len(page))
	for i := range page {
		hash := page[i].Hash()
		seen[i] = store.Seen{ID: page[i].ID, Hash: hash[:], Exertion: page[i].PerceivedExertion, Detailed: detailed}
	}
	found, err := store.ReadStoredSummaries(ctx, conn, s.accountID, seen)
	if err != nil {
		return 0, err
	}
	stored := make(map[int64]store.StoredSummary, len(found))
	for _, summary := range found {
		stored[summary.ID] = summary
	}
	var rows []store.Activity
	for i := range page {
		before, known := stored[page[i].ID]
		if known && before.Unchanged {
			continue
		}
		if !detailed && before.Summary != nil { // the list does not have it, and does not deny it
			page[i].PerceivedExertion = before.Summary.PerceivedExertion
		}
		row, err := summaryRow(&page[i], seen[i].Hash, profiles, before)
		if err != nil {
			return 0, err
		}
		rows = append(rows, row)
	}
	return store.UpsertActivities(ctx, conn, s.accountID, rows)
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
func summaryRow(activity *strava.Activity, hash []byte, profiles store.Profiles, before store.StoredSummary) (store.Activity, error) {
	summary := activity.Summary()
	summary.SportType = storable(summary.SportType)
	row := store.Activity{
		ID: activity.ID, SportType: summary.SportType, Name: storable(activity.Name), StartAt: activity.StartAt,
		StartLocal: storable(activity.StartLocal), TimeZone: storable(activity.TimeZone), LocalDay: activity.LocalDay,
		Summary: summary, SummaryHash: hash, Histogram: before.Histogram, StreamFigures: before.StreamFigures,
		Streams: streamsAfter(activity, before),
	}
	var err error
	if row.Figures, err = figuresOf(&row, profiles); err == nil {
		return row, nil
	}
	// What its streams gave can't be read any more: they are asked for anew, and the page goes on.
	row.Histogram, row.StreamFigures, row.Streams = nil, nil, streamsAfter(activity, store.StoredSummary{})
	row.Figures, err = figuresOf(&row, profiles)
	return row, err
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
