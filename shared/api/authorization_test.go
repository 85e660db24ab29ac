package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/document"
)

// access is a row of the authorization table: what an operation answers to whom. The path is the owner's, whoever asks.
type access struct {
	operation string                // method and path, as the OpenAPI document has them
	path      func(o *owner) string // fills the parameters; nil where there are none
	body      func(o *owner) any
	nobody    int // without a session, and with one that has ended or never was one here
	other     int // to another athlete
	owner     int

	query string // is added to the path
}

// theActivity goes to an activity of the owner's.
func theActivity(o *owner) string { return activityPath(o.activity) }

// accesses is the authorization table. What an operation changes or ends for the owner decides its place: further down.
var accesses = []access{
	{"GET /v1/health", nil, nil, 200, 200, 200, ""},
	{"POST /v1/accounts", nil, newcomer, 201, 201, 201, ""},
	{"POST /v1/session", nil, bystander, 200, 200, 200, ""},
	{"GET /v1/strava/callback", nil, nil, 303, 303, 303, ""},
	{"GET /v1/strava/sign-in", nil, nil, 303, 303, 303, ""},
	{"GET /v1/documents/{document}", onPath("/v1/documents/terms"), nil, 200, 200, 200, ""},
	{"POST /v1/password-resets", nil, body("email", "bystander@example.com"), 202, 202, 202, ""},
	{"PUT /v1/password-resets", nil, func(*owner) any {
		return map[string]any{"token": "guessed", "new_password": password}
	}, 404, 404, 404, ""},
	{"PUT /v1/email-verifications", nil, body("token", "guessed"), 404, 404, 404, ""},

	{"GET /v1/session", nil, nil, 401, 200, 200, ""},
	{"GET /v1/onboarding", nil, nil, 401, 200, 200, ""},
	{"GET /v1/settings", nil, nil, 401, 200, 200, ""},
	{"PATCH /v1/settings", nil, imperial, 401, 200, 200, ""},
	{"POST /v1/settings/preview", nil, imperial, 401, 200, 200, ""},
	{"DELETE /v1/settings/proposals/max_hr", nil, nil, 401, 204, 204, ""},
	{"GET /v1/strava/connect", nil, nil, 401, 303, 303, ""},
	{"GET /v1/sync", nil, nil, 401, 200, 200, ""},
	{"POST /v1/sync", nil, nil, 401, 404, 202, ""},
	{"GET /v1/activities", nil, nil, 401, 200, 200, ""},
	{"GET /v1/activities/{id}", theActivity, nil, 401, 404, 200, ""},
	{"GET /v1/activities/{id}/streams", func(o *owner) string { return theActivity(o) + "/streams" }, nil, 401, 404, 200, ""},
	{"POST /v1/activities/{id}/retry", func(o *owner) string { return theActivity(o) + "/retry" }, nil, 401, 404, 202, ""},
	{"GET /v1/training-load", nil, nil, 401, 200, 200, ""},
	{"GET /v1/training-load/today", nil, nil, 401, 200, 200, ""},
	{"GET /v1/training-load/changes", nil, nil, 401, 200, 200, ""},

	{"GET /v1/consents", nil, nil, 401, 200, 200, ""},
	{"PUT /v1/consents/{document}", onPath("/v1/consents/terms"), func(*owner) any {
		terms, _ := document.Current(document.Terms)
		return map[string]any{"version": terms.Version}
	}, 401, 204, 204, ""},
	{"POST /v1/email-verifications", nil, nil, 401, 202, 202, ""},
	{"PUT /v1/account/email", nil, body("email", "another@example.com"), 401, 202, 202, ""},
	{"POST /v1/second-factor", nil, nil, 401, 201, 201, ""},
	{"PUT /v1/second-factor", nil, body("code", "not a code"), 401, 422, 422, ""},
	{"POST /v1/second-factor/recovery-codes", nil, nil, 401, 404, 404, ""},
	{"DELETE /v1/second-factor", nil, nil, 401, 204, 204, ""},
	{"POST /v1/session/confirmation", nil, body("password", password), 401, 204, 204, ""},
	{"GET /v1/sessions", nil, nil, 401, 200, 200, ""},
	{"DELETE /v1/sessions/{id}", aSession, nil, 401, 404, 204, ""},
	{"DELETE /v1/sessions", nil, nil, 401, 204, 204, ""},
	{"PUT /v1/account/password", nil, body("new_password", password), 401, 204, 204, ""},

	{"GET /v1/account/export", nil, nil, 401, 200, 200, ""},

	{"DELETE /v1/strava", nil, nil, 401, 404, 204, ""},
	{"DELETE /v1/consents/{document}", onPath("/v1/consents/health_data"), nil, 401, 204, 204, ""},
	{"DELETE /v1/session", nil, nil, 401, 204, 204, ""},
	{"GET /v1/erasures/{receipt}", disconnected, nil, 200, 200, 200, ""},
	{"DELETE /v1/account", nil, meant, 401, 202, 202, ""},
}

// disconnected goes to the receipt of the owner's connection to Strava. Whoever holds one may look: it names nobody.
func disconnected(o *owner) string {
	var receipt string
	if err := o.admin.QueryRow(o.t.Context(), `SELECT receipt FROM erasures WHERE reason = 'disconnected'`).Scan(&receipt); err != nil {
		o.t.Fatal(err)
	}
	return "/v1/erasures/" + receipt
}

func onPath(path string) func(*owner) string { return func(*owner) string { return path } }

// body sends one field.
func body(field, value string) func(*owner) any {
	return func(*owner) any { return map[string]any{field: value} }
}

// aSession goes to a session of the owner's.
func aSession(o *owner) string {
	var id string
	err := o.admin.QueryRow(o.t.Context(), `SELECT encode(substring(sha256(token_hash) for 16), 'hex')
		FROM sessions JOIN accounts ON accounts.id = account_id WHERE email = $1 LIMIT 1`, o.email).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		o.t.Fatal(err)
	}
	return "/v1/sessions/" + cmp.Or(id, "none")
}

// meant confirms an erasure.
func meant(*owner) any { return map[string]any{"confirm": "erase"} }

// newcomer registers somebody who was never here.
func newcomer(o *owner) any {
	o.newcomers++
	return map[string]any{"email": fmt.Sprintf("newcomer-%d@example.com", o.newcomers), "password": password, "accept_terms": true}
}

// bystander signs in as a third person.
func bystander(*owner) any {
	return map[string]any{"email": "bystander@example.com", "password": password}
}

// imperial changes a setting.
func imperial(*owner) any { return map[string]any{"units": "imperial"} }

// owner is the person whose data the table is about, with all that another one must not get at.
type owner struct {
	*browser
	email     string
	activity  int64
	newcomers int
}

// ask asks for an operation with a cookie, in a browser that has no other.
func (o *owner) ask(cookie string, row access) answer {
	o.t.Helper()
	method, path, _ := strings.Cut(row.operation, " ")
	if row.path != nil {
		path = row.path(o)
	}
	path += row.query
	b := o.visit()
	request := b.request(method, path, nil)
	if row.body != nil {
		text, err := json.Marshal(row.body(o))
		if err != nil {
			o.t.Fatal(err)
		}
		request = b.request(method, path, bytes.NewReader(text))
		request.Header.Set("Content-Type", "application/json")
	}
	if cookie != "" {
		request.Header.Set("Cookie", cookieName(sessionCookie, false)+"="+cookie)
	}
	return b.send(request)
}

// token opens a session and gives its token.
func (s *system) token(email string) string {
	s.t.Helper()
	answer := s.visit().call("POST", "/v1/session", map[string]any{"email": email, "password": password}).wants(http.StatusOK)
	for _, cookie := range (&http.Response{Header: answer.header}).Cookies() {
		if cookie.Name == cookieName(sessionCookie, false) {
			return cookie.Value
		}
	}
	s.t.Fatal("signing in set no cookie")
	return ""
}

// hashOf is by what a session is found.
func hashOf(token string) [sha256.Size]byte {
	secret, _, _ := strings.Cut(token, ".")
	return sha256.Sum256([]byte(secret))
}

// ended opens sessions of the owner's and ends each in its own way, and gives their tokens by what they are; beside them
// stand tokens that were never one here.
func (o *owner) ended() map[string]string {
	o.t.Helper()
	change := func(set string) string {
		token := o.token(o.email)
		hash := hashOf(token)
		o.exec(`UPDATE sessions SET `+set+` WHERE token_hash = $1`, hash[:])
		return token
	}
	revoked := o.token(o.email)
	o.ask(revoked, access{operation: "DELETE /v1/session"}).wants(http.StatusNoContent)
	abroad := setup(o.t)
	abroad.register(o.email)
	hash := hashOf(revoked)
	return map[string]string{
		"nobody":                 "",
		"an expired session":     change(`expires_at = now() - interval '1 second'`),
		"an idle session":        change(`seen_at = now() - interval '1 year'`),
		"a revoked session":      revoked,
		"a session of elsewhere": abroad.token(o.email),
		"a session's hash":       base64.RawURLEncoding.EncodeToString(hash[:]),
		"no token at all":        "' OR 1=1 --",
	}
}

// rows is everything that hangs off the owner, as text that tells any change. What a request of the owner's own notes
// about its session is not looked at.
func (o *owner) rows() string {
	o.t.Helper()
	tables, err := o.admin.Query(o.t.Context(), `SELECT format('SELECT coalesce(string_agg(t::text, E''\n'' ORDER BY t::text), '''') FROM %s AS t WHERE %I = $1',
    attrelid::regclass, attname)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'sessions' AND NOT attisdropped
  AND (attname = 'account_id' OR relname = 'accounts' AND attname = 'id')
ORDER BY attrelid::regclass::text`)
	if err != nil {
		o.t.Fatal(err)
	}
	var statements []string
	for tables.Next() {
		var statement string
		if err := tables.Scan(&statement); err != nil {
			o.t.Fatal(err)
		}
		statements = append(statements, statement)
	}
	if err := tables.Err(); err != nil || len(statements) < 5 {
		o.t.Fatalf("%d tables: %v", len(statements), err)
	}
	id := o.count(`SELECT id FROM accounts WHERE email = $1`, o.email)
	var all strings.Builder
	for _, statement := range statements {
		var text string
		if err := o.admin.QueryRow(o.t.Context(), statement, id).Scan(&text); err != nil {
			o.t.Fatal(err)
		}
		all.WriteString(text + "\n")
	}
	return all.String()
}

// describedOperations lists the operations of the OpenAPI document, and whether each demands a session by its word.
func describedOperations(t *testing.T) map[string]bool {
	t.Helper()
	text, err := Document()
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	demands := map[string]bool{}
	for path, methods := range document.Paths {
		for method, operation := range methods {
			demands[strings.ToUpper(method)+" "+path] = len(operation.Security) > 0
		}
	}
	return demands
}

func TestTheAuthorizationTableNamesEveryOperation(t *testing.T) {
	t.Parallel()
	demands := describedOperations(t)
	named := map[string]bool{}
	for _, row := range accesses {
		demanded, there := demands[row.operation]
		if !there || named[row.operation] {
			t.Errorf("%s: the table has it twice, or the document not at all: take its row away", row.operation)
		}
		named[row.operation] = true
		if demanded != (row.nobody == http.StatusUnauthorized) {
			t.Errorf("%s: the document says that a session is demanded: %v; the table says %d to nobody", row.operation, demanded, row.nobody)
		}
	}
	for operation := range demands {
		if !named[operation] {
			t.Errorf("%s has no row: write into accesses (authorization_test.go) what it answers to nobody, to another athlete "+
				"who uses the owner's ids, and to the owner", operation)
		}
	}
}

// I31: every row is reached through its account.
func TestEveryOperationAnswersAsTheAuthorizationTableSays(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.register("bystander@example.com")
	b.register("eve@example.com")
	o := &owner{browser: b, email: "ada@example.com", activity: b.truth()[0].ID}
	ended := o.ended()
	mine, eves := "", ""
	for _, row := range accesses {
		method, _, _ := strings.Cut(row.operation, " ")
		if o.ask(mine, access{operation: "GET /v1/session"}).status != http.StatusOK {
			mine = o.token(o.email)
		}
		if o.ask(eves, access{operation: "GET /v1/session"}).status != http.StatusOK {
			eves = o.token("eve@example.com")
		}
		before := o.rows()
		for who, cookie := range ended {
			if row.nobody == http.StatusUnauthorized { // bad input tells nothing to who is not signed in
				wrong := row
				wrong.query = "?unknown=1"
				o.ask(cookie, wrong).refused(http.StatusUnauthorized, "signed-out")
			}
			if got := o.ask(cookie, row); got.status != row.nobody {
				t.Errorf("%s as %s: %d %s, want %d", row.operation, who, got.status, got.body, row.nobody)
			}
		}
		got := o.ask(eves, row)
		if got.status != row.other {
			t.Errorf("%s as another athlete: %d %s, want %d", row.operation, got.status, got.body, row.other)
		}
		if bytes.Contains(got.body, []byte(o.email)) || bytes.Contains(got.body, []byte(fmt.Sprint(o.activity))) {
			t.Errorf("%s tells another athlete of the owner: %s", row.operation, got.body)
		}
		if after := o.rows(); after != before {
			t.Errorf("%s by others changed the owner's rows from\n%s\nto\n%s", row.operation, before, after)
		}
		if got := o.ask(mine, row); got.status != row.owner {
			t.Errorf("%s as the owner: %d %s, want %d", row.operation, got.status, got.body, row.owner)
		}
		if method != http.MethodGet {
			o.deliver()
		}
	}
}

// A request may be under way when its account ends: no answer to that is our failure.
func TestAnAccountThatIsGoneMeanwhileIsSignedOut(t *testing.T) {
	t.Parallel()
	b := imported(t)
	mux := http.NewServeMux()
	service := humago.New(mux, configuration())
	service.UseMiddleware(func(hc huma.Context, next func(huma.Context)) {
		next(huma.WithContext(hc, context.WithValue(silent(hc.Context()), identityKey{}, account.Identity{AccountID: 1 << 40})))
	})
	b.api.operations(service)
	o := &owner{browser: b, activity: b.truth()[0].ID}
	for _, row := range accesses {
		if row.nobody != http.StatusUnauthorized {
			continue
		}
		method, path, _ := strings.Cut(row.operation, " ")
		if row.path != nil {
			path = row.path(o)
		}
		var body []byte
		if row.body != nil {
			body, _ = json.Marshal(row.body(o))
		}
		request := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(body))
		request.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		mux.ServeHTTP(recorder, request)
		if recorder.Code >= http.StatusInternalServerError {
			t.Errorf("%s: %d %s", row.operation, recorder.Code, recorder.Body)
		}
	}
}

// An account may also go between two statements of a request: here it is gone, but for the commit, when the request comes.
func TestAnAccountThatGoesUnderWayIsSignedOut(t *testing.T) {
	t.Parallel()
	for _, row := range []access{{operation: "POST /v1/session"}, {operation: "PATCH /v1/settings"}, {operation: "POST /v1/sync"}, {operation: "GET /v1/strava/connect"}} {
		t.Run(row.operation, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			b := s.register("ada@example.com")
			b.connect(trailRunner).outcome(outcomeConnected)
			row.body = map[string]func(*owner) any{
				"POST /v1/session":   func(*owner) any { return map[string]any{"email": "ada@example.com", "password": password} },
				"PATCH /v1/settings": func(*owner) any { return map[string]any{"thresholds": map[string]any{"max_hr": 190}} },
			}[row.operation]
			token := s.token("ada@example.com")
			going, err := s.admin.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = going.Rollback(context.Background()) }()
			if _, err := going.Exec(t.Context(), `DELETE FROM accounts`); err != nil {
				t.Fatal(err)
			}
			answered := make(chan answer, 1)
			go func() { answered <- (&owner{browser: b}).ask(token, row) }()
			for waits := 0; waits == 0; { // until the request waits for what the deletion has locked
				if err := going.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waits); err != nil {
					t.Fatal(err)
				}
			}
			if err := going.Commit(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := <-answered; got.status >= http.StatusInternalServerError {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
}
