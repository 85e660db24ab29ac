// Package strava speaks Strava's API: OAuth, activities, streams, rate headers and the scope of errors. It knows no
// database, keeps no state and never retries or waits: when to call is the caller's decision, from the quota.
//
// Every call that gives no data gives an *Error; an error is never an empty list. Tokens travel in headers and form
// bodies only, and stand in no error.
package strava

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/config"
)

// The largest answers that are read, in bytes. A page of 200 summaries is about half a megabyte, a 14-hour stream 2 MB.
const (
	maxListBody     = 16 << 20
	maxActivityBody = 8 << 20
	maxStreamsBody  = 32 << 20
	maxTokenBody    = 64 << 10
	maxErrorBody    = 64 << 10
)

// usualBody is what room an answer of unannounced length begins with.
const usualBody = 64 << 10

// DefaultTimeout bounds one call where the context allows longer.
const DefaultTimeout = 30 * time.Second

// Client calls Strava for any athlete; it is safe for concurrent use.
type Client struct {
	settings config.Strava
	apiURL   string
	oauthURL string
	http     *http.Client
}

// NewClient makes a client. httpClient brings the transport and timeout; nil takes Go's transport and DefaultTimeout.
// Redirects are not followed: Strava's API has none, and a token must not travel to where one points.
func NewClient(settings config.Strava, httpClient *http.Client) *Client {
	own := http.Client{Timeout: DefaultTimeout}
	if httpClient != nil {
		own = *httpClient
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		settings: settings,
		apiURL:   strings.TrimRight(settings.APIURL, "/"),
		oauthURL: strings.TrimRight(settings.OAuthURL, "/"),
		http:     &own,
	}
}

// call is one request and what it may answer.
type call struct {
	op      string
	about   concern
	method  string
	url     string
	access  string     // bearer token; empty where the form carries the credentials
	form    url.Values // body of a POST
	maxBody int64
}

// get makes a reading call of the API.
func (c *Client) get(ctx context.Context, op string, about concern, access, path string, query url.Values, maxBody int64) (answer, error) {
	target := c.apiURL + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return c.do(ctx, call{op: op, about: about, method: http.MethodGet, url: target, access: access, maxBody: maxBody})
}

// answer is a successful one, read to its end.
type answer struct {
	op    string
	about concern
	body  []byte
	usage Usage
	now   time.Time // Strava's clock, whose quarter hours count; this machine's where it was not told
}

// do sends the call and reads the whole answer. Everything but a complete 2xx is an *Error.
func (c *Client) do(ctx context.Context, call call) (answer, error) {
	var form io.Reader
	if call.form != nil {
		form = strings.NewReader(call.form.Encode())
	}
	request, err := http.NewRequestWithContext(ctx, call.method, call.url, form)
	if err != nil {
		return answer{}, fmt.Errorf("%s: %w", call.op, err)
	}
	request.Header.Set("Accept", "application/json")
	if call.form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if call.access != "" {
		request.Header.Set("Authorization", "Bearer "+call.access)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return answer{}, &Error{Op: call.op, Scope: ScopeTransient, Code: CodeNetwork, Err: withoutURL(err)}
	}
	defer func() { _ = response.Body.Close() }()

	now, usage := clockOf(response.Header), usageOf(response.Header)
	if response.StatusCode < 200 || response.StatusCode > 299 {
		// Status and headers say enough where the body of a refusal can't be read.
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBody))
		refused := classify(call.about, response.StatusCode, response.Header, body, now)
		refused.Op = call.op
		return answer{}, refused
	}
	body, err := readBody(response, call.maxBody)
	if err != nil {
		code := CodeCut
		if errors.Is(err, errTooLarge) {
			code = CodeTooLarge
		}
		scope := ScopeTransient
		if code == CodeTooLarge && call.about == concernsActivity {
			scope = ScopeActivity
		}
		return answer{}, &Error{Op: call.op, Scope: scope, Status: response.StatusCode, Code: code, Usage: usage, Err: err}
	}
	if isPage(response.Header, body) {
		return answer{}, &Error{Op: call.op, Scope: ScopeApp, Status: response.StatusCode, Code: CodeMaintenance, Usage: usage,
			RetryAt: now.Add(pauseMaintenance)}
	}
	return answer{op: call.op, about: call.about, body: body, usage: usage, now: now}, nil
}

// malformed is an answer that came whole and is not what it should be. Where it ends in the middle of a value it was cut
// by somebody who hid it, which passes; else one activity's is that activity's trouble.
func (a answer) malformed(err error) *Error {
	e := &Error{Op: a.op, Scope: ScopeTransient, Status: http.StatusOK, Code: CodeMalformed, Usage: a.usage, Err: err}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		e.Code = CodeCut
	case a.about == concernsActivity:
		e.Scope = ScopeActivity
	}
	return e
}

var errTooLarge = errors.New("answer is too large")

// readBody reads the whole body: more than limit, or less than was announced, is an error.
func readBody(response *http.Response, limit int64) ([]byte, error) {
	if response.ContentLength > limit {
		return nil, fmt.Errorf("%w: %d bytes announced, at most %d are read", errTooLarge, response.ContentLength, limit)
	}
	if response.ContentLength > 0 {
		body := make([]byte, response.ContentLength)
		if _, err := io.ReadFull(response.Body, body); err != nil {
			return nil, fmt.Errorf("read answer: %w", err)
		}
		return body, nil
	}
	buffer := bytes.NewBuffer(make([]byte, 0, usualBody))
	if _, err := buffer.ReadFrom(io.LimitReader(response.Body, limit+1)); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if int64(buffer.Len()) > limit {
		return nil, fmt.Errorf("%w: at most %d bytes are read", errTooLarge, limit)
	}
	return buffer.Bytes(), nil
}

// clockOf is the time the answer says it was made at.
func clockOf(header http.Header) time.Time {
	if at, err := http.ParseTime(header.Get("Date")); err == nil {
		return at
	}
	return time.Now()
}

// withoutURL takes the address off a transport error: an access log has it, and a query is nobody else's business.
func withoutURL(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}
