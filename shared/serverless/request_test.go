package serverless

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

func TestAPanicIsOneEntryWithItsStackAndAnAnswer(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	w := httptest.NewRecorder()
	s.request("interactive", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "half=done")
		panic("no such thing")
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 500 || w.Header().Get("Content-Type") != "application/problem+json" || w.Header().Get("Set-Cookie") != "" ||
		strings.Contains(w.Body.String(), "no such thing") {
		t.Errorf("got %d %v %q", w.Code, w.Header(), w.Body)
	}
	entries := out.entries(t)
	if len(entries) != 1 || entries[0]["severity"] != "ERROR" || entries[0]["event"] != "function.panicked" {
		t.Fatalf("logged %v", entries)
	}
	if stack, _ := entries[0]["stack_trace"].(string); !strings.Contains(stack, "no such thing") || !strings.Contains(stack, "request_test.go") {
		t.Errorf("stack is %q", stack)
	}
}

// A client must not take half an answer for the whole.
func TestAPanicInsideAnAnswerCutsTheConnection(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	server := httptest.NewServer(s.request("interactive", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		_ = http.NewResponseController(w).Flush()
		panic("now")
	})))
	defer server.Close()
	response, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if got, err := io.ReadAll(response.Body); err == nil {
		t.Errorf("read %q without an error", got)
	}
}

func TestAReportedFailureIsLoggedOnceWithStatusAndTrace(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	r := httptest.NewRequest("GET", "/v1/health", nil)
	r.Header.Set("X-Cloud-Trace-Context", "4bf92f3577b34da6a3ce929d0e0e4736/1;o=1")
	w := httptest.NewRecorder()
	s.request("interactive", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		Report(r.Context(), fault.Wrap(fault.Unavailable, "database", "Try again.", errors.New("dial: refused")))
		Report(r.Context(), errors.New("a consequence"))
		w.WriteHeader(503)
	})).ServeHTTP(w, r)
	entries := out.entries(t)
	if len(entries) != 1 {
		t.Fatalf("logged %v", entries)
	}
	for key, want := range map[string]any{
		"event": "function.failed", "severity": "WARNING", "kind": "unavailable", "code": "database", "status": 503.0, "workload": "interactive",
		"error": "Try again.: dial: refused", "logging.googleapis.com/spanId": "0000000000000001",
		"logging.googleapis.com/trace": "projects/acme/traces/4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		if entries[0][key] != want {
			t.Errorf("%s: got %v, want %v", key, entries[0][key], want)
		}
	}
}

// I08: neither codes in queries nor tokens in paths reach the request log.
func TestTheRequestLogNamesTheRouteAndNothingSecret(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /v1/password-resets/{token}", func(http.ResponseWriter, *http.Request) {})
	for name, c := range map[string]struct {
		handler http.Handler
		want    string
	}{
		"by pattern": {mux, "/v1/password-resets/%7Btoken%7D"},
		"by path":    {http.NotFoundHandler(), "/v1/password-resets/"},
	} {
		s, out := setup(t)
		s.request("interactive", c.handler).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("PUT", "/v1/password-resets/hush?code=hush", nil))
		if got := out.text.String(); strings.Contains(got, "hush") || !strings.Contains(got, c.want) {
			t.Errorf("%s: logged %s", name, got)
		}
	}
}

func TestTheContextHasTraceLoggerAndDeadline(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	s.cfg.RequestTimeout = 4 * time.Second // too short for the whole margin: half of it is left
	s.request("interactive", http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if logging.TraceOf(r.Context()).ID == "" || logging.From(r.Context()) != s.Logger() {
			t.Error("no trace or logger")
		}
		if left := Remaining(r.Context()); left > 2*time.Second || left <= time.Second {
			t.Errorf("%v to go", left)
		}
	})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	if got := Remaining(t.Context()); got != math.MaxInt64 {
		t.Errorf("without a deadline: got %v", got)
	}
	over, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	if got := Remaining(over); got != 0 {
		t.Errorf("afterwards: got %v", got)
	}
}

func TestARefusalHoldsEveryMistakeInOneEntry(t *testing.T) {
	t.Parallel()
	_, err := config.Load[config.Migrate]([]string{"LOG_FORMAT=text", "PUSH_AUDIENCE=a"})
	var text strings.Builder
	writeRefusal(&text, "Migrate", err)
	if got := text.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "ERROR migrate") ||
		!strings.Contains(got, "DATABASE_URL: got nothing") || !strings.Contains(got, "PUSH_SERVICE_ACCOUNT: got nothing") {
		t.Errorf("got %q", got)
	}
	var plain strings.Builder
	writeRefusal(&plain, "Migrate", errors.New("keyset is broken"))
	entries := decodeEntries(t, plain.String())
	if len(entries) != 1 || entries[0]["severity"] != "ERROR" || entries[0]["event"] != "function.refused" || entries[0]["message"] != "Migrate can't start. keyset is broken" {
		t.Errorf("got %v", entries)
	}
}
