package api

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// ActivityID is Strava's id. It is text in JSON, because JavaScript's numbers end at 53 bits.
type ActivityID int64

// MarshalText implements encoding.TextMarshaler.
func (id ActivityID) MarshalText() ([]byte, error) { return strconv.AppendInt(nil, int64(id), 10), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (id *ActivityID) UnmarshalText(text []byte) error {
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		return fmt.Errorf("read activity id: %w", err)
	}
	*id = ActivityID(n)
	return nil
}

// Activity is one activity with its load. A figure that is absent is null and has a reason.
type Activity struct {
	ID           ActivityID       `json:"id"`
	Name         string           `json:"name"`
	SportType    string           `json:"sport_type" doc:"As Strava names it"`
	StartAt      time.Time        `json:"start_at"`
	LocalDay     training.Date    `json:"local_day" doc:"The day it counts for: the athlete's own, where it was done"`
	StartLocal   string           `json:"start_local" doc:"Wall time where it was done"`
	TimeZone     string           `json:"time_zone,omitempty"`
	DistanceM    *float64         `json:"distance_m"`
	MovingS      *float64         `json:"moving_s"`
	ElapsedS     *float64         `json:"elapsed_s"`
	ElevationM   *float64         `json:"elevation_gain_m"`
	AverageHR    *float64         `json:"average_hr"`
	Quality      training.Quality `json:"quality" enum:"stream,average,none" doc:"What TRIMP rests on"`
	TRIMP        training.Figure  `json:"trimp"`
	TSS          training.Figure  `json:"tss"`
	ExternalKm   training.Figure  `json:"external_km"`
	Streams      string           `json:"streams" enum:"pending,stored,none,expired,parked" doc:"Where its samples are"`
	StreamsCause string           `json:"streams_reason,omitempty" doc:"Why there are none, or why they are waited for"`
	StreamsRetry *time.Time       `json:"streams_retry_at,omitempty" doc:"When they are asked for again"`
}

// ActivityDetail is an activity with everything that was computed of it.
type ActivityDetail struct {
	Activity
	Figures training.Figures `json:"figures"`
}

// ActivityPage is a page of activities, newest first.
type ActivityPage struct {
	Activities []Activity `json:"activities"`
	Next       string     `json:"next,omitempty" doc:"Give it as before for the next page; absent at the end"`
}

// Samples are an activity's streams, as columns of one length; null where a sample is missing.
type Samples struct {
	TimeS     []int32    `json:"time_s"`
	HeartRate []*uint8   `json:"heart_rate,omitempty" doc:"bpm"`
	Altitude  []*float64 `json:"altitude_m,omitempty"`
	Distance  []*float64 `json:"distance_m,omitempty"`
	Velocity  []*float64 `json:"velocity_mps,omitempty"`
	Watts     []*int16   `json:"watts,omitempty"`
	Cadence   []*int16   `json:"cadence,omitempty"`
}

type activityInput struct {
	ID int64 `path:"id" minimum:"1" doc:"Strava's id"`
}

type streamsOutput struct {
	Status     int
	RetryAfter string `header:"Retry-After"`
	Body       Samples
}

func (a *API) activityOperations(service huma.API) {
	register(service, reads(operation(http.MethodGet, "/v1/activities", "activities", "Activities, newest first")),
		func(ctx context.Context, in *struct {
			Before  string           `query:"before" maxLength:"64" doc:"The key that the page before gave"`
			Limit   int              `query:"limit" minimum:"1" maximum:"200" default:"50"`
			Sport   string           `query:"sport" maxLength:"64" pattern:"^[A-Za-z0-9_-]*$" doc:"Only this sport type, as Strava names it"`
			Quality training.Quality `query:"quality" enum:"stream,average,none" doc:"Only those whose TRIMP rests on this"`
			From    string           `query:"from" format:"date" doc:"First local day; the first activity's where absent"`
			To      string           `query:"to" format:"date" doc:"Last local day; the newest's where absent"`
		}) (*struct{ Body ActivityPage }, error) {
			filter := store.ActivityFilter{SportType: in.Sport, Quality: in.Quality}
			var err error
			if filter.From, err = dayIfAny("from", in.From); err != nil {
				return nil, err
			}
			if filter.To, err = dayIfAny("to", in.To); err != nil {
				return nil, err
			}
			page, err := a.Activities.Activities(ctx, identity(ctx).AccountID, filter, in.Before, in.Limit)
			if err != nil {
				return nil, err
			}
			body := ActivityPage{Activities: make([]Activity, len(page.Activities)), Next: page.Next}
			for i := range page.Activities {
				body.Activities[i] = activityOf(&page.Activities[i])
			}
			return &struct{ Body ActivityPage }{body}, nil
		})
	register(service, reads(operation(http.MethodGet, "/v1/activities/{id}", "activity", "One activity with all its figures")),
		func(ctx context.Context, in *activityInput) (*struct{ Body ActivityDetail }, error) {
			found, err := a.Activities.Activity(ctx, identity(ctx).AccountID, in.ID)
			if err != nil {
				return nil, err
			}
			return &struct{ Body ActivityDetail }{ActivityDetail{activityOf(&found), found.Figures}}, nil
		})
	streams := operation(http.MethodGet, "/v1/activities/{id}/streams", "streams", "An activity's samples; 202 while they are fetched from Strava")
	register(service, alsoAnswers(streams, http.StatusAccepted, "They are being fetched: ask again after Retry-After seconds"),
		func(ctx context.Context, in *activityInput) (*streamsOutput, error) {
			accountID := identity(ctx).AccountID
			streams, dueID, err := a.Activities.Streams(ctx, accountID, in.ID)
			if dueID != 0 {
				a.wake(ctx, accountID, dueID)
			}
			if waiting, ok := fault.As(err); ok && waiting.Code == "streams-pending" {
				return &streamsOutput{
					Status:     http.StatusAccepted,
					RetryAfter: strconv.Itoa(int(math.Ceil(waiting.RetryAfter.Seconds()))),
					Body:       Samples{TimeS: []int32{}},
				}, nil
			}
			if err != nil {
				return nil, err
			}
			return &streamsOutput{Status: http.StatusOK, Body: samplesOf(&streams)}, nil
		})
	register(service, status(operation(http.MethodPost, "/v1/activities/{id}/retry", "retry-activity",
		"Ask again for the samples of a parked activity; asking twice asks once"), http.StatusAccepted),
		func(ctx context.Context, in *activityInput) (*struct{ Body Activity }, error) {
			accountID := identity(ctx).AccountID
			found, dueID, err := a.Activities.Retry(ctx, accountID, in.ID)
			if err != nil {
				return nil, err
			}
			if dueID != 0 {
				a.wake(ctx, accountID, dueID)
			}
			return &struct{ Body Activity }{activityOf(&found)}, nil
		})
}

func activityOf(found *store.Activity) Activity {
	return Activity{
		ID: ActivityID(found.ID), Name: found.Name, SportType: found.SportType, StartAt: found.StartAt,
		LocalDay: found.LocalDay, StartLocal: found.StartLocal, TimeZone: found.TimeZone,
		DistanceM: found.Summary.DistanceM, MovingS: found.Summary.MovingS, ElapsedS: found.Summary.ElapsedS,
		ElevationM: found.Summary.ElevationGainM, AverageHR: found.Summary.AverageHR,
		Quality: found.Figures.Quality, TRIMP: found.Figures.TRIMP, TSS: found.Figures.TSS,
		ExternalKm: found.Figures.ExternalKm, Streams: found.Streams, StreamsCause: found.StreamsReason,
		StreamsRetry: found.StreamsRetryAt,
	}
}

// dayIfAny reads a day of the query that may be absent.
func dayIfAny(name, text string) (*training.Date, error) {
	if text == "" {
		return nil, nil
	}
	day, err := dayOf(name, text, 0)
	return &day, err
}

func samplesOf(streams *training.Streams) Samples {
	return Samples{
		TimeS:     streams.Time,
		HeartRate: nulls(streams.HeartRate, func(v uint8) bool { return v != training.MissingHeartRate }),
		Altitude:  nulls(streams.Altitude, isNumber), Distance: nulls(streams.Distance, isNumber),
		Velocity: nulls(streams.Velocity, isNumber),
		Watts:    nulls(streams.Watts, func(v int16) bool { return v != training.MissingWatts }),
		Cadence:  nulls(streams.Cadence, func(v int16) bool { return v != training.MissingCadence }),
	}
}

func isNumber(v float64) bool { return !math.IsNaN(v) }

// nulls turns a stream's markers of missing samples into nulls.
func nulls[T any](values []T, present func(T) bool) []*T {
	if values == nil {
		return nil
	}
	out := make([]*T, len(values))
	for i := range values {
		if present(values[i]) {
			out[i] = &values[i]
		}
	}
	return out
}
