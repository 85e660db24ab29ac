package cloudsim_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
)

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
	e := newEndpoint(t, func(_ http.ResponseWriter, r *http.Request, p push) {
		if p.DeliveryAttempt == 1 {
			<-r.Context().Done()
		}
	})
	cloud := start(t, e, func(c *cloudsim.Config) { c.Subscriptions[0].AckDeadline = 50 * time.Millisecond })
	publish(t, cloud, "slow")
	waitFor(t, "acknowledgement", settled(cloud, 1))
	// On a machine that is busy a further delivery may outlast the deadline as well.
	if got := cloud.Stats()["sync"]; got.Nacked == 0 || got.Acked != 1 || got.Delivered != got.Nacked+1 {
		t.Errorf("stats: got %+v, want one acknowledged and all others nacked, at least one", got)
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
