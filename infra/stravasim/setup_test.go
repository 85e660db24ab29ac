package stravasim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

const (
	clientID     = "50001"
	clientSecret = "stravasim-secret"
	callback     = "http://app.example.com/callback"
)

// clock is a settable time.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Date(2026, time.May, 20, 12, 1, 0, 0, time.UTC)} }

// rig is a simulator behind a server.
type rig struct {
	t   *testing.T
	sim *stravasim.Simulator
	url string
	*clock
	http *http.Client
}

func setup(t *testing.T, cfg stravasim.Config) *rig {
	t.Helper()
	r := &rig{t: t, clock: newClock()}
	cfg.Now = r.Now
	if cfg.Activities == 0 {
		cfg.Activities = 12
	}
	sim, err := stravasim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.Handler())
	t.Cleanup(func() { server.Close(); sim.Close() })
	r.sim, r.url = sim, server.URL
	r.http = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return r
}

// reply is a response that was read.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (p reply) decode(t *testing.T, into any) {
	t.Helper()
	if err := json.Unmarshal(p.body, into); err != nil {
		t.Fatalf("decode %q: %v", p.body, err)
	}
}

func (r *rig) do(req *http.Request) reply {
	r.t.Helper()
	res, err := r.http.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, body}
}

func (r *rig) get(token, path string) reply {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return r.do(req)
}

func (r *rig) post(path string, form url.Values) reply {
	r.t.Helper()
	req, err := http.NewRequest(http.MethodPost, r.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r.do(req)
}

// sims calls the control API and demands the status.
func (r *rig) sims(method, path string, body any, want int) reply {
	r.t.Helper()
	var b []byte
	if body != nil {
		b, _ = json.Marshal(body)
	}
	req, err := http.NewRequest(method, r.url+"/_sim"+path, bytes.NewReader(b))
	if err != nil {
		r.t.Fatal(err)
	}
	got := r.do(req)
	if got.status != want {
		r.t.Fatalf("%s /_sim%s: status %d %s, want %d", method, path, got.status, got.body, want)
	}
	return got
}

func (r *rig) authorizeURL(scopes string) string {
	return "/oauth/authorize?" + url.Values{
		"client_id": {clientID}, "redirect_uri": {callback}, "response_type": {"code"}, "approval_prompt": {"auto"},
		"scope": {scopes}, "state": {"s-1"},
	}.Encode()
}

// consent posts the form and returns the query of the redirect.
func (r *rig) consent(athlete int64, asked string, checked ...string) url.Values {
	r.t.Helper()
	got := r.post(r.authorizeURL(asked), url.Values{
		"athlete_id": {strconv.FormatInt(athlete, 10)}, "scope": checked, "action": {"authorize"},
	})
	if got.status != http.StatusFound {
		r.t.Fatalf("consent: status %d %s", got.status, got.body)
	}
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil {
		r.t.Fatal(err)
	}
	return to.Query()
}

type tokens struct {
	TokenType    string `json:"token_type"`
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresAt    int64  `json:"expires_at"`
	ExpiresIn    int64  `json:"expires_in"`
	Athlete      *struct {
		ID  int64   `json:"id"`
		Sex *string `json:"sex"`
	} `json:"athlete"`
}

func (r *rig) exchange(code string) reply {
	return r.post("/oauth/token", url.Values{
		"client_id": {clientID}, "client_secret": {clientSecret}, "grant_type": {"authorization_code"}, "code": {code},
	})
}

func (r *rig) refresh(token string) reply {
	return r.post("/oauth/token", url.Values{
		"client_id": {clientID}, "client_secret": {clientSecret}, "grant_type": {"refresh_token"}, "refresh_token": {token},
	})
}

// first is the first athlete of the consent page, connected with all scopes that a reader needs.
func (r *rig) first() (id int64, token string) {
	id = r.sim.Athletes()[0].ID
	return id, r.sim.Grant(id, "read", "profile:read_all", "activity:read_all").AccessToken
}

func (r *rig) list(token, query string) []stravasim.Activity {
	r.t.Helper()
	got := r.get(token, "/athlete/activities?"+query)
	if got.status != http.StatusOK {
		r.t.Fatalf("list: status %d %s", got.status, got.body)
	}
	var out []stravasim.Activity
	got.decode(r.t, &out)
	return out
}

// stravaError is the shape of Strava's errors.
type stravaError struct {
	Message string `json:"message"`
	Errors  []struct {
		Resource, Field, Code string
	} `json:"errors"`
}

func wantError(t *testing.T, got reply, status int, resource, field, code string) {
	t.Helper()
	if got.status != status {
		t.Fatalf("status %d %s, want %d", got.status, got.body, status)
	}
	var e stravaError
	got.decode(t, &e)
	if len(e.Errors) != 1 || e.Errors[0].Resource != resource || e.Errors[0].Field != field || e.Errors[0].Code != code {
		t.Errorf("error %s, want %s %s %s", got.body, resource, field, code)
	}
}

// start is an activity's start_date in epoch seconds.
func start(t *testing.T, a stravasim.Activity) int64 {
	t.Helper()
	at, err := time.Parse(time.RFC3339, a.StartDate)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}
