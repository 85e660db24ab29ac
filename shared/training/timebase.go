package training

import "slices"

// Rules of the time base.
const (
	shortestGapLimit = 30 // s; keeps smart recording, whose samples lie up to this far apart
	gapMedians       = 4  // gaps up to this many medians count; keeps pool swims with one sample per length
)

// timeBase decides how many seconds each sample of an activity stands for. The seconds between two samples belong to
// the later one; the first has none. Steps back, duplicates and gaps beyond the limit (pauses, clock errors) give 0.
type timeBase struct {
	time     []int32
	moving   []bool // nil when the moving flags are absent or not believed
	gapLimit int64  // s
	recorded int64  // s, sum over all samples
	included int64  // s, sum over the samples that count for heart rate, zones and pace
}

// newTimeBase reads the time base of s. The moving flags are believed when they cover at least half of the recorded
// time; indoors they often do not.
func newTimeBase(s *Streams) timeBase {
	base := timeBase{time: s.Time, gapLimit: gapLimit(s.Time)}
	var moving int64
	useFlags := s.Moving != nil && len(s.Moving) == len(s.Time)
	for i := 1; i < len(s.Time); i++ {
		seconds := base.recordedAt(i)
		base.recorded += seconds
		if useFlags && s.Moving[i] {
			moving += seconds
		}
	}
	base.included = base.recorded
	if useFlags && 2*moving >= base.recorded {
		base.moving = s.Moving
		base.included = moving
	}
	return base
}

// recordedAt returns the recorded seconds of sample i, for power.
func (b *timeBase) recordedAt(i int) int64 {
	if i == 0 {
		return 0
	}
	seconds := int64(b.time[i]) - int64(b.time[i-1])
	if seconds <= 0 || seconds > b.gapLimit {
		return 0
	}
	return seconds
}

// includedAt returns the included seconds of sample i: its recorded seconds, 0 where the athlete stood still.
func (b *timeBase) includedAt(i int) int64 {
	if b.moving != nil && !b.moving[i] {
		return 0
	}
	return b.recordedAt(i)
}

// gapLimit returns the longest step in seconds that is not a pause: max(30, 4 × median of the positive steps).
func gapLimit(time []int32) int64 {
	const counted = 256 // longer steps are rare and kept one by one
	var counts [counted]int
	steps := 0
	longest := int64(0)
	for i := 1; i < len(time); i++ {
		step := int64(time[i]) - int64(time[i-1])
		if step <= 0 {
			continue
		}
		steps++
		longest = max(longest, step)
		if step < counted {
			counts[step]++
		}
	}
	if longest <= shortestGapLimit {
		return shortestGapLimit
	}
	lower, lowerKnown := nthStep(counts[:], (steps-1)/2)
	upper, upperKnown := nthStep(counts[:], steps/2)
	if !lowerKnown || !upperKnown {
		lower, upper = middleSteps(time)
	}
	return max(shortestGapLimit, gapMedians*(lower+upper)/2)
}

// nthStep returns the step with the given rank, if it is among the counted ones.
func nthStep(counts []int, rank int) (int64, bool) {
	for step, count := range counts {
		if rank < count {
			return int64(step), true
		}
		rank -= count
	}
	return 0, false
}

// middleSteps returns the two middle positive steps by sorting: only for streams whose usual step is above four minutes.
func middleSteps(time []int32) (lower, upper int64) {
	var steps []int64
	for i := 1; i < len(time); i++ {
		if step := int64(time[i]) - int64(time[i-1]); step > 0 {
			steps = append(steps, step)
		}
	}
	slices.Sort(steps)
	return steps[(len(steps)-1)/2], steps[len(steps)/2]
}
