package training

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

func TestDatesAreCivilDays(t *testing.T) {
	t.Parallel()
	leap := mustDate(t, "2024-02-28")
	if got := leap.AddDays(2).String(); got != "2024-03-01" {
		t.Errorf("two days on = %s", got)
	}
	if got := mustDate(t, "2025-01-01").Sub(mustDate(t, "2024-01-01")); got != 366 {
		t.Errorf("2024 has %d days", got)
	}
	if NewDate(1969, time.December, 31) != -1 || mustDate(t, "1970-01-01") != 0 {
		t.Error("days do not count from 1970-01-01")
	}
	late := time.Date(2024, 3, 10, 23, 30, 0, 0, time.FixedZone("west", -5*3600))
	if got := DateOf(late).String(); got != "2024-03-10" {
		t.Errorf("day of %v = %s", late, got)
	}
	for _, bad := range []string{"", "2024-2-1", "2024-02-30", "2024-01-01T", "24-01-01"} {
		if day, err := ParseDate(bad); err == nil {
			t.Errorf("%q was read as %v", bad, day)
		}
	}
	if _, err := LocalDay("2024-01"); err == nil {
		t.Error("a cut-off start was read")
	}
	var read struct{ Day Date }
	if err := json.Unmarshal([]byte(`{"Day":"2024-02-29"}`), &read); err != nil || read.Day.String() != "2024-02-29" {
		t.Errorf("day from JSON = %v, %v", read.Day, err)
	}
	if err := json.Unmarshal([]byte(`{"Day":"2023-02-29"}`), &read); err == nil {
		t.Error("a day that never was came from JSON")
	}
}

func TestFiguresSayWhyTheyAreAbsent(t *testing.T) {
	t.Parallel()
	for want, figure := range map[string]Figure{
		`{"value":1.5}`:                          Known(1.5),
		`{"value":0}`:                            Known(0),
		`{"value":null,"reason":"no_ftp"}`:       Absent(ReasonNoFTP),
		`{"value":null,"reason":"not_computed"}`: {},
		`{"value":null,"reason":"out_of_range"}`: Known(math.Inf(1)),
	} {
		encoded, err := json.Marshal(figure)
		if err != nil || string(encoded) != want {
			t.Errorf("figure = %s, %v, want %s", encoded, err, want)
		}
		var back Figure
		if err := json.Unmarshal(encoded, &back); err != nil || back.Known != figure.Known || back.Value != figure.Value {
			t.Errorf("%s came back as %+v, %v", encoded, back, err)
		}
	}
	if Absent(ReasonNoFTP).Pointer() != nil || *Known(2).Pointer() != 2 {
		t.Error("pointers do not tell absent from known")
	}
}

func TestSexFromStrava(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Sex{"F": SexFemale, "M": SexMale, "": SexUnspecified, "X": SexUnspecified} {
		if got := ParseStravaSex(text); got != want || !got.Valid() {
			t.Errorf("sex of %q = %s, want %s", text, got, want)
		}
	}
	if Sex("M").Valid() {
		t.Error("Strava's code passes as a sex of ours")
	}
}

func TestStoredHistogramsAreRefusedWhenDamaged(t *testing.T) {
	t.Parallel()
	histogram := histogramOf(t, steady(3600, 150))
	packed, err := histogram.MarshalBinary()
	if err != nil || len(packed) > 12 {
		t.Fatalf("%d bytes, %v for one beat", len(packed), err)
	}
	for name, damaged := range map[string][]byte{
		"empty":               {},
		"other format":        {2, 0, 0, 30, 0},
		"cut short":           packed[:len(packed)-1],
		"trailing":            append(packed[:len(packed):len(packed)], 0),
		"more than included":  {1, 10, 0, 100, 1, 11},
		"artefacts too long":  {1, 10, 11, 30, 0},
		"beat below 30":       {1, 10, 0, 29, 1, 1},
		"beat above 240":      {1, 10, 0, 0xf0, 1, 2, 1, 1},
		"header only":         {1, 10},
		"seconds beyond 2^32": {1, 10, 0, 100, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 1},
	} {
		read := Histogram{IncludedS: 7}
		if err := read.UnmarshalBinary(damaged); err == nil || read.IncludedS != 7 {
			t.Errorf("%s: %v, histogram %d s", name, err, read.IncludedS)
		}
	}
}

func TestStreamsOfUnequalLengthGiveNoFigures(t *testing.T) {
	t.Parallel()
	s := steady(100, 150)
	s.Watts = make([]int16, 5)
	if s.Validate() == nil {
		t.Error("unequal lengths pass")
	}
	if _, reason := NewHistogram(s); reason != ReasonNoTime {
		t.Errorf("reason = %q", reason)
	}
	absent(t, "np", ComputeStreamFigures(Summary{}, s).NormalizedPower, ReasonNoTime)
	absent(t, "best time", BestTime(s, 10), ReasonNoDistance)
	if _, reason := NewHistogram(Streams{Time: []int32{0, 1}}); reason != ReasonNoHeartRate {
		t.Errorf("reason without heart rate = %q", reason)
	}
}

func TestCriticalPowerNeedsTwoMaximalEfforts(t *testing.T) {
	t.Parallel()
	if _, ok := FitCriticalPower([]BestPower{{Seconds: 180, Watts: 400}, {Seconds: 30, Watts: 900}, {Seconds: 3600, Watts: 250}}); ok {
		t.Error("one effort of 2–20 minutes was enough")
	}
	fit, ok := FitCriticalPower([]BestPower{{Seconds: 200, Watts: 350}, {Seconds: 400, Watts: 300}, {Seconds: 1000, Watts: 270}})
	if !ok || math.Abs(fit.Watts-250) > 1e-9 || math.Abs(fit.WPrimeJ-20000) > 1e-6 || math.Abs(fit.RSquared-1) > 1e-12 {
		t.Errorf("fit = %+v, want 250 W and 20 kJ exactly", fit)
	}
}
