package ops_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// fill puts values in the place of a template's expressions, by the expression's text, and fails the test where one is new.
func fill(t *testing.T, template string, values map[string]string) string {
	t.Helper()
	return regexp.MustCompile(`\$\{([^}]+)\}`).ReplaceAllStringFunc(template, func(expression string) string {
		value, ok := values[expression[2:len(expression)-1]]
		if !ok {
			t.Fatalf("no value for %s", expression)
		}
		return value
	})
}

// What Terraform writes for a pool and puts beside it for the connector is what the code itself reads and takes as two routes.
func TestThePoolAndItsFallbackAreGivenARouteEach(t *testing.T) {
	t.Parallel()
	_, written, _ := strings.Cut(read(t, "terraform/secrets.tf"), `"database_url" {`)
	written, _, _ = strings.Cut(written, "secret_data_wo_version")
	address := fill(t, strings.Join(all(t, written, `(?m)^\s+"(.+)",$`), ""), map[string]string{
		"google_sql_user.pool[each.key].name":                  "onboarding-1",
		"local.pool_passwords[each.key]":                       strings.Repeat("0f", 24),
		"google_sql_database_instance.main.private_ip_address": "10.64.0.3",
		"google_sql_database.main.name":                        "train-d",
	})

	given := map[string]string{ // where Terraform computes it
		"CLOUD_SQL_INSTANCE": "train-d-test:europe-west1:train-d", "CLOUD_SQL_IAM_LOGIN": "true",
		"DATABASE_NAME": "train-d", "DATABASE_USER": "train-d-onboarding@train-d-test.iam", "DATABASE_CONNECTION_LIMIT": "5",
		"DATABASE_POOL_MIN": "2", "DATABASE_POOL_MAX": "4", "DATABASE_FALLBACK_MAX": "1", "DATABASE_LOGINS": "",
	}
	_, block, _ := strings.Cut(read(t, "terraform/settings.tf"), "database_env = {")
	block, _, _ = strings.Cut(block, "push_env")
	for _, setting := range regexp.MustCompile(`(?m)^\s+([A-Z_]+)\s+= (.+)$`).FindAllStringSubmatch(block, -1) {
		name, value := setting[1], setting[2]
		if _, computed := given[name]; !computed {
			given[name] = strings.Trim(value, `"`)
		}
	}
	environ := []string{
		"K_SERVICE=onboarding", "GOOGLE_CLOUD_PROJECT=train-d-test", "PUBLIC_URL=https://train-d.example.com",
		"STRAVA_CLIENT_ID=12345", "STRAVA_CLIENT_SECRET=s", "TOKEN_KEYSET={}", "DATABASE_URL=" + address + "\n",
	}
	for name, value := range given {
		environ = append(environ, name+"="+value)
	}
	settings, err := config.Load[config.Onboarding](environ)
	if err != nil {
		t.Fatal(err)
	}
	if settings.Database.URL.IsZero() || settings.Database.Instance == "" || settings.Database.TLS != "require" {
		t.Errorf("not two routes, the pool's over TLS: %+v", settings.Database)
	}
	if err := database.Check(settings.Database); err != nil {
		t.Error(err)
	}
}

func TestMigrateReadsTheLoginsAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	pair := fill(t, all(t, read(t, "terraform/settings.tf"), `\) : "(\$\{pair.+)"\]`)[0],
		map[string]string{"pair.login": "onboarding-1", "pair.function": "onboarding"})
	settings, err := config.Load[config.Migrate]([]string{
		"DATABASE_URL=postgresql://migrate@localhost/train-d", "PUSH_AUDIENCE=https://migrate.example.com",
		"PUSH_SERVICE_ACCOUNT=push@train-d-test.iam.gserviceaccount.com", "DATABASE_LOGINS=" + pair,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := settings.Logins.Functions["onboarding-1"]; got != "onboarding" {
		t.Errorf("%s: the login is %q's", pair, got)
	}
}
