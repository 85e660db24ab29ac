package api

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRegisteringSignsIn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.visit()
	got := b.call("POST", "/v1/accounts", map[string]any{"email": "ada@example.com", "password": password, "accept_terms": true}).wants(http.StatusCreated)
	var registered, who Who
	got.decode(&registered)
	b.get("/v1/session").wants(http.StatusOK).decode(&who)
	if registered.Email == nil || *registered.Email != "ada@example.com" || registered.AccountID == 0 || !registered.ExpiresAt.After(time.Now()) {
		t.Errorf("registered as %+v", registered)
	}
	if who.AccountID != registered.AccountID || *who.Email != *registered.Email || !who.ExpiresAt.Equal(registered.ExpiresAt) {
		t.Errorf("registered as %+v, am %+v", registered, who)
	}
	if n := s.count(`SELECT count(*) FROM consents WHERE account_id = $1`, who.AccountID); n == 0 {
		t.Error("no consent was stored")
	}
}

// What is told of an account or a session that was opened is known when it is: a read between the commit and the answer can
// fail, and whoever is told so tries again and finds the address taken.
func TestNoReadStandsBetweenOpeningAndTheAnswer(t *testing.T) {
	t.Parallel()
	s := setup(t)
	rights := func(sql string) {
		if _, err := s.admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	rights(`REVOKE SELECT ON consents FROM traind_onboarding`)
	credentials := map[string]any{"email": "ada@example.com", "password": password, "accept_terms": true}
	s.visit().call("POST", "/v1/accounts", credentials).wants(http.StatusCreated)
	delete(credentials, "accept_terms")
	s.visit().call("POST", "/v1/session", credentials).wants(http.StatusInternalServerError)
	if n := s.count(`SELECT count(*) FROM sessions`); n != 1 {
		t.Errorf("%d sessions, want the first: one that could not be told of is not kept", n)
	}
	rights(`GRANT SELECT ON consents TO traind_onboarding`)
	var who Who
	s.visit().call("POST", "/v1/session", credentials).wants(http.StatusOK).decode(&who)
	if n := s.count(`SELECT count(*) FROM sessions`); n != 2 || who.Email == nil || *who.Email != "ada@example.com" || !who.HasPassword || !who.Recent {
		t.Errorf("%d sessions, want 2; signed in as %+v", n, who)
	}
}

func TestTheCookieFollowsThePublicURLAndNoHeader(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		public string
		names  []string
		secure bool
	}{
		{"http://localhost:8080", []string{"session", "device"}, false},
		{"https://train.example.com", []string{"__Host-session", "__Host-device"}, true},
	} {
		s := setup(t, func(s *system) { s.api.PublicURL, _ = url.Parse(c.public) })
		request := s.visit().request("POST", "/v1/accounts", strings.NewReader(`{"email":"a@example.com","password":"`+password+`","accept_terms":true}`))
		// Whoever forges these must not get a cookie for another origin, nor one without protection.
		request.Host = "evil.example.com"
		request.Header.Set("X-Forwarded-Proto", map[bool]string{true: "http", false: "https"}[c.secure])
		request.Header.Set("X-Forwarded-Host", "evil.example.com")
		recorder := s.record(request)
		cookies := recorder.Result().Cookies()
		if recorder.Code != http.StatusCreated || len(cookies) != 2 {
			t.Fatalf("%s: got %d %s, cookies %v", c.public, recorder.Code, recorder.Body, cookies)
		}
		for i, cookie := range cookies {
			if cookie.Name != c.names[i] || cookie.Secure != c.secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
				cookie.Path != "/" || cookie.Domain != "" || !cookie.Expires.After(time.Now()) {
				t.Errorf("%s: got %v", c.public, cookie)
			}
		}
		if hsts := recorder.Header().Get("Strict-Transport-Security"); (hsts != "") != c.secure {
			t.Errorf("%s: Strict-Transport-Security %q", c.public, hsts)
		}
	}
}

// A cookie that another site of the same host could have set counts for nothing where the service is reached by HTTPS.
func TestOverHTTPSOnlyThePrefixedCookieCounts(t *testing.T) {
	t.Parallel()
	s := setup(t, func(s *system) { s.api.PublicURL, _ = url.Parse("https://train.example.com") })
	registration := s.visit().request("POST", "/v1/accounts", strings.NewReader(`{"email":"a@example.com","password":"`+password+`","accept_terms":true}`))
	token := s.record(registration).Result().Cookies()[0].Value
	for name, want := range map[string]int{"__Host-session": http.StatusOK, "session": http.StatusUnauthorized} {
		request := s.visit().request("GET", "/v1/session", nil)
		request.AddCookie(&http.Cookie{Name: name, Value: token})
		if got := s.record(request).Code; got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}

func TestAnAddressHasOneAccount(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.register("ada@example.com")
	b := s.visit()
	b.call("POST", "/v1/accounts", map[string]any{"email": "ADA@example.com", "password": password, "accept_terms": true}).refused(http.StatusConflict, "email-taken")
	b.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
	if n := s.count(`SELECT count(*) FROM accounts`); n != 1 {
		t.Errorf("there are %d accounts", n)
	}
}

func TestSigningInAndOut(t *testing.T) {
	t.Parallel()
	s := setup(t)
	first := s.register("ada@example.com")
	b := s.visit()
	b.call("POST", "/v1/session", map[string]any{"email": "ada@example.com", "password": password}).wants(http.StatusOK)
	b.get("/v1/session").wants(http.StatusOK)
	token := b.client.Jar.Cookies(b.api.PublicURL)[0]
	out := b.call("DELETE", "/v1/session", nil).wants(http.StatusNoContent)
	if cookie := out.header.Get("Set-Cookie"); !strings.Contains(cookie, "Max-Age=0") || len(out.body) != 0 {
		t.Errorf("signing out answers %q with cookie %q", out.body, cookie)
	}
	b.get("/v1/session").refused(http.StatusUnauthorized, "signed-out")
	request := b.request("GET", "/v1/session", nil)
	request.AddCookie(token) // kept, though the browser was told to forget it
	b.send(request).refused(http.StatusUnauthorized, "signed-out")
	first.get("/v1/session").wants(http.StatusOK) // another session of the same account
}

func TestUnknownAddressAndWrongPasswordLookTheSame(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.register("ada@example.com")
	b := s.visit()
	unknown := b.call("POST", "/v1/session", map[string]any{"email": "eve@example.com", "password": password}).refused(http.StatusUnauthorized, "credentials")
	wrong := b.call("POST", "/v1/session", map[string]any{"email": "ada@example.com", "password": "another password"}).refused(http.StatusUnauthorized, "credentials")
	noAddress := b.call("POST", "/v1/session", map[string]any{"email": "eve", "password": ""}).refused(http.StatusUnauthorized, "credentials")
	if !bytes.Equal(unknown.body, wrong.body) || !bytes.Equal(unknown.body, noAddress.body) {
		t.Errorf("told apart:\n%s%s%s", unknown.body, wrong.body, noAddress.body)
	}
	unknown.header.Del("Date")
	wrong.header.Del("Date")
	for name := range unknown.header {
		if unknown.header.Get(name) != wrong.header.Get(name) || len(unknown.header) != len(wrong.header) {
			t.Errorf("header %s tells them apart", name)
		}
	}
}
