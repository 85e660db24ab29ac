// Package ops_test holds what terraform/ declares to what the code says, without Terraform.
package ops_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/config"
)

const root = "../.."

// read gives a file's text without its comments.
func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^\s*(#|//).*$`).ReplaceAllString(string(text), "")
}

// all gives the first group of every match, and fails the test where there is none.
func all(t *testing.T, text, expression string) []string {
	t.Helper()
	var found []string
	for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(text, -1) {
		found = append(found, match[1])
	}
	if len(found) == 0 {
		t.Fatalf("nothing matches %s", expression)
	}
	return found
}

// declared gives the entries of the map of functions in terraform/functions.tf.
func declared(t *testing.T) map[string]string {
	t.Helper()
	_, text, _ := strings.Cut(read(t, "terraform/functions.tf"), "functions_by_default = {")
	text, _, _ = strings.Cut(text, "\n  }\n")
	entries := map[string]string{}
	names := regexp.MustCompile(`(?m)^    ([a-z]+) = \{$`)
	bounds := names.FindAllStringSubmatchIndex(text, -1)
	for i, bound := range bounds {
		end := len(text)
		if i+1 < len(bounds) {
			end = bounds[i+1][0]
		}
		entries[text[bound[2]:bound[3]]] = text[bound[1]:end]
	}
	return entries
}

// folders lists the functions that there are.
func folders(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "functions/*/function.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no functions (%v)", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, filepath.Base(filepath.Dir(file)))
	}
	return names
}

func TestEveryFunctionIsDeclaredAndWatched(t *testing.T) {
	t.Parallel()
	functions := declared(t)
	jobs := all(t, read(t, "terraform/jobs.tf"), `(?m)^    ([a-z]+) = \{\n      failing`)
	for _, name := range folders(t) {
		if functions[name] == "" {
			t.Errorf("functions/%s has no entry in terraform/functions.tf", name)
		}
		if !slices.Contains(jobs, name) {
			t.Errorf("functions/%s has no entry in local.jobs of terraform/jobs.tf", name)
		}
		if _, err := os.Stat(filepath.Join(root, "terraform/tests/archives", name+".sha256")); err != nil {
			t.Errorf("terraform's tests know no archive of %s: %v", name, err)
		}
	}
}

// Settings are checked by name: a demanded one that is missing, or one that nobody reads, ends every new instance.
func TestFunctionsAreGivenTheirSettings(t *testing.T) {
	t.Parallel()
	shared := read(t, "terraform/settings.tf")
	functions := declared(t)
	for _, name := range folders(t) {
		plain, secrets, _ := strings.Cut(functions[name], "secrets")
		known := map[string]bool{}
		for _, setting := range config.Table() {
			if !slices.Contains(setting.Functions, name) {
				continue
			}
			known[setting.Name] = true
			set := regexp.MustCompile(`\b` + setting.Name + `\s+=`)
			isPlain, isSecret := set.MatchString(plain+shared), set.MatchString(secrets)
			if strings.Contains(setting.Meaning, "Demanded") && !isPlain && !isSecret {
				t.Errorf("%s is not given %s, which it demands", name, setting.Name)
			}
			if setting.Secret && isPlain || !setting.Secret && isSecret {
				t.Errorf("%s: %s is secret %t, and declared as the other", name, setting.Name, setting.Secret)
			}
		}
		for _, given := range all(t, plain+secrets+" GOOGLE_CLOUD_PROJECT =", `\b([A-Z][A-Z_]+)\s+=`) {
			if !known[given] {
				t.Errorf("%s is given %s, which it does not read", name, given)
			}
		}
	}
}

// A login without a group may do nothing, and a group without a login is of no use.
func TestEveryLoginHasAGroup(t *testing.T) {
	t.Parallel()
	migrations, err := filepath.Glob(filepath.Join(root, "infra/migrations/*.sql"))
	if err != nil || len(migrations) == 0 {
		t.Fatalf("no migrations (%v)", err)
	}
	var sql strings.Builder
	for _, file := range migrations {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sql.Write(content)
	}
	for name, entry := range declared(t) {
		if strings.Contains(entry, `"iam"`) && !strings.Contains(sql.String(), "'traind_"+name+"'") {
			t.Errorf("the migrations make no group for %s", name)
		}
	}
}

func TestTheScriptFillsEverySecret(t *testing.T) {
	t.Parallel()
	listed := strings.Fields(all(t, read(t, "infra/ops/cloud"), `(?m)^secrets=\(([^)]+)\)`)[0])
	wanted := map[string]bool{}
	for _, entry := range declared(t) {
		for _, name := range regexp.MustCompile(`\b[A-Z_]+\s+= "([a-z-]+)"`).FindAllStringSubmatch(entry, -1) {
			wanted[name[1]] = name[1] != "migrate-password"
		}
	}
	for name, byHand := range wanted {
		if byHand && !slices.Contains(listed, name) {
			t.Errorf("infra/ops/cloud does not look after secret %s", name)
		}
	}
	for _, name := range listed {
		if !wanted[name] {
			t.Errorf("infra/ops/cloud looks after secret %s, which no function reads", name)
		}
	}
}
