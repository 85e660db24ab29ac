package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"
)

// setup gives settings that Sync and Onboarding start with, changed by lines of the form NAME=value.
func setup(changes ...string) []string {
	return append([]string{
		"DATABASE_URL=postgres://sync:pw@localhost:5432/train-d", "PUSH_AUDIENCE=https://sync.example.com",
		"PUSH_SERVICE_ACCOUNT=push@example.com", "STRAVA_CLIENT_ID=1", "STRAVA_CLIENT_SECRET=hush", "TOKEN_KEYSET={}",
		"PUBLIC_URL=http://localhost:8080", "PATH=/bin",
	}, changes...)
}

// mistakesOf loads Onboarding and gives its mistakes by setting.
func mistakesOf[T Function](t *testing.T, environ []string) map[string]Mistake {
	t.Helper()
	_, err := Load[T](environ)
	var wrong *Error
	if err != nil && !errors.As(err, &wrong) {
		t.Fatalf("got %T: %v", err, err)
	}
	found := map[string]Mistake{}
	if wrong != nil {
		for _, m := range wrong.Mistakes {
			found[m.Setting] = m
		}
	}
	return found
}

func TestDefaultsAreTheDesigns(t *testing.T) {
	t.Parallel()
	cfg, err := Load[Sync](setup())
	if err != nil {
		t.Fatal(err)
	}
	d := cfg.Database
	if d.PoolMin != 2 || d.PoolMax != 10 || d.FallbackMax != 4 || d.AcquireTimeout != 500*time.Millisecond ||
		d.PingTimeout != 250*time.Millisecond || d.ResetAfter != 2*time.Second || d.StatementTimeout != 10*time.Second ||
		d.IPType != "private" || d.ConnectionLimit != 0 || d.TLS != "" {
		t.Errorf("database: got %+v", d)
	}
	s := cfg.Service
	if s.FunctionName != "sync" || s.InCloud || s.Project != "train-d-local" || s.LogLevel != slog.LevelDebug ||
		s.LogFormat != "json" || s.RequestTimeout != time.Minute || s.DrainTimeout != 8*time.Second {
		t.Errorf("service: got %+v", s)
	}
	if cfg.UsePool || cfg.Streams.RetentionDays != 7 || cfg.Strava.APIURL != "https://www.api-v3.strava.com" {
		t.Errorf("got %+v", cfg)
	}
}

func TestWhatTheEnvironmentSaysIsRead(t *testing.T) {
	t.Parallel()
	cfg, err := Load[Sync](setup("K_SERVICE=sync", "K_REVISION=sync-0001", "GOOGLE_CLOUD_PROJECT=acme", "SYNC_USE_POOL=true",
		"CLOUD_RUN_TIMEOUT_SECONDS=540", "DATABASE_POOL_MAX=4", "SLOW_QUERY_THRESHOLD=2s", "STREAM_RETENTION_DAYS=0"))
	if err != nil {
		t.Fatal(err)
	}
	if s := cfg.Service; !s.InCloud || s.Revision != "sync-0001" || s.Project != "acme" || s.LogLevel != slog.LevelInfo || s.RequestTimeout != 9*time.Minute {
		t.Errorf("service: got %+v", s)
	}
	if !cfg.UsePool || cfg.Database.PoolMax != 4 || cfg.Database.SlowQuery != 2*time.Second || cfg.Streams.RetentionDays != 0 {
		t.Errorf("got %+v", cfg)
	}
}

// I11: a line end from a secret store breaks a DSN; a hyphen in a database's name is nothing special.
func TestLineEndsAreTrimmedAndHyphensStay(t *testing.T) {
	t.Parallel()
	cfg, err := Load[Onboarding](setup("DATABASE_URL=postgres://o:pw@db.example.com/train-d-prod\r\n", "STRAVA_CLIENT_ID=42\n", "DATABASE_POOL_MAX=5\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg.Database.URL.Reveal(); got != "postgres://o:pw@db.example.com/train-d-prod" {
		t.Errorf("got %q", got)
	}
	if cfg.Strava.ClientID != "42" || cfg.Database.PoolMax != 5 {
		t.Errorf("got %q, %d", cfg.Strava.ClientID, cfg.Database.PoolMax)
	}
}

func TestAllMistakesComeBackAtOnceByName(t *testing.T) {
	t.Parallel()
	_, err := Load[Sync]([]string{"DATABASE_POOL_MAX=many", "LOG_LEVEL=loud", "SYNC_USE_POOL=perhaps", "PUSH_AUDIENCE=a", "DATABASE_POOLMAX=3"})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`DATABASE_POOL_MAX: got "many"; write a whole number`, `LOG_LEVEL: got "loud"; write DEBUG, INFO, WARN or ERROR`,
		`SYNC_USE_POOL: got "perhaps"; write true or false`, "DATABASE_URL: got nothing", "PUSH_SERVICE_ACCOUNT: got nothing",
		"STRAVA_CLIENT_ID: got nothing", "TOKEN_KEYSET: got nothing", "DATABASE_POOLMAX: got a name that is not known; did you mean DATABASE_POOL_MAX?",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("want %q in %v", want, err)
		}
	}
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Service.FunctionName != "sync" || len(wrong.Lines()) != 9 {
		t.Errorf("got %d lines: %v", len(wrong.Lines()), err)
	}
}

func TestValuesOutOfRangeAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lines, setting string }{
		{"DATABASE_POOL_MIN=11", "DATABASE_POOL_MIN"},
		{"DATABASE_POOL_MIN=-1", "DATABASE_POOL_MIN"},
		{"DATABASE_POOL_MAX=0", "DATABASE_POOL_MAX"},
		{"DATABASE_FALLBACK_MAX=-1", "DATABASE_FALLBACK_MAX"},
		{"DATABASE_CONNECTION_LIMIT=13", "DATABASE_CONNECTION_LIMIT"}, // I12: 10 + 4 are more
		{"DATABASE_CONNECTION_LIMIT=-1", "DATABASE_CONNECTION_LIMIT"},
		{"DATABASE_STATEMENT_TIMEOUT=0s", "DATABASE_STATEMENT_TIMEOUT"},
		{"DATABASE_PING_TIMEOUT=100us", "DATABASE_PING_TIMEOUT"},
		{"DATABASE_TLS=maybe", "DATABASE_TLS"},
		{"CLOUD_SQL_IP=psc", "CLOUD_SQL_IP"},
		{"DATABASE_URL=mysql://localhost/x", "DATABASE_URL"},
		{"DATABASE_URL=postgres://u:p%zz@localhost/x", "DATABASE_URL"},
		{"DATABASE_URL=", "DATABASE_URL"},
		{"CLOUD_SQL_INSTANCE=only-name", "CLOUD_SQL_INSTANCE"},
		{"CLOUD_SQL_INSTANCE=p:r:i", "DATABASE_USER"},
		{"CLOUD_SQL_INSTANCE=p:r:i", "DATABASE_PASSWORD"},
		{"PUBLIC_URL=https://example.com/app", "PUBLIC_URL"},
		{"PUBLIC_URL=example.com", "PUBLIC_URL"},
		{"PUBLIC_URL=https://example.com?x=1", "PUBLIC_URL"},
		{"PUBLIC_URL=https://example.com:", "PUBLIC_URL"},
		{"STRAVA_API_URL=/relative", "STRAVA_API_URL"},
		{"SESSION_IDLE=3000h", "SESSION_IDLE"},
		{"MINIMUM_AGE=12", "MINIMUM_AGE"},
		{"CLOUD_RUN_TIMEOUT_SECONDS=0", "CLOUD_RUN_TIMEOUT_SECONDS"},
		{"CLOUD_RUN_TIMEOUT_SECONDS=soon", "CLOUD_RUN_TIMEOUT_SECONDS"},
		{"LOG_FORMAT=xml", "LOG_FORMAT"},
	} {
		if _, ok := mistakesOf[Onboarding](t, setup(strings.Split(c.lines, "|")...))[c.setting]; !ok {
			t.Errorf("%s: no mistake of %s", c.lines, c.setting)
		}
	}
}

func TestWhatIsAllowedIsNotRefused(t *testing.T) {
	t.Parallel()
	for _, lines := range [][]string{
		{"DATABASE_CONNECTION_LIMIT=14"}, {"DATABASE_POOL_MIN=0"}, {"PUBLIC_URL=https://train-d.example.com/"},
		{"DATABASE_URL=host=/var/run/postgresql dbname=train-d user=onboarding"}, {"DATABASE_URL=postgres:///train-d?host=/tmp"},
		{"DATABASE_URL=", "CLOUD_SQL_INSTANCE=example.com:p:r:i", "DATABASE_USER=u", "DATABASE_NAME=train-d", "CLOUD_SQL_IAM_LOGIN=true"},
		{"SESSION_MANAGER=local/host:@/tmp/.ICE-unix/1"}, {"STRAVASIM_DATA=/tmp"}, {"SYNC_USE_POOL=true"},
	} {
		if found := mistakesOf[Onboarding](t, setup(lines...)); len(found) > 0 {
			t.Errorf("%v: got %v", lines, found)
		}
	}
}

func TestTheConnectionLimitBindsSyncOnlyOnThePool(t *testing.T) {
	t.Parallel()
	if found := mistakesOf[Sync](t, setup("DATABASE_CONNECTION_LIMIT=1")); len(found) > 0 {
		t.Errorf("direct: got %v", found)
	}
	if found := mistakesOf[Sync](t, setup("DATABASE_CONNECTION_LIMIT=1", "SYNC_USE_POOL=true")); len(found) != 1 {
		t.Errorf("pooled: got %v", found)
	}
}

func TestTheCloudDemandsMoreAndRefusesStandIns(t *testing.T) {
	t.Parallel()
	found := mistakesOf[Sync](t, setup("K_SERVICE=sync", "PUSH_AUDIENCE=", "PUSH_SERVICE_ACCOUNT=", "PUSH_CERTS_URL=http://localhost:1/certs",
		"CLOUD_SQL_ADMIN_API=http://localhost:2", "STRAVA_API_URL=http://localhost:3"))
	for _, setting := range []string{"GOOGLE_CLOUD_PROJECT", "PUSH_AUDIENCE", "PUSH_SERVICE_ACCOUNT", "PUSH_CERTS_URL", "CLOUD_SQL_ADMIN_API", "STRAVA_API_URL"} {
		if _, ok := found[setting]; !ok {
			t.Errorf("no mistake of %s", setting)
		}
	}
	local := mistakesOf[Sync](t, setup("PUSH_CERTS_URL=http://localhost:1/certs", "CLOUD_SQL_ADMIN_API=http://localhost:2"))
	if len(local) > 0 {
		t.Errorf("locally: got %v", local)
	}
}

// pushRefused checks that a function of Pub/Sub's does not start in the cloud unless it can tell who pushes.
func pushRefused[T Function](t *testing.T) {
	t.Helper()
	found := mistakesOf[T](t, setup("K_SERVICE=name", "GOOGLE_CLOUD_PROJECT=acme", "PUSH_AUDIENCE=", "PUSH_SERVICE_ACCOUNT="))
	for _, setting := range []string{"PUSH_AUDIENCE", "PUSH_SERVICE_ACCOUNT"} {
		if _, ok := found[setting]; !ok {
			t.Errorf("%T starts without %s", *new(T), setting)
		}
	}
}

func TestNoFunctionOfPubSubStartsWithoutKnowingWhoMayPush(t *testing.T) {
	t.Parallel()
	pushRefused[Dispatch](t)
	pushRefused[Sync](t)
	pushRefused[Migrate](t)
}

// I08: nothing that prints settings may print a secret, whichever way it goes.
func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	t.Parallel()
	cfg, err := Load[Onboarding](setup("DATABASE_URL=postgres://u:hush@localhost/x", "DATABASE_PASSWORD=hush", "TOKEN_KEYSET=hush"))
	if err != nil {
		t.Fatal(err)
	}
	type keeper struct{ cfg Onboarding } // methods are out of fmt's reach in here
	for _, value := range []any{cfg, &cfg, keeper{cfg}, &keeper{cfg}, []any{cfg}, cfg.Database.URL, &cfg.Database.URL, map[string]any{"x": cfg.Tokens}} {
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %d %t %p %U %e %b %o %c %T") {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, "hush") || strings.Contains(got, "68757368") {
				t.Errorf("%s of %T shows a secret", verb, value)
			}
		}
		var out strings.Builder
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "value", value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "value", value)
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String()+string(encoded), "hush") {
			t.Errorf("a log of %T shows a secret", value)
		}
	}
	if cfg.Tokens.Keyset.Reveal() != "hush" {
		t.Error("Reveal gives something else")
	}
}

// I08: the error about a wrong secret names the setting alone; so does a mistyped name.
func TestMistakesAboutSecretsDoNotShowThem(t *testing.T) {
	t.Parallel()
	_, err := Load[Onboarding](setup("DATABASE_URL=mysql://u:hush@localhost/x", "STRAVA_CLIENT_SECRETS=hush"))
	if err == nil || strings.Contains(err.Error(), "hush") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(err.Error(), "did you mean STRAVA_CLIENT_SECRET?") {
		t.Errorf("no hint in %v", err)
	}
}

func FuzzLoadNeverPanics(f *testing.F) {
	f.Add("DATABASE_URL", "postgres://u:p@h/x")
	f.Add("PUBLIC_URL", "http://[::1")
	f.Add("CLOUD_RUN_TIMEOUT_SECONDS", "1h")
	f.Fuzz(func(t *testing.T, name, value string) {
		cfg, err := Load[Onboarding](setup(name + "=" + value))
		if err == nil && (cfg.Database.PoolMin > cfg.Database.PoolMax || cfg.Database.StatementTimeout <= 0) {
			t.Errorf("accepted %+v", cfg.Database)
		}
	})
}

func TestAFunctionMayHaveSeveralLogins(t *testing.T) {
	t.Parallel()
	cfg, err := Load[Migrate](setup("DATABASE_LOGINS=train-d-onboarding@acme.iam:onboarding,onboarding-1:onboarding,train-d-sync@acme.iam:sync"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"train-d-onboarding@acme.iam": "onboarding", "onboarding-1": "onboarding", "train-d-sync@acme.iam": "sync",
	}
	if got := cfg.Logins.Functions; !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, wrong := range []string{"DATABASE_LOGINS=login", "DATABASE_LOGINS=login:", "DATABASE_LOGINS=:onboarding"} {
		if found := mistakesOf[Migrate](t, setup(wrong)); len(found) != 1 || found["DATABASE_LOGINS"].Setting == "" {
			t.Errorf("%s: got %v", wrong, found)
		}
	}
}
