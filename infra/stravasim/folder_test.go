package stravasim_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/stravasim"
)

func TestFolderGivesAnAthlete(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("index.json", `[
		{"slug":"a","file":"a.streams.json","sport_type":"TrailRun","start_date":"2024-03-01T20:00:00Z",
		 "strava_summary":{"moving_time":9,"timezone":"(GMT-07:00) America/Denver","utc_offset":-25200,"start_date_local":"2024-03-01T13:00:00Z"}},
		{"slug":"b","file":"a.streams.json","sport_type":"Run","start_date":null,"distance":77.7}]`)
	write("a.streams.json", `{"time":{"data":[0,1,2,3]},"distance":{"data":[0,2.5,5,5.25]},
		"heartrate":{"data":[100,110,null,130]},"moving":{"data":[false,true,true,true]}}`)
	r := setup(t, stravasim.Config{DataDir: dir, Athletes: 1})
	athletes := r.sim.Athletes()
	loaded := athletes[len(athletes)-1]
	token := r.sim.Grant(loaded.ID, "activity:read_all").AccessToken
	list := r.list(token, "after=0")
	if len(list) != 2 {
		t.Fatalf("%d activities", len(list))
	}
	b, a := list[0], list[1]
	if a.MovingTime != 9 || a.Distance != 5.25 || *a.AverageHeartrate != 120 || a.Type != "Run" || a.UTCOffset != -25200 {
		t.Errorf("a is %+v", a)
	}
	if b.MovingTime != 3 || b.Distance != 77.7 || b.StartDate == "" || a.ID == b.ID {
		t.Errorf("b is %+v", b)
	}
	got := r.get(token, fmt.Sprintf("/activities/%d/streams?keys=heartrate&key_by_type=true", a.ID))
	if !strings.Contains(string(got.body), `[100,110,null,130]`) || !strings.Contains(string(got.body), `[0.0,2.5,5.0,5.25]`) {
		t.Errorf("streams %s", got.body)
	}
}

func TestBrokenFoldersAreNamed(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]map[string]string{
		"neither an index.json":    {},
		"is not inside the folder": {"index.json": `[{"slug":"a","file":"../a.json"}]`},
		"no such file":             {"index.json": `[{"slug":"a","file":"a.json"}]`},
		"moving has 1 samples":     {"index.json": `[{"file":"a"}]`, "a": `{"time":{"data":[0,1]},"moving":{"data":[true]}}`},
		"there is no time stream":  {"index.json": `[{"file":"a"}]`, "a": `{}`},
		"cannot unmarshal":         {"x_history.json": `[]`},
		"unexpected end of JSON":   {"index.json": `[`},
	} {
		dir := t.TempDir()
		for file, text := range files {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := stravasim.New(stravasim.Config{DataDir: dir}); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one with %q", err, name)
		}
	}
}

func TestReferenceDataIsServed(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("TRAIND_REFERENCE_DIR")
	if dir == "" {
		t.Skip("TRAIND_REFERENCE_DIR is not set: no reference data to serve")
	}
	r := setup(t, stravasim.Config{DataDir: dir, Athletes: 1})
	athletes := r.sim.Athletes()
	if len(athletes) != 3 {
		t.Fatalf("athletes %+v, want the generated one, the activities and the history", athletes)
	}
	token := r.sim.Grant(athletes[1].ID, "activity:read_all").AccessToken
	names := map[string]stravasim.Activity{}
	for _, a := range r.list(token, "per_page=200") {
		names[a.Name] = a
	}
	if len(names) != 12 {
		t.Errorf("%d activities, want 12", len(names))
	}
	var index []struct {
		Slug, File string
		Summary    struct {
			Heartrate float64 `json:"average_heartrate"`
			Watts     float64 `json:"average_watts"`
		} `json:"strava_summary"`
		Device struct {
			Heartrate float64 `json:"avg_heart_rate"`
			Distance  float64 `json:"total_distance_m"`
		} `json:"device_session"`
	}
	readJSON(t, filepath.Join(dir, "activities", "index.json"), &index)
	for _, entry := range index {
		a := names[entry.Slug]
		if want := entry.Summary.Heartrate; want != 0 && *a.AverageHeartrate != want {
			t.Errorf("%s: %v bpm, Strava said %v", entry.Slug, *a.AverageHeartrate, want)
		}
		if want := entry.Device.Distance; want > 0 && math.Abs(a.Distance-want) > 0.02*want {
			t.Errorf("%s: %v m, the device said %v", entry.Slug, a.Distance, want)
		}
		// The streams go out as they came in, null by null.
		var original, served map[string]struct {
			Data []any `json:"data"`
		}
		readJSON(t, filepath.Join(dir, "activities", entry.File), &original)
		var keys []string
		for key := range original {
			keys = append(keys, key)
		}
		r.get(token, fmt.Sprintf("/activities/%d/streams?key_by_type=true&keys=%s", a.ID, strings.Join(keys, ","))).decode(t, &served)
		for key, stream := range original {
			want, _ := json.Marshal(stream.Data)
			if got, _ := json.Marshal(served[key].Data); string(got) != string(want) {
				t.Errorf("%s: %s differs", entry.Slug, key)
			}
		}
	}
	token = r.sim.Grant(athletes[2].ID, "activity:read_all").AccessToken
	total := 0
	for page := 1; ; page++ {
		n := len(r.list(token, fmt.Sprintf("per_page=200&page=%d", page)))
		if total += n; n == 0 {
			break
		}
	}
	if total != 1132 {
		t.Errorf("the history has %d activities, want 1132", total)
	}
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}
