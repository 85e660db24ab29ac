package training

// StreamFigures are the figures that depend on the order of the samples and on no threshold. They are computed once, at
// ingest, and stored; [Compute] joins them with thresholds later.
type StreamFigures struct {
	RecordedS float64 `json:"recorded_s"` // s, pauses collapsed
	IncludedS float64 `json:"included_s"` // s, standstill taken out as well

	AveragePower    Figure `json:"average_power"`    // W
	NormalizedPower Figure `json:"normalized_power"` // W
	XPower          Figure `json:"xpower"`           // W
	WorkKJ          Figure `json:"work_kj"`          // kJ

	GAPModel  string `json:"gap_model,omitempty"`
	DistanceM Figure `json:"distance_m"`        // m covered in the included time
	FlatM     Figure `json:"flat_equivalent_m"` // m on the flat that cost as much

	Decoupling   []Decoupling   `json:"decoupling,omitempty"`
	BestPower    []BestPower    `json:"best_power,omitempty"`
	BestDistance []BestDistance `json:"best_distance,omitempty"`
}

// ComputeStreamFigures reduces the streams of an activity to its order-dependent figures. Of the summary only the sport
// is used. It allocates a few slices per activity, nothing per sample.
func ComputeStreamFigures(summary Summary, s Streams) StreamFigures {
	if s.Validate() != nil || len(s.Time) == 0 {
		return absentStreamFigures(ReasonNoTime)
	}
	base := newTimeBase(&s)
	figures := StreamFigures{RecordedS: float64(base.recorded), IncludedS: float64(base.included)}
	series, reason := powerSeries(&s, &base)
	if reason != "" {
		figures.absentPower(reason)
	} else {
		figures.AveragePower = MeanPower(series)
		figures.NormalizedPower = NormalizedPower(series)
		figures.XPower = XPower(series)
		figures.WorkKJ = Known(sumPower(series) / 1000)
		figures.BestPower = BestPowers(series)
	}
	sport := SportOf(summary.SportType)
	grades := figures.computePace(sport, &s, &base)
	figures.Decoupling = decouplings(sport, &s, &base, grades)
	figures.BestDistance = bestDistances(sport, &s)
	return figures
}

// computePace fills distance and flat-equivalent distance for sports on foot and returns the samples' cost factors.
func (f *StreamFigures) computePace(sport Sport, s *Streams, base *timeBase) []float64 {
	if sport != SportRun && sport != SportWalk {
		f.DistanceM, f.FlatM = Absent(ReasonOtherSport), Absent(ReasonOtherSport)
		return nil
	}
	if s.Distance == nil {
		f.DistanceM, f.FlatM = Absent(ReasonNoDistance), Absent(ReasonNoDistance)
		return nil
	}
	factors, model := costFactors(s)
	distance, flat := flatEquivalent(s, base, factors)
	f.GAPModel = model
	f.DistanceM, f.FlatM = Known(distance), Known(flat)
	if distance <= 0 {
		f.DistanceM, f.FlatM = Absent(ReasonNoDistance), Absent(ReasonNoDistance)
	}
	return factors
}

func (f *StreamFigures) absentPower(reason Reason) {
	f.AveragePower, f.NormalizedPower = Absent(reason), Absent(reason)
	f.XPower, f.WorkKJ = Absent(reason), Absent(reason)
}

func absentStreamFigures(reason Reason) StreamFigures {
	figures := StreamFigures{DistanceM: Absent(reason), FlatM: Absent(reason)}
	figures.absentPower(reason)
	return figures
}
