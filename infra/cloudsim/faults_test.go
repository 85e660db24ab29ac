package cloudsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/train-d/train-d/infra/cloudsim"
)

func numbered(n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("%02d", i))
	}
	return all
}

func TestDuplicatesReachTheEndpointTwice(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, nil)
	cloud.SetFaults(cloudsim.Faults{Duplicate: true})
	publish(t, cloud, numbered(5)...)
	waitFor(t, "ten deliveries", func() bool { return cloud.Stats()["sync"].Delivered == 10 })
	got := e.data()
	slices.Sort(got)
	want := slices.Sorted(slices.Values(append(numbered(5), numbered(5)...)))
	if !slices.Equal(got, want) {
		t.Errorf("deliveries: got %v, want each twice", got)
	}
	if acked := cloud.Stats()["sync"].Acked; acked != 5 {
		t.Errorf("acknowledged messages: got %d, want 5", acked)
	}
}

func TestMessagesAreSettledOnceTheirLastDeliveryHasEnded(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	var mu sync.Mutex
	deliveries := 0
	e := newEndpoint(t, func(http.ResponseWriter, *http.Request, push) {
		mu.Lock()
		deliveries++
		second := deliveries == 2
		mu.Unlock()
		if second {
			<-release
		}
	})
	cloud := start(t, e, nil)
	if !cloud.Settled() {
		t.Error("not settled before anything was published")
	}
	cloud.SetFaults(cloudsim.Faults{Duplicate: true})
	publish(t, cloud, "x")
	waitFor(t, "the first delivery", func() bool { return cloud.Stats()["sync"].Acked == 1 })
	if cloud.Settled() {
		t.Error("settled while the duplicate is under way")
	}
	close(release)
	waitFor(t, "the end", cloud.Settled)
	if got := cloud.Stats()["sync"].Delivered; got != 2 {
		t.Errorf("settled after %d deliveries, want 2", got)
	}
}

func TestDroppedMessagesAreNeverDelivered(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, nil)
	cloud.SetFaults(cloudsim.Faults{Drop: 1})
	publish(t, cloud, numbered(3)...)
	waitFor(t, "end of all", settled(cloud, 3))
	if stats := cloud.Stats()["sync"]; stats.Dropped != 3 || len(e.got()) != 0 {
		t.Errorf("got %+v and %d pushes, want all dropped", stats, len(e.got()))
	}
	cloud.SetFaults(cloudsim.Faults{})
	publish(t, cloud, "after")
	waitFor(t, "end of all", settled(cloud, 4))
	if got := e.data(); !slices.Equal(got, []string{"after"}) {
		t.Errorf("pushes once nothing is dropped: got %v", got)
	}
}

func TestReorderingDeliversEveryMessageOnceInAnotherOrder(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, accept)
	cloud := start(t, e, func(c *cloudsim.Config) { c.Subscriptions[0].Concurrency = 1 })
	cloud.SetFaults(cloudsim.Faults{Reorder: 8, Seed: 3})
	publish(t, cloud, numbered(17)...) // two sets, and one message that no set fills up with
	waitFor(t, "end of all", settled(cloud, 17))
	got := e.data()
	if slices.Equal(got, numbered(17)) {
		t.Error("the order is the one of publication")
	}
	slices.Sort(got)
	if !slices.Equal(got, numbered(17)) {
		t.Errorf("deliveries: got %v, want each once", got)
	}
}

func TestReplayDeliversEveryAcknowledgedMessageOnceMore(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, p push) {
		if string(p.Message.Data) == "poison" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	cloud := start(t, e, nil)
	publish(t, cloud, append(numbered(20), "poison")...)
	waitFor(t, "end of all", settled(cloud, 21))
	before := len(e.got())

	status, body := call(t, http.MethodPost, cloud.ControlURL()+"/_cloud/replay", "", nil)
	if want := `{"sync":{"acked":20,"refused":0}}`; status != http.StatusOK || strings.TrimSpace(body) != want {
		t.Errorf("replay: got %d %s, want 200 %s", status, body, want)
	}
	again := e.data()[before:]
	slices.Sort(again)
	if !slices.Equal(again, numbered(20)) {
		t.Errorf("second deliveries: got %v, want the twenty acknowledged", again)
	}
	if status, _ := call(t, http.MethodPost, cloud.ControlURL()+"/_cloud/replay?subscription=unknown", "", nil); status != 400 {
		t.Errorf("replay of an unknown subscription: got %d, want 400", status)
	}
}

func TestControlAPISaysWhatTheMethodsSay(t *testing.T) {
	t.Parallel()
	e := newEndpoint(t, func(w http.ResponseWriter, _ *http.Request, _ push) { w.WriteHeader(http.StatusTeapot) })
	cloud := start(t, e, func(c *cloudsim.Config) {
		c.Jobs = []cloudsim.Job{{Name: "tick", Topic: "sync", Data: []byte("tick")}}
	})
	if status, body := call(t, http.MethodPost, cloud.ControlURL()+"/_cloud/jobs/tick", "", nil); status != 200 {
		t.Fatalf("run job: got %d %s", status, body)
	}
	waitFor(t, "dead letter", settled(cloud, 1))
	_, body := call(t, http.MethodGet, cloud.ControlURL()+"/_cloud/stats", "", nil)
	var stats map[string]cloudsim.Stats
	if err := json.Unmarshal([]byte(body), &stats); err != nil || stats["sync"] != cloud.Stats()["sync"] {
		t.Errorf("stats: got %s (%v), want %v", body, err, cloud.Stats())
	}
	_, body = call(t, http.MethodGet, cloud.ControlURL()+"/_cloud/deadletters", "", nil)
	var letters []cloudsim.DeadLetter
	if err := json.Unmarshal([]byte(body), &letters); err != nil || len(letters) != 1 || string(letters[0].Data) != "tick" {
		t.Errorf("dead letters: got %s (%v)", body, err)
	}
	if status, body := call(t, http.MethodPut, cloud.ControlURL()+"/_cloud/faults", `{"drop":0.5,"seed":9}`, nil); status != 200 {
		t.Errorf("put faults: got %d %s", status, body)
	}
	_, body = call(t, http.MethodGet, cloud.ControlURL()+"/_cloud/faults", "", nil)
	if want := `{"duplicate":false,"drop":0.5,"reorder":0,"seed":9}`; strings.TrimSpace(body) != want {
		t.Errorf("faults: got %s, want %s", body, want)
	}
}

func TestControlAPIRefusesMistakesAndWebPages(t *testing.T) {
	t.Parallel()
	cloud := start(t, newEndpoint(t, accept), nil)
	for _, body := range []string{`{"drop":2}`, `{"dorp":1}`, `{"reorder":-1}`, `nonsense`} {
		if status, _ := call(t, http.MethodPut, cloud.ControlURL()+"/_cloud/faults", body, nil); status != 400 {
			t.Errorf("faults %s: got %d, want 400", body, status)
		}
	}
	for method, path := range map[string]string{"POST": "/_cloud/replay", "GET": "/_cloud/stats", "PUT": "/_cloud/faults"} {
		origin := http.Header{"Origin": {"https://page.example.com"}}
		if status, _ := call(t, method, cloud.ControlURL()+path, "{}", origin); status != http.StatusForbidden {
			t.Errorf("%s %s from a web page: got %d, want 403", method, path, status)
		}
	}
}
