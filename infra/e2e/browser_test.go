package e2e_test

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
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
	browse := exec.CommandContext(t.Context(), "npm", "run", "--silent", "browse")
	browse.Dir = web
	browse.Env = append(os.Environ(), "TRAIND_URL="+system.Info().URL, "CHROMIUM_PATH="+chromium, "TRAIND_SCREENSHOTS="+screenshots)
	output, err := browse.CombinedOutput()
	t.Logf("%s", output)
	if err != nil {
		t.Errorf("the browser's tests: %v", err)
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
