package athlete

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// bounds are inclusive.
type bounds struct{ min, max float64 }

// ThresholdRange gives the least and the greatest value that a kind of threshold can have, in the kind's unit.
func ThresholdRange(kind store.ThresholdKind) (least, greatest float64) {
	b := thresholdBounds[kind]
	return b.min, b.max
}

// Heart rates at thresholds have the width of what lies between resting and maximum; which of both they lie between is
// checked against the athlete's own.
var thresholdBounds = map[store.ThresholdKind]bounds{
	store.ThresholdRestingHR: {25, 110},
	store.ThresholdMaxHR:     {100, 240},
	store.ThresholdLTHR:      {26, 239},
	store.ThresholdVT1HR:     {26, 239},
	store.ThresholdVT2HR:     {26, 239},
	store.ThresholdFTP:       {50, 600},
	store.ThresholdPace:      {120, 900},
	store.ThresholdSwimPace:  {50, 300},
	store.ThresholdWeight:    {25, 250},
}

var (
	chronicDays = bounds{28, 90}
	decayRate   = bounds{0.01, 0.20}
	acwrAlert   = bounds{1, 2.5}
)

// greatestAge is in years.
const greatestAge = 110

// longestZone is above the longest IANA name.
const longestZone = 64

func (f *faults) wrong(field, format string, args ...any) {
	f.add(field, fault.Field(field, fmt.Sprintf(format, args...)))
}

// within says whether value lies inside b; no number does not.
func (f *faults) within(field string, value float64, b bounds) bool {
	if value >= b.min && value <= b.max {
		return true
	}
	f.wrong(field, "must be from %v to %v", b.min, b.max)
	return false
}

// choose sets *to where value is one of those allowed.
func choose[T ~string](f *faults, field string, value *T, allowed []T, to *T) {
	switch {
	case value == nil:
	case slices.Contains(allowed, *value):
		*to = *value
	default:
		f.wrong(field, "must be one of %s", strings.Trim(fmt.Sprint(allowed), "[]"))
	}
}

func applyChoices(athlete *store.Athlete, patch Patch, f *faults) {
	choose(f, "sex", patch.Sex, Sexes, &athlete.Sex)
	choose(f, "primary_sport", patch.PrimarySport, PrimarySports, &athlete.PrimarySport)
	choose(f, "units", patch.Units, UnitSystems, &athlete.Units)
	if patch.TimeZone == nil {
		return
	}
	name := *patch.TimeZone
	if _, err := time.LoadLocation(name); err != nil || name == "" || name == "Local" || len(name) > longestZone {
		f.wrong("time_zone", `must be an IANA time zone, as "Europe/Zurich"`)
		return
	}
	athlete.TimeZone = name
}

func applyBirthDate(athlete *store.Athlete, given *string, today training.Date, minimumAge int, f *faults) {
	if given == nil {
		return
	}
	day, err := training.ParseDate(*given)
	if err != nil {
		f.wrong("birth_date", "must be a day as YYYY-MM-DD")
		return
	}
	if years := (store.Athlete{BirthDate: &day}).Age(today); years < minimumAge || years > greatestAge {
		f.wrong("birth_date", "must give an age from %d to %d years", minimumAge, greatestAge)
		return
	}
	athlete.BirthDate = &day
}

func applyLoad(athlete *store.Athlete, patch *LoadPatch, f *faults) {
	if patch == nil {
		return
	}
	if patch.ChronicDays != nil && f.within("load.chronic_days", float64(*patch.ChronicDays), chronicDays) {
		athlete.ChronicDays = *patch.ChronicDays
	}
	if patch.DecayRate != nil && f.within("load.decay_rate", *patch.DecayRate, decayRate) {
		athlete.DecayRate = *patch.DecayRate
	}
	if patch.ACWRAlertThreshold != nil && f.within("load.acwr_alert_threshold", *patch.ACWRAlertThreshold, acwrAlert) {
		athlete.ACWRAlertThreshold = *patch.ACWRAlertThreshold
	}
	if patch.InjuryRiskAlerts != nil {
		athlete.InjuryRiskAlerts = *patch.InjuryRiskAlerts
	}
	choose(f, "load.recommendation_style", patch.RecommendationStyle, RecommendationStyles, &athlete.RecommendationStyle)
}

// givenThresholds reads the patch's values with the day from which they are valid.
func givenThresholds(patch *ThresholdPatch, athlete store.Athlete, today training.Date, f *faults) []store.Threshold {
	if patch == nil {
		return nil
	}
	from := today
	if patch.EffectiveFrom != nil {
		day, err := training.ParseDate(*patch.EffectiveFrom)
		switch {
		case err != nil:
			f.wrong(effectiveFromField, "must be a day as YYYY-MM-DD")
		case day > today:
			f.wrong(effectiveFromField, "must not be after today")
		case athlete.BirthDate != nil && day < *athlete.BirthDate:
			f.wrong(effectiveFromField, "must not be before the birth date")
		case day < earliest:
			f.wrong(effectiveFromField, "must not be before %s", earliest)
		default:
			from = day
		}
	}
	sport := ""
	if patch.Sport != nil {
		chosen := training.Sport("")
		choose(f, "thresholds.sport", (*training.Sport)(patch.Sport), training.Sports, &chosen)
		sport = string(chosen)
	}
	var given []store.Threshold
	for _, kind := range store.ThresholdKinds {
		value := *patch.of(kind)
		if value != nil && f.within(fieldOf(kind), *value, thresholdBounds[kind]) {
			given = append(given, store.Threshold{Kind: kind, Sport: sport, EffectiveFrom: from, Value: *value})
		}
	}
	return given
}

// deletedThresholds finds the stored values that the patch takes away: of those for its sport the one that begins on its day
// or, where it names none, the one that is valid today. What is wrong with the day was said by givenThresholds.
func deletedThresholds(before store.Profiles, patch *ThresholdPatch, today training.Date) (deleted []store.Threshold) {
	if patch == nil {
		return nil
	}
	sport, day := "", today
	if patch.Sport != nil {
		sport = *patch.Sport
	}
	if patch.EffectiveFrom != nil {
		day, _ = training.ParseDate(*patch.EffectiveFrom)
	}
	for _, kind := range patch.Deleted {
		stored, ok := before.Pick(kind, day, sport)
		if ok && stored.Sport == sport && (patch.EffectiveFrom == nil || stored.EffectiveFrom == day) {
			deleted = append(deleted, stored)
		}
	}
	return deleted
}

const effectiveFromField = "thresholds.effective_from"

// earliest is the first day that a threshold can be dated.
var earliest = training.NewDate(1900, time.January, 1)

func fieldOf(kind store.ThresholdKind) string { return "thresholds." + string(kind) }

// ascending are the pairs of heart rates of which the first must lie below the second. Where both were given, the fault
// is that of the one named last.
var ascending = []struct{ low, high, blame store.ThresholdKind }{
	{store.ThresholdRestingHR, store.ThresholdMaxHR, store.ThresholdMaxHR},
	{store.ThresholdRestingHR, store.ThresholdLTHR, store.ThresholdLTHR},
	{store.ThresholdLTHR, store.ThresholdMaxHR, store.ThresholdLTHR},
	{store.ThresholdRestingHR, store.ThresholdVT1HR, store.ThresholdVT1HR},
	{store.ThresholdVT1HR, store.ThresholdVT2HR, store.ThresholdVT1HR},
	{store.ThresholdVT2HR, store.ThresholdMaxHR, store.ThresholdVT2HR},
}

// checkOrder holds the values given or taken away against all that they are valid beside, for their sport, or every one
// where it is none in particular, on their own day and on every later one on which another value takes over. An estimate
// counts: where the athlete's own threshold contradicts it, it is wrong and its own value is asked for.
func checkOrder(after store.Profiles, given []store.Threshold, f *faults) {
	if len(given) == 0 {
		return
	}
	isGiven := func(kind store.ThresholdKind) bool {
		return slices.ContainsFunc(given, func(t store.Threshold) bool { return t.Kind == kind })
	}
	sports := []string{given[0].Sport} // all given have the same
	if sports[0] == "" {
		sports = sportsOf(after.Thresholds)
	}
	first := daysOf(given)[0]
	for _, day := range daysOf(slices.Concat(given, after.Thresholds)) {
		if day < first {
			continue
		}
		for _, sport := range sports {
			checkOrderOn(after.On(day, sport).Thresholds, day, isGiven, f)
		}
	}
}

func checkOrderOn(valid training.Thresholds, day training.Date, isGiven func(store.ThresholdKind) bool, f *faults) {
	for _, pair := range ascending {
		low, high := anchor(valid, pair.low), anchor(valid, pair.high)
		concerned := isGiven(pair.low) || isGiven(pair.high)
		if !concerned || !low.IsKnown() || !high.IsKnown() || low.Value < high.Value {
			continue
		}
		if pair.low == store.ThresholdVT2HR && low.Estimated {
			continue // it is estimated as LTHR, of which the same was said already
		}
		blamed, other, relation, bound := pair.low, pair.high, "below", high
		if isGiven(pair.high) && (pair.blame == pair.high || !isGiven(pair.low)) {
			blamed, other, relation, bound = pair.high, pair.low, "above", low
		}
		if bound.Estimated {
			f.wrong(fieldOf(blamed), "must be %s %s, estimated at %.0f on %s; give that as well", relation, other, bound.Value, day)
			continue
		}
		f.wrong(fieldOf(blamed), "must be %s %s, which is %v on %s", relation, other, bound.Value, day)
	}
}
