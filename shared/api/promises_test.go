package api

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// described routes a request to its operation in the OpenAPI document.
var described = func() func(*http.Request) (*huma.Operation, huma.Registry) {
	service := humago.New(http.NewServeMux(), configuration())
	(&API{}).Describe(service)
	routes, operations := http.NewServeMux(), map[string]*huma.Operation{}
	for path, item := range service.OpenAPI().Paths {
		for _, operation := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
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
	sick := a.status == http.StatusServiceUnavailable && request.URL.Path == "/v1/health" // answered with what is wrong
	if a.status >= 400 && request.Method != http.MethodHead && !sick {
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
	if _, other := response.Content[a.header.Get("Content-Type")]; other && a.header.Get("Content-Type") != "application/json" {
		return // a download, of which the document says nothing more
	}
	var value any
	a.decode(&value)
	result := &huma.ValidateResult{}
	huma.Validate(registry, response.Content["application/json"].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
	for _, err := range result.Errors {
		a.t.Errorf("%s %s is not as the document says: %v", request.Method, request.URL.Path, err)
	}
}
