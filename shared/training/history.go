package training

// history walks an athlete's days from the first activity on, rest days included.
type history struct {
	settings SeriesSettings
	decay    decay
	sums     []DaySum // one per calendar day
	counts   []counts // over all days before the one of that index: whole numbers, so differences are exact
	load     []float64
	external []float64

	day      int // days counted so far; the current day is day − 1
	fitness  Fitness
	ctl      []float64
	internal WilliamsEWMA
	outside  WilliamsEWMA
	lastRest int // index of the last rest day; −1, the day before the first activity, until there is one
}

// newHistory lays the sorted sums out over the calendar, from the first of them to last.
func newHistory(sorted []DaySum, last Date, settings SeriesSettings) *history {
	start := sorted[0].Day
	days := last.Sub(start) + 1
	h := &history{
		settings: settings,
		decay:    newDecay(settings.DecayDays, settings.DecayRate),
		sums:     make([]DaySum, days),
		counts:   make([]counts, days+1),
		load:     make([]float64, days),
		external: make([]float64, days),
		ctl:      make([]float64, 0, days),
		fitness:  Fitness{CTL: settings.StartCTL, ATL: settings.StartATL},
		lastRest: -1,
	}
	for i := range sorted {
		h.sums[sorted[i].Day.Sub(start)].Merge(sorted[i])
	}
	for i := range h.sums {
		h.sums[i].Day = start.AddDays(i)
		h.load[i] = h.sums[i].TRIMP
		if settings.Load == LoadTSS {
			h.load[i] = h.sums[i].TSS
		}
		h.external[i] = h.sums[i].ExternalKm
		h.counts[i+1] = h.counts[i].plus(&h.sums[i], h.unscored(i))
	}
	return h
}

func (h *history) ended() bool { return h.day == len(h.sums) }

// advance counts one more day and returns its index.
func (h *history) advance() int {
	day := h.day
	h.day++
	h.fitness.Add(h.load[day])
	h.ctl = append(h.ctl, h.fitness.CTL)
	h.internal.Add(h.load[day])
	h.outside.Add(h.external[day])
	if h.sums[day].TRIMP <= restTRIMP && h.sums[day].Unscored == 0 {
		h.lastRest = day
	}
	return day
}

// unscored returns how many activities of the day have no load of the chosen kind.
func (h *history) unscored(day int) int {
	if h.settings.Load == LoadTSS {
		return h.sums[day].Activities() - h.sums[day].TSSScored
	}
	return h.sums[day].Unscored
}

// counts add up what the windows of a series divide by.
type counts struct {
	activities, unscored int
	intensity            [3]int64 // s
}

func (c counts) plus(day *DaySum, unscored int) counts {
	c.activities += day.Activities()
	c.unscored += unscored
	for phase, seconds := range day.IntensityS {
		c.intensity[phase] += seconds
	}
	return c
}

// addWindow appends the share of scored activities and the intensity distribution over the last days up to day.
func (h *history) addWindow(coverage *Column, intensity *[3]Column, day, days int) {
	from, to := &h.counts[max(0, day+1-days)], &h.counts[day+1]
	if activities := to.activities - from.activities; activities > 0 {
		coverage.addValue(1 - float64(to.unscored-from.unscored)/float64(activities))
	} else {
		coverage.addAbsent(ReasonNoActivity)
	}
	total := int64(0)
	for phase := range intensity {
		total += to.intensity[phase] - from.intensity[phase]
	}
	for phase := range intensity {
		if total > 0 {
			intensity[phase].addValue(float64(to.intensity[phase]-from.intensity[phase]) / float64(total))
		} else {
			intensity[phase].addAbsent(ReasonNoIntensity)
		}
	}
}
