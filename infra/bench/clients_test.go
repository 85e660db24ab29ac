package bench

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestClientsTellAnswersApart(t *testing.T) {
	t.Parallel()
	var asked [4]atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		switch n := asked[3].Add(1) % 4; n {
		case 0:
			asked[0].Add(1)
			w.WriteHeader(http.StatusCreated)
		case 1:
			asked[1].Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			asked[2].Add(1)
			w.WriteHeader(http.StatusInternalServerError)
		default: // no answer at all
			asked[2].Add(1)
			panic(http.ErrAbortHandler)
		}
	}))
	t.Cleanup(server.Close)
	got := clients(t.Context(), 3, strings.TrimPrefix(server.URL, "http://"), "test", 100*time.Millisecond)
	want := [3]int{int(asked[0].Load()), int(asked[1].Load()), int(asked[2].Load())}
	if have := [3]int{got.created, got.refused, got.failed}; have != want || want[0] == 0 || want[1] == 0 || want[2] == 0 {
		t.Errorf("created, refused, failed: got %v, want %v and none of them 0", have, want)
	}
	if len(got.took) != got.created {
		t.Errorf("times: got %d for %d registrations", len(got.took), got.created)
	}
}

func TestRatioIsTakenWithinARound(t *testing.T) {
	t.Parallel()
	// The machine was slow in one round, and fast in another; the variants' ratio was the same.
	at := func(perSecond ...int) (r Result) {
		for _, n := range perSecond {
			r.rounds = append(r.rounds, []turn{{answers: answers{created: n, elapsed: time.Second}}})
		}
		return r
	}
	if got, want := ratio(at(900, 90, 450), at(1000, 100, 500), throughput), 0.9; got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
