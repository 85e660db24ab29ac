package hostile_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/local"
)

const password = "correct horse battery"

// victim is the running system, and what became of the attacks on it.
type victim struct {
	t      *testing.T
	system *local.System
	url    string
	admin  *pgx.Conn
	rows   [][2]string
}

// setup starts a system of its own, from the staged programs.
func setup(t *testing.T) *victim {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	port, release, err := exclusive.Ports(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	settings := local.Settings{Port: port, Dir: filepath.Join(t.TempDir(), "state"), Root: root, LogFormat: "json",
		TickSeconds: 3600, Activities: 40, Athletes: 5}
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute) // the first build of everything included
	defer cancel()
	log, err := os.Create(filepath.Join(t.TempDir(), "terminal"))
	if err != nil {
		t.Fatal(err)
	}
	system, err := local.Start(ctx, settings, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			written, err := os.ReadFile(system.Info().Functions["onboarding"].Log)
			for line := range strings.Lines(string(written)) {
				if strings.Contains(line, `"function.failed"`) || strings.Contains(line, `"function.panicked"`) {
					t.Logf("%s", line)
				}
			}
			if err != nil {
				t.Log(err)
			}
		}
		if err := system.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if err := local.Clean(settings); err != nil {
			t.Errorf("clean: %v", err)
		}
		_ = log.Close()
	})
	v := &victim{t: t, system: system, url: system.Info().URL}
	if v.admin, err = pgx.Connect(t.Context(), system.Info().Database); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.admin.Close(context.Background()) })
	return v
}

// survived notes what became of an attack, and that it is a failure where it did not go as it should.
func (v *victim) survived(t *testing.T, attack string, well bool, result string, values ...any) {
	t.Helper()
	result = fmt.Sprintf(result, values...)
	if !well {
		t.Errorf("%s: %s", attack, result)
		result = "BROKEN: " + result
	}
	v.rows = append(v.rows, [2]string{attack, result})
}

// print writes the list of attacks.
func (v *victim) print() {
	var text strings.Builder
	table := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, row := range v.rows {
		fmt.Fprintf(table, "%s\t→ %s\n", row[0], row[1])
	}
	_ = table.Flush()
	v.t.Logf("attack → result\n%s", text.String())
}

// reply is what came back.
type reply struct {
	status int
	header http.Header
	body   string
}

// client follows nothing and keeps no cookie.
var client = &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// ask sends a request with a session's token, "" for none, and further headers as pairs.
func (v *victim) ask(t *testing.T, method, target, token, body string, headers ...string) reply {
	t.Helper()
	if strings.HasPrefix(target, "/") {
		target = v.url + target
	}
	request, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		request.Header.Set("Cookie", "session="+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{response.StatusCode, response.Header, string(text)}
}

// token gives the session that an answer sets.
func (r reply) token() string {
	for _, cookie := range (&http.Response{Header: r.header}).Cookies() {
		if cookie.Name == "session" {
			return cookie.Value
		}
	}
	return ""
}

// register opens an account and gives its session.
func (v *victim) register(t *testing.T, email string) string {
	t.Helper()
	got := v.ask(t, "POST", "/v1/accounts", "", fmt.Sprintf(`{"email":%q,"password":%q,"accept_terms":true}`, email, password))
	if got.status != http.StatusCreated {
		t.Fatalf("register %s: %d %s", email, got.status, got.body)
	}
	return got.token()
}

// count looks into the database.
func (v *victim) count(t *testing.T, sql string, arguments ...any) (n int) {
	t.Helper()
	if err := v.admin.QueryRow(t.Context(), sql, arguments...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// logged is how often a function has logged an event.
func (v *victim) logged(t *testing.T, function, event string) int {
	t.Helper()
	written, err := os.ReadFile(v.system.Info().Functions[function].Log)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(written), fmt.Sprintf("%q:%q", "event", event))
}

// until waits for a condition.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Minute)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("still waiting for: %s", what)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
