package strava

import (
	"encoding/json"
	"net/http"
	"testing"
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
	f.Add([]byte(`[{"id":1,"start_date":"2025-10-20T02:30:00Z","utc_offset":-14400}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		activities, err := decodeActivities(body)
		if err != nil && activities != nil {
			t.Fatal("activities beside an error")
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
