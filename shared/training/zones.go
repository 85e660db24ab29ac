package training

import (
	"math"
	"slices"
)

// ZoneMethod names how the boundaries of heart-rate zones are set.
type ZoneMethod string

// The zone methods.
const (
	ZonesPercentMax ZoneMethod = "percent_max" // 50, 60, 70, 80, 90 % of maximum heart rate
	ZonesReserve    ZoneMethod = "reserve"     // resting + 50, 60, 70, 80, 90 % of the reserve (Karvonen)
	ZonesThreshold  ZoneMethod = "threshold"   // 85, 90, 95, 100 % of LTHR (Friel)
	ZonesCustom     ZoneMethod = "custom"      // the athlete's own
)

// ZoneSettings choose an athlete's zones; the zero value is percent of maximum.
type ZoneSettings struct {
	Method ZoneMethod `json:"method,omitempty"`
	Bounds []int      `json:"bounds,omitempty"` // bpm where zone 2, 3, … begin, ascending; for ZonesCustom
}

// ZoneTable is time in heart-rate zones. A zone begins at its bound (inclusive) and ends before the next; the top one
// is open and the lowest reaches down to every valid heart rate, so each valid second is in exactly one zone.
type ZoneTable struct {
	Method    ZoneMethod `json:"method"`
	Estimated bool       `json:"estimated,omitempty"` // the bounds rest on an estimated threshold
	First     int        `json:"first"`               // number of the lowest zone: 0 where zone 1 has a lower bound
	Bounds    []int      `json:"bounds"`              // bpm; zone First+i+1 begins at Bounds[i]
	Seconds   []float64  `json:"seconds"`             // one more than bounds; nil when absent
	Reason    Reason     `json:"reason,omitempty"`    // why there are no seconds
}

var (
	fifthsPercent    = []float64{50, 60, 70, 80, 90}
	thresholdPercent = []float64{85, 90, 95, 100}
)

// ZoneBounds returns the athlete's zone bounds, or why there are none.
func ZoneBounds(profile Profile) ZoneTable {
	thresholds := profile.Thresholds.withDerived()
	switch profile.Zones.Method {
	case "", ZonesPercentMax:
		table := ZoneTable{Method: ZonesPercentMax, Estimated: thresholds.MaxHR.Estimated}
		if !thresholds.MaxHR.IsKnown() {
			return table.absent(ReasonNoMaxHR)
		}
		return table.percent(fifthsPercent, 0, thresholds.MaxHR.Value)
	case ZonesReserve:
		estimated := thresholds.MaxHR.Estimated || thresholds.RestingHR.Estimated
		table := ZoneTable{Method: ZonesReserve, Estimated: estimated}
		reserve, reason := thresholds.reserve()
		if reason != "" {
			return table.absent(reason)
		}
		return table.percent(fifthsPercent, thresholds.RestingHR.Value, reserve)
	case ZonesThreshold:
		table := ZoneTable{Method: ZonesThreshold, Estimated: thresholds.LTHR.Estimated, First: 1}
		if !thresholds.LTHR.IsKnown() {
			return table.absent(ReasonNoThresholds)
		}
		return table.percent(thresholdPercent, 0, thresholds.LTHR.Value)
	case ZonesCustom:
		table := ZoneTable{Method: ZonesCustom, First: 1, Bounds: slices.Clone(profile.Zones.Bounds)}
		for i, bound := range table.Bounds {
			if bound <= 0 || i > 0 && bound <= table.Bounds[i-1] {
				return table.absent(ReasonNoZones)
			}
		}
		if len(table.Bounds) == 0 {
			return table.absent(ReasonNoZones)
		}
		return table
	}
	return ZoneTable{Method: profile.Zones.Method}.absent(ReasonNoZones)
}

// percent sets the bounds to the first whole beat at or above base + percent·span/100. Multiplying first keeps exact
// boundaries exact: 70 % of 190 is 133.
func (t ZoneTable) percent(percent []float64, base, span float64) ZoneTable {
	t.Bounds = make([]int, len(percent))
	for i, share := range percent {
		t.Bounds[i] = int(math.Ceil(base + share*span/100))
	}
	return t
}

func (t ZoneTable) absent(reason Reason) ZoneTable {
	t.Bounds, t.Seconds, t.Reason = nil, nil, reason
	return t
}

// Zone returns the number of the zone that a heart rate lies in.
func (t ZoneTable) Zone(rate int) int {
	above := 0
	for above < len(t.Bounds) && rate >= t.Bounds[above] {
		above++
	}
	return t.First + above
}

// Zones returns the time in the athlete's heart-rate zones: seconds as recorded, not scaled by coverage.
func (h *Histogram) Zones(profile Profile) ZoneTable {
	table := ZoneBounds(profile)
	if table.Reason != "" {
		return table
	}
	if h.ValidS() == 0 {
		return table.absent(ReasonNoHeartRate)
	}
	table.Seconds = make([]float64, len(table.Bounds)+1)
	for rate := lowestHeartRate; rate <= highestHeartRate; rate++ {
		table.Seconds[table.Zone(rate)-table.First] += float64(h.Seconds[rate])
	}
	return table
}

// EdwardsZone returns Edwards's zone 0–5 of a heart rate: 1 from 50 % of the maximum, 5 from 90 %.
func EdwardsZone(rate int, maxHR float64) int {
	zone := 0
	for zone < len(fifthsPercent) && float64(rate)*100 >= fifthsPercent[zone]*maxHR {
		zone++
	}
	return zone
}

// Edwards returns Edwards's training impulse (1993), Σ minutes in zone k · k, in arbitrary units, scaled by 1/coverage,
// and the seconds in zones 0–5 as recorded.
func (h *Histogram) Edwards(thresholds Thresholds) (Figure, [6]float64) {
	var seconds [6]float64
	if !thresholds.MaxHR.IsKnown() {
		return Absent(ReasonNoMaxHR), seconds
	}
	sum := 0.0
	for rate := lowestHeartRate; rate <= highestHeartRate; rate++ {
		zone := EdwardsZone(rate, thresholds.MaxHR.Value)
		seconds[zone] += float64(h.Seconds[rate])
		sum += float64(zone) * float64(h.Seconds[rate])
	}
	scale, reason := h.usable()
	if reason != "" {
		return Absent(reason), seconds
	}
	return Known(sum * scale / 60), seconds
}

// LuciaZone returns Lucia's phase of a heart rate: 1 below VT1, 2 from VT1, 3 from VT2.
func LuciaZone(rate int, vt1, vt2 float64) int {
	switch {
	case float64(rate) >= vt2:
		return 3
	case float64(rate) >= vt1:
		return 2
	}
	return 1
}

// Lucia returns Lucia's training impulse (2003), minutes in phase k · k, in arbitrary units, scaled by 1/coverage, and
// the seconds in phases 1–3 as recorded. Where the athlete gave no VT1 or VT2 the estimates of [Thresholds.WithDefaults]
// stand in.
func (h *Histogram) Lucia(thresholds Thresholds) (Figure, [3]float64) {
	var seconds [3]float64
	thresholds = thresholds.withDerived()
	if !thresholds.VT1.IsKnown() || !thresholds.VT2.IsKnown() {
		return Absent(ReasonNoThresholds), seconds
	}
	if thresholds.VT1.Value > thresholds.VT2.Value {
		return Absent(ReasonHRSettings), seconds
	}
	sum := 0.0
	for rate := lowestHeartRate; rate <= highestHeartRate; rate++ {
		phase := LuciaZone(rate, thresholds.VT1.Value, thresholds.VT2.Value)
		seconds[phase-1] += float64(h.Seconds[rate])
		sum += float64(phase) * float64(h.Seconds[rate])
	}
	scale, reason := h.usable()
	if reason != "" {
		return Absent(reason), seconds
	}
	return Known(sum * scale / 60), seconds
}
