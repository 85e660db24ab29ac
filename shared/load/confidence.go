package load

import (
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Confidence is how far the figures behind a sentence are to be believed.
type Confidence string

// The degrees of confidence.
const (
	ConfidenceHigh     Confidence = "high"     // everything was measured
	ConfidenceModerate Confidence = "moderate" // something that the figures rest on is missing or approximated
	ConfidenceLow      Confidence = "low"      // much of it is
)

// Doubt is a reason for less than high confidence.
type Doubt string

// The doubts. What scales every day alike (estimated heart rates, the mean of both sexes' constants) concerns figures that
// are told as such, and none that compares days with days.
const (
	DoubtUnscored  Doubt = "unscored"              // activities of the window have no load and count 0
	DoubtAverage   Doubt = "average_heart_rate"    // loads of the window rest on average heart rate
	DoubtEstimated Doubt = "estimated_heart_rates" // resting or maximum heart rate is not the athlete's own
	DoubtSex       Doubt = "unspecified_sex"       // the loads are the mean of both curves
	DoubtWarmingUp Doubt = "warming_up"            // CTL has less than 42 days to have come from
)

// The share of a window's activities from which a doubt of it is a serious one.
const (
	muchUnscored = 0.2
	muchAverage  = 0.5
)

// windows are the days that each topic looks back, and whether its figures are told as such.
var windows = map[string]struct {
	days     int
	absolute bool
}{
	"today": {1, true}, "ratio": {28, false}, "divergence": {28, false}, "form": {42, true},
	"rest": {28, false}, "variety": {7, false},
}

// confidence weighs what a topic's figures rest on.
func confidence(topic string, history store.DayHistory, meta Meta) (Confidence, []Doubt) {
	degree, doubts := ConfidenceHigh, []Doubt{}
	doubt := func(holds, serious bool, which Doubt) {
		if !holds {
			return
		}
		doubts = append(doubts, which)
		switch {
		case serious:
			degree = ConfidenceLow
		case degree == ConfidenceHigh:
			degree = ConfidenceModerate
		}
	}
	window, known := windows[topic]
	if !known {
		return degree, doubts // a count, as coverage is
	}
	var sum training.DaySum
	for _, day := range history.Days {
		if day.Day <= meta.Today && day.Day > meta.Today.AddDays(-window.days) {
			sum.Merge(day)
		}
	}
	share := func(part int) float64 { return float64(part) / float64(max(1, sum.Activities())) }
	doubt(sum.Unscored > 0, share(sum.Unscored) >= muchUnscored, DoubtUnscored)
	doubt(sum.ByAverage > 0 && topic != "rest", share(sum.ByAverage) >= muchAverage, DoubtAverage)
	doubt(window.absolute && sum.Scored > 0 && !history.HeartRatesGiven, false, DoubtEstimated)
	doubt(window.absolute && sum.Scored > 0 && history.Athlete.Sex == training.SexUnspecified, false, DoubtSex)
	doubt(topic == "form" && meta.WarmingUp, true, DoubtWarmingUp)
	return degree, doubts
}
