package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// entry is what one call of write leaves on stdout, decoded.
func entry(t *testing.T, write func(ctx context.Context)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	write(Into(t.Context(), New(&out, Options{Project: "acme", Function: "sync", Level: slog.LevelInfo})))
	text := out.String()
	if strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Fatalf("want one line, got %q", text)
	}
	var decoded map[string]any
	if err := json.Unmarshal(out.Bytes(), &decoded); err != nil {
		t.Fatalf("decode %q: %v", text, err)
	}
	return decoded
}

func TestAnEntryIsFlatAndCarriesFunctionEventWorkloadAndTrace(t *testing.T) {
	t.Parallel()
	before := time.Now().Add(-time.Second)
	got := entry(t, func(ctx context.Context) {
		ctx = WithTrace(ctx, Trace{ID: strings.Repeat("ab", 16), SpanID: "00f067aa0ba902b7", Sampled: true})
		ctx = WithAttrs(ctx, slog.String("workload", "sync"))
		Log(ctx, slog.LevelInfo, EventSyncCompleted, "unit done", slog.Int64("account_id", 7), Millis("duration_ms", 1500*time.Microsecond))
	})
	for key, want := range map[string]any{
		"severity": "INFO", "message": "unit done", "event": "sync.completed", "function": "sync", "workload": "sync",
		"account_id": 7.0, "duration_ms": 1.5,
		"logging.googleapis.com/trace":         "projects/acme/traces/" + strings.Repeat("ab", 16),
		"logging.googleapis.com/spanId":        "00f067aa0ba902b7",
		"logging.googleapis.com/trace_sampled": true,
	} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	at, err := time.Parse(time.RFC3339Nano, got["time"].(string))
	if err != nil || at.Before(before) || at.After(time.Now()) {
		t.Errorf("time: got %v (%v)", got["time"], err)
	}
}

func TestSeverityFollowsTheLevelAndWarningsSayWhereTheyStand(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{slog.LevelInfo: "INFO", slog.LevelWarn: "WARNING", slog.LevelError: "ERROR"} {
		got := entry(t, func(ctx context.Context) { Log(ctx, level, EventFunctionFailed, "x") })
		if got["severity"] != want {
			t.Errorf("%v: got %v, want %s", level, got["severity"], want)
		}
		source, _ := got["logging.googleapis.com/sourceLocation"].(map[string]any)
		if level < slog.LevelWarn {
			if source != nil {
				t.Errorf("%v: got a source location", level)
			}
			continue
		}
		if source["file"] != "logging/logging_test.go" {
			t.Errorf("%v: got source %v", level, source)
		}
	}
}

func TestEveryValueComesOutAndNoneBreaksTheEntry(t *testing.T) {
	t.Parallel()
	got := entry(t, func(ctx context.Context) {
		Log(ctx, slog.LevelInfo, EventSyncFailed, "line\nbreak",
			slog.Float64("nan", math.NaN()), slog.Int64("big", math.MaxInt64), slog.Any("nil", nil),
			slog.Any("error", errors.New("dial: refused")), slog.Any("channel", make(chan int)),
			slog.Group("outer", slog.Int("inner", 1)), slog.String("severity", "mine"), slog.String("bytes", "\xff"),
			slog.Any("panics", panicking{}), slog.Any("list", []string{"a", "b"}))
	})
	for key, want := range map[string]any{
		"message": "line\nbreak", "nan": "NaN", "big": "9223372036854775807", "error": "dial: refused", "outer.inner": 1.0,
		"severity": "INFO", "bytes": "\ufffd", "panics": "unprintable logging.panicking",
	} {
		if got[key] != want {
			t.Errorf("%s: got %v, want %v", key, got[key], want)
		}
	}
	if list, ok := got["list"].([]any); !ok || len(list) != 2 {
		t.Errorf("list: got %v", got["list"])
	}
}

type panicking struct{}

func (panicking) String() string { panic("no") }

func TestLevelsBelowTheSettingAreNotWritten(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx := Into(t.Context(), New(&out, Options{Level: slog.LevelInfo}))
	Log(ctx, slog.LevelDebug, EventDatabasePooled, "Using connection pool for operation")
	if out.Len() > 0 {
		t.Errorf("got %q", out.String())
	}
}

// I08: codes and tokens travel in queries, and the platform's own helper would log them.
func TestARequestIsLoggedWithoutQueryOrReferer(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/v1/strava/callback?code=hush&state=hush", nil)
	r.Header.Set("Referer", "https://example.com/?token=hush")
	r.Header.Set("User-Agent", "tester")
	got := entry(t, func(ctx context.Context) {
		Log(ctx, slog.LevelInfo, EventRequestCompleted, "answered", Request(r, "/v1/strava/callback", 303, 10, 2*time.Second))
	})
	request, _ := got["httpRequest"].(map[string]any)
	if request["requestUrl"] != "/v1/strava/callback" || request["status"] != 303.0 || request["latency"] != "2s" || request["userAgent"] != "tester" {
		t.Errorf("got %v", request)
	}
	if text, _ := json.Marshal(got); strings.Contains(string(text), "hush") {
		t.Errorf("a secret is logged: %s", text)
	}
}

func TestTextIsOneReadableLinePerEntry(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx := Into(t.Context(), New(&out, Options{Function: "sync", Format: "text"}))
	ctx = WithTrace(ctx, Trace{ID: strings.Repeat("0a", 16)})
	Log(ctx, slog.LevelInfo, EventSyncCompleted, "unit\x1b[31m done", slog.Int("rows", 3), slog.String("reason", "two\nlines"),
		slog.Any("list", []string{"a"}))
	got := out.String()
	if strings.Count(got, "\n") != 1 || strings.ContainsRune(got, '\x1b') {
		t.Errorf("got %q", got)
	}
	for _, want := range []string{" INFO  sync ", "  sync.completed  ", " rows=3 ", ` reason="two\nlines"`, " trace=" + strings.Repeat("0a", 16), `list="[\"a\"]"`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in %q", want, got)
		}
	}
}

func TestASlogLoggerKeepsItsAttributesAndGroups(t *testing.T) {
	t.Parallel()
	got := entry(t, func(ctx context.Context) {
		From(ctx).With("a", 1).WithGroup("g").With("b", 2).InfoContext(ctx, "m", "c", 3)
	})
	if got["a"] != 1.0 || got["g.b"] != 2.0 || got["g.c"] != 3.0 {
		t.Errorf("got %v", got)
	}
}

func TestTheCatalogueNamesEachEventOnce(t *testing.T) {
	t.Parallel()
	seen := map[Event]bool{}
	for _, event := range Catalogue() {
		if seen[event] || strings.Count(string(event), ".") != 1 || strings.ToLower(string(event)) != string(event) {
			t.Errorf("%q is doubled or not of the form subject.verb", event)
		}
		seen[event] = true
	}
	// DESIGN §7's names.
	for subject, verbs := range map[string]string{
		"database": "pooled direct fallback breaker slow_query query_failed pool_stats", "sync": "completed postponed parked failed",
		"strava": "quota token_refreshed app_blocked disconnected", "account": "registered signed_in sign_in_refused throttled erased",
		"migrate": "applied",
	} {
		for verb := range strings.FieldsSeq(verbs) {
			if !seen[Event(subject+"."+verb)] {
				t.Errorf("%s.%s is missing", subject, verb)
			}
		}
	}
}
