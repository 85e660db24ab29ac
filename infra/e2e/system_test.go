package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/local"
)

// history is how many activities each of the simulator's athletes has in these tests: more than one list page would make
// the test no better and a lot slower.
const history = 60

// setup starts a system of its own, from the staged programs, and stops it at the test's end.
func setup(t *testing.T) *local.System {
	t.Helper()
	return start(t, settings(t))
}

// settings are a fresh system's: its own folder, two free ports that follow each other, no schedule that interferes.
func settings(t *testing.T) local.Settings {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	port, release, err := exclusive.Ports(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return local.Settings{
		Port: port, Dir: filepath.Join(t.TempDir(), "state"), Root: root, LogFormat: "json", TickSeconds: 3600,
		Activities: history, Athletes: 5,
	}
}

func start(t *testing.T, settings local.Settings) *local.System {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // the first build of everything included
	defer cancel()
	log, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if text, err := os.ReadFile(log.Name()); t.Failed() && err == nil {
			t.Logf("what the programs wrote:\n%s", text)
		}
	})
	system, err := local.Start(ctx, settings, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := system.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := local.Clean(settings); err != nil {
			t.Errorf("clean: %v", err)
		}
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	return system
}

// connect opens a connection to the system's database as its superuser.
func connect(t *testing.T, system *local.System) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(system.Info().Database)
	if err != nil {
		t.Fatal(err)
	}
	connection, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	return connection
}

// until waits for a condition, asking again and again.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for: %s", what)
		}
		select {
		case <-t.Context().Done():
			t.Fatalf("gave up waiting for: %s", what)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
