package training

import "math"

// Heart rates outside these bounds are artefacts and count as missing, never as rest.
const (
	lowestHeartRate  = 30  // bpm
	highestHeartRate = 240 // bpm
)

// Coverage of the included time by valid heart rate: below minCoverage there is no stream figure; below fullCoverage
// the figure, scaled up by 1/coverage, is flagged [FlagPartial].
const (
	minCoverage  = 0.5
	fullCoverage = 0.8
)

// Histogram is the stored sufficient statistic of an activity's heart rate: seconds at each beat per minute over the
// stream's own time base, pauses and standstill taken out. Training impulse, zone times and every change of threshold
// or sex are exact sums over it.
type Histogram struct {
	Seconds   [256]uint32 // s at each bpm; only 30–240 are ever above 0
	IncludedS uint32      // s of the activity that count, with or without heart rate
	ArtefactS uint32      // s of IncludedS whose heart rate was sent but lies outside 30–240 bpm
}

// NewHistogram integrates the heart rate of s over its time base. The reason is empty when there is any valid second;
// otherwise it says why not. A histogram with included seconds is worth storing even then: it keeps an average that
// consists of artefacts from being believed.
func NewHistogram(s Streams) (Histogram, Reason) {
	var histogram Histogram
	if s.Validate() != nil || len(s.Time) < 2 {
		return histogram, ReasonNoTime
	}
	if s.HeartRate == nil {
		return histogram, ReasonNoHeartRate
	}
	base := newTimeBase(&s)
	if base.included > math.MaxUint32 {
		return histogram, ReasonImplausibleClock
	}
	var seconds [256]int64
	for i, beats := range s.HeartRate {
		seconds[beats] += base.includedAt(i)
	}
	histogram.IncludedS = uint32(base.included)
	for beats, total := range seconds {
		switch {
		case beats >= lowestHeartRate && beats <= highestHeartRate:
			histogram.Seconds[beats] = uint32(total)
		case beats != MissingHeartRate:
			histogram.ArtefactS += uint32(total)
		}
	}
	if histogram.ValidS() == 0 {
		return histogram, ReasonNoHeartRate
	}
	return histogram, ""
}

// ValidS returns the seconds with a valid heart rate: the sum over all zones of any zone table.
func (h *Histogram) ValidS() float64 {
	var total uint64
	for _, seconds := range h.Seconds {
		total += uint64(seconds)
	}
	return float64(total)
}

// Coverage returns valid seconds / included seconds, 0–1; 0 when nothing is included.
func (h *Histogram) Coverage() float64 {
	if h.IncludedS == 0 {
		return 0
	}
	return h.ValidS() / float64(h.IncludedS)
}

// MeanHR returns the mean heart rate over the valid seconds, bpm.
func (h *Histogram) MeanHR() Figure {
	var beats, total uint64
	for rate, seconds := range h.Seconds {
		beats += uint64(rate) * uint64(seconds)
		total += uint64(seconds)
	}
	if total == 0 {
		return Absent(ReasonNoHeartRate)
	}
	return Known(float64(beats) / float64(total))
}

// MaxHR returns the highest heart rate that was held for at least the given seconds (at or above it), bpm. It proposes
// a new maximum without believing a single artefact sample.
func (h *Histogram) MaxHR(heldS uint32) Figure {
	var held uint64
	for rate := highestHeartRate; rate >= lowestHeartRate; rate-- {
		held += uint64(h.Seconds[rate])
		if held > 0 && held >= uint64(heldS) {
			return Known(float64(rate))
		}
	}
	return Absent(ReasonNoHeartRate)
}

// peakHeldS is how long a heart rate must be held to be a peak, s: no spike of a strap lasts so long, and every heart that is
// driven to its maximum stays near it longer.
const peakHeldS = 10

// PeakHR returns the highest heart rate that the heart is believed to have reached, bpm: held for ten seconds, by a strap that
// covers most of the time and never sent what no heart does.
func (h *Histogram) PeakHR() Figure {
	switch {
	case h.ArtefactS > 0:
		return Absent(ReasonBadHeartRate)
	case h.ValidS() == 0:
		return Absent(ReasonNoHeartRate)
	case h.Coverage() < fullCoverage:
		return Absent(ReasonLowCoverage)
	case h.ValidS() < peakHeldS:
		return Absent(ReasonTooShort)
	}
	return h.MaxHR(peakHeldS)
}

// usable returns what sums over h are to be multiplied by to stand for the whole included time, or why h is too thin.
func (h *Histogram) usable() (scale float64, reason Reason) {
	valid := h.ValidS()
	switch {
	case h.IncludedS == 0:
		return 0, ReasonNoTime
	case valid < minCoverage*float64(h.IncludedS) && h.mostlyArtefacts():
		return 0, ReasonBadHeartRate
	case valid == 0:
		return 0, ReasonNoHeartRate
	case valid < minCoverage*float64(h.IncludedS):
		return 0, ReasonLowCoverage
	}
	return float64(h.IncludedS) / valid, ""
}

// mostlyArtefacts says that the strap sent more rubbish than heart rate. The summary's average comes from the same
// strap, so it is not believed either.
func (h *Histogram) mostlyArtefacts() bool { return 2*uint64(h.ArtefactS) > uint64(h.IncludedS) }
