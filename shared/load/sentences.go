package load

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Guide values of monotony (Foster 1998).
const (
	monotonyRaised = 1.5
	monotonyHigh   = 2.0
)

func sentence(topic string, band training.Band, text string, figures ...Evidence) []Sentence {
	return []Sentence{{Topic: topic, Band: band, Text: text, Figures: figures}}
}

func (d *dayFigures) loadSentence() []Sentence {
	evidence := []Evidence{{"trimp", d.trimp}, {"activities", training.Known(float64(d.activities))},
		{"unscored", training.Known(float64(d.unscored))}}
	switch {
	case d.activities == 0:
		return sentence("today", "", "Nothing is recorded today so far.", evidence...)
	case d.unscored == d.activities:
		return sentence("today", "", "What is recorded today has no load: heart rate or a threshold is missing.", evidence...)
	}
	band := training.TRIMPBand(d.trimp.Value)
	text := fmt.Sprintf("Today's load so far is %s, which is %s.", one(d.trimp.Value), words(band))
	if d.unscored > 0 {
		text += fmt.Sprintf(" %d of today's %d activities have no load.", d.unscored, d.activities)
	}
	return sentence("today", band, text, evidence...)
}

// alertLine is the ratio above which the athlete is to be alerted; absent where no alerts are wanted.
func alertLine(athlete store.Athlete) training.Figure {
	if !athlete.InjuryRiskAlerts {
		return training.Figure{}
	}
	return training.Known(athlete.ACWRAlertThreshold)
}

func (d *dayFigures) ratioSentence(style training.Style, alertAbove training.Figure) []Sentence {
	evidence := []Evidence{{"acwr", d.ratio}, {"acute", d.acute}, {"chronic", d.chronic},
		{"acwr_high", training.Known(style.ACWRHigh)}, {"acwr_under", training.Known(style.ACWRUnder)}}
	if !d.ratio.Known {
		return sentence("ratio", "", "The last 28 days have no load, so the last week can't be compared with them.", evidence...)
	}
	band := training.ACWRBand(d.ratio.Value)
	text := fmt.Sprintf("The last 7 days bring %s a day, %s times the %s of the last 28: %s.",
		one(d.acute.Value), two(d.ratio.Value), one(d.chronic.Value), words(band))
	switch {
	case d.ratio.Value > style.ACWRHigh:
		text += fmt.Sprintf(" That is above %s, where the %s style draws its line.", two(style.ACWRHigh), style.Name)
	case d.ratio.Value < style.ACWRUnder:
		text += fmt.Sprintf(" That is below %s, where the %s style draws its line.", two(style.ACWRUnder), style.Name)
	}
	alert := alertAbove.Known && d.ratio.Value > alertAbove.Value
	if alert {
		text += fmt.Sprintf(" You asked to be alerted above %s.", two(alertAbove.Value))
		evidence = append(evidence, Evidence{"acwr_alert_threshold", alertAbove})
	}
	said := sentence("ratio", band, text, evidence...)
	said[0].Alert = alert
	return said
}

// divergenceSentence alerts, where alerts are wanted, of what the style calls strain.
func (d *dayFigures) divergenceSentence(style training.Style, alerts bool) []Sentence {
	if !d.divergence.Known {
		return nil
	}
	evidence := []Evidence{{"divergence", d.divergence}, {"acwr", d.ratio}, {"external_acwr", d.externalRatio},
		{"divergence_strain", training.Known(style.DivergenceStrain)},
		{"divergence_moderate", training.Known(style.DivergenceModerate)}}
	band := training.DivergenceBand(d.divergence.Value)
	compared := "level with"
	switch band {
	case training.DivergenceHighStrain, training.DivergenceStrain:
		compared = "lower than"
	case training.DivergenceEfficient, training.DivergenceUnderStimulated:
		compared = "higher than"
	}
	text := fmt.Sprintf("Against its last 28 days, the distance of the last 7 is %s the heart-rate load (divergence %s): %s.",
		compared, two(d.divergence.Value), words(band))
	switch {
	case d.divergence.Value < style.DivergenceStrain:
		text += fmt.Sprintf(" That is below %s, where the %s style draws its line.", two(style.DivergenceStrain), style.Name)
	case d.divergence.Value < style.DivergenceModerate:
		text += fmt.Sprintf(" That is below %s, a first sign by the %s style.", two(style.DivergenceModerate), style.Name)
	}
	said := sentence("divergence", band, text, evidence...)
	said[0].Alert = alerts && d.divergence.Value < style.DivergenceStrain
	return said
}

// formSentence names TSB as what it is: the balance one starts the day with.
func (d *dayFigures) formSentence() []Sentence {
	text := fmt.Sprintf("You started the day with a balance (TSB) of %s: yesterday's fitness (CTL) minus yesterday's fatigue (ATL).",
		signed(d.tsb.Value))
	if d.ramp.Known {
		text += fmt.Sprintf(" CTL changed by %s in seven days.", signed(d.ramp.Value))
	}
	return sentence("form", "", text, Evidence{"tsb", d.tsb}, Evidence{"ctl", d.ctl}, Evidence{"atl", d.atl},
		Evidence{"ramp", d.ramp})
}

func (d *dayFigures) restSentence(style training.Style) []Sentence {
	since, most := int(d.daysSinceRest.Value), style.MostDaysNoRest
	var text string
	switch {
	case since == 0:
		text = "Today is a rest day so far."
	case since > most:
		text = fmt.Sprintf("The last rest day was %s ago, more than the %d of the %s style.", days(since), most, style.Name)
	default:
		text = fmt.Sprintf("The last rest day was %s ago.", days(since))
	}
	return sentence("rest", "", text, Evidence{"days_since_rest", d.daysSinceRest},
		Evidence{"most_days_without_rest", training.Known(float64(most))})
}

// varietySentence speaks only of days that are much alike.
func (d *dayFigures) varietySentence() []Sentence {
	if !d.monotony.Known || d.monotony.Value < monotonyRaised {
		return nil
	}
	text := fmt.Sprintf("The last seven days are alike (monotony %s; %s is the usual guide value).",
		two(d.monotony.Value), two(monotonyHigh))
	return sentence("variety", "", text, Evidence{"monotony", d.monotony}, Evidence{"monotony_guide", training.Known(monotonyHigh)})
}

func (d *dayFigures) coverageSentence() []Sentence {
	if !d.coverage.Known || d.coverage.Value == 1 {
		return nil
	}
	text := fmt.Sprintf("%s of the activities of the last 28 days have a load; the others count 0, so the sums are too low.",
		percent(d.coverage.Value))
	return sentence("coverage", "", text, Evidence{"coverage_28", d.coverage})
}

// words are a band as a person says it.
func words(band training.Band) string { return strings.ReplaceAll(string(band), "_", " ") }

func one(value float64) string { return number(value, 1) }

func two(value float64) string { return number(value, 2) }

// number writes a rounded number with the sign that people read.
func number(value float64, decimals int) string {
	text := strconv.FormatFloat(math.Abs(value), 'f', decimals, 64)
	if value < 0 && strings.Trim(text, "0.") != "" {
		return "−" + text
	}
	return text
}

func signed(value float64) string {
	text := one(value)
	if value > 0 && strings.Trim(text, "0.") != "" {
		return "+" + text
	}
	return text
}

// percent rounds towards zero: 49.9 % must not read as the half that is asked for.
func percent(share float64) string { return fmt.Sprintf("%d %%", int(share*100+1e-9)) }

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", n)
}
