// Package shared_test holds the agreement on which package may import which.
package shared_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module    = "github.com/train-d/train-d"
	pageFiles = "functions/onboarding/web" // holds files and imports nothing
)

// floors lists the storeys of the house, lowest first. A package imports packages of lower floors only.
var floors = [][]string{
	{"shared/training", "shared/fault", "shared/document"},
	{"shared/config", "shared/logging"},
	{"shared/database", "shared/strava", "shared/message", "shared/serverless", "shared/secret"},
	{"shared/store"},
	{"shared/account", "shared/athlete", "shared/activitysync", "shared/load", "shared/mail", "shared/webhook"},
	{"shared/api"},
	{"functions/onboarding", "functions/webhook", "functions/dispatch", "functions/sync", "functions/mail", "functions/migrate"},
}

// reserved names what only certain packages may import, and by which prefix of an import path it is known.
var reserved = map[string][]string{
	"github.com/jackc/pgx/v5/pgxpool":                       {"shared/database"},
	"cloud.google.com/go/cloudsqlconn":                      {"shared/database"},
	"cloud.google.com/go/pubsub":                            {"shared/message"},
	"cloud.google.com/go/logging":                           {"shared/logging"},
	"github.com/GoogleCloudPlatform/functions-framework-go": {"shared/serverless", "functions/"},
}

func floorOf(pkg string) int {
	return slices.IndexFunc(floors, func(floor []string) bool { return slices.Contains(floor, pkg) })
}

// importsOf maps each package of functions/ and shared/ to the import paths of its files, tests excepted.
func importsOf(t *testing.T) map[string][]string {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, top := range []string{"functions", "shared"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(file string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "node_modules" {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return nil
			}
			parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
			if err != nil {
				return err
			}
			relative, err := filepath.Rel(root, filepath.Dir(file))
			if err != nil {
				return err
			}
			pkg := filepath.ToSlash(relative)
			found[pkg] = slices.Concat(found[pkg], nil)
			for _, spec := range parsed.Imports {
				imported, err := strconv.Unquote(spec.Path.Value)
				if err != nil {
					return err
				}
				found[pkg] = append(found[pkg], imported)
			}
			return nil
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(found) == 0 {
		t.Fatal("no package found: this test looks in the wrong place")
	}
	return found
}

// violations says what in imports breaks the agreement.
func violations(imports map[string][]string) []string {
	var broken []string
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		if strings.HasSuffix(pkg, "test") || pkg == pageFiles { // test support, imported by tests alone; embedded files
			continue
		}
		floor := floorOf(pkg)
		if floor < 0 {
			broken = append(broken, pkg+" stands on no floor")
		}
		for _, imported := range imports[pkg] {
			for prefix, allowed := range reserved {
				if strings.HasPrefix(imported, prefix) && !slices.ContainsFunc(allowed, func(a string) bool {
					return pkg == a || (strings.HasSuffix(a, "/") && strings.HasPrefix(pkg, a))
				}) {
					broken = append(broken, pkg+" imports "+imported)
				}
			}
			local, ours := strings.CutPrefix(imported, module+"/")
			switch {
			case !ours:
			case local == "infra/migrations" && pkg == "functions/migrate":
			case local == pageFiles && pkg == "functions/onboarding":
			case strings.HasPrefix(local, "infra/"):
				broken = append(broken, pkg+" imports "+local)
			case floorOf(local) >= floor:
				broken = append(broken, pkg+" imports "+local+", which is not on a lower floor")
			}
		}
	}
	return broken
}

func TestImportsPointDownOnly(t *testing.T) {
	t.Parallel()
	for _, line := range violations(importsOf(t)) {
		t.Error(line)
	}
}

func TestImportRulesCatchViolations(t *testing.T) {
	t.Parallel()
	for _, wrong := range []struct{ pkg, imported string }{
		{"shared/store", module + "/shared/load"},
		{"shared/load", module + "/shared/athlete"},
		{"shared/account", "github.com/jackc/pgx/v5/pgxpool"},
		{"shared/api", "github.com/GoogleCloudPlatform/functions-framework-go/functions"},
		{"functions/sync", module + "/infra/stravasim"},
		{"shared/elsewhere", "fmt"},
	} {
		if len(violations(map[string][]string{wrong.pkg: {wrong.imported}})) == 0 {
			t.Errorf("%s importing %s passed", wrong.pkg, wrong.imported)
		}
	}
}

// TestOnlyConfigReadsTheEnvironment and TestOnlyStoreNamesATable look at the text: the rules are about what is written.
func TestOnlyConfigReadsTheEnvironment(t *testing.T) {
	t.Parallel()
	readers := grep(t, `os\.(Getenv|LookupEnv|Environ)\(`)
	for _, file := range readers {
		if path.Dir(file) != "shared/config" {
			t.Errorf("%s reads the environment", file)
		}
	}
	if len(readers) == 0 {
		t.Error("nothing reads the environment: this test looks for the wrong thing")
	}
}

func TestOnlyStoreNamesATable(t *testing.T) {
	t.Parallel()
	namers := grep(t, `(?i)\b(from|into|update|join)\s+(accounts|consents|sessions|athletes|thresholds|strava_connections|strava_quota|activities|activity_streams|due_work|erasures|email_tokens)\b`)
	var elsewhere []string
	for _, file := range namers {
		if path.Dir(file) != "shared/store" {
			elsewhere = append(elsewhere, file)
		}
	}
	if len(elsewhere) > 0 {
		t.Errorf("tables are named outside shared/store: %v", elsewhere)
	}
	if len(namers) == 0 {
		t.Error("nothing names a table: this test looks for the wrong thing")
	}
}

// TestWebhookLinksNoDriver keeps Webhook's start within Strava's two seconds: what is not linked can't be begun.
func TestWebhookLinksNoDriver(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "../functions/webhook").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	linked := strings.Fields(string(out))
	if !slices.Contains(linked, module+"/shared/webhook") {
		t.Fatal("shared/webhook is not linked: this test looks for the wrong thing")
	}
	for _, pkg := range linked {
		for _, banned := range []string{
			"github.com/jackc/pgx", "cloud.google.com/go/cloudsqlconn", "github.com/tink-crypto",
			module + "/shared/database", module + "/shared/store", module + "/shared/secret",
		} {
			if pkg == banned || strings.HasPrefix(pkg, banned+"/") {
				t.Errorf("Webhook links %s", pkg)
			}
		}
	}
}

// TestFloorsAreTheProgramsOwn asks the go command, so that a package reached through a file this parser would not see
// (another platform's, say) is caught as well.
func TestFloorsAreTheProgramsOwn(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-f", "{{.ImportPath}}", "../functions/...", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for pkg := range strings.FieldsSeq(string(out)) {
		local := strings.TrimPrefix(pkg, module+"/")
		if local != "shared" && !strings.HasSuffix(local, "test") && floorOf(local) < 0 && local != pageFiles {
			t.Errorf("%s stands on no floor", local)
		}
	}
}
