package shared_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// comment matches a line that says nothing to the compiler.
var comment = regexp.MustCompile(`(?m)^\s*//.*$`)

// grep lists the Go files of functions/ and shared/, tests excepted, whose code matches the pattern.
func grep(t *testing.T, pattern string) []string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var files []string
	for _, top := range []string{"../functions", "../shared"} {
		err := filepath.WalkDir(top, func(file string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			if expression.Match(comment.ReplaceAll(text, nil)) {
				files = append(files, strings.TrimPrefix(filepath.ToSlash(file), "../"))
			}
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return files
}
