// Package document holds the texts that people agree to, in every version that anybody may have agreed to.
package document

import (
	"cmp"
	"embed"
	"slices"
	"strings"
)

// Name says which document.
type Name string

// The documents that an account's owner agrees to. Health data are a consent of their own (GDPR, article 9).
const (
	Terms      Name = "terms"
	Privacy    Name = "privacy"
	HealthData Name = "health_data"
)

// Names are all of them; consent is given when every one is agreed to in its current version and none withdrawn.
var Names = []Name{Terms, Privacy, HealthData}

// Document is one version of a text.
type Document struct {
	Name    Name
	Title   string
	Version string // the day that it holds from
	Text    string // paragraphs apart by an empty line, "# " before a heading, "- " before the points of a list
}

// Files are named NAME.VERSION.md and begin with "# TITLE". A text that somebody may have agreed to is never changed: what
// is to be agreed to anew is a file of a later version.
//
//go:embed texts
var texts embed.FS

var current = func() map[Name]Document {
	entries, err := texts.ReadDir("texts")
	if err != nil {
		panic(err) // embedded
	}
	newest := map[Name]Document{}
	for _, entry := range entries {
		name, rest, _ := strings.Cut(entry.Name(), ".")
		version := strings.TrimSuffix(rest, ".md")
		if version < newest[Name(name)].Version {
			continue
		}
		content, err := texts.ReadFile("texts/" + entry.Name())
		if err != nil {
			panic(err) // embedded
		}
		title, text, _ := strings.Cut(strings.TrimPrefix(string(content), "# "), "\n")
		newest[Name(name)] = Document{Name: Name(name), Title: title, Version: version, Text: strings.TrimSpace(text)}
	}
	return newest
}()

// Current gives a document in the version that is asked for now; false for a name that there is not.
func Current(name Name) (Document, bool) {
	found, ok := current[name]
	return found, ok
}

// All gives all documents in the version that is asked for now, in the order of Names.
func All() []Document {
	all := make([]Document, 0, len(current))
	for _, one := range current {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Document) int { return cmp.Compare(slices.Index(Names, a.Name), slices.Index(Names, b.Name)) })
	return all
}
