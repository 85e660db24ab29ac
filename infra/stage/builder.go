package stage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

const (
	rootFile = "function.go"
	// builderDir is where the buildpack puts the program's main package, below the source's root.
	builderDir = "functions.local/app"

	framework = "github.com/GoogleCloudPlatform/functions-framework-go"
)

// moduleFiles travel with the source.
var moduleFiles = []string{"go.mod", "go.sum"}

// rootSource is the package at the root of a function's archive.
func rootSource(module, name string) string {
	imports := []string{framework + "/functions", path.Join(module, "functions", name)}
	slices.Sort(imports)
	return `// Code generated for the Go buildpack. DO NOT EDIT.

// Package traind is the package at the root that the buildpack builds. It imports the function, which registers itself,
// and the framework's functions, by which the buildpack sees that it does.
package traind

import (
	_ "` + imports[0] + `"
	_ "` + imports[1] + `"
)
`
}

// mainSource is a program that serves the package at the root: the builder's where start is `Start(port)`.
func mainSource(module, start string) string {
	return `// Code generated as the Go buildpack does. DO NOT EDIT.

// Command main serves a function.
package main

import (
	"log"
	"os"

	_ "` + module + `"
	"` + framework + `/funcframework"
)

func main() {
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	if err := funcframework.` + start + `; err != nil {
		log.Fatalf("Function failed to start: %v\n", err)
	}
}
`
}

const (
	builderStart = `Start(port)`
	localStart   = `StartHostPort("127.0.0.1", port)`
)

// tidy brings go.mod and go.sum of a source folder into the state that the builder's own tidy leaves unchanged: it
// stands the builder's main in, tidies, and takes it away. It uses the module cache, and the network only for what the
// cache does not hold.
func tidy(ctx context.Context, dir, module string) error {
	source := map[string][]byte{builderDir + "/main.go": []byte(mainSource(module, builderStart))}
	if err := writeFiles(dir, source); err != nil {
		return err
	}
	_, err := goCommand(ctx, dir, []string{"GOPROXY=off"}, "mod", "tidy")
	if err != nil && ctx.Err() == nil {
		_, err = goCommand(ctx, dir, nil, "mod", "tidy")
	}
	return errors.Join(err, os.RemoveAll(filepath.Join(dir, filepath.Dir(builderDir))))
}

// moduleFile is what a go.mod says, as `go mod edit -json` tells it.
type moduleFile struct {
	Module    struct{ Path string }
	Go        string
	Toolchain string
	Require   []struct{ Path, Version string }
	Tool      []struct{ Path string }
}

func readModule(ctx context.Context, dir string) (moduleFile, error) {
	output, err := goCommand(ctx, dir, nil, "mod", "edit", "-json")
	if err != nil {
		return moduleFile{}, err
	}
	var module moduleFile
	if err := json.Unmarshal(output, &module); err != nil {
		return moduleFile{}, fmt.Errorf("read go.mod: %w", err)
	}
	return module, nil
}

// sameVersions checks that the go.mod in a staged folder demands exactly the versions that the repository's does.
func sameVersions(ctx context.Context, root, staged string) error {
	ours, err := readModule(ctx, root)
	if err != nil {
		return err
	}
	theirs, err := readModule(ctx, staged)
	if err != nil {
		return err
	}
	versions := map[string]string{}
	for _, required := range ours.Require {
		versions[required.Path] = required.Version
	}
	var mistakes []error
	for _, required := range theirs.Require {
		if want := versions[required.Path]; required.Version != want {
			mistakes = append(mistakes, fmt.Errorf("%s would be built at %s, the repository's go.mod says %q: run go mod tidy",
				required.Path, required.Version, want))
		}
	}
	if ours.Go != theirs.Go {
		mistakes = append(mistakes, fmt.Errorf("the staged go.mod says go %s, the repository's go %s", theirs.Go, ours.Go))
	}
	if ours.Toolchain != "" || len(ours.Tool) > 0 {
		mistakes = append(mistakes, errors.New("go.mod has a toolchain or tool line, which the platform would follow"))
	}
	return errors.Join(mistakes...)
}

// goCommand runs the go command in a folder with settings that the repository's surroundings do not change, and
// returns what it prints.
func goCommand(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOTOOLCHAIN=local", "GOWORK=off", "PWD="+dir)
	cmd.Env = append(cmd.Env, env...)
	var problems strings.Builder
	cmd.Stderr = &problems
	output, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(problems.String()))
	}
	return output, nil
}
