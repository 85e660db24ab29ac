package api

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// pages are the addresses at which the app shows a page of its own; each answers with index.html. What stands nowhere here
// is a problem and no HTML, so that a mistyped API path is noticed.
var pages = []string{"/{$}", "/register", "/sign-in", "/reset", "/verify", "/erased", "/welcome", "/load", "/activities",
	"/activities/{id}", "/settings", "/privacy", "/terms", "/health-data"}

// encodings are the compressed forms in which the build leaves a file beside it, the smallest first.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

// contentTypes are those of the app's files, whatever the machine thinks of their names.
var contentTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".json": "application/json",
}

// webFile is a file of the app, read once.
type webFile struct {
	content      []byte
	compressed   map[string][]byte // by encoding
	contentType  string
	cacheControl string
	tag          string
}

// serveWeb adds a route for each file of the app, and one for each of its pages.
func serveWeb(mux *http.ServeMux, files fs.FS) {
	// What cannot be listed is not served: embedded files can.
	_ = fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(path.Base(name), ".") || isCompressed(name) {
			return err
		}
		read := sync.OnceValue(func() *webFile { return readWeb(files, name) }) // when it is first asked for: no start waits for it
		file := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { read().ServeHTTP(w, r) })
		if name != "index.html" {
			mux.Handle("GET /"+name, file)
			return nil
		}
		for _, page := range pages {
			mux.Handle("GET "+page, file)
		}
		return nil
	})
}

func isCompressed(name string) bool {
	for _, encoding := range encodings {
		if strings.HasSuffix(name, encoding.suffix) {
			return true
		}
	}
	return false
}

// readWeb reads a file with its compressed forms. The names of assets hold a hash of their content, so they may be kept for
// ever; everything else is asked for again and answered by its tag. A file that was listed can be read: it is embedded.
func readWeb(files fs.FS, name string) *webFile {
	content, err := fs.ReadFile(files, name)
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(content)
	file := &webFile{
		content: content, compressed: map[string][]byte{}, contentType: cmp.Or(contentTypes[path.Ext(name)], "application/octet-stream"),
		cacheControl: "no-cache", tag: hex.EncodeToString(sum[:8]),
	}
	if strings.HasPrefix(name, "assets/") {
		file.cacheControl = "public, max-age=31536000, immutable"
	}
	for _, encoding := range encodings {
		if compressed, err := fs.ReadFile(files, name+encoding.suffix); err == nil {
			file.compressed[encoding.name] = compressed
		}
	}
	return file
}

// ServeHTTP answers with the smallest form that the client takes.
func (f *webFile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.contentType)
	header.Set("Cache-Control", f.cacheControl)
	content, tag := f.content, f.tag
	if len(f.compressed) > 0 {
		header.Set("Vary", "Accept-Encoding")
		accepted := r.Header.Get("Accept-Encoding")
		for _, encoding := range encodings {
			if compressed, ok := f.compressed[encoding.name]; ok && accepts(accepted, encoding.name) {
				content, tag = compressed, f.tag+"-"+encoding.name
				header.Set("Content-Encoding", encoding.name)
				break
			}
		}
	}
	header.Set("ETag", `"`+tag+`"`)
	if r.Header.Get("If-None-Match") == `"`+tag+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(content) // the status is sent: a client that left is all that can fail
}

// accepts reports whether an Accept-Encoding header names the encoding without refusing it.
func accepts(header, encoding string) bool {
	for one := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		if strings.TrimSpace(name) == encoding {
			weight = strings.ReplaceAll(weight, " ", "")
			return strings.Trim(strings.TrimPrefix(weight, "q="), "0.") != "" || weight == ""
		}
	}
	return false
}
