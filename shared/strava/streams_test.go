package strava

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/training"
)

func TestBothFormsOfStreamsDecodeToTheSame(t *testing.T) {
	t.Parallel()
	want := training.Streams{
		Time: []int32{0, 1, 3, 3}, HeartRate: []uint8{98, training.MissingHeartRate, 255, training.MissingHeartRate},
		Distance: []float64{0, 2.5, math.NaN(), 1e3}, Altitude: []float64{-24.8, -0.25, 0, 12},
		Watts:   []int16{training.MissingWatts, 0, math.MaxInt16, training.MissingWatts},
		Cadence: []int16{80, 81, training.MissingCadence, 83}, Velocity: []float64{0, 1.5, 2, 3},
		Moving: []bool{false, true, false, true},
	}
	for name, body := range map[string]string{
		"keyed": `{"moving":{"data":[false,true,null,true],"series_type":"distance"},"latlng":{"data":[[1,2],[3,4],[5,6],[7,8]]},
			"time":{"original_size":4,"data":[0,1,3,3],"resolution":"high"},"heartrate":{"data":[98,null,300,0]},
			"distance":{"data":[0.0,2.5,null,1e3]}, "altitude" : { "data" : [ -24.8 , -0.25, 0.0 , 12 ] },
			"watts":{"data":[null,0,99999,-5]},"cadence":{"data":[80,80.6,null,83]},"new":[{"a":[1,{"b":null}]},"\u00e9\\\""],
			"velocity_smooth":{"data":[0,1.5,2.0,3]},"temp":{"data":[20,20,20,20]}}`,
		"listed": `[{"type":"moving","data":[false,true,null,true]},{"data":[0,1,3,3],"type":"time"},
			{"type":"latlng","data":[[1,2],[3,4],[5,6],[7,8]]},{"type":"heartrate","data":[98,null,300,0]},
			{"series_type":"time","data":[0.0,2.5,null,1e3],"original_size":9,"type":"distance"},
			{"type":"altitude","data":[-24.8,-0.25,0.0,12]},{"type":"watts","data":[null,0,99999,-5]},
			{"type":"cadence","data":[80,80.6,null,83]},{"type":"velocity_smooth","data":[0,1.5,2.0,3]},null]`,
	} {
		got, err := DecodeStreams([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := sameStreams(got, want); err != "" {
			t.Errorf("%s: %s", name, err)
		}
	}
}

func TestStreamsThatCannotBeTrustedAreRefused(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"nothing":               ``,
		"null":                  `null`,
		"a text":                `"time"`,
		"unequal lengths":       `{"time":{"data":[0,1]},"heartrate":{"data":[90]}}`,
		"NaN":                   `{"time":{"data":[0,1]},"distance":{"data":[0,NaN]}}`,
		"infinity":              `{"time":{"data":[0,1]},"distance":{"data":[0,1e999]}}`,
		"no time":               `{"time":{"data":[0,null]}}`,
		"a time beyond 32 bits": `{"time":{"data":[0,99999999999]}}`,
		"nested samples":        `{"heartrate":{"data":[[90],[91]]}}`,
		"texts as samples":      `{"heartrate":{"data":["90"]}}`,
		"a leading zero":        `{"time":{"data":[00]}}`,
		"a bare point":          `{"time":{"data":[1.]}}`,
		"a trailing comma":      `{"time":{"data":[0,1,]}}`,
		"something behind":      `{"time":{"data":[0,1]}} {}`,
		"too deep":              `{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`,
		"too many samples":      `{"time":{"data":[0` + strings.Repeat(",0", maxSamples) + `]}}`,
	} {
		if got, err := DecodeStreams([]byte(body)); err == nil {
			t.Errorf("%s: decoded to %d samples, want an error", name, got.Len())
		}
	}
}

func TestStreamsCutAtAnyByteAreRefused(t *testing.T) {
	t.Parallel()
	body := `{"time":{"data":[0,1,2],"series_type":"time"},"heartrate":{"data":[90,null,92]},"moving":{"data":[true,false,true]}}`
	for i := range len(body) {
		if _, err := DecodeStreams([]byte(body[:i])); err == nil {
			t.Errorf("cut after %d bytes: decoded, want an error", i)
		}
	}
}

func TestRealStreamsDecodeAsEncodingJSONDoes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(referenceDir(t), "activities", "*.streams.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no streams found: %v", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodeStreams(body)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if difference := sameStreams(got, slowStreams(t, body)); difference != "" {
			t.Errorf("%s: %s", filepath.Base(file), difference)
		}
	}
}

// slowStreams is an independent decoder of the key_by_type form, by encoding/json.
func slowStreams(t testing.TB, body []byte) training.Streams {
	t.Helper()
	var streams map[string]struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &streams); err != nil {
		t.Fatal(err)
	}
	numbers := func(kind string) []*float64 {
		var values []*float64
		if data := streams[kind].Data; data != nil {
			if err := json.Unmarshal(data, &values); err != nil {
				t.Fatalf("%s: %v", kind, err)
			}
		}
		return values
	}
	var want training.Streams
	for _, v := range numbers("time") {
		want.Time = append(want.Time, int32(math.Round(*v)))
	}
	for _, v := range numbers("heartrate") {
		rate := uint8(training.MissingHeartRate)
		if v != nil && *v > 0 {
			rate = uint8(min(math.Round(*v), 255))
		}
		want.HeartRate = append(want.HeartRate, rate)
	}
	for kind, target := range map[string]*[]float64{
		"distance": &want.Distance, "altitude": &want.Altitude, "velocity_smooth": &want.Velocity} {
		for _, v := range numbers(kind) {
			if v == nil {
				*target = append(*target, math.NaN())
			} else {
				*target = append(*target, *v)
			}
		}
	}
	for kind, target := range map[string]*[]int16{"watts": &want.Watts, "cadence": &want.Cadence} {
		for _, v := range numbers(kind) {
			if v == nil || *v < 0 {
				*target = append(*target, -1)
			} else {
				*target = append(*target, int16(math.Round(*v)))
			}
		}
	}
	if data := streams["moving"].Data; data != nil {
		if err := json.Unmarshal(data, &want.Moving); err != nil {
			t.Fatal(err)
		}
	}
	return want
}
