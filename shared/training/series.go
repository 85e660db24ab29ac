package training

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Series is the daily series as columns: entry i of every slice is the day First + i. Days before the athlete's first
// activity are absent everywhere, rest days are days of load 0.
type Series struct {
	First        Date           `json:"first"`
	Last         Date           `json:"last"`
	HistoryStart *Date          `json:"history_start"` // day of the first activity; nil when there is none
	Settings     SeriesSettings `json:"settings"`      // with defaults filled in

	TRIMP      Column `json:"trimp"`       // AU
	TSS        Column `json:"tss"`         // 100 = one hour at threshold
	ExternalKm Column `json:"external_km"` // km-equivalents

	Activities []int  `json:"activities"`
	Unscored   []int  `json:"unscored"`   // activities without a load of the chosen kind
	WarmingUp  []bool `json:"warming_up"` // less than 42 days of history: CTL is still filling up

	Acute     Column `json:"acute"`          // mean per day, last 7 days, of the chosen load
	Chronic   Column `json:"chronic"`        // mean per day, last 28 days
	ACWR      Column `json:"acwr"`           // coupled 7:28, the headline
	Uncoupled Column `json:"acwr_uncoupled"` // 7 : 21 before
	EWMA      Column `json:"acwr_ewma"`      // Williams
	Decayed   Column `json:"acwr_decayed"`   // by the athlete's window and rate

	ExternalAcute     Column `json:"external_acute"`   // km-equivalents per day
	ExternalChronic   Column `json:"external_chronic"` // km-equivalents per day
	ExternalACWR      Column `json:"external_acwr"`
	ExternalUncoupled Column `json:"external_acwr_uncoupled"`
	ExternalEWMA      Column `json:"external_acwr_ewma"`
	ExternalDecayed   Column `json:"external_acwr_decayed"`

	Divergence Column `json:"divergence"` // of the coupled ratios

	CTL  Column `json:"ctl"`  // 42 days
	ATL  Column `json:"atl"`  // 7 days
	TSB  Column `json:"tsb"`  // the previous day's CTL − ATL
	Ramp Column `json:"ramp"` // CTL − CTL seven days before

	Monotony      Column `json:"monotony"`
	Strain        Column `json:"strain"`
	DaysSinceRest Column `json:"days_since_rest"` // 0 on a rest day

	Coverage7  Column `json:"coverage_7"`  // share of the activities with a load, last 7 days
	Coverage28 Column `json:"coverage_28"` // the same, last 28 days

	IntensityS  [3]Column `json:"intensity_s"`  // s below VT1, between, from VT2, of the day
	Intensity7  [3]Column `json:"intensity_7"`  // share of the time below VT1, between, from VT2, last 7 days
	Intensity28 [3]Column `json:"intensity_28"` // the same, last 28 days
}

// longestSeries bounds the days of a series: two hundred years.
const longestSeries = 200 * 366

// DailySeries computes the series from the sums of the days that have activities, in any order; several sums of one day
// are added up. It needs every day since the first activity, whatever range is asked for. first and last are
// inclusive; last is usually today in the athlete's zone. Sums after last are left out.
func DailySeries(days []DaySum, first, last Date, settings SeriesSettings) (Series, error) {
	if err := settings.Validate(); err != nil {
		return Series{}, fmt.Errorf("compute daily series: %w", err)
	}
	if last < first || last.Sub(first) >= longestSeries {
		return Series{}, fmt.Errorf("compute daily series: %v to %v is not a range of days", first, last)
	}
	for _, day := range days {
		for _, load := range []float64{day.TRIMP, day.TSS, day.ExternalKm} {
			if !(load >= 0) || math.IsInf(load, 0) {
				return Series{}, fmt.Errorf("compute daily series: load of %v is %g", day.Day, load)
			}
		}
	}
	sums := days
	if !slices.IsSortedFunc(sums, compareDays) {
		sums = slices.SortedStableFunc(slices.Values(days), compareDays)
	}
	for len(sums) > 0 && sums[len(sums)-1].Day > last {
		sums = sums[:len(sums)-1]
	}
	if len(sums) > 0 && last.Sub(sums[0].Day) >= longestSeries {
		return Series{}, fmt.Errorf("compute daily series: first activity %v is too long ago", sums[0].Day)
	}
	series := newSeries(first, last, settings.WithDefaults())
	if len(sums) == 0 {
		series.addBefore(last.Sub(first) + 1)
		return series, nil
	}
	start := sums[0].Day
	series.HistoryStart = &start
	series.addBefore(min(start.Sub(first), last.Sub(first)+1))
	history := newHistory(sums, last, series.Settings)
	for !history.ended() {
		day := history.advance()
		if start.AddDays(day) >= first {
			series.addDay(history, day)
		}
	}
	return series, nil
}

// compareDays orders by day and, within one, by content, so that the order of arrival changes no bit of a sum.
func compareDays(a, b DaySum) int {
	if a.Day != b.Day {
		return cmp.Compare(a.Day, b.Day)
	}
	return cmp.Or(cmp.Compare(a.TRIMP, b.TRIMP), cmp.Compare(a.TSS, b.TSS),
		cmp.Compare(a.ExternalKm, b.ExternalKm), slices.Compare(a.IntensityS[:], b.IntensityS[:]))
}
