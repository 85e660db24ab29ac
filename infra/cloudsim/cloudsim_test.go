package cloudsim_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

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

func TestPushHasTheShapeOfPubSubs(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, nil)
	id, err := cloud.Publish(t.Context(), "sync", []byte(`{"kind":"wake"}`), map[string]string{"traceparent": "00-x"})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "acknowledgement", settled(cloud, 1))

	got := e.got()[0]
	if string(got.Message.Data) != `{"kind":"wake"}` || got.Message.Attributes["traceparent"] != "00-x" {
		t.Errorf("message: got %s %v", got.Message.Data, got.Message.Attributes)
	}
	if got.Message.MessageID != id || got.Message.MessageIDSnake != id {
		t.Errorf("id: got %q and %q, want %q", got.Message.MessageID, got.Message.MessageIDSnake, id)
	}
	at, err := time.Parse(time.RFC3339Nano, got.Message.PublishTime)
	if err != nil || time.Since(at) > time.Minute || got.Message.PublishTimeSnake != got.Message.PublishTime {
		t.Errorf("publish time: got %q and %q (%v)", got.Message.PublishTime, got.Message.PublishTimeSnake, err)
	}
	if want := "projects/train-d-local/subscriptions/sync"; got.Subscription != want || got.DeliveryAttempt != 1 {
		t.Errorf("subscription, attempt: got %q, %d; want %q, 1", got.Subscription, got.DeliveryAttempt, want)
	}
	if got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Traceparent") == "" {
		t.Errorf("headers: got %v", got.Header)
	}
}

// certsFrom sends what the validator asks of Google's address to another one, as the functions do locally.
type certsFrom struct{ url *url.URL }

func (c certsFrom) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = c.url.Scheme, c.url.Host, ""
	return http.DefaultTransport.RoundTrip(r)
}

func TestTokenHoldsBeforeGooglesOwnValidator(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, nil)
	publish(t, cloud, "x")
	waitFor(t, "acknowledgement", settled(cloud, 1))

	certs, err := url.Parse(cloud.CertsURL())
	if err != nil {
		t.Fatal(err)
	}
	if certs.Path != "/oauth2/v3/certs" {
		t.Errorf("path of the certificates: got %s, want Google's", certs.Path)
	}
	validator, err := idtoken.NewValidator(t.Context(), option.WithHTTPClient(&http.Client{Transport: certsFrom{certs}}))
	if err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(e.got()[0].Header.Get("Authorization"), "Bearer ")
	payload, err := validator.Validate(t.Context(), token, audience)
	if err != nil {
		t.Fatal(err)
	}
	if payload.Issuer != "https://accounts.google.com" || payload.Claims["email"] != email || payload.Claims["email_verified"] != true {
		t.Errorf("claims: got %v", payload.Claims)
	}
	if _, err := validator.Validate(t.Context(), token, "https://other.example.com"); err == nil {
		t.Error("the token holds for another audience")
	}
	if _, err := validator.Validate(t.Context(), token[:len(token)-8]+"AAAAAAAA", audience); err == nil {
		t.Error("the token holds with another signature")
	}
}

func TestOnlyTheStatusesOfSuccessAcknowledge(t *testing.T) {
	t.Parallel()
	for status, acknowledges := range map[int]bool{
		200: true, 201: true, 202: true, 204: true,
		203: false, 302: false, 400: false, 404: false, 429: false, 500: false, 503: false,
	} {
		var answered bool
		var mu sync.Mutex
		e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, _ push) {
			mu.Lock()
			defer mu.Unlock()
			if answered {
				w.WriteHeader(http.StatusOK)
				return
			}
			answered = true
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		})
		cloud := start(t, e, nil)
		publish(t, cloud, "x")
		waitFor(t, "acknowledgement", settled(cloud, 1))
		if got := cloud.Stats()["sync"].Nacked == 0; got != acknowledges {
			t.Errorf("status %d acknowledges: got %t, want %t", status, got, acknowledges)
		}
	}
}

func TestPoisonBecomesADeadLetterAfterTheLastAttempt(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p push) {
		if string(p.Message.Data) == "poison" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	cloud := start(t, e, nil)
	publish(t, cloud, "poison", "sound")
	waitFor(t, "end of both messages", settled(cloud, 2))

	var attempts []int
	for _, p := range e.got() {
		if string(p.Message.Data) == "poison" {
			attempts = append(attempts, p.DeliveryAttempt)
		}
	}
	if want := []int{1, 2, 3, 4, 5}; !slices.Equal(attempts, want) {
		t.Errorf("attempts: got %v, want %v", attempts, want)
	}
	letters := cloud.DeadLetters()
	if len(letters) != 1 || string(letters[0].Data) != "poison" || letters[0].Topic != "sync-dead-letter" {
		t.Fatalf("dead letters: got %+v", letters)
	}
	for name, want := range map[string]string{
		"CloudPubSubDeadLetterSourceDeliveryCount":       "5",
		"CloudPubSubDeadLetterSourceSubscription":        "sync",
		"CloudPubSubDeadLetterSourceSubscriptionProject": project,
	} {
		if got := letters[0].Attributes[name]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	stats := cloud.Stats()["sync"]
	want := cloudsim.Stats{Published: 2, Delivered: 6, Acked: 1, Nacked: 5, DeadLettered: 1}
	if stats != want {
		t.Errorf("stats: got %+v, want %+v", stats, want)
	}
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var times []time.Time
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p push) {
		mu.Lock()
		defer mu.Unlock()
		times = append(times, time.Now())
		if p.DeliveryAttempt < 5 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	cloud := start(t, e, func(c *cloudsim.Config) {
		c.Subscriptions[0].MinBackoff, c.Subscriptions[0].MaxBackoff = 20*time.Millisecond, 40*time.Millisecond
	})
	publish(t, cloud, "x")
	waitFor(t, "acknowledgement", settled(cloud, 1))
	mu.Lock()
	defer mu.Unlock()
	for i, want := range []time.Duration{20, 40, 40, 40} {
		want *= time.Millisecond
		if got := times[i+1].Sub(times[i]); got < want {
			t.Errorf("wait before attempt %d: got %v, want at least %v", i+2, got, want)
		}
	}
}

func TestPushThatOutlastsTheAckDeadlineIsDeliveredAgain(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(w http.ResponseWriter, r *http.Request, p push) {
		if p.DeliveryAttempt == 1 {
			<-r.Context().Done()
		}
	})
	cloud := start(t, e, func(c *cloudsim.Config) { c.Subscriptions[0].AckDeadline = 50 * time.Millisecond })
	publish(t, cloud, "slow")
	waitFor(t, "acknowledgement", settled(cloud, 1))
	if got := cloud.Stats()["sync"]; got.Nacked != 1 || got.Delivered != 2 {
		t.Errorf("stats: got %+v, want 1 nacked of 2 delivered", got)
	}
}

func TestWaitingForARetryHoldsUpNoOtherMessage(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p push) {
		if string(p.Message.Data) == "later" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	cloud := start(t, e, func(c *cloudsim.Config) {
		c.Subscriptions[0].MinBackoff, c.Subscriptions[0].MaxBackoff = time.Hour, time.Hour
		c.Subscriptions[0].Concurrency = 1
	})
	publish(t, cloud, "later", "later", "later", "now")
	waitFor(t, "delivery of all", func() bool { return cloud.Stats()["sync"].Delivered == 4 })
	if got := cloud.Stats()["sync"]; got.Acked != 1 || got.Outstanding != 3 {
		t.Errorf("stats: got %+v, want 1 acked and 3 outstanding", got)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var now, most int
	release := make(chan struct{})
	e := newEndpoint(t, func(http.ResponseWriter, *http.Request, push) {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		<-release
		mu.Lock()
		now--
		mu.Unlock()
	})
	cloud := start(t, e, func(c *cloudsim.Config) { c.Subscriptions[0].Concurrency = 3 })
	publish(t, cloud, "1", "2", "3", "4", "5", "6")
	waitFor(t, "three pushes at a time", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return now == 3 && cloud.Stats()["sync"].Published == 6
	})
	close(release)
	waitFor(t, "acknowledgements", settled(cloud, 6))
	if most != 3 {
		t.Errorf("pushes at the same time: got %d, want 3", most)
	}
}

func TestJobPublishesAtItsIntervalAndOnDemand(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, func(c *cloudsim.Config) {
		c.Jobs = []cloudsim.Job{
			{Name: "often", Topic: "sync", Every: 5 * time.Millisecond, Data: []byte("often")},
			{Name: "asked", Topic: "sync", Data: []byte("asked")},
		}
	})
	waitFor(t, "three runs", func() bool { return len(e.got()) >= 3 })
	if slices.Contains(e.data(), "asked") {
		t.Error("a job without an interval ran by itself")
	}
	if err := cloud.RunJob(t.Context(), "asked"); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the run asked for", func() bool { return slices.Contains(e.data(), "asked") })
	if err := cloud.RunJob(t.Context(), "unknown"); err == nil {
		t.Error("an unknown job ran")
	}
}

func TestEverythingEndsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cloud, err := cloudsim.Start(ctx, cloudsim.Config{Project: project, Topics: []string{"sync"}})
	if err != nil {
		t.Fatal(err)
	}
	address := strings.TrimPrefix(cloud.ControlURL(), "http://")
	for _, listening := range []string{cloud.PubSubAddress(), address} {
		host, _, err := net.SplitHostPort(listening)
		if err != nil || host != "127.0.0.1" {
			t.Errorf("listens at %s (%v), want 127.0.0.1", listening, err)
		}
	}
	cancel()
	waitFor(t, "end", func() bool {
		for _, listening := range []string{cloud.PubSubAddress(), address} {
			conn, err := net.Dial("tcp", listening)
			if err == nil {
				_ = conn.Close()
				return false
			}
		}
		return true
	})
}

func TestStartNamesEveryUnknownTopicAndTheTakenPort(t *testing.T) {
	t.Parallel()
	_, err := cloudsim.Start(t.Context(), cloudsim.Config{
		Project:       project,
		Subscriptions: []cloudsim.Subscription{{Name: "s", Topic: "one"}},
		Jobs:          []cloudsim.Job{{Name: "j", Topic: "two"}},
	})
	if err == nil || !strings.Contains(err.Error(), `"one"`) || !strings.Contains(err.Error(), `"two"`) {
		t.Errorf("got %v, want both topics named", err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	port := taken.Addr().(*net.TCPAddr).Port
	for _, config := range []cloudsim.Config{{Project: project, PubSubPort: port}, {Project: project, ControlPort: port}} {
		if _, err := cloudsim.Start(t.Context(), config); err == nil || !strings.Contains(err.Error(), "taken") {
			t.Errorf("start on a taken port: got %v", err)
		}
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
