package cloudsim_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
)

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
