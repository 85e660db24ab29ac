package training

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// referenceDir returns the folder with vectors.json, activity_expected.json and activities/.
func referenceDir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("TRAIND_REFERENCE_DIR")
	if dir == "" {
		t.Skip("TRAIND_REFERENCE_DIR is not set: the reference figures are not checked")
	}
	return dir
}

func readJSON(t testing.TB, into any, path ...string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
}

// referenceActivity is one recorded activity of the reference folder.
type referenceActivity struct {
	Slug    string  `json:"slug"`
	File    string  `json:"file"`
	Sport   string  `json:"sport_type"`
	Summary Summary `json:"-"`
	Streams Streams `json:"-"`
}

// referenceActivities reads every activity whose streams are there.
func referenceActivities(t testing.TB) map[string]referenceActivity {
	t.Helper()
	dir := filepath.Join(referenceDir(t), "activities")
	var index []referenceActivity
	readJSON(t, &index, dir, "index.json")
	activities := make(map[string]referenceActivity, len(index))
	for _, activity := range index {
		if _, err := os.Stat(filepath.Join(dir, activity.File)); err != nil {
			continue
		}
		activity.Summary = Summary{SportType: activity.Sport}
		activity.Streams = readStreams(t, dir, activity.File)
		activities[activity.Slug] = activity
	}
	return activities
}

func readStreams(t testing.TB, path ...string) Streams {
	t.Helper()
	var raw map[string]struct{ Data []any }
	readJSON(t, &raw, path...)
	var s Streams
	for _, at := range raw["time"].Data {
		s.Time = append(s.Time, int32(at.(float64)))
	}
	s.Distance = floats(raw["distance"].Data)
	s.Altitude = floats(raw["altitude"].Data)
	s.Velocity = floats(raw["velocity_smooth"].Data)
	for _, rate := range raw["heartrate"].Data {
		beats, _ := rate.(float64)
		s.HeartRate = append(s.HeartRate, uint8(min(beats, 255)))
	}
	for _, power := range raw["watts"].Data {
		watts, ok := power.(float64)
		if !ok {
			watts = MissingWatts
		}
		s.Watts = append(s.Watts, int16(watts))
	}
	for _, flag := range raw["moving"].Data {
		s.Moving = append(s.Moving, flag.(bool))
	}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

func floats(data []any) []float64 {
	var values []float64
	for _, sample := range data {
		value, ok := sample.(float64)
		if !ok {
			value = math.NaN()
		}
		values = append(values, value)
	}
	return values
}

// relativeError returns |got − want| / |want|, the absolute error where want is 0.
func relativeError(got, want float64) float64 {
	if want == 0 {
		return math.Abs(got)
	}
	return math.Abs(got-want) / math.Abs(want)
}

func pointer[T any](value T) *T { return &value }

func mustDate(t testing.TB, s string) Date {
	t.Helper()
	day, err := ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return day
}
