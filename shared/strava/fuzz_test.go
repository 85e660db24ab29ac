package strava

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
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
	f.Add([]byte(`{"id":9007199254740993,"name":"\ud83d\ude00 \"a\"","start_latlng":[1,2],"manual":null,"start_date":"2025-10-20T02:30:00Z",` +
		`"start_date_local":"2025-10-20T02:30:00Z","distance":1e3,"map":{"a":[1,{"b":null}]}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		activities, err := decodeActivities(body)
		if err != nil && activities != nil {
			t.Fatal("activities beside an error")
		}
		if err == nil {
			compareWithTags(t, body, activities)
		}
		if one, err := decodeActivity(body); err == nil {
			compareWithTags(t, slices.Concat([]byte("["), body, []byte("]")), []Activity{one})
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

// taggedActivity is wireActivity for encoding/json.
type taggedActivity struct {
	ID                 int64     `json:"id"`
	Name               string    `json:"name"`
	Type               string    `json:"type"`
	SportType          string    `json:"sport_type"`
	StartDate          string    `json:"start_date"`
	StartDateLocal     string    `json:"start_date_local"`
	Timezone           string    `json:"timezone"`
	UTCOffset          *float64  `json:"utc_offset"`
	Distance           *float64  `json:"distance"`
	MovingTime         *float64  `json:"moving_time"`
	ElapsedTime        *float64  `json:"elapsed_time"`
	TotalElevationGain *float64  `json:"total_elevation_gain"`
	HasHeartrate       *bool     `json:"has_heartrate"`
	AverageHeartrate   *float64  `json:"average_heartrate"`
	MaxHeartrate       *float64  `json:"max_heartrate"`
	AverageWatts       *float64  `json:"average_watts"`
	DeviceWatts        *bool     `json:"device_watts"`
	Kilojoules         *float64  `json:"kilojoules"`
	SufferScore        *float64  `json:"suffer_score"`
	PerceivedExertion  *float64  `json:"perceived_exertion"`
	Manual             bool      `json:"manual"`
	Trainer            bool      `json:"trainer"`
	StartLatlng        exactPair `json:"start_latlng"`
}

// exactPair is whether a list of two stands there.
type exactPair bool

func (p *exactPair) UnmarshalJSON(text []byte) error {
	var list []json.RawMessage
	*p = exactPair(json.Unmarshal(text, &list) == nil && len(list) == 2)
	return nil
}

// compareWithTags checks what was read of a list against what encoding/json reads, to the last bit. Names that differ from a
// known one only in case are encoding/json's alone.
func compareWithTags(t *testing.T, body []byte, got []Activity) {
	t.Helper()
	var objects []map[string]json.RawMessage
	var tagged []taggedActivity
	if err := json.Unmarshal(body, &objects); err != nil {
		t.Fatalf("accepted what is no list of objects: %q", body)
	}
	for _, object := range objects {
		for name := range object {
			if name != strings.Map(func(c rune) rune {
				if c == '_' || (c >= 'a' && c <= 'z') {
					return c
				}
				return -1
			}, name) {
				return
			}
		}
	}
	if err := json.Unmarshal(body, &tagged); err != nil {
		t.Fatalf("accepted %q: %v", body, err)
	}
	for i, w := range tagged {
		wire := wireActivity{w.ID, w.Name, w.Type, w.SportType, w.StartDate, w.StartDateLocal, w.Timezone, w.UTCOffset, w.Distance, w.MovingTime,
			w.ElapsedTime, w.TotalElevationGain, w.HasHeartrate, w.AverageHeartrate, w.MaxHeartrate, w.AverageWatts, w.DeviceWatts,
			w.Kilojoules, w.SufferScore, w.PerceivedExertion, w.Manual, w.Trainer, bool(w.StartLatlng)}
		want, err := wire.activity()
		if err != nil || !reflect.DeepEqual(got[i], want) {
			t.Fatalf("read of %q:\n%+v\nby tags:\n%+v (%v)", body, got[i], want, err)
		}
	}
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
