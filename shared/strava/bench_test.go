package strava

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strconv"
	"strings"
	"testing"
)

// longStream is fourteen hours of a ride as Strava would send it: 45,800 samples, about 2 MB.
func longStream() []byte {
	var text bytes.Buffer
	write := func(kind string, sample func(i int) string) {
		if text.Len() > 1 {
			text.WriteByte(',')
		}
		_, _ = io.WriteString(&text, `"`+kind+`":{"data":[`)
		for i := range 45800 {
			if i > 0 {
				text.WriteByte(',')
			}
			text.WriteString(sample(i))
		}
		_, _ = io.WriteString(&text, `],"series_type":"distance","original_size":45800,"resolution":"high"}`)
	}
	decimal := func(value float64, places int) string { return strconv.FormatFloat(value, 'f', places, 64) }
	text.WriteByte('{')
	write("time", func(i int) string { return strconv.Itoa(i + i/10) })
	write("distance", func(i int) string { return decimal(float64(i)*7.3, 1) })
	write("altitude", func(i int) string { return decimal(800+600*math.Sin(float64(i)/5000), 1) })
	write("heartrate", func(i int) string { return strconv.Itoa(130 + i%37) })
	write("watts", func(i int) string {
		if i%31 == 0 {
			return "null"
		}
		return strconv.Itoa(150 + i%97)
	})
	write("cadence", func(i int) string { return strconv.Itoa(80 + i%11) })
	write("velocity_smooth", func(i int) string { return decimal(7+float64(i%23)/10, 1) })
	write("moving", func(i int) string { return strconv.FormatBool(i%19 != 0) })
	write("temp", func(i int) string { return strconv.Itoa(12 + i%9) })
	write("grade_smooth", func(i int) string { return decimal(float64(i%41)/10-2, 1) })
	text.WriteByte('}')
	return text.Bytes()
}

func BenchmarkDecodeStreams14h(b *testing.B) {
	body := longStream()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := DecodeStreams(body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncodingJSON14h is what the decoder is compared with: the standard library into the plainest structs.
func BenchmarkEncodingJSON14h(b *testing.B) {
	body := longStream()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var streams struct {
			Time, Distance, Altitude, Heartrate, Watts, Cadence struct{ Data []*float64 }
			Velocity                                            struct{ Data []*float64 } `json:"velocity_smooth"`
			Moving                                              struct{ Data []bool }
		}
		if err := json.Unmarshal(body, &streams); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodePageOf200(b *testing.B) {
	body := []byte("[" + strings.Repeat(oneActivity+",", MaxPerPage-1) + oneActivity + "]")
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if _, err := decodeActivities(body); err != nil {
			b.Fatal(err)
		}
	}
}
