package api

import (
	"net/http"
	"strings"
	"testing"
)

func TestAnotherSitesPageChangesNothing(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	for name, headers := range map[string]map[string]string{
		"fetch metadata": {"Sec-Fetch-Site": "cross-site"},
		"same site":      {"Sec-Fetch-Site": "same-site"},
		"origin":         {"Origin": "https://evil.example.com"},
		"null origin":    {"Origin": "null"},
	} {
		for _, route := range [][2]string{{"DELETE", "/v1/session"}, {"POST", "/v1/sync"}, {"POST", "/v1/session"}, {"PATCH", "/v1/settings"}} {
			request := b.request(route[0], route[1], nil)
			for header, value := range headers {
				request.Header.Set(header, value)
			}
			if got := b.send(request).refused(http.StatusForbidden, "cross-origin"); got.header.Get("X-Frame-Options") == "" {
				t.Errorf("%s: refused without the security headers", name)
			}
		}
	}
	b.get("/v1/session").wants(http.StatusOK)

	// Reading across sites is the browser's to refuse; a link from elsewhere must work.
	request := b.request("GET", "/v1/session", nil)
	request.Header.Set("Sec-Fetch-Site", "cross-site")
	b.send(request).wants(http.StatusOK)
	for header, value := range map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": b.server.URL} {
		request := b.request("PATCH", "/v1/settings", strings.NewReader(`{"units":"imperial"}`))
		request.Header.Set(header, value)
		b.send(request).wants(http.StatusOK)
	}
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	for _, path := range []string{"/", "/assets/main-a1b2.js", "/v1/health", "/v1/session", "/nothing", "/openapi.json"} {
		header := b.get(path).header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Content-Security-Policy": contentPolicy,
		} {
			if got := header.Values(name); len(got) != 1 || got[0] != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if got := header.Values("Cache-Control"); len(got) != 1 || (strings.HasPrefix(path, "/v1/") && got[0] != "no-store") {
			t.Errorf("%s: Cache-Control %q", path, got)
		}
	}
	if strings.Contains(contentPolicy, "unsafe") || strings.Contains(contentPolicy, "*") {
		t.Errorf("%s allows what is inline or anywhere", contentPolicy)
	}
}

func TestWhatIsNotThereIsAProblem(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	for _, route := range [][2]string{{"GET", "/nothing"}, {"GET", "/v1/nothing"}, {"GET", "/v1"}, {"POST", "/v1/nothing"}, {"GET", "/v1/session/"},
		{"GET", "/docs"}, {"GET", "/schemas/Who.json"}, {"GET", "/openapi.yaml"}, {"GET", "/openapi-3.0.json"}, {"GET", "/index.htm"}, {"GET", "/v1/session%00"},
		{"GET", "/index.html"}, {"GET", "/v1/activities/1/laps"}, {"BREW", "/v1/nothing"}} {
		b.call(route[0], route[1], nil).refused(http.StatusNotFound, "")
	}
	for _, route := range [][3]string{{"PUT", "/v1/session", "DELETE, GET, HEAD, POST"}, {"DELETE", "/v1/activities", "GET, HEAD"}, {"GET", "/v1/accounts", "POST"},
		{"POST", "/", "GET, HEAD"}, {"OPTIONS", "/v1/settings", "GET, HEAD, PATCH"}, {"BREW", "/assets/main-a1b2.js", "GET, HEAD"}} {
		got := b.call(route[0], route[1], nil).refused(http.StatusMethodNotAllowed, "")
		if allow := got.header.Get("Allow"); allow != route[2] {
			t.Errorf("%s %s: Allow %q, want %q", route[0], route[1], allow, route[2])
		}
	}
}

// Nothing is redirected to what an address might have meant: an empty parameter is no parameter.
func TestACrookedPathLeadsNowhere(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	for _, path := range []string{
		"/v1/activities//streams", "//evil.example/v1/session", "/v1/./session", "/v1/x/../session", "//", "/v1//session",
		"/%2e%2e/v1/session", "/v1/%2e/session", "/v1/session/..", "/v1/activities/%2e%2e/session",
	} {
		got := b.get(path)
		if got.refused(http.StatusNotFound, ""); got.header.Get("Location") != "" {
			t.Errorf("%s leads to %s", path, got.header.Get("Location"))
		}
	}
}
