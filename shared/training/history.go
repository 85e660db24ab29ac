package training

// history walks an athlete's days from the first activity on, rest days included.
type history struct {
	settings SeriesSettings
	decay    decay
	start    Date
	last     Date
	left     []DaySum // sorted; those of the days to come

	sum      DaySum    // of the current day
	load     []float64 // of the days counted so far, the current one last
	external []float64
	ctl      []float64
	counts   []counts // over all days before the one of that index: whole numbers, so differences are exact

	fitness  Fitness
	internal WilliamsEWMA
	outside  WilliamsEWMA
	lastRest int // index of the last rest day; −1, the day before the first activity, until there is one
}

// newHistory begins a walk over the calendar from the first of the sorted sums to last.
func newHistory(sorted []DaySum, last Date, settings SeriesSettings) *history {
	days := last.Sub(sorted[0].Day) + 1
	h := &history{
		settings: settings,
		decay:    newDecay(settings.DecayDays, settings.DecayRate),
		start:    sorted[0].Day,
		last:     last,
		left:     sorted,
		load:     make([]float64, 0, days),
		external: make([]float64, 0, days),
		ctl:      make([]float64, 0, days),
		counts:   make([]counts, 1, days+1),
		fitness:  Fitness{CTL: settings.StartCTL, ATL: settings.StartATL},
		lastRest: -1,
	}
	return h
}

func (h *history) ended() bool { return h.start.AddDays(len(h.load)) > h.last }

// advance counts one more day and returns its index.
func (h *history) advance() int {
	day := len(h.load)
	h.sum = DaySum{Day: h.start.AddDays(day)}
	for len(h.left) > 0 && h.left[0].Day == h.sum.Day {
		h.sum.Merge(h.left[0])
		h.left = h.left[1:]
	}
	load := h.sum.TRIMP
	if h.settings.Load == LoadTSS {
		load = h.sum.TSS
	}
	h.load = append(h.load, load)
	h.external = append(h.external, h.sum.ExternalKm)
	h.counts = append(h.counts, h.counts[day].plus(&h.sum, h.unscored()))
	h.fitness.Add(load)
	h.ctl = append(h.ctl, h.fitness.CTL)
	h.internal.Add(load)
	h.outside.Add(h.sum.ExternalKm)
	if h.sum.TRIMP <= restTRIMP && h.sum.Unscored == 0 {
		h.lastRest = day
	}
	return day
}

// unscored returns how many activities of the current day have no load of the chosen kind.
func (h *history) unscored() int {
	if h.settings.Load == LoadTSS {
		return h.sum.Activities() - h.sum.TSSScored
	}
	return h.sum.Unscored
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
