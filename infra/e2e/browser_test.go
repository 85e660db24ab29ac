package e2e_test

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/local"
)

// TestPageInABrowser clicks through the app in a real Chromium; the screenshots stay in .local/screenshots to be looked at.
func TestPageInABrowser(t *testing.T) {
	t.Parallel()
	chromium := cmp.Or(os.Getenv("CHROMIUM_PATH"), find("chromium", "chromium-browser", "google-chrome"))
	settings := settings(t)
	web := filepath.Join(settings.Root, "functions", "onboarding", "web")
	missing := ""
	switch _, err := os.Stat(filepath.Join(web, "node_modules", "playwright-core")); {
	case chromium == "":
		missing = "no Chromium: install it, or name it by CHROMIUM_PATH"
	case err != nil:
		missing = "no playwright-core: run make web, as make test does"
	}
	if missing != "" {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip("skipped: " + missing)
	}
	screenshots := filepath.Join(settings.Root, ".local", "screenshots")
	if err := os.MkdirAll(screenshots, 0o700); err != nil {
		t.Fatal(err)
	}
	system := start(t, settings)
	mails := httptest.NewServer(linksOf(system))
	defer mails.Close()
	browse := exec.CommandContext(t.Context(), "npm", "run", "--silent", "browse")
	browse.Dir = web
	browse.Env = append(os.Environ(), "TRAIND_URL="+system.Info().URL, "CHROMIUM_PATH="+chromium, "TRAIND_SCREENSHOTS="+screenshots, "TRAIND_MAILS="+mails.URL)
	output, err := browse.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("the browser's tests: %v", err)
	}
}

// linksOf answers with the links of the e-mails that the system has sent, oldest first.
func linksOf(system *local.System) http.HandlerFunc {
	type mail struct {
		To      string `json:"to"`
		Subject string `json:"subject"`
		Link    string `json:"link"`
	}
	return func(w http.ResponseWriter, _ *http.Request) {
		mails := []mail{}
		for _, caught := range system.Mails() {
			for word := range strings.FieldsSeq(caught.Body) {
				if strings.HasPrefix(word, system.Info().URL+"/") {
					mails = append(mails, mail{caught.To, caught.Header.Get("Subject"), word})
				}
			}
		}
		if err := json.NewEncoder(w).Encode(mails); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// find gives the path of the first program that is installed.
func find(names ...string) string {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
