package api

import (
	"net/http/httptest"
	"testing"
)

func TestTheClientsAddressIsWhatTheProxiesWrote(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hops      int
		forwarded []string
		remote    string
		want      string
	}{
		{1, []string{"203.0.113.7"}, "10.0.0.1:1", "203.0.113.7"},
		{1, []string{"198.51.100.1, 203.0.113.7"}, "10.0.0.1:1", "203.0.113.7"}, // the client claims to be another
		{1, []string{"198.51.100.1", "203.0.113.7"}, "10.0.0.1:1", "203.0.113.7"},
		{2, []string{"198.51.100.1, 203.0.113.7,10.1.1.1"}, "10.0.0.1:1", "203.0.113.7"},
		{2, []string{"203.0.113.7"}, "10.0.0.1:1", "10.0.0.1"},
		{0, []string{"198.51.100.1"}, "203.0.113.7:99", "203.0.113.7"},
		{1, nil, "203.0.113.7:99", "203.0.113.7"},
		{1, []string{"nonsense"}, "[2001:db8:1:2:3:4:5:6]:99", "2001:db8:1:2::/64"},
		{1, []string{"2001:db8:1:2::9"}, "10.0.0.1:1", "2001:db8:1:2::/64"}, // one household has them all
		{1, []string{"::ffff:203.0.113.7"}, "10.0.0.1:1", "203.0.113.7"},
		{1, []string{"fe80::1%eth0"}, "10.0.0.1:1", "fe80::/64"},
		{1, []string{""}, "@", "unknown"},
	} {
		request := httptest.NewRequestWithContext(t.Context(), "GET", "/", nil)
		request.RemoteAddr = c.remote
		for _, value := range c.forwarded {
			request.Header.Add("X-Forwarded-For", value)
		}
		if got := clientAddress(request, c.hops); got != c.want {
			t.Errorf("%d hops of %q from %s: %q, want %q", c.hops, c.forwarded, c.remote, got, c.want)
		}
	}
}
