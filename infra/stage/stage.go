// Package stage makes of each function what the Go buildpack can build.
//
// The buildpack builds only a package at the root of the uploaded source. So each function gets an archive of its own:
// the packages of this module that it imports, at their paths, a generated package at the root that imports the
// function, and a go.mod that names what this closure needs and no more. The archive's bytes depend on nothing but its
// content, and its content hash names it, so that only changed functions are deployed again.
package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/train-d/train-d/infra/internal/exclusive"
)

// Output is the folder below the repository's root that holds everything made here.
const Output = ".build"

// version is part of what decides whether a function must be staged again; raise it when the staging itself changes.
const version = "1"

// Staged is a function made ready for the buildpack.
type Staged struct {
	// Name is the function's folder, such as "sync".
	Name string
	// Module is the path of the module that it belongs to.
	Module string
	// Dir holds the source as the buildpack gets it, and Archive the same as a zip file.
	Dir, Archive string
	// Hash is the SHA-256 of the content in hexadecimal. It stands also in a file beside the archive, named .sha256.
	Hash string
	// Changed says that the function was staged anew, and not found as it was left.
	Changed bool
}

// Target is the name that a function registers under, and that FUNCTION_TARGET is set to: its folder's name with a
// capital first letter.
func Target(name string) string {
	return strings.ToUpper(name[:1]) + name[1:]
}

// All stages every function of the repository.
func All(ctx context.Context, root string) ([]Staged, error) {
	repository, err := Open(ctx, root)
	if err != nil {
		return nil, err
	}
	var all []Staged
	for _, name := range repository.Names() {
		staged, err := repository.Stage(ctx, name)
		if err != nil {
			return nil, err
		}
		all = append(all, staged)
	}
	return all, nil
}

// Stage makes one function's folder, archive and hash, unless what is there was made from the same files.
func (r *Repository) Stage(ctx context.Context, name string) (Staged, error) {
	turn, err := takeTurn(filepath.Join(r.Root, Output), name)
	if err != nil {
		return Staged{}, fmt.Errorf("stage %s: %w", name, err)
	}
	defer func() { _ = turn.Close() }()
	staged, err := r.stage(ctx, name)
	if err != nil {
		return Staged{}, fmt.Errorf("stage %s: %w", name, err)
	}
	return staged, nil
}

// takeTurn waits for other processes that stage or build the same function in the same folder, as tests and a running
// system do. Closing the file ends the turn.
func takeTurn(output, name string) (*os.File, error) {
	if err := os.MkdirAll(output, 0o755); err != nil {
		return nil, err
	}
	return exclusive.Lock(filepath.Join(output, "."+name+".lock"))
}

func (r *Repository) stage(ctx context.Context, name string) (Staged, error) {
	output := filepath.Join(r.Root, Output)
	staged := Staged{Name: name, Module: r.Module, Dir: filepath.Join(output, name), Archive: filepath.Join(output, name+".zip")}
	files, err := r.Closure(name)
	if err != nil {
		return Staged{}, err
	}
	source, err := r.read(files)
	if err != nil {
		return Staged{}, err
	}
	source[rootFile] = []byte(rootSource(r.Module, name))
	for _, file := range moduleFiles {
		if source[file], err = os.ReadFile(filepath.Join(r.Root, file)); err != nil {
			return Staged{}, err
		}
	}
	inputs := contentHash(source, version)
	if hash, ok := staged.kept(inputs); ok {
		staged.Hash = hash
		return staged, nil
	}

	unfinished, err := os.MkdirTemp(output, "."+name+"-")
	if err != nil {
		return Staged{}, err
	}
	defer func() { _ = os.RemoveAll(unfinished) }()
	if err := writeFiles(unfinished, source); err != nil {
		return Staged{}, err
	}
	if err := tidy(ctx, unfinished, r.Module); err != nil {
		return Staged{}, err
	}
	for _, file := range moduleFiles {
		if source[file], err = os.ReadFile(filepath.Join(unfinished, file)); err != nil {
			return Staged{}, err
		}
	}
	if err := sameVersions(ctx, r.Root, unfinished); err != nil {
		return Staged{}, err
	}
	staged.Hash, staged.Changed = contentHash(source, ""), true
	return staged, staged.put(unfinished, source, inputs)
}

// kept returns the hash of what is there, if it was made from these inputs.
func (s Staged) kept(inputs string) (hash string, ok bool) {
	made, err := os.ReadFile(s.inputsFile())
	if err != nil || strings.TrimSpace(string(made)) != inputs {
		return "", false
	}
	content, err := os.ReadFile(s.hashFile())
	if err != nil {
		return "", false
	}
	for _, path := range []string{s.Archive, s.Dir} {
		if _, err := os.Stat(path); err != nil {
			return "", false
		}
	}
	return strings.TrimSpace(string(content)), true
}

// put moves everything into place; the note of the inputs comes last, as it vouches for the rest.
func (s Staged) put(unfinished string, source map[string][]byte, inputs string) error {
	if err := os.Remove(s.inputsFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Chmod(unfinished, 0o755); err != nil {
		return err
	}
	if err := os.RemoveAll(s.Dir); err != nil {
		return err
	}
	if err := os.Rename(unfinished, s.Dir); err != nil {
		return err
	}
	if err := writeArchive(s.Archive, source); err != nil {
		return err
	}
	if err := os.WriteFile(s.hashFile(), []byte(s.Hash+"\n"), 0o644); err != nil {
		return err
	}
	return os.WriteFile(s.inputsFile(), []byte(inputs+"\n"), 0o644)
}

func (s Staged) hashFile() string   { return strings.TrimSuffix(s.Archive, ".zip") + ".sha256" }
func (s Staged) inputsFile() string { return strings.TrimSuffix(s.Archive, ".zip") + ".inputs" }

// contentHash is the SHA-256 over names and contents in the order of the names.
func contentHash(source map[string][]byte, salt string) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n", salt)
	for _, name := range sortedNames(source) {
		fmt.Fprintf(sum, "%s %d\n", name, len(source[name]))
		sum.Write(source[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func writeFiles(dir string, source map[string][]byte) error {
	for _, name := range sortedNames(source) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, source[name], 0o644); err != nil {
			return err
		}
	}
	return nil
}
