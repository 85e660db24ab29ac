package stravasim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// scope is what an endpoint demands of the token.
type scope int

const (
	scopeOAuth    scope = iota // no token, not rate limited
	scopeNone                  // no token that is checked here: the endpoint reads the credentials itself
	scopeRead                  // read or profile:read_all
	scopeProfile               // profile:read_all
	scopeActivity              // activity:read or activity:read_all
)

// call is one request to an endpoint of the API.
type call struct {
	r        *http.Request
	endpoint string
	athlete  *athlete // of the token; nil without one
	readAll  bool     // the token sees private activities
}

// answer is a response before it is written, so that an ordered fault can change it.
type answer struct {
	status      int
	contentType string // default JSON
	header      http.Header
	body        []byte
}

func (a answer) write(w http.ResponseWriter) {
	for key, values := range a.header {
		w.Header()[key] = values
	}
	contentType := a.contentType
	if contentType == "" {
		contentType = "application/json; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	if a.status != http.StatusNoContent {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // the client has gone; nobody is left to tell
}

// jsonAnswer encodes a body that is known to encode.
func jsonAnswer(status int, body any) answer {
	b, err := json.Marshal(body)
	if err != nil {
		return answer{status: http.StatusInternalServerError, body: []byte(`{"message":"error"}`)}
	}
	return answer{status: status, body: b}
}

func ok200(body any) answer { return jsonAnswer(http.StatusOK, body) }

// fail is Strava's error body.
func fail(status int, message, resource, field, code string) answer {
	type problem struct {
		Resource string `json:"resource"`
		Field    string `json:"field"`
		Code     string `json:"code"`
	}
	return jsonAnswer(status, struct {
		Message string    `json:"message"`
		Errors  []problem `json:"errors"`
	}{message, []problem{{resource, field, code}}})
}

// unauthorized answers a token that is unknown, expired or revoked.
func unauthorized() answer {
	return fail(http.StatusUnauthorized, "Authorization Error", "Athlete", "access_token", "invalid")
}

// noActivity answers an id that is not the athlete's: Strava sends no body.
func noActivity() answer { return answer{status: http.StatusNotFound} }

// endpoint wraps what every endpoint of the API has: token, scope, rate limits, counts and ordered faults.
func (s *Simulator) endpoint(name string, need scope, serve func(*call) answer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun := time.Now()
		c := &call{r: r, endpoint: name}
		r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
		refusal, refused := s.authorize(c, need)
		s.mu.Lock()
		limited := answer{}
		if need != scopeOAuth {
			limited = s.limiter.count(s.cfg.Now())
		}
		if limited.status != 0 {
			s.counts.RateLimited++
		}
		fault := s.strike(c)
		s.mu.Unlock()

		if !fault.wait(r.Context()) {
			return
		}
		var a answer
		faulty, replaced := fault.answer()
		switch {
		case replaced:
			a = faulty
		case limited.status != 0:
			a = limited
		case refused:
			a = refusal
		default:
			a = serve(c)
		}
		if need != scopeOAuth {
			s.mu.Lock()
			a.header = s.limiter.header(s.cfg.Now(), fault.exhausts())
			s.mu.Unlock()
		}
		a = fault.distort(a)
		s.mu.Lock()
		s.counts.add(c, a.status)
		s.mu.Unlock()
		s.log.Debug("request", "method", r.Method, "path", r.URL.Path, "status", a.status, "bytes", len(a.body),
			"ms", float64(time.Since(begun).Microseconds())/1000)
		fault.write(w, a)
	})
}

// authorize finds the athlete of the token and checks its scopes.
func (s *Simulator) authorize(c *call, need scope) (answer, bool) {
	if need <= scopeNone {
		return answer{}, false
	}
	token := bearer(c.r)
	if token == "" {
		return fail(http.StatusUnauthorized, "Authorization Error", "Application", "", "invalid"), true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.auth.byAccess(token, s.cfg.Now())
	if g == nil {
		return unauthorized(), true
	}
	c.athlete = s.athleteByID(g.Athlete)
	c.readAll = g.has("activity:read_all")
	missing := ""
	switch need {
	case scopeRead:
		if !g.has("read", "profile:read_all") {
			missing = "read_permission"
		}
	case scopeProfile:
		if !g.has("profile:read_all") {
			missing = "profile:read_permission"
		}
	case scopeActivity:
		if !g.has("activity:read", "activity:read_all") {
			missing = "activity:read_permission"
		}
	}
	if missing != "" {
		return fail(http.StatusUnauthorized, "Authorization Error", "AccessToken", missing, "missing"), true
	}
	return answer{}, false
}

// pathID is the id in the path, 0 when it is not a number.
func (c *call) pathID() int64 {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return 0
	}
	return id
}

var errNotCount = errors.New("not a number from 0 on")

// number reads a query parameter from 0 on; def when it is absent.
func (c *call) number(name string, def int64) (int64, error) {
	text := c.r.URL.Query().Get(name)
	if text == "" {
		return def, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, errNotCount
	}
	return n, nil
}

func splitPattern(pattern string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	return method, path
}
