package api

import (
	"encoding/json"
	"net/http"
	"path"
	"strings"
)

// contentPolicy allows the page its own files and nothing inline.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"

// secured sets the headers that every answer carries.
func secured(https bool, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", contentPolicy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("X-Frame-Options", "DENY")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		if https {
			header.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			header.Set("Cache-Control", "no-store")
		}
		next.ServeHTTP(w, r)
	})
}

// refuseCrossOrigin answers a state-changing request that another site's page sent.
func refuseCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	out := newProblem(http.StatusForbidden, "This request came from another site's page and was refused.")
	out.Code = "cross-origin"
	refuse(w, out)
}

// answered hands requests to the mux and turns its own answers, to what it has no route for, into problems. It has none for
// a path that it would have to clean, and redirects nobody to what that might have meant.
func answered(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isClean(r.URL.Path) {
			refuse(w, newProblem(http.StatusNotFound, "There is nothing at this address."))
			return
		}
		handler, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		unrouted := &unrouted{header: http.Header{}}
		handler.ServeHTTP(unrouted, r)
		if unrouted.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", unrouted.header.Get("Allow"))
			refuse(w, newProblem(unrouted.status, "This address does not take "+r.Method+" requests."))
			return
		}
		refuse(w, newProblem(http.StatusNotFound, "There is nothing at this address."))
	})
}

// isClean reports whether a path means what it says: it has no empty step, none that goes nowhere and none that goes back.
func isClean(of string) bool {
	clean := path.Clean(of)
	return of == clean || (clean != "/" && of == clean+"/")
}

// unrouted takes what the mux says to a request that has no route, and keeps all but its text.
type unrouted struct {
	header http.Header
	status int
}

func (u *unrouted) Header() http.Header         { return u.header }
func (u *unrouted) WriteHeader(status int)      { u.status = status }
func (u *unrouted) Write(b []byte) (int, error) { return len(b), nil }

// refuse writes a problem outside of any operation.
func refuse(w http.ResponseWriter, out *Problem) {
	for name, values := range out.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", out.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(out.Status)
	_ = json.NewEncoder(w).Encode(out) // the status is sent: nothing is left to do about a client that went away
}
