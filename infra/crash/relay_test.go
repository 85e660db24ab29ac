package crash_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// relay stands between Strava and Webhook and does to events what may happen to them: it loses some, as when Strava has given
// them up, passes some on twice, and keeps some back to pass them on later in another order.
type relay struct {
	t      *testing.T
	url    string
	target string

	mu                        sync.Mutex
	random                    *rand.Rand // nil disturbs nothing
	kept                      []event
	passed, lost, twice, late int
}

type event struct {
	path string
	body []byte
}

func newRelay(t *testing.T, target string) *relay {
	t.Helper()
	address, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{t: t, target: target}
	handshake := httputil.NewSingleHostReverseProxy(address)
	handshake.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) } // not up yet
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if request.Method == http.MethodPost {
			r.take(w, request)
		} else {
			handshake.ServeHTTP(w, request)
		}
	}))
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// disturb begins to disturb, as random says.
func (r *relay) disturb(random *rand.Rand) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.random = random
}

// take decides on one event. The end of an authorization is never lost: nothing would tell it from a token that we lost
// ourselves, so the athlete would be asked to connect again, and nothing be erased.
func (r *relay) take(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	e := event{request.URL.Path, body}
	var kind struct {
		Object string `json:"object_type"`
	}
	fate := 1.0
	if r.random != nil {
		fate = r.random.Float64()
	}
	switch {
	case fate < 0.25 && json.Unmarshal(body, &kind) == nil && kind.Object != "athlete":
		r.lost++
	case fate < 0.5:
		r.twice++
		r.pass(e)
		r.pass(e)
	case fate < 0.75:
		r.late++
		r.kept = append(r.kept, e)
	default:
		r.pass(e)
	}
}

// release passes on what was kept back, in another order.
func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.random != nil {
		r.random.Shuffle(len(r.kept), func(i, j int) { r.kept[i], r.kept[j] = r.kept[j], r.kept[i] })
	}
	for _, e := range r.kept {
		r.pass(e)
	}
	r.kept = nil
}

// pass hands an event to Webhook, which must take it. The caller holds r.mu.
func (r *relay) pass(e event) {
	r.passed++
	answer, err := http.Post(r.target+e.path, "application/json", bytes.NewReader(e.body))
	if err != nil {
		r.t.Error(err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		r.t.Errorf("Webhook answers %s to %s", answer.Status, e.body)
	}
}

func (r *relay) told() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return fmt.Sprintf("%d events lost, %d doubled, %d late and shuffled, %d passed on", r.lost, r.twice, r.late, r.passed)
}

// waitForEvents waits until Strava has told of every change.
func (w *way) waitForEvents() {
	w.t.Helper()
	deadline := time.Now().Add(wait)
	for {
		var state struct{ Events struct{ Waiting int } }
		if err := json.Unmarshal(w.order(http.MethodGet, "/state", nil), &state); err != nil {
			w.t.Fatal(err)
		}
		if state.Events.Waiting == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatal("Strava's events are not taken")
		}
		<-time.After(2 * time.Millisecond)
	}
}
