package activitysync

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Page is a page of activities, newest first.
type Page struct {
	Activities []store.Activity
	Next       string // the key of the next page; empty at the end
}

// The sizes of a page of activities.
const (
	DefaultPageSize = 50
	LargestPageSize = 200
)

// Activities gives, of the activities that the filter picks, the page after the key before (empty: the newest). limit 0 is
// DefaultPageSize; more than LargestPageSize is cut. A key that no page gave is Invalid, and so is a last day before the first.
func (s *Service) Activities(ctx context.Context, accountID int64, filter store.ActivityFilter, before string, limit int) (Page, error) {
	if filter.From != nil && filter.To != nil && *filter.To < *filter.From {
		return Page{}, fault.Field("to", "must not be before from")
	}
	var start time.Time
	var id int64
	if before != "" {
		var err error
		if start, id, err = parsePageKey(before); err != nil {
			return Page{}, err
		}
	}
	if limit <= 0 {
		limit = DefaultPageSize
	}
	limit = min(limit, LargestPageSize)
	var page Page
	err := s.DB.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		found, err := store.ListActivities(ctx, conn, accountID, filter, start, id, limit+1)
		page.Activities = found
		return err
	})
	if err != nil {
		return Page{}, err
	}
	if len(page.Activities) > limit {
		page.Activities = page.Activities[:limit]
		page.Next = pageKey(page.Activities[limit-1])
	}
	return page, nil
}

// A page's key is its last activity's start in microseconds, which is what the database keeps, and its id.
func pageKey(activity store.Activity) string {
	return strconv.FormatInt(activity.StartAt.UnixMicro(), 36) + "." + strconv.FormatInt(activity.ID, 36)
}

func parsePageKey(key string) (time.Time, int64, error) {
	for i := range key {
		if key[i] != '.' {
			continue
		}
		micros, startErr := strconv.ParseInt(key[:i], 36, 64)
		id, idErr := strconv.ParseInt(key[i+1:], 36, 64)
		start := time.UnixMicro(micros).UTC()
		if startErr == nil && idErr == nil && start.Year() >= 1 && start.Year() <= 9999 {
			return start, id, nil
		}
		break
	}
	return time.Time{}, 0, fault.Field("before", "is not a key that a page of activities gave")
}

// Activity gives one activity with its figures.
func (s *Service) Activity(ctx context.Context, accountID, activityID int64) (store.Activity, error) {
	var activity store.Activity
	err := s.DB.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		activity, err = store.ReadActivity(ctx, conn, accountID, activityID)
		return err
	})
	return activity, err
}

// streamsWait is when a page should ask again for streams that are being fetched.
const streamsWait = 3 * time.Second

// Streams gives an activity's samples. Where Strava has none it is NotFound with code no-streams. Where they have expired
// or were not fetched yet they are asked for in the interactive lane: the answer is Unavailable with code streams-pending,
// when to ask again, and the due row's id for a Wake; asking again asks for nothing more. Where Strava's quota is used up
// it is Unavailable with code strava-quota, where a page asks for too many at a time Throttled with code
// streams-waiting. Without a connection that works it is a Conflict with code strava-not-connected or strava-reconnect.
func (s *Service) Streams(ctx context.Context, accountID, activityID int64) (streams training.Streams, dueID int64, err error) {
	now := s.now()
	var absent error
	err = s.DB.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		activity, err := store.ReadActivity(ctx, conn, accountID, activityID)
		if err != nil {
			return err
		}
		if activity.Streams == store.StreamsNone || activity.Streams == store.StreamsParked {
			reason := activity.StreamsReason
			if reason == "" {
				reason = "this activity was entered by hand"
			}
			absent = fault.New(fault.NotFound, "no-streams", "there are no samples: "+reason)
			return nil
		}
		found := false
		if streams, found, err = store.ReadStreams(ctx, conn, accountID, activityID, now); err != nil || found {
			return err
		}
		if absent, err = refetchable(ctx, conn, accountID, activityID); err != nil || absent != nil {
			return err
		}
		windows, err := store.ReadQuota(ctx, conn, now)
		if err != nil {
			return err
		}
		if until := quotaFullUntil(windows, store.LaneInteractive, now); !until.IsZero() {
			absent = fault.New(fault.Unavailable, "strava-quota",
				"Strava's quota is used up: the samples can be fetched again later").After(until.Sub(now))
			return nil
		}
		dueID, err = store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindRefetch,
			Subject: strconv.FormatInt(activityID, 10), Lane: store.LaneInteractive, Resume: true,
			Trace: logging.TraceOf(ctx).ID})
		absent = fault.New(fault.Unavailable, "streams-pending", "the samples are being fetched from Strava").After(streamsWait)
		return err
	})
	if err != nil {
		return training.Streams{}, 0, fmt.Errorf("read streams: %w", err)
	}
	return streams, dueID, absent
}

// Retry asks anew for the samples of an activity that was given up on: at once in the interactive lane, and in phase two
// should that fail. It gives the activity as it stands then and the due row's id for a Wake, 0 where nothing was parked:
// who presses again asks for nothing more. One that has nothing to be had is a Conflict with code nothing-to-retry; what
// keeps samples from being fetched is refused as by Streams.
func (s *Service) Retry(ctx context.Context, accountID, activityID int64) (activity store.Activity, dueID int64, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		dueID = 0 // the transaction may run again
		if activity, err = store.ReadActivity(ctx, conn, accountID, activityID); err != nil {
			return err
		}
		switch activity.Streams {
		case store.StreamsParked:
		case store.StreamsNone, store.StreamsExpired:
			return fault.New(fault.Conflict, "nothing-to-retry", "this activity does not wait for samples")
		default:
			return nil
		}
		absent, err := refetchable(ctx, conn, accountID, activityID)
		if err = errors.Join(err, absent); err != nil {
			return err
		}
		retried, err := store.RetryStreams(ctx, conn, accountID, activityID)
		if err != nil {
			return err
		}
		if retried {
			if dueID, err = s.askForStreams(ctx, conn, accountID, activityID); err != nil {
				return err
			}
		}
		activity, err = store.ReadActivity(ctx, conn, accountID, activityID)
		return err
	})
	if err != nil {
		return store.Activity{}, 0, fmt.Errorf("retry activity: %w", err)
	}
	return activity, dueID, nil
}

// askForStreams makes an activity's samples due at once, and phase two a while later: it goes on asking where they fail.
func (s *Service) askForStreams(ctx context.Context, conn database.Conn, accountID, activityID int64) (int64, error) {
	trace := logging.TraceOf(ctx).ID
	_, err := store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindStreams,
		Lane: store.LaneBackfill, DueAt: s.now().Add(firstLateWait), Trace: trace, Resume: true})
	if err != nil {
		return 0, err
	}
	return store.EnqueueDue(ctx, conn, store.DueRequest{AccountID: accountID, Kind: store.KindRefetch,
		Subject: strconv.FormatInt(activityID, 10), Lane: store.LaneInteractive, Trace: trace})
}

// mostRefetches bounds what one account can ask for at a time in the lane that may use the whole quota.
const mostRefetches = 10

// refetchable says why samples can't be asked for now; nil where they can.
func refetchable(ctx context.Context, conn database.Conn, accountID, activityID int64) (absent, err error) {
	connection, err := store.ReadConnection(ctx, conn, accountID)
	switch {
	case isNotConnected(err):
		return fault.New(fault.Conflict, "strava-not-connected", "the samples have expired: connect Strava to see them again"), nil
	case err != nil:
		return nil, err
	case connection.Status == store.ConnectionReconnect:
		return errReconnect, nil
	}
	waiting, err := store.CountRefetches(ctx, conn, accountID, strconv.FormatInt(activityID, 10))
	if err == nil && waiting >= mostRefetches {
		absent = fault.New(fault.Throttled, "streams-waiting",
			"the samples of other activities are still being fetched: try again when they are there").After(streamsWait)
	}
	return absent, err
}

// quotaFullUntil is when the lane may call Strava again; zero where it may now.
func quotaFullUntil(windows []store.QuotaWindow, lane int, now time.Time) time.Time {
	var until time.Time
	for _, window := range windows {
		if window.BlockedUntil != nil && window.BlockedUntil.After(until) {
			until = *window.BlockedUntil
		}
		if window.Left(lane) == 0 && window.Reset(now).After(until) {
			until = window.Reset(now)
		}
	}
	return until
}
