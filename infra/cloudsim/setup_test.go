package cloudsim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
)

const (
	project  = "train-d-local"
	audience = "https://sync.example.com"
	email    = "pubsub-push@train-d-local.iam.gserviceaccount.com"
)

// push is one request as the endpoint saw it.
type push struct {
	Header  http.Header
	Message struct {
		Data             []byte
		Attributes       map[string]string
		MessageID        string `json:"messageId"`
		MessageIDSnake   string `json:"message_id"`
		PublishTime      string `json:"publishTime"`
		PublishTimeSnake string `json:"publish_time"`
	}
	Subscription    string
	DeliveryAttempt int
}

// endpoint is a push endpoint that keeps what it got and answers as it is told to.
type endpoint struct {
	url string

	mu     sync.Mutex
	pushes []push
}

func newEndpoint(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, p push)) *endpoint {
	t.Helper()
	e := &endpoint{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var p push
		if err := json.NewDecoder(r.Body).Decode(&p); err != nil {
			t.Errorf("decode push: %v", err)
		}
		p.Header = r.Header
		e.mu.Lock()
		e.pushes = append(e.pushes, p)
		e.mu.Unlock()
		answer(w, r, p)
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

func (e *endpoint) got() []push {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.pushes)
}

func (e *endpoint) data() []string {
	var all []string
	for _, p := range e.got() {
		all = append(all, string(p.Message.Data))
	}
	return all
}

func accept(w http.ResponseWriter, _ *http.Request, _ push) { w.WriteHeader(http.StatusNoContent) }

// start starts a cloud with one topic and a push subscription to the endpoint.
func start(t *testing.T, e *endpoint, change func(*cloudsim.Config)) *cloudsim.Cloud {
	t.Helper()
	config := cloudsim.Config{
		Project: project,
		Topics:  []string{"sync", "sync-dead-letter"},
		Subscriptions: []cloudsim.Subscription{{
			Name: "sync", Topic: "sync", Endpoint: e.url, Audience: audience, ServiceAccountEmail: email,
			MinBackoff: 2 * time.Millisecond, MaxBackoff: 8 * time.Millisecond,
			MaxAttempts: 5, DeadLetterTopic: "sync-dead-letter",
		}},
	}
	if change != nil {
		change(&config)
	}
	cloud, err := cloudsim.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cloud.Close(); err != nil {
			t.Error(err)
		}
	})
	return cloud
}

func publish(t *testing.T, cloud *cloudsim.Cloud, data ...string) {
	t.Helper()
	for _, body := range data {
		if _, err := cloud.Publish(t.Context(), "sync", []byte(body), nil); err != nil {
			t.Fatal(err)
		}
	}
}

func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(20 * time.Second)
	for !met() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("no %s in 20 s", what)
		}
	}
}

func settled(cloud *cloudsim.Cloud, published int) func() bool {
	return func() bool {
		stats := cloud.Stats()["sync"]
		return stats.Published == published && stats.Outstanding == 0
	}
}

func call(t *testing.T, method, url, body string, header http.Header) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}
