package strava

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/config"
)

func FuzzDecodeStreams(f *testing.F) {
	for _, body := range []string{`{"time":{"data":[0,1],"resolution":"high"},"heartrate":{"data":[90,null]},"moving":{"data":[true,false]}}`,
		`[{"data":[0.5,-1e3],"type":"distance"},{"type":"latlng","data":[[1,2]]}]`, `{"a":"\u00e9\n","watts":{"data":[]}}`,
		`{"altitude":{"data":[123456789012345678901,0.1234567890123456789,1E-7]}}`, `[`, `{"time":`, `nul`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		streams, err := DecodeStreams(body)
		if err != nil {
			return
		}
		if !json.Valid(body) {
			t.Fatalf("accepted what is not JSON: %q", body)
		}
		lengths := map[int]bool{}
		for _, n := range []int{len(streams.Time), len(streams.Distance), len(streams.Altitude), len(streams.Velocity),
			len(streams.HeartRate), len(streams.Watts), len(streams.Cadence), len(streams.Moving)} {
			if n > 0 {
				lengths[n] = true
			}
		}
		if len(lengths) > 1 {
			t.Fatalf("arrays of different lengths: %v", lengths)
		}
		checkNumbers(t, body, streams.Distance)
	})
}

// checkNumbers compares the distances with those that encoding/json reads, to the last bit.
func checkNumbers(t *testing.T, body []byte, got []float64) {
	var streams map[string]json.RawMessage
	if json.Unmarshal(body, &streams) != nil {
		return
	}
	var stream map[string]json.RawMessage
	var want []*float64
	if json.Unmarshal(streams["distance"], &stream) != nil || json.Unmarshal(stream["data"], &want) != nil || len(want) != len(got) {
		return
	}
	for i, value := range want {
		if value != nil && *value != got[i] {
			t.Fatalf("distance %d of %q is %v, want %v", i, body, got[i], *value)
		}
	}
}

func FuzzDecodeActivities(f *testing.F) {
	f.Add([]byte("[" + oneActivity + "]"))
	f.Add([]byte(oneActivity))
	f.Add([]byte(`[{"id":1,"start_date":"2025-10-20T02:30:00Z","utc_offset":-14400}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		activities, err := decodeActivities(body)
		if err != nil && activities != nil {
			t.Fatal("activities beside an error")
		}
		if one, err := decodeActivity(body); err == nil {
			activities = append(activities, one)
		}
		for _, activity := range activities {
			if activity.ID <= 0 || activity.SportType == "" || len(activity.StartLocal) < 10 {
				t.Fatalf("accepted %+v", activity)
			}
			activity.Hash()
		}
	})
}

func FuzzClassify(f *testing.F) {
	f.Add(403, "application/json", "1,2", "1,2", "5", []byte(`{"errors":[{"resource":"Application","code":"Inactive"}]}`))
	f.Add(429, "text/html", "600,30000", "601, 602", "Wed, 21 Oct 2025 07:28:00 GMT", []byte(`{"errors":"Rate Limit Exceeded"}`))
	f.Fuzz(func(t *testing.T, status int, kind, limit, usage, after string, body []byte) {
		header := http.Header{"Content-Type": {kind}, "X-Ratelimit-Limit": {limit}, "X-Ratelimit-Usage": {usage}, "Retry-After": {after}}
		for _, about := range []concern{concernsAthlete, concernsActivity, concernsToken} {
			e := classify(about, status, header, body, now)
			if e.Code == "" || (e.Scope == ScopeApp && !e.RetryAt.After(now)) {
				t.Fatalf("status %d: %+v", status, e)
			}
		}
	})
}

func FuzzUsageOf(f *testing.F) {
	f.Add("200,2000", "79,222", "100, 1000", "78,221")
	f.Add("600,30000", "", "1", "-1,5")
	f.Add("99999999999999999999,1", "1,1", "1,2,3", ",")
	f.Fuzz(func(t *testing.T, limit, used, readLimit, readUsed string) {
		usage := usageOf(http.Header{"X-Ratelimit-Limit": {limit}, "X-Ratelimit-Usage": {used},
			"X-Readratelimit-Limit": {readLimit}, "X-Readratelimit-Usage": {readUsed}})
		for _, window := range []WindowUsage{usage.Overall, usage.Read} {
			if min(window.QuarterLimit, window.QuarterUsed, window.DayLimit, window.DayUsed) < 0 {
				t.Fatalf("negative: %+v", usage)
			}
		}
		if !usage.Known && usage != (Usage{}) {
			t.Fatalf("told and not known: %+v", usage)
		}
		at := usage.retryAfterLimit(now)
		if !at.After(now) || at.Sub(now) > 24*time.Hour {
			t.Fatalf("try again at %v", at)
		}
	})
}

// answering is a transport that gives every request the same answer.
type answering struct {
	status int
	kind   string
	body   []byte
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Header: http.Header{"Content-Type": {a.kind}}, Body: io.NopCloser(bytes.NewReader(a.body)),
		ContentLength: int64(len(a.body)), Request: r}, nil
}

// Whatever stands in an answer about tokens or subscriptions, it is taken whole or is an Error, and no token is in it.
func FuzzAnswersOfOAuthAndSubscriptions(f *testing.F) {
	f.Add(200, "application/json", []byte(`{"access_token":"an-access-token","refresh_token":"a-refresh-token","expires_at":1760918852,"athlete":{"id":9007199254740993,"sex":"F"}}`))
	f.Add(200, "application/json", []byte(`{"access_token":7,"refresh_token":"a-refresh-token","expires_at":"soon"}`))
	f.Add(200, "application/json", []byte(`[{"id":131300,"callback_url":"https://example.org/x","created_at":"2025-10-20T02:30:00Z","updated_at":"2025-10-20T02:30:00Z"}]`))
	f.Add(201, "application/json", []byte(`{"id":131300}`))
	f.Add(204, "", []byte{})
	f.Add(400, "application/json", []byte(`{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}`))
	f.Add(502, "text/html", []byte(`<html>`))
	f.Fuzz(func(t *testing.T, status int, kind string, body []byte) {
		if status < 200 || status > 599 {
			return // net/http reads no other
		}
		client := NewClient(config.Strava{ClientID: "50001", ClientSecret: config.NewSecret(clientSecret), APIURL: "http://strava.example.com",
			OAuthURL: "http://strava.example.com/oauth"}, &http.Client{Transport: answering{status, kind, body}})
		check := func(err error, whole bool) {
			t.Helper()
			var e *Error
			switch {
			case err == nil && !whole:
				t.Fatalf("half an answer was taken: %d %q", status, body)
			case err == nil:
			case !errors.As(err, &e) || e.Code == "":
				t.Fatalf("no *Error: %v", err)
			case strings.Contains(err.Error(), "an-access-token") || strings.Contains(err.Error(), "a-refresh-token") || strings.Contains(err.Error(), clientSecret):
				t.Fatalf("a secret stands in %v", err)
			}
		}
		grant, err := client.Exchange(t.Context(), "code")
		check(err, grant.Athlete.ID > 0 && whole(grant.Tokens))
		tokens, err := client.Refresh(t.Context(), refreshToken)
		check(err, whole(tokens))
		_, err = client.Deauthorize(t.Context(), accessToken)
		check(err, true)
		_, err = client.Subscriptions(t.Context())
		check(err, true)
		made, err := client.CreateSubscription(t.Context(), "https://example.org/x", "verify")
		check(err, made.ID > 0)
		check(client.DeleteSubscription(t.Context(), 1), true)
	})
}

func whole(t Tokens) bool {
	return t.Access.Reveal() != "" && t.Refresh.Reveal() != "" && t.ExpiresAt.Unix() > 0
}
