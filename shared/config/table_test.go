package config

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the settings table into README.md")

func TestEverySettingIsExplained(t *testing.T) {
	t.Parallel()
	for _, s := range Table() {
		if s.Meaning == "" || !strings.HasSuffix(s.Meaning, ".") || len(s.Functions) == 0 {
			t.Errorf("%+v", s)
		}
		if s.Secret && s.Default != "" {
			t.Errorf("%s: a secret has a default", s.Name)
		}
	}
}

// The README's table stands between two marker comments, and is written by `make generate`.
func TestTheReadmeHoldsTheTable(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../README.md", "<!-- settings:begin (make generate) -->\n", "<!-- settings:end -->"
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("skipped: README.md does not stand in this tree")
	}
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	got, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("README.md lacks the markers %q and %q", begin, end)
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+Markdown()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != Markdown() {
		t.Errorf("README.md's settings table is old: run make generate")
	}
}
