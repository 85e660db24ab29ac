package athlete

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// change is what a patch comes down to.
type change struct {
	after      store.Profiles
	athlete    bool              // the athlete's row changes
	thresholds []store.Threshold // values to be written
	deleted    []store.Threshold // values to be taken away
	recompute  bool              // activities' figures can come out differently
	from       *training.Date    // the first day on which they can; nil for the whole history
	causes     []string          // the settings that do it
}

// plan works out what the patch changes, without doing it.
func (s *Service) plan(before store.Profiles, patch Patch, now time.Time) (change, error) {
	faults := &faults{}
	for _, field := range patch.nulls() {
		faults.add(field, fault.Field(field, "must not be null"))
	}
	athlete := before.Athlete
	applyChoices(&athlete, patch, faults)
	today, err := athlete.Today(now)
	if err != nil {
		return change{}, err
	}
	applyBirthDate(&athlete, patch.BirthDate, today, s.minimumAge, faults)
	applyLoad(&athlete, patch.Load, faults)
	given := givenThresholds(patch.Thresholds, athlete, today, faults)
	if athlete.ProfileSetAt == nil && (patch.Sex != nil || patch.BirthDate != nil || len(given) > 0) {
		athlete.ProfileSetAt = &now
	}

	planned := change{after: store.Profiles{Athlete: athlete, Thresholds: slices.Clone(before.Thresholds)}}
	for _, threshold := range given {
		if isStored(before, threshold, patch.Thresholds.EffectiveFrom != nil) {
			continue
		}
		planned.thresholds = append(planned.thresholds, threshold)
		planned.after.Thresholds = withThreshold(planned.after.Thresholds, threshold)
	}
	for _, threshold := range deletedThresholds(before, patch.Thresholds, today) {
		planned.deleted = append(planned.deleted, threshold)
		planned.after.Thresholds = withoutThreshold(planned.after.Thresholds, threshold)
	}
	checkOrder(planned.after, slices.Concat(given, planned.deleted), faults)
	if err := faults.join(); err != nil {
		return change{}, err
	}
	planned.athlete = !sameAthlete(before.Athlete, athlete)
	planned.from, planned.recompute = altersFigures(before, planned.after)
	planned.causes = causesOf(before, planned)
	return planned, nil
}

// causesOf names the settings that change and enter figures.
func causesOf(before store.Profiles, planned change) (causes []string) {
	if before.Athlete.Sex != planned.after.Athlete.Sex {
		causes = append(causes, "sex")
	}
	if !sameDay(before.Athlete.BirthDate, planned.after.Athlete.BirthDate) {
		causes = append(causes, "birth_date")
	}
	for _, threshold := range slices.Concat(planned.thresholds, planned.deleted) {
		causes = append(causes, string(threshold.Kind))
	}
	slices.Sort(causes)
	return slices.Compact(causes)
}

// Planned is what a patch would come down to.
type Planned struct {
	Profiles store.Profiles // as they would be
	Alters   bool           // activities' figures can come out differently
	Redraws  bool           // today can, by the same figures
	From     *training.Date // the first day on which they can; nil for the whole history
	Causes   []string       // the settings that do it
}

// Plan works out what Update would change, and changes nothing. Wrong fields come back as Update gives them.
func (s *Service) Plan(ctx context.Context, accountID int64, patch Patch) (Planned, error) {
	var before store.Profiles
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		before, err = store.LoadProfiles(ctx, conn, accountID)
		return err
	})
	if err != nil {
		return Planned{}, fmt.Errorf("plan settings: %w", err)
	}
	change, err := s.plan(before, patch, s.now())
	if err != nil {
		return Planned{}, err
	}
	was, is := before.Athlete, change.after.Athlete
	redraws := was.ChronicDays != is.ChronicDays || was.DecayRate != is.DecayRate || was.RecommendationStyle != is.RecommendationStyle
	return Planned{Profiles: change.after, Alters: change.recompute, Redraws: redraws, From: change.from, Causes: change.causes}, nil
}

// altersFigures says whether activities can come out differently, and from which day on; nil is the whole history. How load
// is shown, and in which zone today is, enter no figure of an activity; age does through the estimated maximum heart rate
// alone; weight enters none.
func altersFigures(before, after store.Profiles) (from *training.Date, altered bool) {
	if before.Athlete.Sex != after.Athlete.Sex {
		return nil, true
	}
	_, hadMaxHR := before.Pick(store.ThresholdMaxHR, 0, "")
	_, hasMaxHR := after.Pick(store.ThresholdMaxHR, 0, "")
	if (!hadMaxHR || !hasMaxHR) && !sameDay(before.Athlete.BirthDate, after.Athlete.BirthDate) {
		return nil, true
	}
	// Between the days of the values nothing changes, and the first of a kind holds before its day too.
	days := daysOf(slices.Concat(before.Thresholds, after.Thresholds))
	for i, day := range days {
		for _, sport := range sportsOf(slices.Concat(before.Thresholds, after.Thresholds)) {
			was, is := before.On(day, sport).Thresholds, after.On(day, sport).Thresholds
			was.WeightKg, is.WeightKg = training.Threshold{}, training.Threshold{}
			switch {
			case was == is:
			case i == 0:
				return nil, true
			default:
				return &day, true
			}
		}
	}
	return nil, false
}

// daysOf are the days on which a value begins, ascending.
func daysOf(thresholds []store.Threshold) []training.Date {
	var days []training.Date
	for _, threshold := range thresholds {
		days = append(days, threshold.EffectiveFrom)
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// sportsOf are the sports that have values of their own, and none in particular.
func sportsOf(thresholds []store.Threshold) []string {
	sports := []string{""}
	for _, threshold := range thresholds {
		if !slices.Contains(sports, threshold.Sport) {
			sports = append(sports, threshold.Sport)
		}
	}
	return sports
}

// isStored says whether writing the value would change nothing. A value that was given without a day says nothing about
// since when it has been valid, so the one in effect answers it.
func isStored(before store.Profiles, threshold store.Threshold, dated bool) bool {
	was, ok := before.Pick(threshold.Kind, threshold.EffectiveFrom, threshold.Sport)
	return ok && was.Sport == threshold.Sport && was.Value == threshold.Value && (!dated || was.EffectiveFrom == threshold.EffectiveFrom)
}

// withThreshold adds a value, or replaces the one of its kind, sport and day, and keeps the order by day.
func withThreshold(thresholds []store.Threshold, added store.Threshold) []store.Threshold {
	kept := append(withoutThreshold(thresholds, added), added)
	slices.SortStableFunc(kept, func(a, b store.Threshold) int { return cmp.Compare(a.EffectiveFrom, b.EffectiveFrom) })
	return kept
}

// withoutThreshold leaves out the value of the same kind, sport and day.
func withoutThreshold(thresholds []store.Threshold, gone store.Threshold) []store.Threshold {
	return slices.DeleteFunc(thresholds, func(t store.Threshold) bool {
		return t.Kind == gone.Kind && t.Sport == gone.Sport && t.EffectiveFrom == gone.EffectiveFrom
	})
}

func sameAthlete(a, b store.Athlete) bool {
	sameSet := (a.ProfileSetAt == nil) == (b.ProfileSetAt == nil)
	sameBirth := sameDay(a.BirthDate, b.BirthDate)
	a.ProfileSetAt, b.ProfileSetAt, a.BirthDate, b.BirthDate = nil, nil, nil, nil
	return sameSet && sameBirth && a == b
}

func sameDay(a, b *training.Date) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
