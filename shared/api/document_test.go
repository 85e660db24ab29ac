package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write openapi.json anew")

func TestTheCommittedDocumentIsTheServedOne(t *testing.T) {
	t.Parallel()
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(committed, want) {
		t.Error("openapi.json is not what the operations say: run go generate ./shared/api, and look at what changed")
	}
}

func TestTheDocumentIsServed(t *testing.T) {
	t.Parallel()
	want, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	got := setup(t).visit().get("/openapi.json").wants(http.StatusOK)
	if !bytes.Equal(got.body, want) || got.header.Get("Content-Type") != "application/openapi+json" {
		t.Errorf("got %v %.200s", got.header, got.body)
	}
}

// A generated client must know what can be null.
func TestTheDocumentSaysWhatIsAbsent(t *testing.T) {
	t.Parallel()
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Type any }
			}
		}
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	for _, field := range [][2]string{{"Settings", "birth_date"}, {"Series", "history_start"}, {"Figure", "value"}, {"Activity", "average_hr"}} {
		types, _ := document.Components.Schemas[field[0]].Properties[field[1]].Type.([]any)
		if len(types) != 2 || types[1] != "null" {
			t.Errorf("%s.%s: type %v cannot be null", field[0], field[1], types)
		}
	}
}
