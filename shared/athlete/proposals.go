package athlete

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// Proposal is a better value of a threshold that an activity shows. Accepting it is setting the threshold as it says.
type Proposal struct {
	Kind          store.ThresholdKind `json:"kind" enum:"max_hr"`
	Sport         string              `json:"sport,omitempty" doc:"Whose value it would be; absent for every sport"`
	Value         float64             `json:"value" doc:"bpm"`
	Current       float64             `json:"current" doc:"bpm, the value in use, the athlete's own or an estimate"`
	EffectiveFrom training.Date       `json:"effective_from"`
	ActivityID    string              `json:"activity_id" doc:"The activity that shows it"`
	LocalDay      training.Date       `json:"local_day" doc:"Its day"`
}

// propose looks for activities whose peak lies above the maximum heart rate that is in use for their sport, and gives the
// highest for each value in use. An activity from before the athlete's present maximum proposes nothing: what held on its
// day was replaced knowingly, by what is possibly lower with age. Peaks that were dismissed propose nothing either.
func propose(ctx context.Context, conn database.Conn, profiles store.Profiles, now time.Time) ([]Proposal, error) {
	proposals := []Proposal{}
	today, err := profiles.Athlete.Today(now)
	if err != nil {
		return nil, err
	}
	lowest := math.Inf(1)
	for _, sport := range sportsOf(profiles.Thresholds) {
		if maximum := profiles.On(today, sport).Thresholds.MaxHR; maximum.IsKnown() {
			lowest = min(lowest, maximum.Value)
		}
	}
	if math.IsInf(lowest, 1) {
		return proposals, nil
	}
	peaks, err := store.ListPeaks(ctx, conn, profiles.Athlete.AccountID, max(lowest, profiles.Athlete.MaxHRDismissed))
	if err != nil {
		return nil, err
	}
	for _, peak := range peaks {
		current := profiles.On(today, peak.SportType).Thresholds.MaxHR
		proposal := Proposal{Kind: store.ThresholdMaxHR, Value: peak.HeartRate, Current: current.Value, EffectiveFrom: peak.LocalDay,
			ActivityID: strconv.FormatInt(peak.ActivityID, 10), LocalDay: peak.LocalDay}
		if own, given := profiles.Pick(store.ThresholdMaxHR, today, peak.SportType); given {
			if then, _ := profiles.Pick(store.ThresholdMaxHR, peak.LocalDay, peak.SportType); then != own {
				continue
			}
			proposal.Sport, proposal.EffectiveFrom = own.Sport, max(own.EffectiveFrom, peak.LocalDay)
		}
		known := slices.ContainsFunc(proposals, func(p Proposal) bool { return p.Sport == proposal.Sport })
		if current.IsKnown() && peak.HeartRate > current.Value && !known {
			proposals = append(proposals, proposal)
		}
	}
	return proposals, nil
}

// Dismiss lets no peak that is proposed now propose a maximum heart rate again; a higher one will. Where nothing is proposed
// it does nothing.
func (s *Service) Dismiss(ctx context.Context, accountID int64) error {
	err := s.database.InTx(ctx, func(ctx context.Context, conn database.Conn) error {
		profiles, err := store.LockProfiles(ctx, conn, accountID)
		if err != nil {
			return err
		}
		proposals, err := propose(ctx, conn, profiles, s.now())
		if err != nil || len(proposals) == 0 {
			return err
		}
		return store.DismissPeaks(ctx, conn, accountID, proposals[0].Value) // the highest comes first
	})
	if err != nil {
		return fmt.Errorf("dismiss proposals: %w", err)
	}
	return nil
}
