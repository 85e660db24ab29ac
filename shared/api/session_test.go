package api

import (
	"net/http"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Whose session has ended is told that first, whatever else is wrong with the request, and whether or not it came to a read.
func TestAPresumedSessionIsProvenWhateverTheRequestComesTo(t *testing.T) {
	t.Parallel()
	s := setup(t)
	browser := s.register("ada@example.com")
	requests := map[string]func(answer){
		"/v1/settings":                         func(a answer) { a.wants(http.StatusOK) },
		"/v1/activities?before=x":              func(a answer) { a.refused(http.StatusUnprocessableEntity, "invalid", "query.before") },
		"/v1/activities?limit=0":               func(a answer) { a.refused(http.StatusUnprocessableEntity, "invalid", "query.limit") },
		"/v1/activities/1":                     func(a answer) { a.wants(http.StatusNotFound) },
		"/v1/training-load?metric=x":           func(a answer) { a.refused(http.StatusUnprocessableEntity, "invalid", "query.metric") },
		"/v1/training-load?from=2026-01-32":    func(a answer) { a.wants(http.StatusUnprocessableEntity) },
		"/v1/training-load/today?unknown=what": func(a answer) { a.wants(http.StatusUnprocessableEntity) },
	}
	for path, inForce := range requests {
		inForce(browser.call("GET", path, nil))
	}
	s.exec(`UPDATE sessions SET expires_at = now() - interval '1 second'`)
	for path := range requests {
		browser.call("GET", path, nil).refused(http.StatusUnauthorized, "signed-out")
	}
}

// What is read before the session is proven can be thrown away; what is written could not.
func TestOnlyReadsGoBeforeTheProof(t *testing.T) {
	t.Parallel()
	service := humago.New(http.NewServeMux(), configuration())
	(&API{}).Describe(service)
	marked := 0
	for path, item := range service.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			if _, reads := o.Metadata[readsOnly]; !reads {
				continue
			}
			marked++
			if o.Method != http.MethodGet || len(o.Security) == 0 {
				t.Errorf("%s %s goes before the proof", o.Method, path)
			}
		}
	}
	if marked == 0 {
		t.Error("no operation is marked: this test looks for the wrong thing")
	}
}
