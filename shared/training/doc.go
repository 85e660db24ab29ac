// Package training is the vocabulary and the reference implementation of training load: pure functions over an
// activity's samples and over an athlete's days. It reads no clock, does no I/O and imports the standard library only.
//
// An activity's figures come in two steps. At ingest [NewHistogram] and [ComputeStreamFigures] reduce its streams to
// what no threshold can change: seconds at each heart rate, and the figures that depend on the order of the samples.
// [Compute] then joins them with the summary and the athlete's [Profile], as often as a threshold changes, without the
// streams. [DailySeries] turns sums per day into the daily series.
//
// A figure that is not known is never 0: it is a [Figure] or a [Column] entry without a value and with a [Reason].
package training

// FormulaVersion names the definition the figures were computed by. It rises whenever a figure of an unchanged
// activity would come out differently, so that stored figures of an older version can be found and computed again.
const FormulaVersion = 2
