package stravasim

import (
	"math"
	"slices"
	"strconv"
)

// null marks a sample that the sensor did not deliver; it is served as JSON null.
var null = math.NaN()

// Samples are the streams of one activity as columns of equal length. A column that is nil was not recorded.
// Units are Strava's: seconds, metres, metres per second, percent, beats and revolutions per minute, watts, °C.
type Samples struct {
	Time   []int
	Moving []bool
	Distance, Altitude, Velocity, Grade,
	HeartRate, Cadence, Watts, Temp, GradeAdjusted []float64
}

// reset empties the columns and keeps their memory, for the next activity to be generated into.
func (s *Samples) reset() {
	s.Time, s.Moving = s.Time[:0], s.Moving[:0]
	for _, key := range numericKeys {
		if column := s.column(key); *column != nil {
			*column = (*column)[:0]
		}
	}
}

// grow makes room for n samples, so that recording them does not copy the columns again and again.
func (s *Samples) grow(n int) {
	s.Time, s.Moving = slices.Grow(s.Time, n), slices.Grow(s.Moving, n)
	for _, key := range numericKeys {
		column := s.column(key)
		*column = slices.Grow(*column, n)
	}
}

// numericKeys are the stream keys with numbers, in the order in which answers carry them.
var numericKeys = []string{
	"distance", "altitude", "velocity_smooth", "grade_smooth", "heartrate", "cadence", "watts", "temp",
	"grade_adjusted_distance",
}

// column returns the numbers of one stream key, or nil for a key that is not a column of numbers.
func (s *Samples) column(key string) *[]float64 {
	switch key {
	case "distance":
		return &s.Distance
	case "altitude":
		return &s.Altitude
	case "velocity_smooth":
		return &s.Velocity
	case "grade_smooth":
		return &s.Grade
	case "heartrate":
		return &s.HeartRate
	case "cadence":
		return &s.Cadence
	case "watts":
		return &s.Watts
	case "temp":
		return &s.Temp
	case "grade_adjusted_distance":
		return &s.GradeAdjusted
	}
	return nil
}

// has reports whether a stream of that key was recorded.
func (s *Samples) has(key string) bool {
	switch key {
	case "time":
		return len(s.Time) > 0
	case "moving":
		return len(s.Moving) > 0
	}
	column := s.column(key)
	return column != nil && len(*column) > 0
}

// crop returns the samples between two times since the start, both included, with time and distance counted from the
// first of them, as Strava does when an athlete crops an activity. The columns of s are not changed.
func (s *Samples) crop(from, to int) *Samples {
	first, last := 0, len(s.Time)
	for first < len(s.Time) && s.Time[first] < from {
		first++
	}
	for last > first && s.Time[last-1] > to {
		last--
	}
	out := &Samples{}
	for _, t := range s.Time[first:last] {
		out.Time = append(out.Time, t-s.Time[first])
	}
	if len(s.Moving) > 0 {
		out.Moving = s.Moving[first:last]
	}
	for _, key := range numericKeys {
		source := *s.column(key)
		if len(source) == 0 {
			continue
		}
		part := source[first:last]
		if key == "distance" || key == "grade_adjusted_distance" {
			part = fromZero(part)
		}
		*out.column(key) = part
	}
	return out
}

// fromZero returns a running total shifted to begin at 0, in tenths as Strava serves it.
func fromZero(totals []float64) []float64 {
	out := make([]float64, len(totals))
	for i, v := range totals {
		out[i] = math.Round((v-totals[0])*10) / 10
	}
	return out
}

// appendStream appends the JSON array of one stream, every stride-th sample of it.
func (s *Samples) appendStream(b []byte, key string, stride int) []byte {
	b = append(b, '[')
	switch key {
	case "time":
		for i := 0; i < len(s.Time); i += stride {
			b = append(strconv.AppendInt(b, int64(s.Time[i]), 10), ',')
		}
	case "moving":
		for i := 0; i < len(s.Moving); i += stride {
			b = append(strconv.AppendBool(b, s.Moving[i]), ',')
		}
	default:
		whole := key == "heartrate" || key == "cadence" || key == "watts" || key == "temp"
		column := *s.column(key)
		for i := 0; i < len(column); i += stride {
			b = append(appendNumber(b, column[i], whole), ',')
		}
	}
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, ']')
}

// appendNumber writes whole numbers and tenths without the general float formatter, which would dominate the time to
// serve a long activity.
func appendNumber(b []byte, v float64, whole bool) []byte {
	if math.IsNaN(v) {
		return append(b, "null"...)
	}
	tenths := math.Round(v * 10)
	if math.Abs(tenths) > 1e15 || math.Abs(v*10-tenths) > 1e-6 {
		return strconv.AppendFloat(b, v, 'f', -1, 64)
	}
	n := int64(tenths)
	if n < 0 {
		b, n = append(b, '-'), -n
	}
	b = strconv.AppendInt(b, n/10, 10)
	if whole && n%10 == 0 {
		return b
	}
	return append(b, '.', byte('0'+n%10))
}
