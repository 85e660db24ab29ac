package stage_test

import (
	"archive/zip"
	"bytes"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/stage"
)

func TestCheckPassesWhatWasStaged(t *testing.T) {
	t.Parallel()
	root := newRepository(t, nil)
	repository := open(t, root)
	for _, name := range repository.Names() {
		staged, err := repository.Stage(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := repository.Check(t.Context(), staged); err != nil {
			t.Error(err)
		}
	}
}

// rewrite replaces a staged function's archive by one with other files.
func rewrite(t *testing.T, staged stage.Staged, change func(files map[string]string)) {
	t.Helper()
	files := archived(t, staged.Archive)
	change(files)
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		entry, err := archive.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(staged.Archive, content.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckFindsWhatTheBuilderWouldNotAccept(t *testing.T) {
	t.Parallel()
	root := newRepository(t, nil)
	repository := open(t, root)
	intact := map[string][]byte{}
	for _, name := range repository.Names() {
		content, err := os.ReadFile(stageOne(t, root, name).Archive)
		if err != nil {
			t.Fatal(err)
		}
		intact[name] = content
	}
	for _, c := range []struct {
		what, function, want string
		change               func(files map[string]string)
	}{
		{"a second package at the root", "hello", "several packages", func(files map[string]string) {
			files["function_test.go"] = "package traind_test\n"
		}},
		{"an excluded program at the root", "hello", "several packages", func(files map[string]string) {
			files["generate.go"] = "//go:build ignore\n\npackage main\n"
		}},
		{"a program at the root", "hello", "a program", func(files map[string]string) {
			files["function.go"] = "package main\n\nfunc main() {}\n"
		}},
		{"nothing at the root", "hello", "no Go package", func(files map[string]string) {
			delete(files, "function.go")
		}},
		{"a root that does not declare", "hello", "does not import", func(files map[string]string) {
			files["function.go"] = "package traind\n\nimport _ \"example.com/fixture/functions/hello\"\n"
		}},
		{"a module path without a dot", "hello", "no dot", func(files map[string]string) {
			files["go.mod"] = strings.Replace(files["go.mod"], "module example.com/", "module example/", 1)
		}},
		{"an untidy go.sum", "hello", "tidy changes go.sum", func(files map[string]string) {
			files["go.sum"] += "example.com/more v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
		}},
		{"a file too many", "hello", "not the function's closure", func(files map[string]string) {
			files["shared/unused/unused.go"] = "package unused\n"
		}},
		{"a changed file", "hello", "differs from the repository's", func(files map[string]string) {
			files["shared/greeting/text/greeting.txt"] = "another text"
		}},
		{"a missing migration", "migrate", "0002_b.sql", func(files map[string]string) {
			delete(files, "infra/migrations/0002_b.sql")
		}},
	} {
		staged := stageOne(t, root, c.function)
		if err := os.WriteFile(staged.Archive, intact[c.function], 0o644); err != nil {
			t.Fatal(err)
		}
		rewrite(t, staged, c.change)
		t.Log(c.what)
		wantError(t, repository.Check(t.Context(), staged), c.want)
	}
}

func TestCheckFindsAProgramThatDoesNotStart(t *testing.T) {
	t.Parallel()
	const function = "functions/hello/function.go"
	for want, content := range map[string]string{
		"no matching function": strings.Replace(fixture[function], `"Hello"`, `"Goodbye"`, 1),
		"panic":                strings.Replace(fixture[function], "func init() {", "func init() {\n\tpanic(\"early\")", 1),
	} {
		root := newRepository(t, map[string]string{function: content})
		repository := open(t, root)
		staged, err := repository.Stage(t.Context(), "hello")
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, repository.Check(t.Context(), staged), want)
	}
}

func TestOpenRefusesAFolderWithoutFunctions(t *testing.T) {
	t.Parallel()
	_, err := stage.Open(t.Context(), t.TempDir())
	wantError(t, err, "functions")
}
