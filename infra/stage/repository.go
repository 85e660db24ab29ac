package stage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Repository is the source that functions are staged from.
type Repository struct {
	// Root is the folder of its go.mod, and Module the module's path.
	Root, Module string

	names    []string
	packages map[string]listed // of this module, by import path
}

// listed is what `go list` says about a package.
type listed struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
	EmbedFiles []string
	Module     *struct {
		Path string
		Main bool
	}
}

// listFields are the fields of listed, for go list, which answers faster when asked for less.
const listFields = "-json=ImportPath,Dir,Imports,GoFiles,EmbedFiles,Module"

// Open reads which packages each function of the repository imports.
func Open(ctx context.Context, root string) (*Repository, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	r := &Repository{Root: root}
	if r.names, err = functionNames(root); err != nil {
		return nil, err
	}
	var patterns []string
	for _, name := range r.names {
		patterns = append(patterns, "./functions/"+name)
	}
	if len(patterns) == 0 {
		return nil, fmt.Errorf("no function in %s", filepath.Join(root, "functions"))
	}
	if r.packages, err = listPackages(ctx, root, patterns...); err != nil {
		return nil, err
	}
	for _, pkg := range r.packages {
		r.Module = pkg.Module.Path
	}
	return r, nil
}

// functionNames lists the folders in functions/ that hold Go, sorted.
func functionNames(root string) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(root, "functions", "*", "*.go"))
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			names[filepath.Base(filepath.Dir(file))] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// listPackages returns the packages of the main module that the patterns need, seen as the platform sees them: on
// Linux, whatever this machine is.
func listPackages(ctx context.Context, dir string, patterns ...string) (map[string]listed, error) {
	output, err := goCommand(ctx, dir, []string{"GOOS=linux", "GOARCH=amd64"},
		append([]string{"list", "-deps", listFields}, patterns...)...)
	if err != nil {
		return nil, err
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var pkg listed
		if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, fmt.Errorf("read go list: %w", err)
		}
		if pkg.Module != nil && pkg.Module.Main {
			packages[pkg.ImportPath] = pkg
		}
	}
}

// Names returns the functions' names, sorted.
func (r *Repository) Names() []string { return slices.Clone(r.names) }

// Closure returns the files of this module that a function needs, as slash-separated paths below the root, sorted:
// source and embedded files of every package that it imports, tests left out.
func (r *Repository) Closure(name string) ([]string, error) {
	start := path.Join(r.Module, "functions", name)
	if _, ok := r.packages[start]; !ok {
		return nil, fmt.Errorf("no function %q", name)
	}
	reached := map[string]bool{}
	for waiting := []string{start}; len(waiting) > 0; {
		next := waiting[0]
		waiting = waiting[1:]
		pkg, ours := r.packages[next]
		if !ours || reached[next] {
			continue
		}
		reached[next] = true
		waiting = append(waiting, pkg.Imports...)
	}
	var files []string
	for imported := range reached {
		pkg := r.packages[imported]
		if err := pkg.checkEmbedded(); err != nil {
			return nil, err
		}
		below, err := filepath.Rel(r.Root, pkg.Dir)
		if err != nil {
			return nil, err
		}
		for _, file := range slices.Concat(pkg.GoFiles, pkg.EmbedFiles) {
			files = append(files, path.Join(filepath.ToSlash(below), file))
		}
	}
	slices.Sort(files)
	return files, nil
}

// keepFile is committed in a folder whose other files are built, so that a fresh clone compiles.
const keepFile = ".keep"

// checkEmbedded refuses a package that embeds a folder which still has to be built.
func (pkg listed) checkEmbedded() error {
	for _, file := range pkg.EmbedFiles {
		if path.Base(file) != keepFile {
			continue
		}
		folder := path.Dir(file)
		filled := slices.ContainsFunc(pkg.EmbedFiles, func(other string) bool {
			return other != file && strings.HasPrefix(other, folder+"/")
		})
		if !filled {
			return fmt.Errorf("%s is empty: build what belongs there first", filepath.Join(pkg.Dir, folder))
		}
	}
	return nil
}

func (r *Repository) read(files []string) (map[string][]byte, error) {
	source := map[string][]byte{}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(r.Root, filepath.FromSlash(file)))
		if err != nil {
			return nil, err
		}
		source[file] = content
	}
	return source, nil
}

func sortedNames(source map[string][]byte) []string { return slices.Sorted(maps.Keys(source)) }
