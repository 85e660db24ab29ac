package training

func newSeries(first, last Date, settings SeriesSettings) Series {
	days := last.Sub(first) + 1
	series := Series{
		First: first, Last: last, Settings: settings,
		Activities: make([]int, 0, days),
		Unscored:   make([]int, 0, days),
		WarmingUp:  make([]bool, 0, days),
	}
	for _, column := range series.columns() {
		*column = newColumn(days)
	}
	return series
}

// columns returns every column, in the order of the fields.
func (s *Series) columns() []*Column {
	columns := []*Column{
		&s.TRIMP, &s.TSS, &s.ExternalKm,
		&s.Acute, &s.Chronic, &s.ACWR, &s.Uncoupled, &s.EWMA, &s.Decayed,
		&s.ExternalAcute, &s.ExternalChronic, &s.ExternalACWR, &s.ExternalUncoupled, &s.ExternalEWMA, &s.ExternalDecayed,
		&s.Divergence, &s.CTL, &s.ATL, &s.TSB, &s.Ramp,
		&s.Monotony, &s.Strain, &s.DaysSinceRest, &s.Coverage7, &s.Coverage28,
	}
	for phase := range s.Intensity7 {
		columns = append(columns, &s.Intensity7[phase], &s.Intensity28[phase])
	}
	return columns
}

// Days returns the number of days of the series.
func (s *Series) Days() int { return len(s.Activities) }

// addBefore appends the given number of days before the first activity; none when it is negative.
func (s *Series) addBefore(days int) {
	columns := s.columns()
	for range days {
		for _, column := range columns {
			column.add(Absent(ReasonBeforeHistory))
		}
		s.Activities = append(s.Activities, 0)
		s.Unscored = append(s.Unscored, 0)
		s.WarmingUp = append(s.WarmingUp, true)
	}
}

// addDay appends one day.
func (s *Series) addDay(row dayFigures) {
	s.TRIMP.add(Known(row.sum.TRIMP))
	s.TSS.add(Known(row.sum.TSS))
	s.ExternalKm.add(Known(row.sum.ExternalKm))
	s.Activities = append(s.Activities, row.activities)
	s.Unscored = append(s.Unscored, row.unscored)
	s.WarmingUp = append(s.WarmingUp, row.warmingUp)

	s.Acute.add(row.internal.Acute)
	s.Chronic.add(row.internal.Chronic)
	s.ACWR.add(row.internal.Coupled)
	s.Uncoupled.add(row.internal.Uncoupled)
	s.EWMA.add(row.internal.EWMA)
	s.Decayed.add(row.internal.Decayed)

	s.ExternalAcute.add(row.external.Acute)
	s.ExternalChronic.add(row.external.Chronic)
	s.ExternalACWR.add(row.external.Coupled)
	s.ExternalUncoupled.add(row.external.Uncoupled)
	s.ExternalEWMA.add(row.external.EWMA)
	s.ExternalDecayed.add(row.external.Decayed)
	s.Divergence.add(Divergence(row.external.Coupled, row.internal.Coupled))

	s.CTL.add(Known(row.fitness.CTL))
	s.ATL.add(Known(row.fitness.ATL))
	s.TSB.add(Known(row.fitness.TSB))
	s.Ramp.add(row.ramp)

	s.Monotony.add(row.monotony)
	s.Strain.add(row.strain)
	s.DaysSinceRest.add(Known(float64(row.sinceRest)))
	s.Coverage7.add(row.coverage[0])
	s.Coverage28.add(row.coverage[1])
	for phase := range s.Intensity7 {
		s.Intensity7[phase].add(row.intensity[0][phase])
		s.Intensity28[phase].add(row.intensity[1][phase])
	}
}
