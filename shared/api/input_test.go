package api

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

func TestWhatIsNoJSONIsMalformed(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	for _, body := range []string{
		"{", `{"email":"ada@example.com","password":"` + password + `",}`, "", "email=ada", "{} {}", "\xff\xfe", strings.Repeat("[", 20_000),
		`{"email":1e400}`,
		// What one reader takes for this and another for that must not get as far as both.
		`{"email":1,"email":"ada@example.com","password":"` + password + `","accept_terms":true}`,
		`{"email":"ada@example.com","password":"` + password + `","accept_terms":false,"accept_terms":true}`,
		`{"email":"ada@example.com","password":"` + password + `","accept_terms":true,"a":{"b":1,"\u0062":2}}`,
		"{\"email\":\"ada@example.com\",\"password\":\"correct horse \xff\",\"accept_terms\":true}",
		`{"email":"ada@example.com","password":"correct horse \ud800","accept_terms":true}`,
		`{"email":"ada@example.com","password":"correct horse \u0000","accept_terms":true}`,
	} {
		if got := b.call("POST", "/v1/accounts", body).refused(http.StatusBadRequest, "malformed"); strings.Contains(string(got.body), "ada") {
			t.Errorf("%.40q: repeats what was sent: %s", body, got.body)
		}
	}
}

func TestInvalidContentNamesTheFields(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.visit()
	for body, locations := range map[string][]string{
		`{}`:     {"body"},
		`[]`:     {"body"},
		`null`:   {"body"},
		`"text"`: {"body"},
		`{"email":5,"password":true,"accept_terms":"yes"}`:                                                        {"body.email", "body.password", "body.accept_terms"},
		`{"EMAIL":"eve@example.com","email":"ada@example.com","password":"` + password + `","accept_terms":true}`: {"body.EMAIL"},
		`{"email":"ada","password":"` + password + `","accept_terms":true}`:                                       {"body.email"},
		`{"email":"a@localhost","password":"` + password + `","accept_terms":false}`:                              {"body.email", "body.accept_terms"},
		`{"email":"a@example.com","password":"short","accept_terms":true}`:                                        {"body.password"},
		`{"email":"a@example.com","password":"` + strings.Repeat(password, 9) + `","accept_terms":true}`:          {"body.password"},
		`{"email":"a@example.com","password":"` + password + `","accept_terms":true,"admin":true}`:                {"body.admin"},
		`{"email":"` + strings.Repeat("a", 255) + `@example.com","password":"` + password + `","accept_terms":1}`: {"body.email", "body.accept_terms"},
	} {
		b.call("POST", "/v1/accounts", body).refused(http.StatusUnprocessableEntity, "invalid", locations...)
	}
	if n := s.count(`SELECT count(*) FROM accounts`); n != 0 {
		t.Errorf("%d accounts were opened", n)
	}
}

// What a schema lets pass and a number's type does not is told in words of ours.
func TestANumberBeyondItsTypeIsInvalid(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	for _, number := range []string{"9223372036854775808", "123456789012345678901234567890", "1e300", "45.5"} {
		b.call("PATCH", "/v1/settings", `{"load":{"chronic_days":`+number+`}}`).wants(http.StatusUnprocessableEntity)
	}
}

func TestParametersNameTheirFields(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	for path, locations := range map[string][]string{
		"/v1/session?verbose=1":                           {"query.verbose"},
		"/v1/activities?limit=0":                          {"query.limit"},
		"/v1/activities?limit=201":                        {"query.limit"},
		"/v1/activities?limit=many":                       {"query.limit"},
		"/v1/activities?before=yesterday":                 {"query.before"},
		"/v1/activities?before=" + long:                   {"query.before"},
		"/v1/activities?after=1&page=2":                   {"query.after", "query.page"},
		"/v1/activities/abc":                              {"path.id"},
		"/v1/activities/0":                                {"path.id"},
		"/v1/activities/99999999999999999999":             {"path.id"},
		"/v1/training-load?from=2026-13-01":               {"query.from"},
		"/v1/training-load?from=yesterday&to=1":           {"query.from", "query.to"},
		"/v1/training-load?from=2026-02-02&to=2026-02-01": {"query.from"},
		"/v1/training-load?from=2999-01-01":               {"query.from"},
		"/v1/training-load?metric=hours":                  {"query.metric"},
		"/v1/training-load?to=2026-02-30":                 {"query.to"},
	} {
		b.get(path).refused(http.StatusUnprocessableEntity, "invalid", locations...)
	}
}

var long = strings.Repeat("1", 65)

func TestOnlyJSONIsTaken(t *testing.T) {
	t.Parallel()
	b := setup(t).visit()
	// What a plain form of another site can send without asking.
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		request := b.request("POST", "/v1/session", strings.NewReader(`{"email":"ada@example.com","password":"x"}`))
		request.Header.Set("Content-Type", kind)
		b.send(request).refused(http.StatusUnsupportedMediaType, "media-type")
	}
	request := b.request("POST", "/v1/session", strings.NewReader(`{"email":"ada@example.com","password":"x"}`))
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	b.send(request).refused(http.StatusUnauthorized, "credentials")
}

// chunked hides a body's length from the client, which then sends it in chunks.
func chunked(body io.Reader) io.Reader { return struct{ io.Reader }{body} }

func TestBodiesAreBounded(t *testing.T) {
	t.Parallel()
	b := setup(t).register("ada@example.com")
	pad := func(size int) string { // a sign-in of exactly so many bytes
		text := `{"email":"ada@example.com","password":"wrong"}`
		return text + strings.Repeat(" ", size-len(text))
	}
	for name, send := range map[string]func(string) io.Reader{
		"announced": func(s string) io.Reader { return strings.NewReader(s) },
		"chunked":   func(s string) io.Reader { return chunked(strings.NewReader(s)) },
		"trickling": func(s string) io.Reader { return chunked(iotest.HalfReader(strings.NewReader(s))) },
	} {
		t.Log(name)
		b.send(b.request("POST", "/v1/session", send(pad(maxBody)))).refused(http.StatusUnauthorized, "credentials")
		// Also where nothing takes a body, and where there is nothing.
		for _, route := range [][2]string{{"POST", "/v1/session"}, {"PATCH", "/v1/settings"}, {"POST", "/v1/sync"}, {"DELETE", "/v1/session"},
			{"GET", "/v1/health"}, {"POST", "/v1/nothing"}, {"GET", "/"}} {
			b.send(b.request(route[0], route[1], send(pad(maxBody+1)))).refused(http.StatusRequestEntityTooLarge, "too-large")
		}
	}
	b.get("/v1/session").wants(http.StatusOK) // nothing of it signed out
}

func TestABodyThatBreaksOffIsMalformed(t *testing.T) {
	t.Parallel()
	s := setup(t)
	request := s.visit().request("POST", "/v1/session", io.MultiReader(strings.NewReader(`{"email"`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	request.ContentLength = -1
	if got := s.record(request); got.Code != http.StatusBadRequest {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

func TestABodyThatTricklesIsGivenUp(t *testing.T) {
	t.Parallel()
	s := setup(t)
	conn, err := net.Dial("tcp", s.server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := io.WriteString(conn, "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	answer{t, response.StatusCode, response.Header, body}.refused(http.StatusRequestTimeout, "too-slow")
}
