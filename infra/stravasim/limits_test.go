package stravasim_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

func TestReadsBeyondTheLimitGet429UntilTheWindowEnds(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Limits: stravasim.Limits{Overall: [2]int{10, 100}, Read: [2]int{3, 5}}})
	_, token := r.first()
	for n, want := range []struct {
		status       int
		usage, reads string
	}{{200, "1,1", "1,1"}, {200, "2,2", "2,2"}, {200, "3,3", "3,3"}, {429, "4,4", "4,4"}} {
		got := r.get(token, "/athlete")
		if got.status != want.status {
			t.Errorf("call %d: status %d, want %d", n+1, got.status, want.status)
		}
		for header, value := range map[string]string{
			"X-RateLimit-Limit": "10,100", "X-RateLimit-Usage": want.usage,
			"X-ReadRateLimit-Limit": "3,5", "X-ReadRateLimit-Usage": want.reads,
		} {
			if got.header.Get(header) != value {
				t.Errorf("call %d: %s %q, want %q", n+1, header, got.header.Get(header), value)
			}
		}
		if got.header.Get("Retry-After") != "" {
			t.Error("Strava sends no Retry-After")
		}
	}
	r.advance(14 * time.Minute) // 12:15: the next quarter hour of the same day
	if got := r.get(token, "/athlete"); got.status != 200 || got.header.Get("X-ReadRateLimit-Usage") != "1,5" {
		t.Errorf("next quarter: status %d, usage %q", got.status, got.header.Get("X-ReadRateLimit-Usage"))
	}
	if got := r.get(token, "/athlete"); got.status != 429 {
		t.Errorf("beyond the day's limit: status %d", got.status)
	}
	r.advance(5 * time.Hour) // still the same UTC day, and the token lives
	if got := r.get(token, "/athlete"); got.status != 429 {
		t.Errorf("later that day: status %d", got.status)
	}
	r.advance(7 * time.Hour)
	_, token = r.first()
	if got := r.get(token, "/athlete"); got.status != 200 {
		t.Errorf("next day: status %d", got.status)
	}
}

func TestTokensAreNotRateLimited(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Limits: stravasim.Limits{Overall: [2]int{1, 1}, Read: [2]int{1, 1}}})
	id := r.sim.Athletes()[0].ID
	refresh := r.sim.Grant(id, "read").RefreshToken
	for range 3 {
		var next tokens
		got := r.refresh(refresh)
		got.decode(t, &next)
		if got.status != http.StatusOK {
			t.Fatalf("status %d", got.status)
		}
		refresh = next.RefreshToken
	}
}

// As recorded from Strava: the end of an authorization tells its usage and is counted, with the reads.
func TestEndingAnAuthorizationIsRateLimited(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{Limits: stravasim.Limits{Overall: [2]int{10, 100}, Read: [2]int{2, 5}}})
	_, token := r.first()
	r.get(token, "/athlete")
	for n, want := range []struct {
		status int
		usage  string
	}{{http.StatusOK, "2,2"}, {http.StatusTooManyRequests, "3,3"}} {
		got := r.post("/oauth/deauthorize", url.Values{"access_token": {token}})
		if got.status != want.status || got.header.Get("X-ReadRateLimit-Usage") != want.usage {
			t.Errorf("call %d: status %d, usage %q, want %+v", n+1, got.status, got.header.Get("X-ReadRateLimit-Usage"), want)
		}
	}
}
