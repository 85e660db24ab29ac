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
	"path/filepath"
	"slices"
)

// buildEmpty builds cmd/empty with the imports of a function, stripped as the function's program is.
func (b *Bench) buildEmpty(ctx context.Context, function string) (program string, err error) {
	imports, err := foreignImports(ctx, "./functions/"+function)
	if err != nil {
		return "", err
	}
	source := "package main\n\nimport (\n"
	for _, path := range imports {
		source += fmt.Sprintf("\t_ %q\n", path)
	}
	file, laidOver := filepath.Join(b.dir, function+"-imports.go"), filepath.Join(b.dir, function+"-overlay.json")
	place, err := filepath.Abs("infra/bench/cmd/empty/imports.go")
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {place: file}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(file, []byte(source+")\n"), 0o600), os.WriteFile(laidOver, overlay, 0o600)); err != nil {
		return "", err
	}
	program = filepath.Join(b.dir, "empty-"+function)
	build := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-overlay", laidOver, "-o", program, "./infra/bench/cmd/empty")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the empty program: %w: %s", err, output)
	}
	return program, nil
}

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
