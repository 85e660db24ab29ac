package stage_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// fixture is a small repository of the same build as the real one: two functions, packages that they share, embedded
// files, migrations, and files that no archive may hold.
var fixture = map[string]string{
	"functions/hello/function.go": `package hello

import (
	"net/http"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"example.com/fixture/shared/greeting"
)

func init() {
	functions.HTTP("Hello", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(greeting.Text)) })
}
`,
	"functions/hello/function_test.go": "package hello\n",
	"functions/hello/README.md":        "not part of the program\n",
	"functions/migrate/function.go": `package migrate

import (
	"fmt"
	"net/http"
	"os"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"example.com/fixture/infra/migrations"
)

func init() {
	if os.Getenv("DATABASE_URL") == "" {
		fmt.Println("{\"severity\":\"ERROR\",\"message\":\"DATABASE_URL is not set\"}")
		os.Exit(1)
	}
	functions.HTTP("Migrate", func(w http.ResponseWriter, _ *http.Request) {
		entries, _ := migrations.FS.ReadDir(".")
		fmt.Fprint(w, len(entries))
	})
}
`,
	"infra/migrations/migrations.go": "package migrations\n\nimport \"embed\"\n\n//go:embed *.sql\nvar FS embed.FS\n",
	"infra/migrations/0001_a.sql":    "-- +goose Up\nSELECT 1;\n",
	"infra/migrations/0002_b.sql":    "-- +goose Up\nSELECT 2;\n",
	"shared/greeting/greeting.go": `package greeting

import _ "embed"

//go:embed text/greeting.txt
var Text string
`,
	"shared/greeting/text/greeting.txt":   "hello from the fixture",
	"shared/greeting/greeting_test.go":    "package greeting\n",
	"shared/greeting/greeting_windows.go": "package greeting\n\nimport _ \"example.com/fixture/shared/unused\"\n",
	"shared/unused/unused.go":             "package unused\n",
	"functions/empty/README.md":           "holds no Go and is no function\n",
}

const fixtureModule = "module example.com/fixture\n\ngo 1.26.0\n\n" +
	"require github.com/GoogleCloudPlatform/functions-framework-go v1.9.2\n"

// tidied holds go.mod and go.sum of the fixture once they are tidy.
var tidied = sync.OnceValues(func() (map[string]string, error) {
	dir, err := os.MkdirTemp("", "train-d-fixture-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	files := map[string]string{"go.mod": fixtureModule, "functions/main/main.go": "package main\n\nimport _ \"" +
		"github.com/GoogleCloudPlatform/functions-framework-go/funcframework\"\n\nfunc main() {}\n"}
	for name, content := range files {
		if err := writeFile(dir, name, content); err != nil {
			return nil, err
		}
	}
	tidy := exec.Command("go", "mod", "tidy")
	tidy.Dir = dir
	tidy.Env = append(os.Environ(), "GOTOOLCHAIN=local", "PWD="+dir)
	if output, err := tidy.CombinedOutput(); err != nil {
		return nil, &exec.Error{Name: "go mod tidy: " + string(output), Err: err}
	}
	result := map[string]string{}
	for _, name := range []string{"go.mod", "go.sum"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, err
		}
		result[name] = string(content)
	}
	return result, nil
})

func writeFile(root, name, content string) error {
	path := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(content), 0o644)
}

// newRepository writes the fixture, with changes, into a folder and returns that. An empty content leaves a file out.
func newRepository(t *testing.T, changes map[string]string) string {
	t.Helper()
	root := t.TempDir()
	module, err := tidied()
	if err != nil {
		t.Fatal(err)
	}
	for _, files := range []map[string]string{fixture, module, changes} {
		for name, content := range files {
			if err := writeFile(root, name, content); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, content := range changes {
		if content == "" {
			if err := os.Remove(filepath.Join(root, filepath.FromSlash(name))); err != nil {
				t.Fatal(err)
			}
		}
	}
	return root
}

func wantError(t *testing.T, err error, part string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), part) {
		t.Errorf("got %v, want an error that says %q", err, part)
	}
}
