package ops_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkout is a folder with what the script reads, and stand-ins for the programs that it runs. Each stand-in writes down
// how it was called, and then does what the test says.
type checkout struct {
	t    *testing.T
	root string
}

func newCheckout(t *testing.T, tfvars string) checkout {
	t.Helper()
	c := checkout{t: t, root: t.TempDir()}
	for _, file := range []string{"infra/ops/cloud", "terraform/services.tf"} {
		content, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Fatal(err)
		}
		c.write(file, string(content))
	}
	c.write("infra/migrations/0001_a.sql", "")
	c.write("infra/migrations/0012_b.sql", "")
	c.write("terraform/a-project.tfvars", tfvars)
	for _, program := range []string{"terraform", "gcloud", "make", "curl"} {
		c.program(program, "")
	}
	c.program("go", "echo '{}'")
	return c
}

func (c checkout) write(file, content string) {
	c.t.Helper()
	path := filepath.Join(c.root, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
		c.t.Fatal(err)
	}
}

// program sets what a stand-in does after it has written down its arguments.
func (c checkout) program(name, does string) {
	const takesInput = `case "$*" in *"--data-file=-"*) cat >/dev/null ;; esac`
	c.write("bin/"+name, strings.Join([]string{"#!/bin/sh", "echo \"" + name + " $*\" >>" + filepath.Join(c.root, "calls"), takesInput, does, ""}, "\n"))
}

// run starts the script and gives its output, the calls that it made, and whether it succeeded.
func (c checkout) run(command string, environment ...string) (output string, calls []string, ok bool) {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), filepath.Join(c.root, "infra/ops/cloud"), command)
	// Only the stand-ins and the system's own small programs can be found: nothing here may reach a cloud.
	cmd.Env = append([]string{"PATH=" + filepath.Join(c.root, "bin") + ":/usr/bin:/bin", "PROJECT=a-project", "MIGRATE_PAUSE=1"}, environment...)
	content, err := cmd.CombinedOutput()
	written, readErr := os.ReadFile(filepath.Join(c.root, "calls"))
	if readErr != nil && !os.IsNotExist(readErr) {
		c.t.Fatal(readErr)
	}
	return string(content), strings.Split(strings.TrimSpace(string(written)), "\n"), err == nil
}

// order fails the test unless the calls hold these beginnings in this order.
func order(t *testing.T, calls []string, beginnings ...string) {
	t.Helper()
	for _, call := range calls {
		if len(beginnings) > 0 && strings.HasPrefix(call, beginnings[0]) {
			beginnings = beginnings[1:]
		}
	}
	if len(beginnings) > 0 {
		t.Errorf("no %q, in its place, among:\n%s", beginnings[0], strings.Join(calls, "\n"))
	}
}

const (
	applyMigrate = "terraform -chdir=terraform apply -input=false -auto-approve -var=project=a-project -var-file=a-project.tfvars -target=module.function"
	applyRest    = "terraform -chdir=terraform apply -input=false -auto-approve -var=project=a-project -var-file=a-project.tfvars"
	// hasValues lets every secret have a value.
	hasValues = `case "$*" in *"secrets versions list"*) echo 1 ;; *"logging read"*) printf 'migrate.completed\t12\n' ;; esac`
)

func TestDeployMigratesBeforeTheRestAndAsksForItsHealth(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, "")
	c.program("gcloud", hasValues)
	c.program("terraform", `case "$*" in *"output -raw url"*) echo https://train-d.example.com ;; esac`)
	c.program("curl", `echo '{"database":"pool"}'`)
	output, calls, ok := c.run("deploy")
	if !ok {
		t.Fatal(output)
	}
	order(t, calls, "make package", "terraform -chdir=terraform init", applyMigrate,
		`gcloud pubsub topics publish migrate --project=a-project --message={"kind":"migrate"}`, "gcloud logging read",
		applyRest, "curl --fail")
	last := slices.IndexFunc(calls, func(call string) bool { return strings.HasPrefix(call, "curl") })
	if !strings.HasSuffix(calls[last], "https://train-d.example.com/v1/health") {
		t.Errorf("smoke test: %s", calls[last])
	}
}

func TestDeployStopsBeforeTheRest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ gcloud, says string }{
		"where a secret has no value":    {"", "Secret strava-client-secret has no value"},
		"where Migrate fails":            {strings.Replace(hasValues, `migrate.completed\t12`, `function.failed\t`, 1), "Migrate failed"},
		"where Migrate can't start":      {strings.Replace(hasValues, `migrate.completed\t12`, `function.refused\t`, 1), "Migrate failed"},
		"where the schema stays behind":  {strings.Replace(hasValues, `\t12`, `\t1`, 1), "did not say within 2 s that the schema is at version 12"},
		"where Migrate says nothing yet": {strings.Replace(hasValues, `printf`, `: printf`, 1), "did not say within 2 s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCheckout(t, "")
			c.program("gcloud", test.gcloud)
			output, calls, ok := c.run("deploy", "MIGRATE_TIMEOUT=2")
			if ok || !strings.Contains(output, test.says) {
				t.Errorf("succeeded %t, says:\n%s", ok, output)
			}
			if slices.Contains(calls, applyRest) {
				t.Error("the rest was deployed")
			}
		})
	}
}

func TestDeployFailsWhereTheFallbackHidesThePool(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, "")
	c.program("gcloud", hasValues)
	c.program("curl", `echo '{"database":"fallback"}'`)
	if output, _, ok := c.run("deploy"); ok || !strings.Contains(output, "pool-never-up.md") {
		t.Errorf("succeeded %t, says:\n%s", ok, output)
	}
}

func TestDryRunShowsEveryStepAndRunsNone(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"bootstrap", "plan", "deploy"} {
		c := newCheckout(t, "")
		output, calls, ok := c.run(command, "DRY_RUN=1")
		if !ok || !strings.Contains(output, "+ terraform -chdir=terraform init") {
			t.Errorf("%s: succeeded %t, says:\n%s", command, ok, output)
		}
		if calls[0] != "" {
			t.Errorf("%s ran %v", command, calls)
		}
	}
}

func TestPasswordsReachTerraformAndNothingElse(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, "")
	c.program("gcloud", hasValues)
	c.program("curl", `echo '{"database":"pool"}'`)
	c.program("terraform", `printf '%s\n%s\n' "$TF_VAR_migrate_password" "$TF_VAR_pool_password" >`+filepath.Join(c.root, "passwords"))
	output, calls, ok := c.run("deploy")
	if !ok {
		t.Fatal(output)
	}
	content, err := os.ReadFile(filepath.Join(c.root, "passwords"))
	if err != nil {
		t.Fatal(err)
	}
	passwords := strings.Fields(string(content))
	if len(passwords) != 2 || len(passwords[0]) != 48 || len(passwords[1]) != 48 || passwords[0] == passwords[1] {
		t.Fatalf("made up: %q", passwords)
	}
	for _, password := range passwords {
		if strings.Contains(output+strings.Join(calls, "\n"), password) {
			t.Error("a password is shown, or is an argument")
		}
	}
}

func TestBootstrapGivesEverySecretButStravasAValueOnce(t *testing.T) {
	t.Parallel()
	fill := func(gcloud string) []string {
		c := newCheckout(t, "")
		c.program("gcloud", gcloud)
		output, calls, ok := c.run("bootstrap")
		if !ok {
			t.Fatal(output)
		}
		order(t, calls, "gcloud services enable artifactregistry.googleapis.com", "terraform -chdir=terraform providers lock")
		var filled []string
		for _, call := range calls {
			if name, ok := strings.CutPrefix(call, "gcloud secrets versions add "); ok {
				filled = append(filled, strings.Fields(name)[0])
			}
		}
		return filled
	}
	if got, want := fill(""), []string{"token-keyset", "webhook-path", "webhook-verify-token"}; !slices.Equal(got, want) {
		t.Errorf("filled: got %v, want %v", got, want)
	}
	if got := fill(hasValues); len(got) > 0 {
		t.Errorf("filled again: %v", got)
	}
}

func TestBootstrapStoresNoEmptySecret(t *testing.T) {
	t.Parallel()
	c := newCheckout(t, "")
	c.program("go", "")
	output, calls, ok := c.run("bootstrap")
	if ok || !strings.Contains(output, "secret token-keyset stays without a value") {
		t.Errorf("succeeded %t, says:\n%s", ok, output)
	}
	if slices.ContainsFunc(calls, func(call string) bool { return strings.Contains(call, "secrets versions add") }) {
		t.Error("something was stored")
	}
}

func TestDestroyIsGuarded(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tfvars  string
		confirm string
		says    string
	}{
		"without the project's name":       {"deletion_protection = false\n", "", "CONFIRM=a-project"},
		"with another project's name":      {"deletion_protection = false\n", "b-project", "CONFIRM=a-project"},
		"while the database is protected":  {"", "a-project", "The database is protected"},
		"while protection is switched on":  {"deletion_protection = true\n", "a-project", "The database is protected"},
		"after the protection was lifted ": {"deletion_protection = false\n", "a-project", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCheckout(t, test.tfvars)
			output, calls, ok := c.run("destroy", "CONFIRM="+test.confirm)
			if ok != (test.says == "") || !strings.Contains(output, test.says) {
				t.Errorf("succeeded %t, says:\n%s", ok, output)
			}
			destroyed := slices.ContainsFunc(calls, func(call string) bool { return strings.Contains(call, " destroy ") })
			if destroyed != ok {
				t.Errorf("destroyed %t", destroyed)
			}
		})
	}
}
