package document

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"
)

// published is every text that somebody may have agreed to, by its SHA-256. A changed text is a file of a new version.
var published = map[string]string{
	"health_data.2026-11-01.md": "c14906f1e962efb74704d872f433058e0c2bd1f24b4da339232f6d11072d8c21",
	"privacy.2026-11-01.md":     "4926be1b3a271e9d40a1c5d0b3ba10d98570b5fc577f7bd77beea880f50b05b6",
	"terms.2026-11-01.md":       "59097cb4ccd166f22f6da6cbfbf03c27c38b368775f200f7d9bdd57714aa903e",
}

func TestAPublishedTextIsNeverChanged(t *testing.T) {
	t.Parallel()
	entries, err := texts.ReadDir("texts")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, entry := range entries {
		content, err := texts.ReadFile("texts/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(content)
		found[entry.Name()] = hex.EncodeToString(sum[:])
	}
	for name, sum := range published {
		if found[name] != sum {
			t.Errorf("%s has the sum %q now, and had %s when it was published", name, found[name], sum)
		}
	}
	for name := range found {
		if published[name] == "" {
			t.Errorf("%s is not listed as published", name)
		}
	}
}

func TestEveryDocumentHasItsText(t *testing.T) {
	t.Parallel()
	var names []Name
	for _, one := range All() {
		names = append(names, one.Name)
		if _, err := time.Parse(time.DateOnly, one.Version); err != nil {
			t.Errorf("%s: %v", one.Name, err)
		}
		if one.Title == "" || strings.Contains(one.Title, "#") || len(one.Text) < 400 {
			t.Errorf("%+v", one)
		}
	}
	if !slices.Equal(names, Names) {
		t.Errorf("there are texts of %v, want %v", names, Names)
	}
	if _, ok := Current("recipes"); ok {
		t.Error("there is a text of nothing")
	}
}
