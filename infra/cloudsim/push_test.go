package cloudsim_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/train-d/train-d/infra/cloudsim"
)

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

func TestAPusherSendsWhatASubscriptionSendsAndTellsTheAnswer(t *testing.T) {
	t.Parallel()
	answers := []int{http.StatusServiceUnavailable, http.StatusNoContent}
	var mu sync.Mutex
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, _ push) {
		mu.Lock()
		defer mu.Unlock()
		w.WriteHeader(answers[0])
		answers = answers[1:]
	})
	cloud := start(t, e, nil)
	pusher := cloud.Pusher(cloudsim.Subscription{
		Name: "sync", Endpoint: e.url, Audience: audience, ServiceAccountEmail: email, DeadLetterTopic: "sync-dead-letter",
	})
	defer pusher.Close()
	message := pusher.Message([]byte(`{"kind":"wake"}`))
	for attempt, want := range []int{http.StatusServiceUnavailable, http.StatusNoContent} {
		got, err := pusher.Push(t.Context(), message, attempt+1)
		if got != want || err != nil || cloudsim.Acknowledges(got) != (want == http.StatusNoContent) {
			t.Errorf("attempt %d: got %d, %v; want %d", attempt+1, got, err, want)
		}
	}
	pushes := e.got()
	first, second := pushes[0], pushes[1]
	if first.Message.MessageID == "" || first.Message.MessageID != second.Message.MessageID || second.DeliveryAttempt != 2 ||
		first.Subscription != "projects/train-d-local/subscriptions/sync" {
		t.Errorf("got %+v, then %+v", first, second)
	}
	if !strings.HasPrefix(first.Header.Get("Authorization"), "Bearer ") {
		t.Errorf("no token: %v", first.Header)
	}
}
