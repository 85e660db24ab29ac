package e2e_test

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
	"github.com/train-d/train-d/shared/logging"
)

// TestCommandStopsCleanlyAndPicksUpItsState drives the command as make run does: ready, Ctrl-C, started again, and the
// athlete of before signs in, finds the activities and can still sync with the tokens of before. Sync imports on the pool
// and goes on with direct connections: which of them is a setting.
func TestCommandStopsCleanlyAndPicksUpItsState(t *testing.T) {
	t.Parallel()
	settings := settings(t)
	binary := filepath.Join(t.TempDir(), "local")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "./infra/local/cmd/local")
	build.Dir = settings.Root
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, output)
	}

	first := run(t, binary, settings, "SYNC_USE_POOL=true")
	athlete, err := e2e.NewAthlete(first.url)
	if err != nil {
		t.Fatal(err)
	}
	if err := athlete.Register(t.Context(), "again@example.com", "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if err := athlete.Call(t.Context(), http.MethodPatch, "/v1/settings", map[string]any{"birth_date": "1980-01-01"}, nil); err != nil {
		t.Fatal(err)
	}
	importAll(t, athlete)
	info, err := local.Running(settings)
	if err != nil {
		t.Fatal(err)
	}
	first.interrupt(t)
	syncTook(t, info, logging.EventDatabasePooled, logging.EventDatabaseDirect)
	for name, program := range info.Functions {
		if err := syscall.Kill(program.PID, 0); err == nil {
			t.Errorf("%s (pid %d) outlived Ctrl-C", name, program.PID)
		}
	}
	if err := syscall.Kill(info.Postgres.PID, 0); err == nil {
		t.Error("PostgreSQL outlived Ctrl-C")
	}
	if _, err := local.Running(settings); err == nil {
		t.Error("a stopped system says that it runs")
	}

	second := run(t, binary, settings)
	defer func() {
		second.interrupt(t)
		if err := local.Clean(settings); err != nil {
			t.Errorf("clean: %v", err)
		}
	}()
	back, err := e2e.NewAthlete(second.url)
	if err != nil {
		t.Fatal(err)
	}
	credentials := map[string]any{"email": "again@example.com", "password": "correct horse battery"}
	if err := back.Call(t.Context(), http.MethodPost, "/v1/session", credentials, nil); err != nil {
		t.Fatal(err)
	}
	var before, after struct {
		Activities int        `json:"activities"`
		Phase      string     `json:"phase"`
		SyncedAt   *time.Time `json:"synced_at"`
	}
	if err := back.Call(t.Context(), http.MethodGet, "/v1/sync", nil, &before); err != nil {
		t.Fatal(err)
	}
	if before.Activities != history || before.SyncedAt == nil {
		t.Fatalf("after the restart: %+v", before)
	}
	if err := back.Call(t.Context(), http.MethodPost, "/v1/sync", nil, nil); err != nil {
		t.Fatal(err)
	}
	until(t, "a sync with the tokens of before", func() bool {
		if err := back.Call(t.Context(), http.MethodGet, "/v1/sync", nil, &after); err != nil {
			t.Fatal(err)
		}
		return after.Phase == "done" && after.SyncedAt.After(*before.SyncedAt)
	})
	if info, err = local.Running(settings); err != nil {
		t.Fatal(err)
	}
	syncTook(t, info, logging.EventDatabaseDirect, logging.EventDatabasePooled)
}

// syncTook finds in Sync's log which kind of connection it took, and that it was never of the other kind.
func syncTook(t *testing.T, info local.Info, one, other logging.Event) {
	t.Helper()
	text := read(t, info.Functions["sync"].Log)
	took, tookOther := strings.Count(text, string(one)), strings.Count(text, string(other))
	t.Logf("sync: %d × %s", took, one)
	if took == 0 || tookOther > 0 {
		t.Errorf("sync logged %d × %s and %d × %s, want the first alone", took, one, tookOther, other)
	}
}

// command is a running `local run`.
type command struct {
	*exec.Cmd
	url string
}

// run starts the command, with further settings, and waits for the line that says where Train-D is.
func run(t *testing.T, binary string, settings local.Settings, further ...string) *command {
	t.Helper()
	started := &command{Cmd: exec.Command(binary, "run")}
	started.Dir = settings.Root
	started.Env = append(os.Environ(), "PORT="+strconv.Itoa(settings.Port), "LOCAL_DIR="+settings.Dir,
		"STRAVASIM_ACTIVITIES="+strconv.Itoa(settings.Activities), "LOG_FORMAT=text")
	started.Env = append(started.Env, further...)
	read, err := started.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	started.Stderr = os.Stderr
	if err := started.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = started.Process.Kill() }) // where the test failed before it was interrupted
	lines := bufio.NewScanner(read)
	for lines.Scan() {
		if _, url, ok := strings.Cut(lines.Text(), "Train-D is ready at "); ok {
			started.url = url
			go func() {
				for lines.Scan() { // a program whose output nobody reads stands still
				}
			}()
			return started
		}
	}
	t.Fatalf("%s ended before it was ready", binary)
	return nil
}

// interrupt does what Ctrl-C does and expects a clean end.
func (c *command) interrupt(t *testing.T) {
	t.Helper()
	if err := c.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("Ctrl-C ended the system with %v", err)
	}
}
