package serverless

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

// letter is a message that was put aside.
type letter struct {
	push   Push
	reason string
}

// deliver pushes body to a handler, and gives the answer and what was put aside.
func deliver(t *testing.T, s *Service, body string, handle Handle, lost error) (*httptest.ResponseRecorder, []letter) {
	t.Helper()
	google := newSigner(t)
	var letters []letter
	h := s.push(newVerifier(google.push), handle, func(_ context.Context, push Push, reason string) error {
		if lost == nil {
			letters = append(letters, letter{push, reason})
		}
		return lost
	})
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+google.token(t))
	r.Header.Set("Traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w, letters
}

func TestAPushReachesItsHandlerWhole(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	var got Push
	var left time.Duration
	w, letters := deliver(t, s, envelopeOf(t, "hello", map[string]string{"a": "b"}), func(ctx context.Context, push Push) error {
		got, left = push, Remaining(ctx)
		return nil
	}, nil)
	if w.Code != 204 || len(letters) > 0 || len(out.entries(t)) > 0 {
		t.Errorf("got %d, %v, %v", w.Code, letters, out.entries(t))
	}
	if string(got.Data) != "hello" || got.ID != "42" || got.Subscription != "projects/acme/subscriptions/probe" || got.Attributes["a"] != "b" ||
		got.DeliveryAttempt != 3 || !got.Published.Equal(time.Date(2026, 11, 23, 10, 0, 0, 5e8, time.UTC)) {
		t.Errorf("got %+v", got)
	}
	if left > 55*time.Second || left < 50*time.Second { // a minute less five seconds
		t.Errorf("got %v to go", left)
	}
}

func TestTheKindOfFailureDecidesAboutTheMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        error
		status     int
		buried     bool
		severity   string
		retryAfter string
	}{
		{nil, 204, false, "", ""},
		{fault.New(fault.Postponed, "quota", "later"), 204, false, "", ""},
		{fault.New(fault.Malformed, "message", "no"), 204, true, "ERROR", ""},
		{fault.New(fault.Invalid, "", "no"), 204, true, "ERROR", ""},
		{fmt.Errorf("load: %w", fault.New(fault.NotFound, "", "no")), 204, true, "ERROR", ""},
		{fault.New(fault.Conflict, "", "no"), 204, true, "ERROR", ""},
		{fault.New(fault.Unavailable, "database", "down").After(1500 * time.Millisecond), 503, false, "WARNING", "2"},
		{fault.New(fault.Throttled, "", "slow"), 503, false, "WARNING", "1"},
		{fault.New(fault.OutcomeUnknown, "", "who knows"), 503, false, "ERROR", "1"},
		{errors.New("defect"), 500, false, "ERROR", ""},
	} {
		s, out := setup(t)
		w, letters := deliver(t, s, envelopeOf(t, "x", nil), func(context.Context, Push) error { return c.err }, nil)
		if w.Code != c.status || (len(letters) == 1) != c.buried || w.Header().Get("Retry-After") != c.retryAfter {
			t.Errorf("%v: got %d, %d letters, Retry-After %q", c.err, w.Code, len(letters), w.Header().Get("Retry-After"))
		}
		entries := out.entries(t)
		if c.severity == "" {
			if len(entries) > 0 {
				t.Errorf("%v: logged %v", c.err, entries)
			}
			continue
		}
		if len(entries) != 1 || entries[0]["severity"] != c.severity || entries[0]["message_id"] != "42" || entries[0]["kind"] != fault.KindOf(c.err).String() {
			t.Errorf("%v: logged %v", c.err, entries)
		}
	}
}

func TestAFailuresEntryLeadsToTheMessageAndToItsCause(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	const origin = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	deliver(t, s, envelopeOf(t, "x", map[string]string{"traceparent": "00-" + origin + "-00f067aa0ba902b7-01"}),
		func(context.Context, Push) error { return errors.New("defect 100%d") }, nil)
	entries := out.entries(t)
	if len(entries) != 1 {
		t.Fatalf("got %v", entries)
	}
	for key, want := range map[string]any{
		"event": "function.failed", "error": "defect 100%d", "message_id": "42", "delivery_attempt": 3.0, "origin_trace": origin,
		"function": "probe", "workload": "background", "status": 500.0,
		"logging.googleapis.com/trace": "projects/acme/traces/4bf92f3577b34da6a3ce929d0e0e4736",
	} {
		if entries[0][key] != want {
			t.Errorf("%s: got %v, want %v", key, entries[0][key], want)
		}
	}
}

func TestAMalformedEnvelopeIsPutAsideAndAcknowledged(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "garbage", "null", "[]", "{}", `{"message":null,"subscription":"s"}`, `{"message":{"data":"aGk="},"subscription":"s"}`,
		`{"message":{"messageId":"1","data":"aGk="}}`, `{"message":{"messageId":"1","data":"not base64"},"subscription":"s"}`,
		`{"message":{"messageId":1},"subscription":"s"}`, `{"message":{"messageId":"1","publishTime":"noon"},"subscription":"s"}`,
		`{"message":{"messageId":"1"},"subscription":"s"} {}`, `{"message":{"messageId":"1"},"subscription":"s","deliveryAttempt":-1}`,
	} {
		s, out := setup(t)
		w, letters := deliver(t, s, body, func(context.Context, Push) error {
			t.Errorf("%q reached the handler", body)
			return nil
		}, nil)
		if w.Code != 204 || len(letters) != 1 || string(letters[0].push.Data) != body || letters[0].reason == "" {
			t.Errorf("%q: got %d, %v", body, w.Code, letters)
		}
		if entries := out.entries(t); len(entries) != 1 || entries[0]["event"] != "message.dead_lettered" {
			t.Errorf("%q: logged %v", body, entries)
		}
	}
}

func TestAMessageThatCanNotBePutAsideComesAgain(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	w, _ := deliver(t, s, "garbage", nil, fault.New(fault.Unavailable, "publish", "down"))
	if w.Code != 503 {
		t.Errorf("got %d", w.Code)
	}
	if entries := out.entries(t); len(entries) != 1 || entries[0]["event"] != "function.failed" {
		t.Errorf("logged %v", entries)
	}
}

func TestTimeThatRunsOutBringsTheMessageAgainWithoutAnAlarm(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	s.cfg.RequestTimeout = 20 * time.Millisecond
	w, _ := deliver(t, s, envelopeOf(t, "x", nil), func(ctx context.Context, _ Push) error {
		<-ctx.Done()
		return fmt.Errorf("list activities: %w", ctx.Err())
	}, nil)
	if w.Code != 503 {
		t.Errorf("got %d", w.Code)
	}
	if entries := out.entries(t); len(entries) != 1 || entries[0]["severity"] != "WARNING" {
		t.Errorf("logged %v", entries)
	}
}

func TestWhatIsNoTrustedPushIsRefusedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	s, out := setup(t)
	google := newSigner(t)
	h := s.push(newVerifier(google.push), func(context.Context, Push) error {
		t.Error("reached the handler")
		return nil
	}, nil)
	for name, c := range map[string]struct {
		method, token string
		status        int
	}{
		"GET":            {"GET", google.token(t), http.StatusMethodNotAllowed},
		"no token":       {"POST", "", 401},
		"expired":        {"POST", google.token(t, "exp", 1), 401},
		"wrong audience": {"POST", google.token(t, "aud", "x"), 401},
		"other account":  {"POST", google.token(t, "email", "x@example.com"), 403},
	} {
		r := httptest.NewRequest(c.method, "/", strings.NewReader(envelopeOf(t, "x", nil)))
		r.Header.Set("Authorization", "Bearer "+c.token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != c.status {
			t.Errorf("%s: got %d, want %d", name, w.Code, c.status)
		}
	}
	for _, entry := range out.entries(t) {
		if entry["event"] != "message.push_refused" || entry["severity"] != "WARNING" {
			t.Errorf("logged %v", entry)
		}
	}
}

func TestTheLargestMessageFitsAndALargerBodyDoesNot(t *testing.T) {
	t.Parallel()
	s, _ := setup(t)
	var size int
	handle := func(_ context.Context, push Push) error { size = len(push.Data); return nil }
	if w, _ := deliver(t, s, envelopeOf(t, strings.Repeat("x", 10_000_000), nil), handle, nil); w.Code != 204 || size != 10_000_000 {
		t.Errorf("the largest: got %d, %d bytes", w.Code, size)
	}
	if w, letters := deliver(t, s, strings.Repeat(" ", maxEnvelope+1), handle, nil); w.Code != http.StatusRequestEntityTooLarge || len(letters) > 0 {
		t.Errorf("a larger one: got %d", w.Code)
	}
}

func FuzzDecodeEnvelope(f *testing.F) {
	f.Add([]byte(`{"message":{"data":"aGk=","messageId":"1","publishTime":"2026-11-23T10:00:00Z","attributes":{"a":"b"}},"subscription":"s","deliveryAttempt":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := decode(body)
		if err != nil {
			if fault.KindOf(err) != fault.Malformed {
				t.Errorf("%q: %v", body, err)
			}
			return
		}
		if push.ID == "" || push.Subscription == "" || push.DeliveryAttempt < 0 {
			t.Errorf("%q: accepted as %+v", body, push)
		}
	})
}
