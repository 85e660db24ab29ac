package stage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// Build builds the program of a staged function for this machine and returns its path. The program differs from the
// platform's in one thing: it listens on 127.0.0.1 alone, at the port that PORT names. A program once built from the
// same content is used again.
func Build(ctx context.Context, staged Staged) (binary string, err error) {
	turn, err := takeTurn(filepath.Dir(staged.Archive), staged.Name)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", staged.Name, err)
	}
	defer func() { _ = turn.Close() }()
	binary, err = build(ctx, staged)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", staged.Name, err)
	}
	return binary, nil
}

func build(ctx context.Context, staged Staged) (string, error) {
	main := mainSource(staged.Module, localStart)
	binaries := filepath.Join(filepath.Dir(staged.Archive), "bin")
	key := sha256.Sum256([]byte(staged.Hash + main + runtime.Version()))
	binary := filepath.Join(binaries, staged.Name+"-"+hex.EncodeToString(key[:8]))
	if _, err := os.Stat(binary); err == nil {
		return binary, nil
	}
	if err := os.MkdirAll(binaries, 0o755); err != nil {
		return "", err
	}
	old, err := filepath.Glob(filepath.Join(binaries, staged.Name+"-*"))
	if err != nil {
		return "", err
	}
	if err := compile(ctx, staged.Dir, main, binary); err != nil {
		return "", err
	}
	for _, outdated := range old {
		if info, err := os.Stat(outdated); err != nil || time.Since(info.ModTime()) < keptFor {
			continue
		}
		if err := os.Remove(outdated); err != nil && !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
	}
	return binary, nil
}

// keptFor is how long a program of an earlier source stays: somebody who staged that may be about to start it.
const keptFor = time.Hour

// compile builds a source folder as the buildpack does, with the given main package in its place. The folder is left
// as it is: the main package is laid over it for the compiler only.
func compile(ctx context.Context, dir, main, binary string) error {
	work, err := os.MkdirTemp("", "train-d-build-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	mainFile, overlayFile := filepath.Join(work, "main.go"), filepath.Join(work, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{
		"Replace": {filepath.Join(dir, filepath.FromSlash(builderDir), "main.go"): mainFile},
	})
	if err != nil {
		return err
	}
	if err := errors.Join(os.WriteFile(mainFile, []byte(main), 0o644), os.WriteFile(overlayFile, overlay, 0o644)); err != nil {
		return err
	}
	unfinished := binary + ".unfinished"
	// Without its folder's path in it, what was compiled for one function is the other's too, and comes out of the compiler's cache.
	if _, err := goCommand(ctx, dir, nil, "build", "-trimpath", "-ldflags", "-s -w",
		"-overlay", overlayFile, "-o", unfinished, "./"+builderDir); err != nil {
		return err
	}
	return os.Rename(unfinished, binary)
}
