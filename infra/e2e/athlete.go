// Package e2e drives the whole system from outside, as a browser does: for the demo, and for the end-to-end tests.
package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Athlete is a person with a browser: cookies, one origin, and what the pages there let one do.
type Athlete struct {
	origin string
	http   *http.Client
}

// NewAthlete opens a browser on the system at origin, without following redirects by itself.
func NewAthlete(origin string) (*Athlete, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, fmt.Errorf("make cookie jar: %w", err)
	}
	return &Athlete{origin: origin, http: &http.Client{
		Jar: jar, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Refused is an answer that is not the one asked for.
type Refused struct {
	Status int
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// Error implements error.
func (r *Refused) Error() string { return fmt.Sprintf("%d %s: %s", r.Status, r.Code, r.Detail) }

// Call sends body as JSON, nil for none, and reads a 2xx answer into out, nil to throw it away. Any other answer is a
// *Refused.
func (a *Athlete) Call(ctx context.Context, method, path string, body, out any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.origin+path, content)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := a.http.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if response.StatusCode/100 != 2 {
		refused := &Refused{Status: response.StatusCode}
		_ = json.Unmarshal(text, refused) // what is no problem document has no code and no detail
		return fmt.Errorf("%s %s: %w", method, path, refused)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// Register opens an account and stays signed in.
func (a *Athlete) Register(ctx context.Context, email, password string) error {
	return a.Call(ctx, http.MethodPost, "/v1/accounts", map[string]any{
		"email": email, "password": password, "accept_terms": true,
	}, nil)
}

// radio finds the athletes on the simulator's consent page, in their order.
var radio = regexp.MustCompile(`name="athlete_id" value="(\d+)"`)

// Consent is what a person answers on Strava's consent page.
type Consent struct {
	Athlete string   // id; empty takes the first on the page
	Scopes  []string // nil grants everything asked for
	Deny    bool
}

// Athletes lists the ids on the consent page.
func (a *Athlete) Athletes(ctx context.Context) ([]string, error) {
	_, ids, err := a.consentPage(ctx)
	return ids, err
}

func (a *Athlete) consentPage(ctx context.Context) (address string, ids []string, err error) {
	response, err := a.visit(ctx, a.origin+"/v1/strava/connect")
	if err != nil {
		return "", nil, err
	}
	address = response.header.Get("Location")
	if response.status != http.StatusSeeOther || address == "" {
		return "", nil, fmt.Errorf("connect: answered %d: %s", response.status, response.text)
	}
	page, err := a.visit(ctx, address)
	if err != nil {
		return "", nil, err
	}
	for _, found := range radio.FindAllStringSubmatch(page.text, -1) {
		ids = append(ids, found[1])
	}
	if len(ids) == 0 {
		return "", nil, fmt.Errorf("the consent page offers no athlete: %d %s", page.status, page.text)
	}
	return address, ids, nil
}

// Connect goes to Strava, answers the consent page and comes back. It returns how that ended, as the page at the end of
// the way is told: "connected", "denied", "taken", …
func (a *Athlete) Connect(ctx context.Context, consent Consent) (string, error) {
	address, ids, err := a.consentPage(ctx)
	if err != nil {
		return "", err
	}
	if consent.Athlete == "" {
		consent.Athlete = ids[0]
	}
	if consent.Scopes == nil {
		consent.Scopes = []string{"read", "activity:read_all", "profile:read_all"}
	}
	form := url.Values{"athlete_id": {consent.Athlete}, "scope": consent.Scopes, "action": {"authorize"}}
	if consent.Deny {
		form.Set("action", "deny")
	}
	back, err := a.post(ctx, address, form)
	if err != nil {
		return "", err
	}
	return a.Return(ctx, back.header.Get("Location"))
}

// Return opens the address that Strava sends the browser back to.
func (a *Athlete) Return(ctx context.Context, callback string) (string, error) {
	end, err := a.visit(ctx, callback)
	if err != nil {
		return "", err
	}
	target, err := url.Parse(end.header.Get("Location"))
	if err != nil || target.Query().Get("strava") == "" {
		return "", fmt.Errorf("the callback answered %d, Location %q: %s", end.status, end.header.Get("Location"), end.text)
	}
	return target.Query().Get("strava"), nil
}

type page struct {
	status int
	header http.Header
	text   string
}

func (a *Athlete) visit(ctx context.Context, address string) (page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return page{}, fmt.Errorf("visit: %w", err)
	}
	return a.open(request)
}

func (a *Athlete) post(ctx context.Context, address string, form url.Values) (page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, fmt.Errorf("post: %w", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return a.open(request)
}

func (a *Athlete) open(request *http.Request) (page, error) {
	response, err := a.http.Do(request)
	if err != nil {
		return page{}, fmt.Errorf("open page: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return page{response.StatusCode, response.Header, string(text)}, err
}

// CodeOf is the stable code of a refusal, empty where err is something else.
func CodeOf(err error) string {
	var refused *Refused
	if errors.As(err, &refused) {
		return refused.Code
	}
	return ""
}
