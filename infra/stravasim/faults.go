package stravasim

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"time"
)

// Fault is an ordered misbehaviour. It strikes the calls that match Endpoint, Athlete and Activity, after letting
// Skip of them pass, Count times or, with Count 0, until it is removed or Until has come. Of several that match, the
// oldest strikes.
type Fault struct {
	ID int `json:"id"`
	// Endpoint is a pattern over the endpoints' names, as of path.Match; "" is all. Names: token, deauthorize, revoke,
	// athlete, athlete_zones, activities, activity, streams, activity_zones, push_subscriptions.
	Endpoint string `json:"endpoint"`
	// Athlete and Activity narrow the fault to calls of one athlete and about one activity; 0 is any.
	Athlete  int64 `json:"athlete,omitempty"`
	Activity int64 `json:"activity,omitempty"`
	// Kind is one of the kinds below.
	Kind string `json:"kind"`
	// Status is the status of kind "status".
	Status int `json:"status,omitempty"`
	// Window is what a 429 pretends to have used up: "short" (default) or "daily".
	Window string `json:"window,omitempty"`
	// LatencyMS delays the answer, with any kind.
	LatencyMS int `json:"latency_ms,omitempty"`
	// Bytes is how much of the body arrives, of kind "cut".
	Bytes int       `json:"bytes,omitempty"`
	Skip  int       `json:"skip,omitempty"`
	Count int       `json:"count,omitempty"`
	Until time.Time `json:"until,omitzero"`
	// Struck counts the calls that were hit.
	Struck int `json:"struck"`
}

// The kinds of Fault.
const (
	FaultStatus       = "status"         // answers Status in the shape that Strava gives it
	FaultLatency      = "latency"        // only LatencyMS
	FaultCut          = "cut"            // the connection ends after Bytes of the body
	FaultDrop         = "drop"           // the connection ends without an answer
	FaultMalformed    = "malformed"      // the body is not JSON from its middle on
	FaultFields       = "unknown_fields" // objects carry fields that nobody documents
	FaultSport        = "unknown_sport"  // sport_type and type name a sport that does not exist yet
	FaultLateStreams  = "late_streams"   // streams are not there yet: 404 as for a manual activity
	FaultAthleteLimit = "athlete_limit"  // 403, the application may not connect another athlete
)

// check returns what is wrong with an order.
func (f *Fault) check() error {
	if _, err := path.Match(f.Endpoint, ""); err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	kinds := []string{FaultStatus, FaultLatency, FaultCut, FaultDrop, FaultMalformed, FaultFields, FaultSport,
		FaultLateStreams, FaultAthleteLimit}
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("kind %q is not one of %v", f.Kind, kinds)
	}
	if f.Kind == FaultStatus && (f.Status < 400 || f.Status > 599) {
		return fmt.Errorf("status %d is not between 400 and 599", f.Status)
	}
	if f.LatencyMS < 0 || f.Bytes < 0 || f.Skip < 0 || f.Count < 0 {
		return fmt.Errorf("latency_ms, bytes, skip and count must not be negative")
	}
	return nil
}

// Order adds a fault and returns its id.
func (s *Simulator) Order(f Fault) (int, error) {
	if f.Kind == FaultLateStreams && f.Endpoint == "" {
		f.Endpoint = "streams"
	}
	if err := f.check(); err != nil {
		return 0, fmt.Errorf("order fault: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faultCount++
	f.ID, f.Struck = s.faultCount, 0
	s.faults = append(s.faults, &f)
	s.log.Info("fault ordered", "id", f.ID, "endpoint", f.Endpoint, "kind", f.Kind, "status", f.Status, "count", f.Count)
	return f.ID, nil
}

// Faults returns the faults that were ordered, with how often each has struck.
func (s *Simulator) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Fault{}
	for _, f := range s.faults {
		out = append(out, *f)
	}
	return out
}

// strike picks the fault that hits this call; nil for none. The caller holds s.mu.
func (s *Simulator) strike(c *call) *Fault {
	now := s.cfg.Now()
	for _, f := range s.faults {
		if !f.matches(c) || (f.Count > 0 && f.Struck >= f.Count) || (!f.Until.IsZero() && !now.Before(f.Until)) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		f.Struck++
		hit := *f
		return &hit
	}
	return nil
}

func (f *Fault) matches(c *call) bool {
	if f.Endpoint != "" {
		if ok, _ := path.Match(f.Endpoint, c.endpoint); !ok {
			return false
		}
	}
	if f.Athlete != 0 && (c.athlete == nil || c.athlete.ID != f.Athlete) {
		return false
	}
	return f.Activity == 0 || f.Activity == c.pathID()
}

// wait is the latency of the fault; false when the client gave up meanwhile.
func (f *Fault) wait(ctx context.Context) bool {
	if f == nil || f.LatencyMS == 0 {
		return true
	}
	timer := time.NewTimer(time.Duration(f.LatencyMS) * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// exhausts is the window that the rate headers show as used up.
func (f *Fault) exhausts() string {
	if f == nil || f.Kind != FaultStatus || f.Status != http.StatusTooManyRequests {
		return ""
	}
	if f.Window == "daily" {
		return "daily"
	}
	return "short"
}

// answer is the answer that takes the place of the real one, if the fault has one.
func (f *Fault) answer() (answer, bool) {
	if f == nil {
		return answer{}, false
	}
	switch f.Kind {
	case FaultLateStreams:
		return fail(http.StatusNotFound, "Record Not Found", "Activity", "id", "invalid"), true
	case FaultAthleteLimit:
		return fail(http.StatusForbidden, "Forbidden", "Application", "athletes", athletesExceeded), true
	case FaultStatus:
		return statusAnswer(f.Status), true
	}
	return answer{}, false
}

// statusAnswer is a status in the shape that Strava gives it.
func statusAnswer(status int) answer {
	switch status {
	case http.StatusUnauthorized:
		return unauthorized()
	case http.StatusForbidden:
		return fail(status, "Forbidden", "Application", "Status", "Inactive")
	case http.StatusNotFound:
		return noActivity()
	case http.StatusTooManyRequests:
		return rateLimited()
	case http.StatusInternalServerError:
		return answer{status: status, body: []byte(`{"message":"error"}`)}
	case http.StatusBadRequest:
		return fail(status, "Bad Request", "Application", "", "invalid")
	}
	page := fmt.Sprintf("<html><head><title>%d %s</title></head><body><center><h1>%[1]d %[2]s</h1></center></body></html>\n",
		status, http.StatusText(status))
	return answer{status: status, contentType: "text/html", body: []byte(page)}
}

// distort changes the real answer.
func (f *Fault) distort(a answer) answer {
	if f == nil {
		return a
	}
	switch f.Kind {
	case FaultMalformed:
		a.body = append(bytes.Clone(a.body[:len(a.body)/2]), `,,"`...)
	case FaultFields, FaultSport:
		var body any
		decoder := json.NewDecoder(bytes.NewReader(a.body))
		decoder.UseNumber() // ids beyond 2^53 must survive
		if decoder.Decode(&body) == nil {
			changed := jsonAnswer(a.status, f.change(body))
			changed.header = a.header
			return changed
		}
	}
	return a
}

// change walks through decoded JSON and alters its objects.
func (f *Fault) change(body any) any {
	switch v := body.(type) {
	case []any:
		for i := range v {
			v[i] = f.change(v[i])
		}
	case map[string]any:
		if f.Kind == FaultFields {
			v["undocumented"] = map[string]any{"since": "yesterday", "values": []any{1, "two", nil}}
		}
		for _, key := range []string{"sport_type", "type"} {
			if _, ok := v["sport_type"]; ok && f.Kind == FaultSport {
				v[key] = "ZeroGravityRun"
			}
		}
	}
	return body
}

// write sends the answer, or as much of it as the fault lets through.
func (f *Fault) write(w http.ResponseWriter, a answer) {
	if f != nil && f.Kind == FaultDrop {
		panic(http.ErrAbortHandler) // the server closes the connection, silently
	}
	if f == nil || f.Kind != FaultCut || f.Bytes >= len(a.body) {
		a.write(w)
		return
	}
	whole := len(a.body)
	a.body = a.body[:f.Bytes]
	w.Header().Set("Content-Length", fmt.Sprint(whole))
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}
