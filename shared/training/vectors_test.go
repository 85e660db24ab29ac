package training

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strings"
	"testing"
)

// vector is one entry of vectors.json.
type vector struct {
	ID        string             `json:"id"`
	Metric    string             `json:"metric"`
	Inputs    fields             `json:"inputs"`
	Expected  json.RawMessage    `json:"expected"`
	Tolerance map[string]float64 `json:"tolerance"`
}

// fields are a vector's inputs or expected figures by name.
type fields map[string]any

func (f fields) number(key string) float64 {
	value, ok := f[key].(float64)
	if !ok {
		panic(fmt.Sprintf("no number %q in %v", key, f))
	}
	return value
}

func (f fields) text(key string) string { value, _ := f[key].(string); return value }

func (f fields) list(key string) []float64 { return numbers(f[key]) }

func (f fields) nested(key string) fields { value, _ := f[key].(map[string]any); return value }

// numbers reads a list of numbers; null becomes NaN.
func numbers(value any) []float64 {
	items, _ := value.([]any)
	list := make([]float64, len(items))
	for i, item := range items {
		number, ok := item.(float64)
		if !ok {
			number = math.NaN()
		}
		list[i] = number
	}
	return list
}

// verdict collects the comparisons of one vector.
type verdict struct {
	vector
	activities map[string]referenceActivity
	compared   int
	worst      float64 // of the comparisons with a tolerance of 1e-6 or less
	mistakes   []string
	skipped    string
}

// want reads the expected value as T.
func want[T any](v *verdict) T {
	var value T
	if err := json.Unmarshal(v.Expected, &value); err != nil {
		v.mistakes = append(v.mistakes, fmt.Sprintf("cannot read expected %s: %v", v.Expected, err))
	}
	return value
}

func (v *verdict) null() bool { return string(v.Expected) == "null" }

// same compares with the tolerance of the given prefix: "" for rel and abs, "script" for script_rel, and so on.
func (v *verdict) same(name string, got, want float64, prefix string) {
	if prefix != "" {
		prefix += "_"
	}
	rel, hasRel := v.Tolerance[prefix+"rel"]
	abs, hasAbs := v.Tolerance[prefix+"abs"]
	if !hasRel && !hasAbs {
		rel, hasRel = 1e-9, true
	}
	v.compared++
	off := relativeError(got, want)
	tight := hasRel && rel <= 1e-6 || hasAbs && abs <= 1e-6
	if tight {
		v.worst = max(v.worst, off)
	}
	within := hasRel && off <= rel || hasAbs && math.Abs(got-want) <= abs+1e-12*math.Abs(want)
	if math.IsNaN(got) || !within {
		v.mistakes = append(v.mistakes, fmt.Sprintf("%s = %v, want %v (off by %.2e)", name, got, want, off))
	}
}

func (v *verdict) figure(name string, got Figure, want any, prefix string) {
	number, known := want.(float64)
	switch {
	case known && got.Known:
		v.same(name, got.Value, number, prefix)
	case known:
		v.mistakes = append(v.mistakes, fmt.Sprintf("%s is absent (%s), want %v", name, got.Reason, number))
	case got.Known:
		v.mistakes = append(v.mistakes, fmt.Sprintf("%s = %v, want none", name, got.Value))
	case got.Reason == "":
		v.mistakes = append(v.mistakes, name+" is absent without a reason")
	default:
		v.compared++
	}
}

func (v *verdict) equal(name string, got, want any) {
	v.compared++
	if fmt.Sprint(got) != fmt.Sprint(want) {
		v.mistakes = append(v.mistakes, fmt.Sprintf("%s = %v, want %v", name, got, want))
	}
}

// activity returns the named reference activity, or marks the vector as skipped.
func (v *verdict) activity() (referenceActivity, bool) {
	slug := v.Inputs.text("activity")
	activity, ok := v.activities[slug]
	if !ok {
		v.skipped = "streams of " + slug + " not in the reference folder"
	}
	return activity, ok
}

// otherConventions are metrics of other projects that this one defines otherwise, with the reason.
var otherConventions = map[string]string{
	"active_time_peer":             "sauce4strava's gap limit; ours is max(30 s, 4 × median) (§1.0)",
	"gap_peer_exp083":              "Runalyze's exponent 0.83 on cost; ours is 1 (§1.6)",
	"runalyze_monotony_v2":         "avg/(sd+avg); ours is Foster's mean/SD (§1.12)",
	"strava_gap_factor_peer":       "Strava's factors fitted to heart rate; our model is Minetti (§2)",
	"strava_like_gap_factor_peer2": "statistics-for-strava's piecewise model; ours is Minetti (§2)",
	"stss_elevate_variant":         "elevate takes hours from elapsed time; ours from moving time (§1.7)",
	"km_effort":                    "ITRA's km-effort; ours is the owner's mile-equivalents (§2)",
}

type tally struct {
	passed, failed, skipped int
	worst                   float64
}

// TestVectors holds every reference figure of a metric that the project defines. An unknown metric fails.
func TestVectors(t *testing.T) {
	t.Parallel()
	var file struct{ Vectors []vector }
	readJSON(t, &file, referenceDir(t), "vectors.json")
	activities := referenceActivities(t)
	tallies := map[string]*tally{}
	for _, entry := range file.Vectors {
		if tallies[entry.Metric] == nil {
			tallies[entry.Metric] = &tally{}
		}
		line := tallies[entry.Metric]
		if reason, other := otherConventions[entry.Metric]; other {
			line.skipped++
			t.Logf("not ours: %s: %s", entry.ID, reason)
			continue
		}
		hold, known := vectorChecks[entry.Metric]
		if !known {
			t.Errorf("%s: unknown metric %q", entry.ID, entry.Metric)
			continue
		}
		v := verdict{vector: entry, activities: activities}
		hold(&v)
		switch {
		case len(v.mistakes) > 0:
			line.failed++
			t.Errorf("%s: %s", entry.ID, strings.Join(v.mistakes, "; "))
		case v.skipped != "":
			line.skipped++
			t.Logf("not held: %s: %s", entry.ID, v.skipped)
		case v.compared == 0:
			t.Errorf("%s: nothing was compared", entry.ID)
		default:
			line.passed++
		}
		line.worst = max(line.worst, v.worst)
	}
	t.Log("\n" + tallyTable(tallies))
}

func tallyTable(tallies map[string]*tally) string {
	metrics := make([]string, 0, len(tallies))
	for metric := range tallies {
		metrics = append(metrics, metric)
	}
	sort.Strings(metrics)
	var table strings.Builder
	var sum tally
	fmt.Fprintf(&table, "%-32s %7s %7s %8s  %s\n", "metric", "passed", "failed", "not held", "worst relative error")
	for _, metric := range metrics {
		line := tallies[metric]
		fmt.Fprintf(&table, "%-32s %7d %7d %8d  %.1e\n", metric, line.passed, line.failed, line.skipped, line.worst)
		sum.passed, sum.failed, sum.skipped = sum.passed+line.passed, sum.failed+line.failed, sum.skipped+line.skipped
	}
	fmt.Fprintf(&table, "%-32s %7d %7d %8d\n", "all", sum.passed, sum.failed, sum.skipped)
	return table.String()
}
