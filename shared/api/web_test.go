package api

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func gzipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close() // into memory: neither fails
	return out.Bytes()
}

// builtWeb has the shape of what the app's build leaves.
var builtWeb = fstest.MapFS{
	".keep":                  {Data: []byte("kept")},
	"index.html":             {Data: []byte("<!doctype html><title>Train-D</title>")},
	"index.html.gz":          {Data: gzipped("<!doctype html><title>Train-D</title>")},
	"icon.svg":               {Data: []byte("<svg/>")},
	"assets/main-a1b2.js":    {Data: []byte("'use strict'")},
	"assets/main-a1b2.js.gz": {Data: gzipped("'use strict'")},
	"assets/main-a1b2.js.br": {Data: []byte("brotli's script")},
}

func TestThePage(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	page := b.get("/").wants(http.StatusOK)
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(string(page.body), "<title>Train-D</title>") {
		t.Errorf("got %v %s", page.header, page.body)
	}
	b.get("/?strava=connected").wants(http.StatusOK)
	for path, want := range map[string]string{"/assets/main-a1b2.js": "text/javascript; charset=utf-8", "/icon.svg": "image/svg+xml"} {
		if got := b.get(path).wants(http.StatusOK).header.Get("Content-Type"); got != want {
			t.Errorf("%s has the type %q, want %q", path, got, want)
		}
	}
	for path, want := range map[string]int{"/": http.StatusOK, "/v1/health": http.StatusOK, "/nothing": http.StatusNotFound, "/v1/session": http.StatusUnauthorized} {
		if head := b.call("HEAD", path, nil).wants(want); len(head.body) != 0 {
			t.Errorf("HEAD %s has a body: %s", path, head.body)
		}
	}
}

// Each page may be opened by its address, read again, and sent as a link.
func TestEveryPageOfTheAppIsTheSameFile(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	for _, path := range pagesOfTheApp(t) {
		page := b.get(path).wants(http.StatusOK)
		if !bytes.Equal(page.body, builtWeb["index.html"].Data) || page.header.Get("Cache-Control") != "no-cache" {
			t.Errorf("%s: %v %s", path, page.header, page.body)
		}
	}
	for _, path := range []string{"/load/", "/activities/1/laps", "/settings.html", "/.keep", "/index.html.gz", "/assets/", "/assets/main-a1b2.js.br"} {
		b.get(path).refused(http.StatusNotFound, "")
	}
}

// pagesOfTheApp reads the app's own list of its pages.
func pagesOfTheApp(t *testing.T) (paths []string) {
	t.Helper()
	source, err := os.ReadFile("../../functions/onboarding/web/src/app/routes.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`: '(/[a-z:/-]*)'`).FindAllStringSubmatch(string(source), -1) {
		paths = append(paths, strings.ReplaceAll(match[1], ":id", "8100000001"))
	}
	if len(paths) != len(pages) || !slices.Contains(paths, "/settings") {
		t.Fatalf("the app has the pages %v, the server %v", paths, pages)
	}
	return paths
}

func TestAssetsAreKeptForEverAndCompressed(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	ask := func(path string, headers ...string) answer {
		request := b.request("GET", path, nil)
		request.Header.Set("Accept-Encoding", "identity")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		return b.send(request)
	}
	const script, page = "/assets/main-a1b2.js", "/load"
	for _, one := range []struct{ path, accept, encoding, body string }{
		{script, "gzip, deflate, br, zstd", "br", "brotli's script"},
		{script, "gzip, deflate", "gzip", string(builtWeb["assets/main-a1b2.js.gz"].Data)},
		{script, "br;q=0, gzip;q=0.5", "gzip", string(builtWeb["assets/main-a1b2.js.gz"].Data)},
		{script, "gzip;q=0", "", "'use strict'"},
		{script, "", "", "'use strict'"},
		{page, "gzip, br", "gzip", string(builtWeb["index.html.gz"].Data)},
		{"/icon.svg", "gzip", "", "<svg/>"},
	} {
		got := ask(one.path, "Accept-Encoding", one.accept).wants(http.StatusOK)
		if got.header.Get("Content-Encoding") != one.encoding || string(got.body) != one.body {
			t.Errorf("%s for %q: got %q %s, want %q %s", one.path, one.accept, got.header.Get("Content-Encoding"), got.body, one.encoding, one.body)
		}
		if got.header.Get("Vary") != "Accept-Encoding" && one.path != "/icon.svg" {
			t.Errorf("%s: Vary %q", one.path, got.header.Get("Vary"))
		}
	}
	got := ask(script)
	if control := got.header.Get("Cache-Control"); control != "public, max-age=31536000, immutable" {
		t.Errorf("an asset's Cache-Control is %q", control)
	}
	if kind := got.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/javascript") {
		t.Errorf("a script's Content-Type is %q", kind)
	}

	// A page that did not change is not sent again.
	tag := ask(page).header.Get("ETag")
	if again := ask(page, "If-None-Match", tag).wants(http.StatusNotModified); len(again.body) != 0 {
		t.Errorf("not modified, and yet %s", again.body)
	}
	ask(page, "If-None-Match", tag, "Accept-Encoding", "gzip").wants(http.StatusOK)
}
