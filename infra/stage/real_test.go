package stage_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/stage"
)

// copyOfThis copies what this repository's functions can be staged from.
func copyOfThis(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, part := range []string{"go.mod", "go.sum", "functions", "shared", "infra/migrations"} {
		err := filepath.WalkDir(filepath.Join("../..", part), func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() {
				if entry.Name() == "node_modules" || entry.Name() == "testdata" {
					return filepath.SkipDir
				}
				return nil
			}
			content, err := os.ReadFile(file)
			if err != nil || strings.HasSuffix(file, "_test.go") {
				return err
			}
			return writeFile(root, filepath.ToSlash(strings.TrimPrefix(file, "../../")), string(content))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// stageAll stages every function and gives the archives' bytes by function.
func stageAll(t *testing.T, root string) map[string][]byte {
	t.Helper()
	all, err := stage.All(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	archives := map[string][]byte{}
	for _, staged := range all {
		if archives[staged.Name], err = os.ReadFile(staged.Archive); err != nil {
			t.Fatal(err)
		}
	}
	return archives
}

// A deployment replaces the functions whose archive differs, so both halves of this decide what a release touches.
func TestArchivesOfThisRepositoryChangeWithTheirFunctionAlone(t *testing.T) {
	t.Parallel()
	one, other := copyOfThis(t), copyOfThis(t)
	first, again := stageAll(t, one), stageAll(t, other)
	for name := range first {
		if !bytes.Equal(first[name], again[name]) {
			t.Errorf("%s: staged twice from the same files, its archives differ", name)
		}
	}

	const changed = "dispatch"
	file := filepath.Join(one, "functions", changed, "function.go")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(content, "\n// A change.\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, archive := range stageAll(t, one) {
		if same := bytes.Equal(archive, first[name]); same == (name == changed) {
			t.Errorf("after a change of %s alone the archive of %s is the same: %t", changed, name, same)
		}
	}
}
