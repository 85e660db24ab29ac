package serverless

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
)

const childPort, childPush = "TRAIND_TEST_CHILD_PORT", "TRAIND_TEST_CHILD_PUSH"

// TestMain runs the tests, or where a test has started this program again, the function that it tests: in a process of its
// own and behind the real framework, which offers neither a handler nor a stop.
func TestMain(m *testing.M) {
	port := os.Getenv(childPort)
	if port == "" {
		os.Exit(m.Run())
	}
	if err := serveProbe(port); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
}

// serveProbe registers function Probe (or Push, as FUNCTION_TARGET says) and serves it. Probe's requests at /wait begin with
// an entry in the log, and end when a byte comes in on file descriptor 3.
func serveProbe(port string) error {
	s := New(config.Service{FunctionName: "probe", Project: "acme", RequestTimeout: time.Minute, DrainTimeout: 8 * time.Second})
	release := os.NewFile(3, "release")
	s.HTTP("Probe", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/panic":
			panic("no such thing")
		case "/wait":
			logging.Log(r.Context(), slog.LevelInfo, "probe.waiting", "waiting")
			_, _ = release.Read(make([]byte, 1))
			_, _ = io.WriteString(w, "done")
		}
	}))
	var push config.Push
	if err := json.Unmarshal([]byte(os.Getenv(childPush)), &push); err != nil {
		return err
	}
	s.PubSub("Push", push, func(context.Context, Push) error { return nil }, func(ctx context.Context, p Push, _ string) error {
		logging.Log(ctx, slog.LevelInfo, "probe.kept", string(p.Data))
		return nil
	})
	s.OnShutdown(func(ctx context.Context) { logging.Log(ctx, slog.LevelInfo, "probe.closed", "closed") })
	return funcframework.StartHostPort("127.0.0.1", port)
}

// child is a running function.
type child struct {
	command *exec.Cmd
	url     string
	release *os.File
	stderr  *bytes.Buffer
	entries chan map[string]any // what it logs, closed at its end
}

func start(t *testing.T, target string, push config.Push) *child {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	settings, err := json.Marshal(push)
	if err != nil {
		t.Fatal(err)
	}
	released, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = release.Close() })
	c := &child{command: exec.Command(os.Args[0]), url: "http://127.0.0.1:" + port, release: release, stderr: &bytes.Buffer{}, entries: make(chan map[string]any, 100)}
	c.command.Env = append(os.Environ(), childPort+"="+port, childPush+"="+string(settings), "FUNCTION_TARGET="+target)
	c.command.ExtraFiles, c.command.Stderr = []*os.File{released}, c.stderr
	stdout, err := c.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = released.Close()
	t.Cleanup(func() { _ = c.command.Process.Kill() })
	go func() {
		defer close(c.entries)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			entry := map[string]any{}
			if err := json.Unmarshal(lines.Bytes(), &entry); err != nil {
				entry["unstructured"] = lines.Text()
			}
			c.entries <- entry
		}
	}()
	for deadline := time.Now().Add(30 * time.Second); ; {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			_ = conn.Close()
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not listen: %v %s", err, c.stderr)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// await reads entries until one of an event comes.
func (c *child) await(t *testing.T, event string) map[string]any {
	t.Helper()
	for late := time.After(30 * time.Second); ; {
		select {
		case entry, open := <-c.entries:
			if !open {
				t.Fatalf("ended without %s: %s", event, c.stderr)
			}
			if entry["event"] == event {
				return entry
			}
		case <-late:
			t.Fatalf("no %s", event)
		}
	}
}

// end sends SIGTERM, and gives the entries until the process ended with code 0.
func (c *child) end(t *testing.T) []map[string]any {
	t.Helper()
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var left []map[string]any
	for entry := range c.entries {
		left = append(left, entry)
	}
	if err := c.command.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, c.stderr)
	}
	return left
}

func get(url string) (status int, body string, err error) {
	response, err := http.Get(url)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return response.StatusCode, string(text), err
}

// The framework alone dies at SIGTERM, and whoever waits for an answer sees the connection break.
func TestSigtermLetsARequestInFlightFinish(t *testing.T) {
	t.Parallel()
	c := start(t, "Probe", config.Push{})
	answered := make(chan error, 1)
	go func() {
		status, body, err := get(c.url + "/wait")
		if err == nil && (status != 200 || body != "done") {
			err = fmt.Errorf("got %d %q", status, body)
		}
		answered <- err
	}()
	c.await(t, "probe.waiting")
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := c.await(t, "function.stopping"); got["in_flight"] != 1.0 {
		t.Errorf("got %v", got)
	}
	for status := 0; status != 503; { // draining begins a moment after it is announced
		var err error
		if status, _, err = get(c.url + "/"); err != nil {
			t.Fatalf("a request while it drains: %v", err)
		}
	}
	if _, err := c.release.Write([]byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the request in flight: %v", err)
	}
	c.await(t, "probe.closed")
	if got := c.await(t, "function.stopped"); got["left"] != 0.0 {
		t.Errorf("got %v", got)
	}
	if err := c.command.Wait(); err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestASecondSignalEndsTheProcessAtOnce(t *testing.T) {
	t.Parallel()
	c := start(t, "Probe", config.Push{})
	go func() { _, _, _ = get(c.url + "/wait") }()
	c.await(t, "probe.waiting")
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	c.await(t, "function.stopping")
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	var ended *exec.ExitError
	if err := c.command.Wait(); !errors.As(err, &ended) || ended.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM {
		t.Errorf("got %v", err)
	}
}

func TestBehindTheFrameworkAPanicIsOneErrorEntryAndNothingElse(t *testing.T) {
	t.Parallel()
	c := start(t, "Probe", config.Push{})
	if status, _, err := get(c.url + "/panic"); err != nil || status != 500 {
		t.Errorf("got %d, %v", status, err)
	}
	if status, _, err := get(c.url + "/"); err != nil || status != 200 {
		t.Errorf("afterwards: got %d, %v", status, err)
	}
	count := 0
	for _, entry := range c.end(t) {
		if entry["severity"] == "ERROR" {
			count++
		}
		if entry["unstructured"] != nil || entry["severity"] == "ERROR" && entry["event"] != "function.panicked" {
			t.Errorf("logged %v", entry)
		}
	}
	if count != 1 || c.stderr.Len() > 0 {
		t.Errorf("got %d errors, and on stderr %q", count, c.stderr)
	}
}

func TestBehindTheFrameworkOnlySignedPushesAreTakenAndMalformedOnesKept(t *testing.T) {
	t.Parallel()
	google := newSigner(t)
	c := start(t, "Push", google.push)
	for name, push := range map[string]struct {
		token, body string
		status      int
	}{
		"good":      {google.token(t), envelopeOf(t, "x", nil), 204},
		"malformed": {google.token(t), "garbage", 204},
		"unsigned":  {"", envelopeOf(t, "x", nil), 401},
		"expired":   {google.token(t, "exp", 1), envelopeOf(t, "x", nil), 401},
		"foreign":   {google.token(t, "email", "x@example.com"), envelopeOf(t, "x", nil), 403},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "POST", c.url, strings.NewReader(push.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+push.token)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != push.status {
			t.Errorf("%s: got %d, want %d", name, response.StatusCode, push.status)
		}
	}
	kept := 0
	for _, entry := range c.end(t) {
		if entry["event"] == "probe.kept" && entry["message"] == "garbage" {
			kept++
		}
	}
	if kept != 1 {
		t.Errorf("%d kept", kept)
	}
}

func TestTheDrainIsBounded(t *testing.T) {
	t.Parallel()
	var w work
	for range 2 {
		if !w.enter() {
			t.Fatal("not let in")
		}
	}
	w.leave()
	if left := w.drain(time.Millisecond); left != 1 {
		t.Errorf("got %d left", left)
	}
	if w.enter() {
		t.Error("let in while draining")
	}
	w.leave()
	var idle work
	if left := idle.drain(time.Hour); left != 0 {
		t.Errorf("idle: got %d left", left)
	}
}
