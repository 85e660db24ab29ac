package crash_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/stage"
)

// programs are the functions' programs, each built from its staged archive when it is first asked for.
var programs = map[string]func() (string, error){"sync": built("sync"), "webhook": built("webhook"), "dispatch": built("dispatch")}

func built(name string) func() (string, error) {
	return sync.OnceValues(func() (string, error) {
		root, err := filepath.Abs("../..")
		if err != nil {
			return "", err
		}
		repository, err := stage.Open(context.Background(), root)
		if err != nil {
			return "", err
		}
		staged, err := repository.Stage(context.Background(), name)
		if err != nil {
			return "", err
		}
		return stage.Build(context.Background(), staged)
	})
}

func program(t *testing.T, name string) string {
	t.Helper()
	binary, err := programs[name]()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// subscriptionOf pushes a topic's messages to a program on this machine, and does not give up.
func subscriptionOf(topic, port string, concurrency int) cloudsim.Subscription {
	endpoint := "http://127.0.0.1:" + port
	return cloudsim.Subscription{Name: topic, Topic: topic, Endpoint: endpoint, Audience: endpoint, ServiceAccountEmail: pusher,
		AckDeadline: time.Minute, MinBackoff: 20 * time.Millisecond, MaxBackoff: 100 * time.Millisecond, MaxAttempts: 10_000,
		DeadLetterTopic: topic + "-dead-letter", Concurrency: concurrency}
}

// settings are what every function's program is told.
func (w *world) settings(target, port string) []string {
	return []string{"FUNCTION_TARGET=" + target, "PORT=" + port, "PUBSUB_EMULATOR_HOST=" + w.cloud.PubSubAddress(),
		"PUSH_AUDIENCE=http://127.0.0.1:" + port, "PUSH_SERVICE_ACCOUNT=" + pusher, "PUSH_CERTS_URL=" + w.cloud.CertsURL(),
		"CLOUD_RUN_TIMEOUT_SECONDS=110", "LOG_LEVEL=ERROR", "PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}
}

// join runs another program beside Sync until the test ends.
func (w *world) join(binary string, environment []string) {
	w.t.Helper()
	command := exec.Command(binary)
	command.Env = environment
	command.Stderr, command.Stdout = os.Stderr, os.Stderr
	if err := command.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _, _ = command.Process.Kill(), command.Wait() }) // it was killed
}

// freePort is the test's until its end, also while no program listens there.
func freePort(t *testing.T) string {
	t.Helper()
	port, release, err := exclusive.Ports(1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return strconv.Itoa(port)
}

// start runs the program. The caller does not hold w.mu.
func (w *world) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		return
	}
	command := exec.Command(w.binary)
	command.Env = w.environment
	command.Stderr, command.Stdout = os.Stderr, os.Stderr
	if err := command.Start(); err != nil {
		w.t.Errorf("start: %v", err)
		return
	}
	w.program = command
}

// kill ends the program as the platform may, at once, and starts it anew.
func (w *world) kill() {
	w.stop()
	w.mu.Lock()
	w.kills++
	w.mu.Unlock()
	w.start()
}

func (w *world) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.program != nil {
		_ = w.program.Process.Kill()
		_ = w.program.Wait() // it was killed
		w.program = nil
	}
}

func (w *world) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
	w.stop()
}
