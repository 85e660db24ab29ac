package training

// DaySum is what the daily series needs of all activities of one local day.
type DaySum struct {
	Day              Date     `json:"day"`
	TRIMP            float64  `json:"trimp"`             // AU, over the scored activities
	TSS              float64  `json:"tss"`               // over the activities with a TSS
	ExternalKm       float64  `json:"external_km"`       // km-equivalents, all sports
	Scored           int      `json:"scored"`            // activities with a TRIMP
	Unscored         int      `json:"unscored"`          // activities without: they count 0 and lower the coverage
	ByAverage        int      `json:"by_average"`        // of Scored, those whose TRIMP rests on average heart rate
	TSSScored        int      `json:"tss_scored"`        // activities with a TSS
	IntensityS       [3]int64 `json:"intensity_s"`       // s below VT1, between, from VT2
	ExternalUnscored int      `json:"external_unscored"` // activities without external load
}

// Add counts the figures of one more activity of the day.
func (d *DaySum) Add(figures Figures) {
	if figures.TRIMP.Known {
		d.TRIMP += figures.TRIMP.Value
		d.Scored++
	} else {
		d.Unscored++
	}
	if figures.Quality == QualityAverage {
		d.ByAverage++
	}
	if figures.TSS.Known {
		d.TSS += figures.TSS.Value
		d.TSSScored++
	}
	if figures.ExternalKm.Known {
		d.ExternalKm += figures.ExternalKm.Value
	} else {
		d.ExternalUnscored++
	}
	if figures.Lucia.Known {
		d.AddIntensity(figures.LuciaS)
	}
}

// AddIntensity counts seconds below VT1, between, and from VT2.
func (d *DaySum) AddIntensity(seconds [3]float64) {
	for phase := range seconds {
		d.IntensityS[phase] += int64(seconds[phase])
	}
}

// Merge adds the sums of another part of the same day.
func (d *DaySum) Merge(other DaySum) {
	d.TRIMP += other.TRIMP
	d.TSS += other.TSS
	d.ExternalKm += other.ExternalKm
	d.Scored += other.Scored
	d.Unscored += other.Unscored
	d.ByAverage += other.ByAverage
	d.TSSScored += other.TSSScored
	d.ExternalUnscored += other.ExternalUnscored
	for phase, seconds := range other.IntensityS {
		d.IntensityS[phase] += seconds
	}
}

// Activities returns the number of activities of the day.
func (d *DaySum) Activities() int { return d.Scored + d.Unscored }
