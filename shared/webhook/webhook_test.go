package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
)

const (
	path   = "0123456789abcdef0123456789abcdef"
	verify = "a-verify-token-of-ours"
)

// topic keeps what is published, or fails.
type topic struct {
	mu     sync.Mutex
	fail   bool
	stuck  bool
	bodies []any
	kept   chan struct{} // one element for each body
}

func (p *topic) Publish(ctx context.Context, name message.Topic, body any) error {
	if p.stuck {
		<-ctx.Done()
		return ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail || name != message.TopicSync {
		return errors.New("Pub/Sub is down")
	}
	p.bodies = append(p.bodies, body)
	p.kept <- struct{}{}
	return nil
}

func (p *topic) published() []any {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bodies
}

func setup(t *testing.T) (*Handler, *topic, *httptest.Server, *bytes.Buffer) {
	t.Helper()
	published, log := &topic{kept: make(chan struct{}, 10)}, &bytes.Buffer{}
	handler := &Handler{Publisher: published, Settings: config.Hook{Path: config.NewSecret(path),
		VerifyToken: config.NewSecret(verify), SubscriptionID: 120475}}
	logger := logging.New(log, logging.Options{Level: slog.LevelDebug, Format: "json"})
	var mu sync.Mutex
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		handler.ServeHTTP(w, r.WithContext(logging.Into(r.Context(), logger)))
	}))
	t.Cleanup(server.Close)
	return handler, published, server, log
}

func do(t *testing.T, server *httptest.Server, method, target, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, server.URL+target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func event(object, aspect, updates string) string {
	return `{"aspect_type":"` + aspect + `","event_time":1516126040,"object_id":1360128428,"object_type":"` + object +
		`","owner_id":134815,"subscription_id":120475,"updates":{` + updates + `}}`
}

func TestTheHandshakeEchoesTheChallenge(t *testing.T) {
	t.Parallel()
	_, _, server, log := setup(t)
	query := func(mode, token, challenge string) string {
		return "/" + path + "?" + url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {challenge}}.Encode()
	}
	status, body := do(t, server, http.MethodGet, query("subscribe", verify, `15f7d1a"91c1f`), "")
	var echoed map[string]string
	if err := json.Unmarshal([]byte(body), &echoed); err != nil || status != 200 || echoed["hub.challenge"] != `15f7d1a"91c1f` {
		t.Errorf("got %d %s", status, body)
	}
	for target, want := range map[string]int{
		query("subscribe", "another", "c"):                    403,
		query("subscribe", "", "c"):                           403,
		query("unsubscribe", verify, "c"):                     400,
		query("subscribe", verify, ""):                        400,
		query("subscribe", verify, strings.Repeat("c", 1000)): 400,
	} {
		if status, _ := do(t, server, http.MethodGet, target, ""); status != want {
			t.Errorf("%s: got %d, want %d", target, status, want)
		}
	}
	if strings.Contains(log.String(), verify) || strings.Contains(log.String(), path) {
		t.Error("the log holds a secret")
	}
}

func TestEventsBecomeHints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body string
		want *message.Hint
	}{
		"a new activity":      {event("activity", "create", ""), &message.Hint{Object: "activity", Aspect: "create"}},
		"an edited activity":  {event("activity", "update", `"title":"Messy"`), &message.Hint{Object: "activity", Aspect: "update"}},
		"a deleted activity":  {event("activity", "delete", ""), &message.Hint{Object: "activity", Aspect: "delete"}},
		"an athlete who left": {event("athlete", "update", `"authorized":"false"`), &message.Hint{Object: "athlete", Aspect: "deauthorize"}},
		"a changed profile":   {event("athlete", "update", `"weight":"70"`), nil},
		"something new":       {event("segment", "create", ""), nil},
		"a new aspect":        {event("activity", "share", ""), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, published, server, _ := setup(t)
			if status, body := do(t, server, http.MethodPost, "/"+path, c.body); status != 200 {
				t.Fatalf("got %d %s", status, body)
			}
			got := published.published()
			if c.want == nil {
				if len(got) != 0 {
					t.Errorf("published %+v", got)
				}
				return
			}
			want := *c.want
			want.Kind, want.ObjectID, want.OwnerID, want.EventTime = "hint", 1360128428, 134815, 1516126040
			if len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestWhatIsNotStravasIsRefused(t *testing.T) {
	t.Parallel()
	good := event("activity", "create", "")
	for name, c := range map[string]struct {
		method, target, body string
		want                 int
	}{
		"no path":              {http.MethodPost, "/", good, 404},
		"a wrong path":         {http.MethodPost, "/" + strings.Repeat("0", 32), good, 404},
		"a longer path":        {http.MethodPost, "/" + path + "/x", good, 404},
		"a handshake there":    {http.MethodGet, "/?hub.mode=subscribe&hub.challenge=c&hub.verify_token=" + verify, "", 404},
		"another method":       {http.MethodPut, "/" + path, good, 405},
		"another subscription": {http.MethodPost, "/" + path, strings.Replace(good, "120475", "120476", 1), 403},
		"no JSON":              {http.MethodPost, "/" + path, "hello", 400},
		"nothing":              {http.MethodPost, "/" + path, "", 400},
		"no ids":               {http.MethodPost, "/" + path, `{"object_type":"activity"}`, 400},
		"a large body":         {http.MethodPost, "/" + path, good + strings.Repeat(" ", maxBody), 413},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, published, server, log := setup(t)
			if status, _ := do(t, server, c.method, c.target, c.body); status != c.want {
				t.Errorf("got %d, want %d", status, c.want)
			}
			if got := published.published(); len(got) != 0 {
				t.Errorf("published %+v", got)
			}
			if strings.Contains(log.String(), path) {
				t.Error("the log holds the path")
			}
		})
	}
}

// The adapter logs a request's pattern where it has one, else the beginning of its path, which is a secret here.
func TestTheLogGetsAPatternInPlaceOfThePath(t *testing.T) {
	t.Parallel()
	handler, _, _, _ := setup(t)
	for _, target := range []string{"/" + path, "/" + path + "/x", "/y"} {
		request := httptest.NewRequest(http.MethodGet, target, nil)
		handler.ServeHTTP(httptest.NewRecorder(), request)
		if request.Pattern != "GET /{path}" {
			t.Errorf("%s: pattern %q", target, request.Pattern)
		}
	}
}

func TestUntilASubscriptionIsKnownAnyIsTaken(t *testing.T) {
	t.Parallel()
	handler, published, server, _ := setup(t)
	handler.Settings.SubscriptionID = 0
	if status, _ := do(t, server, http.MethodPost, "/"+path, event("activity", "create", "")); status != 200 || len(published.published()) != 1 {
		t.Errorf("got %d, published %+v", status, published.published())
	}
}

func TestAnEventThatIsNotKeptIsPushedAgain(t *testing.T) {
	t.Parallel()
	_, published, server, _ := setup(t)
	published.fail = true
	if status, _ := do(t, server, http.MethodPost, "/"+path, event("activity", "create", "")); status != 503 {
		t.Errorf("Pub/Sub down: got %d", status)
	}
	published.fail, published.stuck = false, true
	began := time.Now()
	if status, _ := do(t, server, http.MethodPost, "/"+path, event("activity", "create", "")); status != 503 {
		t.Errorf("Pub/Sub stuck: got %d", status)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("answered after %s", took)
	}
}

// The simulator makes the subscription and posts events as Strava does.
func TestTheSimulatorsSubscriptionReachesTheTopic(t *testing.T) {
	t.Parallel()
	handler, published, server, _ := setup(t)
	handler.Settings.SubscriptionID = 0
	sim, err := stravasim.New(stravasim.Config{Activities: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	strava := httptest.NewServer(sim.Handler())
	t.Cleanup(strava.Close)
	response, err := strava.Client().PostForm(strava.URL+"/api/v3/push_subscriptions", url.Values{"client_id": {"50001"},
		"client_secret": {"stravasim-secret"}, "callback_url": {server.URL + "/" + path}, "verify_token": {verify}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatalf("subscription: %d", response.StatusCode)
	}
	athlete := sim.Athletes()[0].ID
	sim.Grant(athlete, "activity:read_all")
	response, err = strava.Client().Post(strava.URL+"/_sim/athletes/8100000001/activities", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	select {
	case <-published.kept:
	case <-time.After(10 * time.Second):
		t.Fatal("no event arrived")
	}
	got := published.published()
	if len(got) != 1 || got[0].(message.Hint).OwnerID != athlete || got[0].(message.Hint).Aspect != message.AspectCreate {
		t.Errorf("got %+v", got)
	}
}
