package training

import (
	"math"
	"strconv"
)

// Column is one figure of the daily series over consecutive days. Where it is absent the value is NaN and the day lies
// in one of the gaps, which say why.
type Column struct {
	Values []float64
	Gaps   []Gap // ascending, not overlapping
}

// Gap is a run of days, as indices [From, To) into the series, on which a figure is absent for one reason.
type Gap struct {
	From   int    `json:"from"`
	To     int    `json:"to"`
	Reason Reason `json:"reason"`
}

// add appends the next day's figure.
func (c *Column) add(figure Figure) {
	if figure.Known {
		c.addValue(figure.Value)
		return
	}
	c.addAbsent(figure.why())
}

// addValue appends a finite value.
func (c *Column) addValue(value float64) { c.Values = append(c.Values, value) }

// addAbsent appends a day without a value.
func (c *Column) addAbsent(reason Reason) {
	at := len(c.Values)
	c.Values = append(c.Values, math.NaN())
	if last := len(c.Gaps) - 1; last >= 0 && c.Gaps[last].To == at && c.Gaps[last].Reason == reason {
		c.Gaps[last].To = at + 1
		return
	}
	c.Gaps = append(c.Gaps, Gap{From: at, To: at + 1, Reason: reason})
}

// At returns the figure of the day with the given index.
func (c *Column) At(i int) Figure {
	if value := c.Values[i]; !math.IsNaN(value) {
		return Known(value)
	}
	for _, gap := range c.Gaps {
		if i >= gap.From && i < gap.To {
			return Absent(gap.Reason)
		}
	}
	return Absent(ReasonNotComputed)
}

// AppendValues appends the values as a JSON array, null where absent, rounded to the given number of decimals; negative
// decimals write the shortest text that reads back exactly.
func (c *Column) AppendValues(buffer []byte, decimals int) []byte {
	buffer = append(buffer, '[')
	for i, value := range c.Values {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		buffer = appendNumber(buffer, value, decimals)
	}
	return append(buffer, ']')
}

// AppendJSON appends {"values": […], "gaps": […]}, rounded as AppendValues does.
func (c *Column) AppendJSON(buffer []byte, decimals int) []byte {
	buffer = append(buffer, `{"values":`...)
	buffer = c.AppendValues(buffer, decimals)
	buffer = append(buffer, `,"gaps":[`...)
	for i, gap := range c.Gaps {
		if i > 0 {
			buffer = append(buffer, ',')
		}
		buffer = append(buffer, `{"from":`...)
		buffer = strconv.AppendInt(buffer, int64(gap.From), 10)
		buffer = append(buffer, `,"to":`...)
		buffer = strconv.AppendInt(buffer, int64(gap.To), 10)
		buffer = append(buffer, `,"reason":`...)
		buffer = strconv.AppendQuote(buffer, string(gap.Reason))
		buffer = append(buffer, '}')
	}
	return append(buffer, `]}`...)
}

// MarshalJSON writes {"values": […], "gaps": […]} without rounding.
func (c Column) MarshalJSON() ([]byte, error) {
	return c.AppendJSON(make([]byte, 0, 8*len(c.Values)+64), -1), nil
}

// exact is the bound below which every whole number is a float64.
const exact = 1 << 53

// appendNumber writes one JSON number, or null for NaN and infinities. A series is thousands of numbers, so a rounded one
// is written as the whole number that it is, shifted by its decimals: several times faster than the shortest text of a float.
func appendNumber(buffer []byte, value float64, decimals int) []byte {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return append(buffer, "null"...)
	}
	if decimals >= 0 {
		if scaled := math.Round(value * math.Pow10(decimals)); math.Abs(scaled) < exact {
			return appendShifted(buffer, int64(scaled), decimals)
		}
	}
	return strconv.AppendFloat(buffer, value, 'f', -1, 64)
}

// appendShifted writes number / 10^decimals without zeros at its end.
func appendShifted(buffer []byte, number int64, decimals int) []byte {
	for decimals > 0 && number%10 == 0 {
		number, decimals = number/10, decimals-1
	}
	if decimals <= 0 {
		return strconv.AppendInt(buffer, number, 10)
	}
	if number < 0 {
		buffer, number = append(buffer, '-'), -number
	}
	start := len(buffer)
	buffer = strconv.AppendInt(buffer, number, 10)
	for len(buffer)-start <= decimals { // a digit before the point
		buffer = append(buffer[:start+1], buffer[start:]...)
		buffer[start] = '0'
	}
	point := len(buffer) - decimals
	buffer = append(buffer, 0)
	copy(buffer[point+1:], buffer[point:])
	buffer[point] = '.'
	return buffer
}
