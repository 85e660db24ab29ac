package load

import (
	"context"
	"fmt"
	"slices"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// State is today in one word. States describe the load; they predict no injury and advise nothing medical.
type State string

// The states, in the order in which they are looked for.
const (
	StateWithheld State = "withheld"  // too little is known to say anything; Withheld says why
	StateIdle     State = "idle"      // no load in the last 28 days
	StateRestDue  State = "rest_due"  // more days without a rest day than the athlete's style has
	StateHigh     State = "load_high" // the last week is high against the last four, by the athlete's style
	StateStrain   State = "strain"    // the load felt rises against the distance covered, by the athlete's style
	StateLow      State = "load_low"  // the last week is low against the last four, by the athlete's style
	StateBalanced State = "balanced"  // none of these
)

// Below these nothing is said about load: a ratio of 28 days needs 28 days, and one over activities of which most have no
// load measures what was recorded, not what was done.
const (
	leastHistoryDays = 28
	leastCoverage    = 0.5
)

// Today is an athlete's load on the present day in words. The same facts give the same words.
type Today struct {
	Day         training.Date     `json:"day"`
	State       State             `json:"state"`
	Headline    string            `json:"headline"`
	Withheld    training.Reason   `json:"withheld,omitempty"` // why nothing is said; empty otherwise
	Style       training.Style    `json:"style"`              // the lines that the words were drawn by
	HistoryDays int               `json:"history_days"`
	WarmingUp   bool              `json:"warming_up"` // less than 42 days of history: CTL is still filling up
	Sentences   []Sentence        `json:"sentences"`
	Metric      training.LoadKind `json:"metric"` // always TRIMP
}

// Sentence is one statement with the figures that it rests on.
type Sentence struct {
	Topic   string        `json:"topic"` // "today", "ratio", "divergence", "form", "rest", "variety", "coverage"
	Band    training.Band `json:"band,omitempty"`
	Text    string        `json:"text"`
	Figures []Evidence    `json:"figures"`
	// Alert marks what the athlete asked to be alerted of.
	Alert      bool       `json:"alert"`
	Confidence Confidence `json:"confidence"`
	Doubts     []Doubt    `json:"doubts"` // why the confidence is not high; empty where it is
}

// Evidence is a figure behind a sentence, or a line that it was compared with. An absent one carries its reason.
type Evidence struct {
	Name   string          `json:"name"`
	Figure training.Figure `json:"figure"`
}

// Today says how the athlete's load stands today in the athlete's own zone, from the same series that Series gives, by
// the bands and by the athlete's recommendation style and wish for alerts. With fewer than 28 days of history, or where
// fewer than half of the activities of the last 28 days have a load, it says nothing but that. It costs one statement.
func (s *Service) Today(ctx context.Context, accountID int64) (Today, error) {
	history, today, err := s.history(ctx, accountID)
	if err != nil {
		return Today{}, err
	}
	series, meta, err := seriesOf(history, today, today, today, training.LoadTRIMP)
	if err != nil {
		return Today{}, err
	}
	return describe(history, &series, meta), nil
}

// describe words a series of one day, or of none where there is no history.
func describe(history store.DayHistory, series *training.Series, meta Meta) Today {
	today := wordsOf(history.Athlete, series, meta)
	for i := range today.Sentences {
		said := &today.Sentences[i]
		said.Confidence, said.Doubts = confidence(said.Topic, history, meta)
	}
	return today
}

func wordsOf(athlete store.Athlete, series *training.Series, meta Meta) Today {
	style, _ := training.StyleOf(training.StyleName(athlete.RecommendationStyle))
	today := Today{Day: meta.Today, Style: style, HistoryDays: meta.HistoryDays, WarmingUp: meta.WarmingUp,
		Metric: training.LoadTRIMP, Sentences: []Sentence{}}
	if series.Days() == 0 {
		return today.withhold(training.ReasonNoActivity, "There is no activity yet.")
	}
	d := dayOf(series)
	coverage := d.coverageSentence()
	if meta.HistoryDays < leastHistoryDays {
		return today.withhold(training.ReasonShortHistory, fmt.Sprintf(
			"There are %s of history; %d are needed to compare a week with the four before.",
			days(meta.HistoryDays), leastHistoryDays), coverage...)
	}
	if d.coverage.Known && d.coverage.Value < leastCoverage {
		return today.withhold(training.ReasonLowCoverage, fmt.Sprintf(
			"Only %s of the activities of the last 28 days have a load; %s are needed to say how it stands.",
			percent(d.coverage.Value), percent(leastCoverage)), coverage...)
	}
	today.State = d.state(style)
	today.Headline = headlines[today.State]
	today.Sentences = slices.Concat(d.loadSentence(), d.ratioSentence(style, alertLine(athlete)),
		d.divergenceSentence(style, athlete.InjuryRiskAlerts), d.formSentence(), d.restSentence(style), d.varietySentence(), coverage)
	return today
}

func (t Today) withhold(reason training.Reason, headline string, sentences ...Sentence) Today {
	t.State, t.Withheld, t.Headline = StateWithheld, reason, headline
	t.Sentences = append(t.Sentences, sentences...)
	return t
}

var headlines = map[State]string{
	StateIdle:     "There was no load in the last four weeks.",
	StateRestDue:  "The last rest day is a while ago.",
	StateHigh:     "The last week was high against the last four.",
	StateStrain:   "The effort rises faster than the distance.",
	StateLow:      "The last week was low against the last four.",
	StateBalanced: "The last week is in balance with the last four.",
}

// today's figures, out of the series' last row.
type dayFigures struct {
	trimp, acute, chronic, ratio      training.Figure
	externalRatio, divergence         training.Figure
	ctl, atl, tsb, ramp               training.Figure
	monotony, daysSinceRest, coverage training.Figure
	activities, unscored              int
}

func dayOf(series *training.Series) dayFigures {
	last := series.Days() - 1
	return dayFigures{
		trimp: series.TRIMP.At(last), acute: series.Acute.At(last), chronic: series.Chronic.At(last), ratio: series.ACWR.At(last),
		externalRatio: series.ExternalACWR.At(last), divergence: series.Divergence.At(last),
		ctl: series.CTL.At(last), atl: series.ATL.At(last), tsb: series.TSB.At(last), ramp: series.Ramp.At(last),
		monotony: series.Monotony.At(last), daysSinceRest: series.DaysSinceRest.At(last), coverage: series.Coverage28.At(last),
		activities: series.Activities[last], unscored: series.Unscored[last],
	}
}

// state picks the first that holds. What is absent holds nothing.
func (d *dayFigures) state(style training.Style) State {
	above := func(figure training.Figure, line float64) bool { return figure.Known && figure.Value > line }
	below := func(figure training.Figure, line float64) bool { return figure.Known && figure.Value < line }
	switch {
	case !d.ratio.Known:
		return StateIdle
	case above(d.daysSinceRest, float64(style.MostDaysNoRest)):
		return StateRestDue
	case above(d.ratio, style.ACWRHigh):
		return StateHigh
	case below(d.divergence, style.DivergenceStrain):
		return StateStrain
	case below(d.ratio, style.ACWRUnder):
		return StateLow
	}
	return StateBalanced
}
