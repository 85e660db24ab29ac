package training

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"
)

// FuzzHistogramBinary holds that stored bytes are either refused or read back to the same histogram, with parts that
// never exceed the whole.
func FuzzHistogramBinary(f *testing.F) {
	for seed := range uint64(4) {
		histogram, _ := NewHistogram(randomStreams(rand.New(rand.NewPCG(seed, 1))))
		packed, _ := histogram.MarshalBinary()
		f.Add(packed)
	}
	f.Add([]byte{1, 0, 0, 30, 0})
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 30, 1, 5})
	f.Fuzz(func(t *testing.T, packed []byte) {
		var histogram Histogram
		if histogram.UnmarshalBinary(packed) != nil {
			return
		}
		if coverage := histogram.Coverage(); coverage < 0 || coverage > 1 {
			t.Errorf("coverage = %v", coverage)
		}
		again, err := histogram.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		var reread Histogram
		if err := reread.UnmarshalBinary(again); err != nil || reread != histogram {
			t.Errorf("read back %v, %v", reread, err)
		}
	})
}

// streamsFrom cuts arbitrary bytes into samples of eight bytes.
func streamsFrom(raw []byte) Streams {
	var s Streams
	for len(raw) >= 8 {
		s.Time = append(s.Time, int32(binary.LittleEndian.Uint32(raw)))
		s.HeartRate = append(s.HeartRate, raw[4])
		s.Watts = append(s.Watts, int16(binary.LittleEndian.Uint16(raw[4:])))
		s.Distance = append(s.Distance, float64(int8(raw[6]))*math.Exp2(float64(raw[7]%16)))
		s.Altitude = append(s.Altitude, float64(int8(raw[7])))
		s.Velocity = append(s.Velocity, float64(raw[6]))
		s.Moving = append(s.Moving, raw[5]%2 == 0)
		raw = raw[8:]
	}
	return s
}

// FuzzCompute holds that no streams whatever make the figures panic, turn negative or cease to be JSON.
func FuzzCompute(f *testing.F) {
	f.Add([]byte{}, "Run")
	f.Add(bytes.Repeat([]byte{1, 0, 0, 0, 150, 100, 3, 9}, 40), "Ride")
	f.Add([]byte("a clock that jumps about is quite usual in recorded streams......"), "Swim")
	f.Fuzz(func(t *testing.T, raw []byte, sport string) {
		s := streamsFrom(raw)
		base := newTimeBase(&s)
		if base.recorded > 20_000 {
			return // expanding days of seconds over and over finds nothing new
		}
		histogram, _ := NewHistogram(s)
		stream := ComputeStreamFigures(Summary{SportType: sport}, s)
		figures := Compute(Summary{SportType: sport}, &histogram, &stream, testProfile)
		for name, figure := range map[string]Figure{"trimp": figures.TRIMP, "tss": figures.TSS, "gap": figures.GAP,
			"np": figures.NormalizedPower, "coverage": figures.Coverage, "edwards": figures.Edwards} {
			if figure.Known && !(figure.Value >= 0) || !figure.Known && figure.Reason == "" {
				t.Errorf("%s = %+v", name, figure)
			}
		}
		if _, err := json.Marshal(figures); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(stream); err != nil {
			t.Error(err)
		}
	})
}

// FuzzDates holds that a day is refused or comes back as the text it was read from.
func FuzzDates(f *testing.F) {
	for _, day := range []string{"2024-02-29", "0001-01-01", "9999-12-31", "1969-12-31", "2018-04-06T20:10:00Z", "2023-02-29"} {
		f.Add(day)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if day, err := ParseDate(text); err == nil && day.String() != text {
			t.Errorf("%q came back as %q", text, day)
		}
		if day, err := LocalDay(text); err == nil && day.String() != text[:10] {
			t.Errorf("%q belongs to %q", text, day)
		}
	})
}

// FuzzDailySeries holds that any days give a series of finite numbers, never negative where it is a load.
func FuzzDailySeries(f *testing.F) {
	f.Add([]byte{1, 100, 20, 5, 60, 9}, int16(40), uint8(90))
	f.Add([]byte{}, int16(0), uint8(1))
	f.Fuzz(func(t *testing.T, raw []byte, first int16, length uint8) {
		var days []DaySum
		day := Date(0)
		for ; len(raw) >= 3; raw = raw[3:] {
			day += Date(raw[0])
			days = append(days, DaySum{Day: day, TRIMP: float64(raw[1]), ExternalKm: float64(raw[2]), Scored: int(raw[1]) % 3})
		}
		series, err := DailySeries(days, Date(first), Date(first).AddDays(int(length)), SeriesSettings{})
		if err != nil {
			t.Fatal(err)
		}
		for c, column := range series.columns() {
			if len(column.Values) != int(length)+1 {
				t.Errorf("column %d has %d days, want %d", c, len(column.Values), int(length)+1)
			}
			for i := range column.Values {
				if figure := column.At(i); !figure.Known && (figure.Reason == "" || figure.Reason == ReasonNotComputed) {
					t.Errorf("column %d, day %d has neither value nor reason", c, i)
				}
			}
		}
		for i := range series.Days() {
			for name, figure := range map[string]Figure{"ctl": series.CTL.At(i), "acute": series.Acute.At(i),
				"acwr": series.ACWR.At(i), "days since rest": series.DaysSinceRest.At(i)} {
				if figure.Known && figure.Value < 0 {
					t.Errorf("%s on day %d = %v", name, i, figure.Value)
				}
			}
		}
		if _, err := json.Marshal(series); err != nil {
			t.Error(err)
		}
	})
}
