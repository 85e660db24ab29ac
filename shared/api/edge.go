package api

import (
	"encoding/json"
	"io/fs"
	"net/http"
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

// limited bounds bodies before anything reads them: also those of requests that no operation takes.
func limited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			refuse(w, newProblem(http.StatusRequestEntityTooLarge, "").(*Problem))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseCrossOrigin answers a state-changing request that another site's page sent.
func refuseCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	refuse(w, &Problem{
		Title: http.StatusText(http.StatusForbidden), Status: http.StatusForbidden, Code: "cross-origin",
		Detail: "This request came from another site's page and was refused.",
	})
}

// refuse writes a problem outside of any operation.
func refuse(w http.ResponseWriter, out *Problem) {
	for name, values := range out.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", out.ContentType(""))
	w.WriteHeader(out.Status)
	_ = json.NewEncoder(w).Encode(out) // the status is sent: nothing is left to do about a client that went away
}

// web serves the page's files. What does not exist is answered as a problem, so that a mistyped API path is no HTML.
func web(files fs.FS) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		if name == "" {
			name = "index.html"
		}
		info, err := fs.Stat(files, name)
		if err != nil || info.IsDir() {
			refuse(w, &Problem{
				Title: http.StatusText(http.StatusNotFound), Status: http.StatusNotFound, Detail: "There is nothing at this address.",
			})
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		server.ServeHTTP(w, r)
	})
}
