package api

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/serverless"
)

// functionAddress tells a copy of the test program to be the function, behind the real adapter and framework.
const functionAddress = "API_TEST_FUNCTION_ADDRESS"

func TestMain(m *testing.M) {
	if address := os.Getenv(functionAddress); address != "" {
		serveFunction(address)
		return
	}
	os.Exit(m.Run())
}

// serveFunction serves the API over the settings of the environment until the process ends.
func serveFunction(address string) {
	settings, err := config.LoadOnboarding()
	if err != nil {
		serverless.Refuse("Onboarding", err)
	}
	pool := database.NewPooled(settings.Database, "onboarding")
	serverless.New(settings.Service).HTTP("Onboarding", newAPI(settings, pool, nil, nil).Handler())
	host, port, _ := net.SplitHostPort(address)
	panic(funcframework.StartHostPort(host, port))
}

func TestADatabaseOutOfReachIsLoggedOnceAndToldWithoutInternals(t *testing.T) {
	t.Parallel()
	unreachable := closedPort(t)
	b, log := function(t, "DATABASE_URL=postgres://onboarding:open-sesame@"+unreachable+"/train-d")
	for i, send := range []func() *http.Request{
		func() *http.Request {
			return b.request("POST", "/v1/session", strings.NewReader(`{"email":"ada@example.com","password":"`+password+`"}`))
		},
		func() *http.Request {
			request := b.request("GET", "/v1/activities", nil)
			request.AddCookie(&http.Cookie{Name: "session", Value: strings.Repeat("x", 43)})
			return request
		},
	} {
		request := send()
		trace := fmt.Sprintf("%032x", 0xabc0+i)
		request.Header.Set("Traceparent", "00-"+trace+"-00000000000000a1-01")
		got := b.send(request)
		if got.refused(http.StatusServiceUnavailable, "database"); got.header.Get("Retry-After") == "" {
			t.Errorf("%v", got.header)
		}
		// The fallback's failure and the pool's are events of their own; the request's is logged once.
		entry := log.wait(t, func(entry map[string]any) bool { return entry["event"] == string(logging.EventFunctionFailed) })
		if !strings.HasSuffix(fmt.Sprint(entry["logging.googleapis.com/trace"]), "/"+trace) || entry["status"] != float64(http.StatusServiceUnavailable) {
			t.Errorf("logged %v", entry)
		}
		log.wait(t, func(entry map[string]any) bool {
			if entry["event"] == string(logging.EventFunctionFailed) {
				t.Errorf("logged again: %v", entry)
			}
			return entry["event"] == string(logging.EventRequestCompleted) // the last of a request
		})
	}
	b.get("/v1/health").wants(http.StatusServiceUnavailable)
}

// entries are the log of a function, as it comes.
type entries struct{ lines chan map[string]any }

// wait gives the next entry that is looked for.
func (e entries) wait(t *testing.T, wanted func(map[string]any) bool) map[string]any {
	t.Helper()
	for {
		select {
		case entry, ok := <-e.lines:
			if !ok {
				t.Fatal("the function has ended")
			}
			if text := fmt.Sprint(entry); strings.Contains(text, password) || strings.Contains(text, "open-sesame") {
				t.Errorf("a secret was logged: %s", text)
			}
			if wanted(entry) {
				return entry
			}
		case <-time.After(20 * time.Second):
			t.Fatal("not logged")
		}
	}
}

// function starts a copy of this program as the function and waits until it listens.
func function(t *testing.T, environ ...string) (*browser, entries) {
	t.Helper()
	address := closedPort(t)
	command := exec.Command(os.Args[0])
	command.Env = slices.Concat(environ, []string{functionAddress + "=" + address, "FUNCTION_TARGET=Onboarding", "STRAVA_CLIENT_ID=1",
		"LOG_LEVEL=DEBUG", "STRAVA_CLIENT_SECRET=x", "TOKEN_KEYSET=x", "PUBLIC_URL=http://localhost"})
	stdout, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	log := entries{make(chan map[string]any, 1000)}
	ended := make(chan struct{})
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		_ = command.Wait() // it was killed
	})
	go func() {
		defer close(ended)
		defer close(log.lines)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			entry := map[string]any{}
			if json.Unmarshal(lines.Bytes(), &entry) != nil {
				entry["text"] = lines.Text()
			}
			log.lines <- entry
		}
	}()
	log.wait(t, func(entry map[string]any) bool { return entry["event"] == string(logging.EventFunctionStarted) })
	b := (&system{t: t}).visit()
	b.address = "http://" + address
	b.listening()
	return b, log
}

// listening waits until somebody listens at the browser's address.
func (b *browser) listening() {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", strings.TrimPrefix(b.address, "http://"))
		if err == nil {
			_ = conn.Close()
			return
		}
		if time.Now().After(deadline) {
			b.t.Fatal(err)
		}
		<-time.After(10 * time.Millisecond)
	}
}
