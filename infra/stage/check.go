package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Check proves of a staged function that the platform's builder will accept its archive and build from it what the
// repository holds: it unpacks the archive into an empty folder, repeats the builder's steps there, compares the result
// with the repository, and builds and calls the program.
func (r *Repository) Check(ctx context.Context, staged Staged) error {
	// Always the same folder, so that the compiler's cache knows what it holds the next time.
	dir := filepath.Join(r.Root, Output, "check", staged.Name)
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := r.check(ctx, staged, dir); err != nil {
		return fmt.Errorf("check %s: %w", staged.Name, err)
	}
	return nil
}

func (r *Repository) check(ctx context.Context, staged Staged, dir string) error {
	source, err := readArchive(staged.Archive)
	if err != nil {
		return err
	}
	unpacked := filepath.Join(dir, "source")
	if err := os.MkdirAll(unpacked, 0o755); err != nil {
		return err
	}
	if err := writeFiles(unpacked, source); err != nil {
		return err
	}
	if err := scanRoot(unpacked); err != nil {
		return err
	}
	module, err := readModule(ctx, unpacked)
	if err != nil {
		return err
	}
	if first, _, _ := strings.Cut(module.Module.Path, "/"); !strings.Contains(first, ".") {
		return fmt.Errorf("the builder takes module path %q for the standard library's: its first part has no dot",
			module.Module.Path)
	}
	if err := tidy(ctx, unpacked, r.Module); err != nil {
		return err
	}
	for _, file := range moduleFiles {
		tidied, err := os.ReadFile(filepath.Join(unpacked, file))
		if err != nil {
			return err
		}
		if !bytes.Equal(tidied, source[file]) {
			return fmt.Errorf("the builder's go mod tidy changes %s", file)
		}
	}
	if err := sameVersions(ctx, r.Root, unpacked); err != nil {
		return err
	}
	if err := r.checkClosure(ctx, staged.Name, unpacked, source); err != nil {
		return err
	}
	if err := compile(ctx, unpacked, mainSource(r.Module, builderStart), filepath.Join(dir, "main")); err != nil {
		return err
	}
	binary := filepath.Join(dir, "local")
	if err := compile(ctx, unpacked, mainSource(r.Module, localStart), binary); err != nil {
		return err
	}
	return call(ctx, binary, Target(staged.Name))
}

// scanRoot repeats the builder's look at the root: every Go file there, tests and excluded ones included, must belong
// to one package, which must not be a program and must import the framework's functions.
func scanRoot(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	packages := map[string]bool{}
	declares := false
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		packages[parsed.Name.Name] = true
		declares = declares || slices.ContainsFunc(parsed.Imports, func(spec *ast.ImportSpec) bool {
			return spec.Path.Value == strconv.Quote(framework+"/functions")
		})
	}
	switch {
	case len(packages) == 0:
		return errors.New("the builder finds no Go package at the root")
	case len(packages) > 1:
		return errors.New("the builder finds several packages at the root")
	case packages["main"]:
		return errors.New("the builder finds a program at the root, not a function")
	case !declares:
		return fmt.Errorf("the package at the root does not import %s/functions", framework)
	}
	return nil
}

// checkClosure compares the archive with what the repository says the function needs and with what the unpacked source
// itself says it needs: nothing may be missing, too much, or other than in the repository.
func (r *Repository) checkClosure(ctx context.Context, name, dir string, source map[string][]byte) error {
	closure, err := r.Closure(name)
	if err != nil {
		return err
	}
	want := append(slices.Clone(closure), rootFile, "go.mod", "go.sum")
	slices.Sort(want)
	if got := sortedNames(source); !slices.Equal(got, want) {
		return fmt.Errorf("the archive is not the function's closure: it holds %v, the closure is %v", got, want)
	}
	original, err := r.read(closure)
	if err != nil {
		return err
	}
	for file, content := range original {
		if !bytes.Equal(source[file], content) {
			return fmt.Errorf("%s in the archive differs from the repository's: stage again", file)
		}
	}
	packages, err := listPackages(ctx, dir, ".")
	if err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, pkg := range packages {
		below, err := filepath.Rel(dir, pkg.Dir)
		if err != nil {
			return err
		}
		for _, file := range slices.Concat(pkg.GoFiles, pkg.EmbedFiles) {
			needed[path.Join(filepath.ToSlash(below), file)] = true
		}
	}
	for _, file := range closure {
		if !needed[file] {
			return fmt.Errorf("the archive holds %s, which its program does not need", file)
		}
	}
	if name == "migrate" {
		return checkMigrations(r.Root, source)
	}
	return nil
}

// checkMigrations checks that the function which applies migrations carries all of them.
func checkMigrations(root string, source map[string][]byte) error {
	files, err := filepath.Glob(filepath.Join(root, "infra", "migrations", "*.sql"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return errors.New("the repository holds no migration")
	}
	for _, file := range files {
		name := "infra/migrations/" + filepath.Base(file)
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if !bytes.Equal(source[name], content) {
			return fmt.Errorf("the archive lacks migration %s", name)
		}
	}
	return nil
}
