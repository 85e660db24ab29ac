package training

func newSeries(first, last Date, settings SeriesSettings) Series {
	days := last.Sub(first) + 1
	series := Series{
		First: first, Last: last, Settings: settings,
		Activities: make([]int, 0, days),
		Unscored:   make([]int, 0, days),
		WarmingUp:  make([]bool, 0, days),
	}
	columns := series.columns()
	values := make([]float64, len(columns)*days) // of all columns: one piece of memory
	for i, column := range columns {
		column.Values = values[i*days : i*days : (i+1)*days]
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
		columns = append(columns, &s.IntensityS[phase], &s.Intensity7[phase], &s.Intensity28[phase])
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

// addDay appends the day that h.advance returned last.
func (s *Series) addDay(h *history, day int) {
	s.TRIMP.addValue(h.sum.TRIMP)
	s.TSS.addValue(h.sum.TSS)
	s.ExternalKm.addValue(h.sum.ExternalKm)
	s.Activities = append(s.Activities, h.sum.Activities())
	s.Unscored = append(s.Unscored, h.unscored())
	s.WarmingUp = append(s.WarmingUp, day+1 < ctlDays)
	internal, external := sumsOf(h.load), sumsOf(h.external)
	s.addWorkload(h, internal, external)

	s.CTL.addValue(h.fitness.CTL)
	s.ATL.addValue(h.fitness.ATL)
	s.TSB.addValue(h.fitness.TSB)
	if day >= rampDays {
		s.Ramp.addValue(h.ctl[day] - h.ctl[day-rampDays])
	} else {
		s.Ramp.addAbsent(ReasonShortHistory)
	}
	monotony := internal.monotony(h.load)
	s.Monotony.add(monotony)
	s.Strain.add(internal.strain(monotony))
	s.DaysSinceRest.addValue(float64(day - h.lastRest))
	s.addIntensity(&h.sum)
	h.addWindow(&s.Coverage7, &s.Intensity7, day, acuteDays)
	h.addWindow(&s.Coverage28, &s.Intensity28, day, chronicDays)
}

// addIntensity appends the time in each phase: none on a rest day, absent where no activity of the day tells it.
func (s *Series) addIntensity(sum *DaySum) {
	silent := sum.Activities() > 0 && sum.IntensityS == [3]int64{}
	for phase := range s.IntensityS {
		if silent {
			s.IntensityS[phase].addAbsent(ReasonNoIntensity)
		} else {
			s.IntensityS[phase].addValue(float64(sum.IntensityS[phase]))
		}
	}
}

// addWorkload appends acute and chronic load and their ratios, internal and external, and the divergence between them.
func (s *Series) addWorkload(h *history, internal, external rollingSums) {
	inside, outside := internal.coupled(), external.coupled()

	s.Acute.add(internal.acute())
	s.Chronic.add(internal.chronic())
	s.ACWR.add(inside)
	s.Uncoupled.add(internal.uncoupled())
	s.EWMA.add(h.internal.Ratio())
	s.Decayed.add(internal.over(h.decay.chronic(h.load)))

	s.ExternalAcute.add(external.acute())
	s.ExternalChronic.add(external.chronic())
	s.ExternalACWR.add(outside)
	s.ExternalUncoupled.add(external.uncoupled())
	s.ExternalEWMA.add(h.outside.Ratio())
	s.ExternalDecayed.add(external.over(h.decay.chronic(h.external)))
	s.Divergence.add(Divergence(outside, inside))
}
