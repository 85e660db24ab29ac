package strava

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/train-d/train-d/shared/training"
)

// recorded is a response of Strava's as the reference data keeps it.
type recorded struct {
	Response struct {
		Status  int               `json:"status"`
		Headers map[string]string `json:"headers"`
		Body    json.RawMessage   `json:"body"`
	} `json:"response"`
}

func recording(t testing.TB, file string) recorded {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return r
}

// play gives a client of a server that answers as recorded. A null body is an empty one.
func (r recorded) play(t testing.TB) *Client {
	return serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range r.Response.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(r.Response.Status)
		if !bytes.Equal(r.Response.Body, []byte("null")) {
			_, _ = w.Write(r.Response.Body)
		}
	})
}

// used are the fields of an activity that we use and where each one goes.
var used = map[string]func(Activity) *float64{
	"distance":             func(a Activity) *float64 { return a.Summary().DistanceM },
	"moving_time":          func(a Activity) *float64 { return a.Summary().MovingS },
	"elapsed_time":         func(a Activity) *float64 { return a.Summary().ElapsedS },
	"total_elevation_gain": func(a Activity) *float64 { return a.Summary().ElevationGainM },
	"average_heartrate":    func(a Activity) *float64 { return a.Summary().AverageHR },
	"max_heartrate":        func(a Activity) *float64 { return a.Summary().MaxHR },
	"average_watts":        func(a Activity) *float64 { return a.Summary().AverageWatts },
	"kilojoules":           func(a Activity) *float64 { return a.Summary().Kilojoules },
	"suffer_score":         func(a Activity) *float64 { return a.Summary().SufferScore },
	"perceived_exertion":   func(a Activity) *float64 { return a.Summary().PerceivedExertion },
}

// checkLoss compares an activity with the JSON that it came from, read generically.
func checkLoss(t *testing.T, name string, got Activity, raw json.RawMessage) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var want map[string]any
	if err := decoder.Decode(&want); err != nil {
		t.Fatal(err)
	}
	for field, value := range used {
		number, present := want[field].(json.Number)
		got := value(got)
		if present != (got != nil) {
			t.Errorf("%s: %s is %v, got %v", name, field, want[field], got)
		} else if present {
			if exact, err := number.Float64(); err != nil || exact != *got {
				t.Errorf("%s: %s is %v, got %v", name, field, number, *got)
			}
		}
	}
	flag := func(field string) bool { set, _ := want[field].(bool); return set }
	if device, present := want["device_watts"].(bool); present != (got.DeviceWatts != nil) || (present && device != *got.DeviceWatts) {
		t.Errorf("%s: device_watts is %v", name, want["device_watts"])
	}
	sport := want["sport_type"]
	if sport == nil {
		sport = want["type"]
	}
	position, _ := want["start_latlng"].([]any)
	if got.SportType != sport || strconv.FormatInt(got.ID, 10) != want["id"].(json.Number).String() || got.Name != want["name"] ||
		got.StartLocal != want["start_date_local"] || got.LocalDay.String() != want["start_date_local"].(string)[:10] ||
		got.StartAt.Format("2006-01-02T15:04:05Z") != want["start_date"] || got.Manual != flag("manual") ||
		got.Trainer != flag("trainer") || got.HasPosition != (len(position) == 2) ||
		!strings.HasSuffix(want["timezone"].(string), " "+got.TimeZone) || got.TimeZone == "" {
		t.Errorf("%s: got %+v", name, got)
	}
}

func TestRealDetailsDecodeWithoutLoss(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join(referenceDir(t), "strava-api", "activity_detail_*.json"))
	if len(files) < 8 {
		t.Fatalf("found %d details", len(files))
	}
	for _, file := range files {
		r := recording(t, file)
		var id struct {
			ID int64 `json:"id"`
		}
		if err := json.Unmarshal(r.Response.Body, &id); err != nil {
			t.Fatal(err)
		}
		activity, _, err := r.play(t).Activity(t.Context(), accessToken, id.ID)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		checkLoss(t, filepath.Base(file), activity, r.Response.Body)
	}
}

func TestRealPagesDecodeWithoutLoss(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(referenceDir(t), "strava-api")
	for name, want := range map[string]int{"athlete_activities_page1_200.json": 30, "athlete_activities_last_page_empty_200.json": 0} {
		r := recording(t, filepath.Join(dir, name))
		activities, usage, err := r.play(t).Activities(t.Context(), accessToken, ListOptions{})
		if err != nil || len(activities) != want || !usage.Known {
			t.Errorf("%s: got %d activities, usage %+v, %v; want %d", name, len(activities), usage, err, want)
		}
	}
}

func TestTheRealHistoryDecodesWithoutLoss(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(referenceDir(t), "strava-api", "athlete_activities_history_8y.json"))
	if err != nil {
		t.Fatal(err)
	}
	var history struct {
		Pagination []struct{ Headers map[string]string }
		Activities []json.RawMessage
	}
	if err := json.Unmarshal(text, &history); err != nil {
		t.Fatal(err)
	}
	for _, page := range history.Pagination {
		header := http.Header{}
		for name, value := range page.Headers {
			header.Set(name, value)
		}
		if usage := usageOf(header); !usage.Known || usage.Read.DayLimit != 1000 || usage.Overall.DayLimit != 2000 ||
			usage.Read.QuarterUsed == 0 {
			t.Errorf("headers %v give %+v", page.Headers, usage)
		}
	}
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		from := min((page-1)*MaxPerPage, len(history.Activities))
		_ = json.NewEncoder(w).Encode(history.Activities[from:min(from+MaxPerPage, len(history.Activities))])
	})
	var all []Activity
	for page := 1; ; page++ {
		activities, _, err := client.Activities(t.Context(), accessToken, ListOptions{Page: page, PerPage: MaxPerPage})
		if err != nil {
			t.Fatal(err)
		}
		if len(activities) == 0 {
			break
		}
		all = append(all, activities...)
	}
	if len(all) != len(history.Activities) {
		t.Fatalf("got %d activities of %d", len(all), len(history.Activities))
	}
	hashes, otherDay := map[[32]byte]bool{}, 0
	for i, activity := range all {
		checkLoss(t, "history", activity, history.Activities[i])
		hashes[activity.Hash()] = true
		if training.DateOf(activity.StartAt) != activity.LocalDay {
			otherDay++
		}
	}
	if len(hashes) != len(all) {
		t.Errorf("%d activities have %d hashes", len(all), len(hashes))
	}
	if otherDay != 32 { // TRAINING_LOAD 1.0: 32 of 1132 have a different UTC day
		t.Errorf("%d activities have another day in UTC, want 32", otherDay)
	}
}

func TestRealStreamFormsDecode(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(referenceDir(t), "strava-api")
	listed := recording(t, filepath.Join(dir, "activity_streams_array_form_200.json"))
	streams, usage, err := listed.play(t).Streams(t.Context(), accessToken, 1)
	if err != nil || usage.Overall != (WindowUsage{600, 6, 30000, 29}) {
		t.Fatalf("array form: usage %+v, %v", usage, err)
	}
	var raw []struct {
		Type string
		Data json.RawMessage
	}
	if err := json.Unmarshal(listed.Response.Body, &raw); err != nil {
		t.Fatal(err)
	}
	keyed := map[string]any{}
	for _, stream := range raw {
		keyed[stream.Type] = map[string]any{"data": stream.Data}
	}
	text, _ := json.Marshal(keyed)
	if difference := sameStreams(streams, slowStreams(t, text)); difference != "" || streams.Len() != 120 {
		t.Errorf("array form: %d samples, %s", streams.Len(), difference)
	}

	distance := recording(t, filepath.Join(dir, "activity_streams_distance_only_key_by_type_200.json"))
	alone, err := DecodeStreams(distance.Response.Body)
	if difference := sameStreams(alone, slowStreams(t, distance.Response.Body)); err != nil || difference != "" {
		t.Errorf("distance only: %v %s", err, difference)
	}
	_, _, err = distance.play(t).Streams(t.Context(), accessToken, 1)
	if e := refused(t, err); e.Scope != ScopeActivity || e.Code != CodeNoTime { // I22: no time base, no measure
		t.Errorf("distance only: got %v, want no-time", err)
	}
}

func TestRealErrorsAndTokens(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(referenceDir(t), "strava-api")
	for name, want := range map[string]struct {
		scope Scope
		code  string
	}{
		"error_401_authorization.json": {ScopeAthlete, CodeUnauthorized},
		"error_404_empty_body.json":    {ScopeActivity, CodeNotFound},
		"error_429_rate_limit.json":    {ScopeApp, CodeRateLimited},
	} {
		_, _, err := recording(t, filepath.Join(dir, name)).play(t).Activity(t.Context(), accessToken, 1946417534)
		if e := refused(t, err); e.Scope != want.scope || e.Code != want.code {
			t.Errorf("%s: got %v", name, err)
		}
	}
	exchange := recording(t, filepath.Join(dir, "oauth_token_authorization_code_200.json"))
	grant, err := exchange.play(t).Exchange(t.Context(), "code")
	if err != nil || grant.Athlete != (Athlete{ID: 1000001, Sex: training.SexMale}) || grant.Tokens.ExpiresAt.Unix() != 1542940199 {
		t.Errorf("exchange: %+v, %v", grant.Athlete, err)
	}
	if _, err := recording(t, filepath.Join(dir, "oauth_token_refresh_200.json")).play(t).Refresh(t.Context(), "r"); err != nil {
		t.Errorf("refresh: %v", err)
	}
	for name, scope := range map[string]Scope{"oauth_token_invalid_client_400.json": ScopeApp, "oauth_token_invalid_code_400.json": ScopeAthlete} {
		_, err := recording(t, filepath.Join(dir, name)).play(t).Exchange(t.Context(), "code")
		if e := refused(t, err); e.Scope != scope {
			t.Errorf("%s: got %v", name, err)
		}
	}
	usage, err := recording(t, filepath.Join(dir, "oauth_deauthorize_200.json")).play(t).Deauthorize(t.Context(), accessToken)
	if err != nil || !usage.Known || usage.Read.DayUsed == 0 {
		t.Errorf("deauthorize: usage %+v, %v", usage, err)
	}
}

// What Strava counts tells its usage. So the end of an authorization is entered in the quota's ledger, and tokens are not.
func TestRealAnswersTellWhichOfOAuthsCallsAreCounted(t *testing.T) {
	t.Parallel()
	answers, err := filepath.Glob(filepath.Join(referenceDir(t), "strava-api", "oauth_*.json"))
	if err != nil || len(answers) < 5 {
		t.Fatalf("%d answers, %v", len(answers), err)
	}
	for _, file := range answers {
		header := http.Header{}
		for name, value := range recording(t, file).Response.Headers {
			header.Set(name, value)
		}
		if got, want := usageOf(header).Known, strings.Contains(file, "deauthorize"); got != want {
			t.Errorf("%s: tells its usage %v, want %v", filepath.Base(file), got, want)
		}
	}
}

func TestRealRateHeaders(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(referenceDir(t), "strava-api", "ratelimit_header_variants.json"))
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	overall, read := WindowUsage{600, 4, 30000, 67}, WindowUsage{300, 2, 15000, 32}
	for name, want := range map[string]Usage{
		"unenrolled":             {Overall: overall, Known: true},
		"unenrolled_exceeded":    {Overall: WindowUsage{600, 601, 30000, 602}, Known: true},
		"enrolled":               {Overall: overall, Read: read, Known: true},
		"enrolled_read_exceeded": {Overall: overall, Read: WindowUsage{300, 301, 15000, 302}, Known: true},
		"no_rate_headers":        {},
	} {
		var headers map[string]string
		if err := json.Unmarshal(raw[name], &headers); err != nil {
			t.Fatal(err)
		}
		header := http.Header{}
		for key, value := range headers {
			header.Set(key, value)
		}
		if got := usageOf(header); got != want {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
}
