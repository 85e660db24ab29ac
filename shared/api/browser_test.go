package api

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
)

const password = "correct horse battery"

// browser is one person's, with a cookie jar. Everything it is answered is held against what the API promises of every answer.
type browser struct {
	*system
	client  *http.Client
	address string // where it goes to
}

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// visit opens a new browser.
func (s *system) visit() *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{system: s, client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	if s.server != nil {
		b.address = s.server.URL
	}
	return b
}

// register opens a new browser with an account.
func (s *system) register(email string) *browser {
	s.t.Helper()
	b := s.visit()
	b.call("POST", "/v1/accounts", map[string]any{"email": email, "password": password, "accept_terms": true}).wants(http.StatusCreated)
	return b
}

// call sends a request as the page does. A body that is text is sent as it is, any other as JSON.
func (b *browser) call(method, path string, body any) answer {
	b.t.Helper()
	var text io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		text = strings.NewReader(body)
	default:
		encoded, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		text = bytes.NewReader(encoded)
	}
	request := b.request(method, path, text)
	if text != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return b.send(request)
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.call("GET", path, nil) }

func (b *browser) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), method, b.address+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return request
}

func (b *browser) send(request *http.Request) answer {
	b.t.Helper()
	response, err := b.client.Do(request)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	a := answer{b.t, response.StatusCode, response.Header, body}
	a.check(request)
	return a
}

// wants ends the test where the status is another.
func (a answer) wants(code int) answer {
	a.t.Helper()
	if a.status != code {
		a.t.Fatalf("got %d %s, want %d", a.status, a.body, code)
	}
	return a
}

// refused checks status and code of a problem, and which fields it names, in any order.
func (a answer) refused(status int, code string, locations ...string) answer {
	a.t.Helper()
	found := a.wants(status).problem()
	if found.Code != code {
		a.t.Errorf("got code %q, want %q: %s", found.Code, code, a.body)
	}
	named := map[string]bool{}
	for _, field := range found.Errors {
		named[field.Location] = field.Message != ""
	}
	if len(named) != len(locations) {
		a.t.Errorf("got fields %v, want %v", named, locations)
	}
	for _, location := range locations {
		if !named[location] {
			a.t.Errorf("got fields %v, want %v", named, locations)
		}
	}
	return a
}

func (a answer) problem() (found Problem) { a.t.Helper(); a.decode(&found); return found }

func (a answer) decode(into any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, into); err != nil {
		a.t.Fatalf("%s: %v", a.body, err)
	}
}

// record answers a request without a network, for what a client would not send.
func (s *system) record(request *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	quiet(s.api.Handler()).ServeHTTP(recorder, request)
	return recorder
}
