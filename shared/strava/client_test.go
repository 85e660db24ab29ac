package strava

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/training"
)

const (
	accessToken  = "access-token-of-the-test"
	refreshToken = "refresh-token-of-the-test"
	clientSecret = "client-secret-of-the-test"
)

// now is what the test's servers give as their time: a quarter hour's and a day's end lie at different times after it.
var now = time.Date(2025, 10, 19, 21, 7, 30, 0, time.UTC)

// serve gives a client of a server that answers with handler.
func serve(t testing.TB, handler http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", now.Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return NewClient(config.Strava{
		ClientID: "12345", ClientSecret: config.NewSecret(clientSecret), APIURL: server.URL + "/", OAuthURL: server.URL + "/oauth",
	}, server.Client())
}

// answerWith always gives the same answer.
func answerWith(t testing.TB, status int, body string, header ...string) *Client {
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func refused(t testing.TB, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want a *strava.Error", err)
	}
	return e
}

const oneActivity = `{"id":16184440000,"name":"Évening run","sport_type":"TrailRun","type":"Run","distance":6764.8,
	"moving_time":2151,"elapsed_time":2178,"start_date":"2025-10-20T02:30:00Z","start_date_local":"2025-10-19T22:30:00Z",
	"timezone":"(GMT-05:00) America/New_York","utc_offset":-14400.0,"has_heartrate":true,"average_heartrate":146.8,
	"max_heartrate":162.0,"start_latlng":[40.1,-73.9]}`

func TestListAsksForThePageAndReadsItsActivities(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.Header().Set("X-RateLimit-Limit", "200,2000")
		w.Header().Set("X-RateLimit-Usage", "70,303")
		w.Header().Set("X-ReadRateLimit-Limit", "100,1000")
		w.Header().Set("X-ReadRateLimit-Usage", "69, 302")
		_, _ = io.WriteString(w, "["+oneActivity+"]")
	})
	activities, usage, err := client.Activities(t.Context(), accessToken,
		ListOptions{Before: time.Unix(1700000000, 0), After: time.Unix(1600000000, 0), Page: 3, PerPage: 999})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := asked.URL.RequestURI(), "/athlete/activities?after=1600000000&before=1700000000&page=3&per_page=200"; got != want {
		t.Errorf("asked %s, want %s", got, want)
	}
	if got := asked.Header.Get("Authorization"); got != "Bearer "+accessToken {
		t.Errorf("Authorization is %q", got)
	}
	want := Usage{Overall: WindowUsage{200, 70, 2000, 303}, Read: WindowUsage{100, 69, 1000, 302}, Known: true}
	if usage != want {
		t.Errorf("usage %+v, want %+v", usage, want)
	}
	if len(activities) != 1 || activities[0].ID != 16184440000 { // I20: an id beyond 32 bits
		t.Fatalf("got %+v", activities)
	}
	// I21: an evening run belongs to the evening's day, whatever day UTC has.
	if got := activities[0].LocalDay; got != training.NewDate(2025, 10, 19) {
		t.Errorf("day %s, want 2025-10-19", got)
	}
	if got := activities[0].TimeZone; got != "America/New_York" {
		t.Errorf("zone %q", got)
	}
}

// I14: whatever Strava answers, only an array of nothing is "no activities".
func TestOnlyAnEmptyArrayIsAnEmptyList(t *testing.T) {
	t.Parallel()
	activities, _, err := answerWith(t, 200, " [] ").Activities(t.Context(), accessToken, ListOptions{})
	if err != nil || len(activities) != 0 {
		t.Fatalf("got %v, %v; want an empty list", activities, err)
	}
	for _, body := range []string{``, `null`, `{}`, `{"message":"Authorization Error"}`, `"[]"`, `[`, `[null]`, `[{}]`,
		`[{"id":1}]`, `[{"id":1,"start_date":"2025-10-20T02:30:00Z"}]`, `[{"id":"1"}]`, `[]]`, `<html>`, `[` + oneActivity} {
		for _, status := range []int{200, 401, 403, 404, 429, 500, 503, 597} {
			activities, _, err := answerWith(t, status, body).Activities(t.Context(), accessToken, ListOptions{})
			if refused(t, err); activities != nil {
				t.Errorf("%d %s: got %d activities beside the error", status, body, len(activities))
			}
		}
	}
}

func TestErrorsSayWhomTheyConcern(t *testing.T) {
	t.Parallel()
	const (
		inactive     = `{"message":"Forbidden","errors":[{"resource":"Application","field":"Status","code":"Inactive"}]}`
		limit        = `{"message":"Forbidden","errors":[{"resource":"Application","field":"Athletes","code":"limit exceeded"}]}`
		unauthorized = `{"message":"Authorization Error","errors":[{"resource":"Application","field":"","code":"invalid"}]}`
		noScope      = `{"message":"Authorization Error","errors":[{"resource":"AccessToken","field":"activity:read_permission","code":"missing"}]}`
		page         = "<!doctype html><title>Down for maintenance</title>"
		limits, full = "X-RateLimit-Limit", "X-RateLimit-Usage"
	)
	quarterEnd := time.Date(2025, 10, 19, 21, 15, 0, 0, time.UTC)
	midnight := time.Date(2025, 10, 20, 0, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name    string
		status  int
		body    string
		header  []string
		list    Scope // of a list of activities
		one     Scope // of an activity and its streams
		code    string
		retryAt time.Time
	}{
		{name: "token not accepted", status: 401, body: unauthorized, list: ScopeAthlete, one: ScopeAthlete, code: CodeUnauthorized},
		{name: "scope missing", status: 401, body: noScope, list: ScopeAthlete, one: ScopeAthlete, code: CodeMissingScope},
		{name: "app inactive", status: 403, body: inactive, list: ScopeApp, one: ScopeApp, code: CodeInactive, retryAt: now.Add(time.Hour)},
		{name: "too many athletes", status: 403, body: limit, list: ScopeApp, one: ScopeApp, code: CodeAthleteLimit, retryAt: now.Add(time.Hour)}, // I24
		{name: "quarter spent", status: 429, body: `{"message":"Too Many Requests","errors":"Rate Limit Exceeded"}`,
			header: []string{limits, "600,30000", full, "601,602"}, list: ScopeApp, one: ScopeApp, code: CodeRateLimited, retryAt: quarterEnd},
		{name: "day spent", status: 429, header: []string{limits, "600,30000", full, "600,30000"},
			list: ScopeApp, one: ScopeApp, code: CodeRateLimited, retryAt: midnight},
		{name: "day of reads spent", status: 429, header: []string{"X-ReadRateLimit-Limit", "100,1000", "X-ReadRateLimit-Usage", "3,1000"},
			list: ScopeApp, one: ScopeApp, code: CodeRateLimited, retryAt: midnight},
		{name: "spent, no headers", status: 429, list: ScopeApp, one: ScopeApp, code: CodeRateLimited, retryAt: quarterEnd},
		{name: "spent, told for how long", status: 429, header: []string{"Retry-After", "1800"},
			list: ScopeApp, one: ScopeApp, code: CodeRateLimited, retryAt: now.Add(30 * time.Minute)},
		{name: "maintenance", status: 597, list: ScopeApp, one: ScopeApp, code: CodeMaintenance, retryAt: now.Add(pauseMaintenance)},
		{name: "maintenance page", status: 502, body: page, header: []string{"Content-Type", "text/html"},
			list: ScopeApp, one: ScopeApp, code: CodeMaintenance, retryAt: now.Add(pauseMaintenance)},
		{name: "maintenance page as success", status: 200, body: page, list: ScopeApp, one: ScopeApp, code: CodeMaintenance,
			retryAt: now.Add(pauseMaintenance)},
		{name: "redirect", status: 302, header: []string{"Location", "https://example.com/"}, list: ScopeApp, one: ScopeApp,
			code: CodeMaintenance, retryAt: now.Add(pauseMaintenance)},
		{name: "server error", status: 500, body: `{"message":"error"}`, list: ScopeTransient, one: ScopeActivity, code: CodeServer},
		{name: "gateway", status: 503, body: `{}`, list: ScopeTransient, one: ScopeTransient, code: CodeServer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := answerWith(t, test.status, test.body, test.header...)
			_, _, listErr := client.Activities(t.Context(), accessToken, ListOptions{})
			_, _, oneErr := client.Activity(t.Context(), accessToken, 7)
			_, _, streamsErr := client.Streams(t.Context(), accessToken, 7)
			for call, got := range map[string]*Error{"list": refused(t, listErr), "activity": refused(t, oneErr),
				"streams": refused(t, streamsErr)} {
				scope := test.one
				if call == "list" {
					scope = test.list
				}
				if got.Scope != scope || got.Code != test.code || got.Status != test.status || !got.RetryAt.Equal(test.retryAt) {
					t.Errorf("%s: got scope %s, code %s, status %d, retry at %s; want %s, %s, %d, %s", call,
						got.Scope, got.Code, got.Status, got.RetryAt, scope, test.code, test.status, test.retryAt)
				}
			}
		})
	}
}

func TestAnActivityThatIsGoneConcernsThatActivity(t *testing.T) {
	t.Parallel()
	client := answerWith(t, 404, "")
	_, _, err := client.Activity(t.Context(), accessToken, 7)
	if e := refused(t, err); e.Scope != ScopeActivity || e.Code != CodeNotFound || fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
	_, _, err = client.Activities(t.Context(), accessToken, ListOptions{})
	if e := refused(t, err); e.Scope != ScopeApp {
		t.Errorf("a list that is not found: got %v, want scope app", err)
	}
}

func TestAnotherActivityThanAskedForIsRefused(t *testing.T) {
	t.Parallel()
	_, _, err := answerWith(t, 200, oneActivity).Activity(t.Context(), accessToken, 7)
	if e := refused(t, err); e.Scope != ScopeActivity || e.Code != CodeMalformed {
		t.Errorf("got %v", err)
	}
}

func TestCutAnswersAreTransient(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]http.HandlerFunc{
		"announced longer": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "4000")
			_, _ = io.WriteString(w, `[`)
		},
		"connection lost": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `[`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"cut before us": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"id":1,"na`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := serve(t, cut)
			_, _, listErr := client.Activities(t.Context(), accessToken, ListOptions{})
			_, _, oneErr := client.Streams(t.Context(), accessToken, 7)
			for _, err := range []error{listErr, oneErr} {
				if e := refused(t, err); e.Scope != ScopeTransient || e.Code != CodeCut {
					t.Errorf("got %v, want transient and cut", err)
				}
			}
		})
	}
}

func TestHugeAnswersAreRefusedUnread(t *testing.T) {
	t.Parallel()
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "1" {
			w.Header().Set("Content-Length", fmt.Sprint(maxListBody+1))
		}
		_, _ = io.WriteString(w, "[")
		blanks := strings.Repeat(" ", 1<<20)
		for range maxListBody >> 20 {
			if _, err := io.WriteString(w, blanks); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, "]")
	})
	for _, page := range []int{1, 2} {
		_, _, err := client.Activities(t.Context(), accessToken, ListOptions{Page: page})
		if e := refused(t, err); e.Code != CodeTooLarge {
			t.Errorf("page %d: got %v, want too-large", page, err)
		}
	}
}

func TestNoAnswerIsTransientAndKeepsTheContextsError(t *testing.T) {
	t.Parallel()
	client := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, _, err := client.Activities(ctx, accessToken, ListOptions{})
	if e := refused(t, err); e.Scope != ScopeTransient || e.Code != CodeNetwork || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if fault.KindOf(err) != fault.Unavailable {
		t.Errorf("kind %v, want unavailable", fault.KindOf(err))
	}
}

func TestTokensStandInNoError(t *testing.T) {
	t.Parallel()
	secrets := []string{accessToken, refreshToken, clientSecret, "code-of-the-test"}
	echo := `{"access_token":"` + accessToken + `","refresh_token":12,"message":"` + refreshToken + ` ` + clientSecret + `"}`
	for _, client := range []*Client{
		answerWith(t, 401, echo), answerWith(t, 400, echo), answerWith(t, 500, echo), answerWith(t, 200, echo), answerWith(t, 200, echo+"x"),
		NewClient(config.Strava{ClientSecret: config.NewSecret(clientSecret), APIURL: "http://127.0.0.1:1", OAuthURL: "http://127.0.0.1:1"}, nil),
	} {
		_, _, listErr := client.Activities(t.Context(), accessToken, ListOptions{})
		_, exchangeErr := client.Exchange(t.Context(), "code-of-the-test")
		_, refreshErr := client.Refresh(t.Context(), refreshToken)
		for _, err := range []error{listErr, exchangeErr, refreshErr} {
			refused(t, err)
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
				for _, secret := range secrets {
					if strings.Contains(text, secret) || strings.Contains(text, url.QueryEscape(secret)) {
						t.Errorf("%q shows %q", text, secret)
					}
				}
			}
		}
	}
}
