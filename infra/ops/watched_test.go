package ops_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/logging"
)

// In the cloud DEBUG is not written, so a metric of an event at DEBUG would count nothing for ever.
func TestMetricsCountEventsThatAreWritten(t *testing.T) {
	t.Parallel()
	constants := map[string]string{}
	for _, match := range regexp.MustCompile(`(Event\w+)\s+Event = "([a-z_.]+)"`).FindAllStringSubmatch(read(t, "shared/logging/events.go"), -1) {
		constants[match[2]] = match[1]
	}
	source := goSource(t)
	for _, lists := range all(t, read(t, "terraform/metrics.tf"), `events\s*=\s*\[([^\]]+)\]`) {
		for _, event := range all(t, lists, `"([^"]+)"`) {
			if !slices.Contains(logging.Catalogue(), logging.Event(event)) {
				t.Errorf("event %s is not in the catalogue", event)
				continue
			}
			// Either a call at another level than DEBUG, or one whose level is worked out beforehand.
			written := regexp.MustCompile(`(slog\.Level(Info|Warn|Error), |, severity\(ctx, err\), |level, |event = slog\.Level\w+, )logging\.` + constants[event] + `\b`)
			if !written.MatchString(source) {
				t.Errorf("event %s is written nowhere, or at DEBUG alone", event)
			}
		}
	}
}

// goSource is the code of functions/ and shared/, tests excepted.
func goSource(t *testing.T) string {
	t.Helper()
	var source strings.Builder
	for _, top := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(file string, entry os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return nil
			}
			content, err := os.ReadFile(file)
			source.Write(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return source.String()
}

func TestEveryAlertHasItsPlaybook(t *testing.T) {
	t.Parallel()
	index := read(t, "infra/playbooks/README.md")
	alerts := read(t, "terraform/alerts.tf") + read(t, "terraform/jobs.tf")
	pages := all(t, alerts, `playbook\s+= "([^"$]+)"`)
	for _, page := range pages {
		if _, err := os.Stat(filepath.Join(root, "infra/playbooks", page)); err != nil {
			t.Errorf("an alert links a page that is missing: %v", err)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "infra/playbooks/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if name := filepath.Base(file); name != "README.md" && !strings.Contains(index, "]("+name+")") {
			t.Errorf("the index does not name %s", name)
		}
	}
	named := all(t, alerts, `(?m)^    ([a-z-]+) = \{\n      severity`)
	for _, alert := range append(named, "failing", "silent") {
		if !strings.Contains(index, alert) {
			t.Errorf("the index does not name the alert %s", alert)
		}
	}
	for _, row := range all(t, index, `(?m)^\| (`+"`"+`[^|]+)\|`) {
		for _, alert := range all(t, row, "`([^`]+)`") {
			if !slices.Contains(named, alert) && !strings.HasSuffix(alert, "-failing") && !strings.HasSuffix(alert, "-silent") {
				t.Errorf("the index names the alert %s, which is not declared", alert)
			}
		}
	}
}
