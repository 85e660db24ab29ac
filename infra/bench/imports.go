package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
)

// foreignImports lists what a function and the packages of this module below it import from elsewhere, sorted.
func foreignImports(ctx context.Context, pattern string) ([]string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-deps", "-json=ImportPath,Imports,Module", pattern)
	list.Stderr = os.Stderr
	output, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", pattern, err)
	}
	ours, imported := map[string]bool{"unsafe": true}, map[string]bool{} // unsafe is the compiler's, and links nothing
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var pkg struct {
			ImportPath string
			Imports    []string
			Module     *struct{ Main bool }
		}
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		if pkg.Module == nil || !pkg.Module.Main {
			continue
		}
		ours[pkg.ImportPath] = true
		for _, path := range pkg.Imports {
			imported[path] = true
		}
	}
	maps.DeleteFunc(imported, func(path string, _ bool) bool { return ours[path] })
	return slices.Sorted(maps.Keys(imported)), nil
}
