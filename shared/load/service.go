// Package load is the use case of training load over days: the daily series, today in words, and working figures out
// again after a change of settings. The series is computed whenever it is read, from the activities' day sums; nothing of
// it is stored, so that it is never stale and there is one definition of every figure: package training's.
package load

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Open ends of a range of days.
const (
	FromStart  training.Date = math.MinInt32 // from the first activity on
	UntilToday training.Date = math.MaxInt32 // up to today in the athlete's zone
)

// Service answers for an athlete's load over days. All methods are safe for concurrent use.
type Service struct {
	database database.Database
	now      func() time.Time
}

// New makes the use case over a database. Time zones are Go's: a program that runs where there is no zone database must
// import time/tzdata.
func New(db database.Database) *Service {
	return &Service{database: db, now: time.Now}
}

// Meta says what a series is of and how far it is to be believed.
type Meta struct {
	Today       training.Date     `json:"today"` // in the athlete's zone
	TimeZone    string            `json:"time_zone"`
	Metric      training.LoadKind `json:"metric"`
	HistoryDays int               `json:"history_days"` // from the first activity to the series' last day, both counted; 0 without
	WarmingUp   bool              `json:"warming_up"`   // the last day has less than 42 days of history behind it
	Activities  int               `json:"activities"`   // in the range
	Unscored    int               `json:"unscored"`     // of those, the ones that have no load of the metric: they count 0
	Provisional int               `json:"provisional"`  // of those, the ones whose TRIMP rests on average heart rate
	Coverage    training.Figure   `json:"coverage"`     // share of the range's activities that have a load, 0–1
}

// Series gives the daily series from one day to another, both included, by the metric "trimp" or "tss". Days after today
// are left out, and so are those before the first activity, which do not exist; a series without any day is empty. A day
// without activities is a rest day of load 0. It costs one statement.
//
// from after to or after today, and a metric that is neither, are Invalid with the field's name.
func (s *Service) Series(ctx context.Context, accountID int64, from, to training.Date, metric training.LoadKind) (
	training.Series, Meta, error) {
	if metric != training.LoadTRIMP && metric != training.LoadTSS {
		return training.Series{}, Meta{}, fault.Field("metric", "must be trimp or tss")
	}
	if from > to {
		return training.Series{}, Meta{}, fault.Field("from", "must not be after to")
	}
	history, today, err := s.history(ctx, accountID)
	if err != nil {
		return training.Series{}, Meta{}, err
	}
	if from > today {
		return training.Series{}, Meta{}, fault.Field("from", "must not be after today")
	}
	return seriesOf(history, today, from, min(to, today), metric)
}

// history reads the day sums and what today is.
func (s *Service) history(ctx context.Context, accountID int64) (history store.DayHistory, today training.Date, err error) {
	err = s.database.Use(ctx, func(ctx context.Context, conn database.Conn) error {
		history, err = store.LoadDayHistory(ctx, conn, accountID)
		return err
	})
	if err != nil {
		return store.DayHistory{}, 0, err
	}
	if today, err = history.Athlete.Today(s.now()); err != nil {
		return store.DayHistory{}, 0, err
	}
	return history, today, nil
}

// seriesOf computes the series of a range that ends today or earlier.
func seriesOf(history store.DayHistory, today, from, to training.Date, metric training.LoadKind) (
	training.Series, Meta, error) {
	settings := training.SeriesSettings{
		Load: metric, DecayDays: history.Athlete.ChronicDays, DecayRate: history.Athlete.DecayRate,
	}.WithDefaults()
	meta := Meta{Today: today, TimeZone: history.Athlete.TimeZone, Metric: metric, WarmingUp: true,
		Coverage: training.Absent(training.ReasonNoActivity)}
	if len(history.Days) == 0 || history.Days[0].Day > to {
		return emptySeries(history, from, to, settings), meta, nil
	}
	from = max(from, history.Days[0].Day)
	series, err := training.DailySeries(history.Days, from, to, settings)
	if err != nil {
		return training.Series{}, Meta{}, fmt.Errorf("read series: %w", err)
	}
	meta.HistoryDays = to.Sub(history.Days[0].Day) + 1
	meta.WarmingUp = series.WarmingUp[series.Days()-1]
	for _, day := range history.Days {
		if day.Day >= from && day.Day <= to {
			meta.Provisional += day.ByAverage
		}
	}
	for i, activities := range series.Activities {
		meta.Activities += activities
		meta.Unscored += series.Unscored[i]
	}
	if meta.Activities > 0 {
		meta.Coverage = training.Known(float64(meta.Activities-meta.Unscored) / float64(meta.Activities))
	}
	return series, meta, nil
}

// emptySeries has no day: the range lies before the first activity, or there is none.
func emptySeries(history store.DayHistory, from, to training.Date, settings training.SeriesSettings) training.Series {
	if from == FromStart {
		from = to
	}
	series := training.Series{First: from, Last: to, Settings: settings,
		Activities: []int{}, Unscored: []int{}, WarmingUp: []bool{}}
	if len(history.Days) > 0 {
		first := history.Days[0].Day
		series.HistoryStart = &first
	}
	return series
}
