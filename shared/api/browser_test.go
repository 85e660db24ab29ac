package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
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

// described routes a request to its operation in the OpenAPI document.
var described = func() func(*http.Request) (*huma.Operation, huma.Registry) {
	service := humago.New(http.NewServeMux(), configuration())
	(&API{}).Describe(service)
	routes, operations := http.NewServeMux(), map[string]*huma.Operation{}
	for path, item := range service.OpenAPI().Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Patch, item.Delete} {
			if operation != nil {
				pattern := operation.Method + " " + path
				operations[pattern] = operation
				routes.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
			}
		}
	}
	return func(r *http.Request) (*huma.Operation, huma.Registry) {
		_, pattern := routes.Handler(r)
		return operations[pattern], service.OpenAPI().Components.Schemas
	}
}()

// internals are words of the layers below, which no client may read.
var internals = regexp.MustCompile(`(?i)pgx|sqlstate|dial|goroutine|\.go:|127\.0\.0\.1|select |traind_|unmarshal|huma|operation:|%!`)

// check holds an answer against what is promised of all: what the document says of its shape, errors as problems without
// internals, and no password in it.
func (a answer) check(request *http.Request) {
	a.t.Helper()
	what := fmt.Sprintf("%s %s: %d %s", request.Method, request.URL.Path, a.status, a.body)
	if bytes.Contains(a.body, []byte(password)) {
		a.t.Errorf("%s: repeats a password", what)
	}
	if a.status >= 400 && request.Method != http.MethodHead && !(a.status == http.StatusServiceUnavailable && request.URL.Path == "/v1/health") {
		found := a.problem()
		if a.header.Get("Content-Type") != "application/problem+json" || a.header.Get("Cache-Control") != "no-store" ||
			found.Status != a.status || found.Title != http.StatusText(a.status) {
			a.t.Errorf("%s: no problem details: %v", what, a.header)
		}
		if !unicode.IsUpper(rune(found.Detail[0])) || !strings.HasSuffix(found.Detail, ".") || internals.Match(a.body) {
			a.t.Errorf("%s: no sentence for people", what)
		}
		return
	}
	operation, registry := described(request)
	if operation == nil || len(a.body) == 0 {
		return
	}
	response := operation.Responses[fmt.Sprint(a.status)]
	if response == nil {
		a.t.Errorf("%s: the document knows no such answer", what)
		return
	}
	var value any
	a.decode(&value)
	result := &huma.ValidateResult{}
	huma.Validate(registry, response.Content["application/json"].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
	for _, err := range result.Errors {
		a.t.Errorf("%s %s is not as the document says: %v", request.Method, request.URL.Path, err)
	}
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

// operations is how many the document has.
func operations() (n int) {
	service := humago.New(http.NewServeMux(), configuration())
	(&API{}).Describe(service)
	for _, item := range service.OpenAPI().Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if operation != nil {
				n++
			}
		}
	}
	return n
}
