package stravasim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// firstLoadedAthleteID numbers the athletes of a data folder.
const firstLoadedAthleteID = 9_100_000_001

// loadFolder reads athletes from a folder and its direct sub-folders: one from each `index.json` (an array of
// activities with `slug`, `file`, `sport_type`, `start_date` and summary facts, beside their streams) and one from each
// `*_history*.json` (an object whose `activities` are Strava's summaries, without streams). Finding neither is an error.
func loadFolder(dir string) ([]*athlete, error) {
	var files []string
	for _, pattern := range []string{"index.json", "*_history*.json", "*/index.json", "*/*_history*.json"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			return nil, err
		}
		slices.Sort(found)
		files = append(files, found...)
	}
	if len(files) == 0 {
		if _, err := os.Stat(dir); err != nil {
			return nil, err
		}
		return nil, errors.New("there is neither an index.json nor a *_history*.json")
	}
	var athletes []*athlete
	for i, file := range files {
		slug := strings.TrimSuffix(filepath.Base(file), ".json")
		if slug == "index" {
			slug = filepath.Base(filepath.Dir(file))
		}
		a := &athlete{ID: firstLoadedAthleteID + int64(i), Slug: slug}
		a.profile = profile{
			slug: slug, first: "Folder", last: slug, city: "Testville", country: "Testland", sex: "M", zone: "UTC",
			weight: 70, rest: 50, max: 190, threshold: 170, runSpeed: 3.5, ftp: 230, swimSpeed: 1, heartRate: true,
		}
		load := loadHistory
		if filepath.Base(file) == "index.json" {
			load = loadIndex
		}
		records, err := load(file, a.ID)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		a.insert(records...)
		athletes = append(athletes, a)
	}
	return athletes, nil
}

// loadHistory reads Strava's own summaries. Their streams are not known: a request for them answers 404.
func loadHistory(file string, owner int64) ([]*record, error) {
	var history struct {
		Activities []Activity `json:"activities"`
	}
	if err := readJSON(file, &history); err != nil {
		return nil, err
	}
	var records []*record
	for _, a := range history.Activities {
		a.Athlete.ID = owner
		records = append(records, newRecord(a, nil))
	}
	return records, nil
}

// indexed is an entry of index.json; facts of the summary may stand in it or under strava_summary.
type indexed struct {
	Slug      string          `json:"slug"`
	File      string          `json:"file"`
	SportType string          `json:"sport_type"`
	StartDate *time.Time      `json:"start_date"`
	Summary   json.RawMessage `json:"strava_summary"`
}

func loadIndex(file string, owner int64) ([]*record, error) {
	var entries []json.RawMessage
	if err := readJSON(file, &entries); err != nil {
		return nil, err
	}
	var records []*record
	for i, raw := range entries {
		r, err := loadIndexed(filepath.Dir(file), raw, i, owner)
		if err != nil {
			return nil, fmt.Errorf("activity %d: %w", i, err)
		}
		records = append(records, r)
	}
	return records, nil
}

// loadIndexed builds one activity: what its streams say, overruled by the facts that the index gives.
func loadIndexed(dir string, raw json.RawMessage, i int, owner int64) (*record, error) {
	var entry indexed
	if err := json.Unmarshal(raw, &entry); err != nil {
		return nil, err
	}
	if !filepath.IsLocal(entry.File) {
		return nil, fmt.Errorf("file %q is not inside the folder", entry.File)
	}
	path := filepath.Join(dir, entry.File)
	samples, err := readStreams(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", entry.Slug, err)
	}
	start := time.Date(2020, time.January, 1+i, 10, 0, 0, 0, time.UTC) // a date of its own when the index has none
	if entry.StartDate != nil {
		start = *entry.StartDate
	}
	name := fnv.New32a()
	_, _ = name.Write([]byte(entry.Slug)) // never fails
	id := int64(7_000_000_000_000) + int64(name.Sum32())
	a := newActivity(owner, id, entry.SportType, entry.Slug, start, "UTC")
	a.uploaded()
	derive(&a, samples)
	utc, local, timezone, offset := a.StartDate, a.StartDateLocal, a.Timezone, a.UTCOffset
	for _, facts := range []json.RawMessage{raw, entry.Summary} {
		if len(facts) == 0 {
			continue
		}
		if err := json.Unmarshal(facts, &a); err != nil {
			return nil, fmt.Errorf("%s: summary: %w", entry.Slug, err)
		}
	}
	if a.start().IsZero() { // the index said null
		a.StartDate, a.StartDateLocal, a.Timezone, a.UTCOffset = utc, local, timezone, offset
	}
	a.ID, a.Athlete, a.ResourceState = id, Ref{owner, 1}, 2
	a.SportType = cmp.Or(entry.SportType, a.SportType, "Workout")
	a.Type = legacyType(a.SportType)
	read := sync.OnceValue(func() *Samples {
		again, err := readStreams(path)
		if err != nil { // read once already: the folder was changed under the simulator
			return samples
		}
		return again
	})
	return newRecord(a, read), nil
}

// readStreams reads a file in Strava's key_by_type form. Numbers keep their values; null is a missing sample.
func readStreams(path string) (*Samples, error) {
	var file map[string]struct {
		Data json.RawMessage `json:"data"`
	}
	if err := readJSON(path, &file); err != nil {
		return nil, err
	}
	samples := &Samples{}
	for key, stream := range file {
		switch column := samples.column(key); {
		case key == "time":
			if err := json.Unmarshal(stream.Data, &samples.Time); err != nil {
				return nil, fmt.Errorf("time: %w", err)
			}
		case key == "moving":
			if err := json.Unmarshal(stream.Data, &samples.Moving); err != nil {
				return nil, fmt.Errorf("moving: %w", err)
			}
		case column != nil:
			var values []*float64
			if err := json.Unmarshal(stream.Data, &values); err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			for _, v := range values {
				if v == nil {
					*column = append(*column, math.NaN())
				} else {
					*column = append(*column, *v)
				}
			}
		}
	}
	return samples, samples.even()
}

// even checks that all columns that were recorded have one length.
func (s *Samples) even() error {
	n := len(s.Time)
	if n == 0 {
		return errors.New("there is no time stream")
	}
	for _, key := range numericKeys {
		if got := len(*s.column(key)); got != 0 && got != n {
			return fmt.Errorf("%s has %d samples, time has %d", key, got, n)
		}
	}
	if got := len(s.Moving); got != 0 && got != n {
		return fmt.Errorf("moving has %d samples, time has %d", got, n)
	}
	return nil
}

func readJSON(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		var gone *fs.PathError
		if errors.As(err, &gone) {
			return fmt.Errorf("read %s: %w", filepath.Base(path), gone.Err)
		}
		return err
	}
	return json.Unmarshal(b, into)
}
