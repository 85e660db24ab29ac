package hostile_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stage"
)

// wire sends what no HTTP client would.
func (v *victim) wire(t *testing.T) {
	address := strings.TrimPrefix(v.url, "http://")
	send := func(parts ...string) (status string, took time.Duration) {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = conn.Close() }()
		_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
		began := time.Now()
		answered := make(chan string, 1)
		go func() {
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err != nil && line == "" {
				line = "closed"
			}
			answered <- strings.TrimSpace(line)
		}()
		for _, part := range parts {
			_, _ = conn.Write([]byte(part)) // it may be answered and closed meanwhile
			select {
			case line := <-answered:
				return line, time.Since(began)
			case <-time.After(500 * time.Millisecond):
			}
		}
		return <-answered, time.Since(began)
	}
	head := "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	slow := []string{head + "Content-Length: 1000\r\n\r\n"}
	for range 50 {
		slow = append(slow, " ")
	}
	status, took := send(slow...)
	v.survived(t, "a body of a byte each half second", strings.Contains(status, " 408 ") && took < 20*time.Second, "%s after %v", status, took.Round(time.Second))
	for attack, c := range map[string][2]string{
		"two lengths":           {head + "Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}", " 400 "},
		"a length and chunks":   {head + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
		"an unknown coding":     {head + "Transfer-Encoding: gzip\r\n\r\n{}", " 501 "},
		"a folded header":       {head + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n", ""},
		"a NUL in a header":     {head + "X: a\x00b\r\nContent-Length: 0\r\n\r\n", " 400 "},
		"a blank in a name":     {head + "X : a\r\nContent-Length: 0\r\n\r\n", " 400 "},
		"a header of 2 MB":      {head + "X: " + strings.Repeat("a", 2<<20) + "\r\n\r\n", " 431 "},
		"no host":               {"GET /v1/session HTTP/1.1\r\n\r\n", " 400 "},
		"a foreign absolute":    {"GET http://evil.example/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n", " 401 "},
		"a tunnel":              {"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", ""},
		"a trace of the cookie": {"TRACE /v1/session HTTP/1.1\r\nHost: localhost\r\nCookie: session=x\r\n\r\n", " 405 "},
	} {
		status, _ := send(c[0])
		v.survived(t, "HTTP with "+attack, !strings.Contains(status, " 5") == (c[1] != " 501 ") && strings.Contains(status, c[1]), "%s", status)
	}
}

// chromium is the browser, if there is one.
func chromium(t *testing.T) string {
	for _, name := range []string{os.Getenv("CHROMIUM_PATH"), "chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && name != "" {
			return found
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatal("no Chromium: install it, or name it by CHROMIUM_PATH")
	}
	return ""
}

// evilPage does to the victim's address what a page of another origin can do.
const evilPage = `<!doctype html><title>evil</title><body><iframe name="sink" src="VICTIM/"></iframe>
<img src="VICTIM/v1/strava/connect"><pre id="out">…</pre><script>
const said = [];
const ask = (method, path, type, body, mode) => fetch("VICTIM" + path, {method, mode, credentials: "include", body,
  headers: type ? {"Content-Type": type} : {}}).then(r => r.text().then(text => said.push(method + path + mode + r.type + text.slice(0, 80))), () => said.push("refused"));
(async () => {
  await ask("PATCH", "/v1/settings", "application/json", '{"units":"imperial"}', "cors");
  await ask("DELETE", "/v1/account", "application/json", '{"confirm":"erase"}', "cors");
  await ask("DELETE", "/v1/session", null, null, "cors");
  await ask("POST", "/v1/sync", "text/plain", "{}", "no-cors");
  await ask("POST", "/v1/session", "text/plain", '{"email":"eve@example.com","password":"correct horse battery"}', "no-cors");
  await ask("GET", "/v1/account/export", null, null, "cors");
  await ask("GET", "/v1/session", null, null, "cors");
  for (const [action, type] of [["/v1/sync", "text/plain"], ["/v1/session", "application/x-www-form-urlencoded"]]) {
    const form = Object.assign(document.createElement("form"), {method: "post", action: "VICTIM" + action, enctype: type, target: "sink"});
    form.append(Object.assign(document.createElement("input"), {name: '{"email":"eve@example.com","password":"correct horse battery","x":"', value: '"}'}));
    document.body.append(form); form.submit();
    await new Promise(done => setTimeout(done, 500));
  }
  let framed = "unreadable"; try { framed = frames[0].document.title } catch {}
  document.getElementById("out").textContent = "DONE " + framed + " | " + said.join(" | ");
})();
</script>`

// inABrowser lets a page of another origin loose in a browser that is signed in: of another site, and of another port of the
// same host, which is the same site and so gets SameSite cookies.
func (v *victim) inABrowser(t *testing.T, token string) {
	program := chromium(t)
	if program == "" {
		v.survived(t, "a page of another origin in a browser", true, "SKIPPED: no Chromium")
		return
	}
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path == "/cookie" { // a host's cookies are those of its every port: this is the victim's browser signed in
			http.SetCookie(w, &http.Cookie{Name: "session", Value: token, Path: "/", MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(evilPage, "VICTIM", v.url)))
	}))
	defer evil.Close()
	port := evil.URL[strings.LastIndexByte(evil.URL, ':'):]
	profile := filepath.Join(t.TempDir(), "profile")
	open := func(address string) string {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		browser := exec.CommandContext(ctx, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--user-data-dir="+profile,
			"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic", // nothing but the pages
			"--timeout=8000", "--virtual-time-budget=8000", "--dump-dom", address)
		page, err := browser.Output()
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		return string(page)
	}
	open("http://localhost" + port + "/cookie")
	v.survived(t, "the browser is signed in (a control)", strings.Contains(open(v.url+"/v1/session"), "ada@example.com"), "it reads its own session")
	state := func() string {
		return fmt.Sprint(v.count(t, `SELECT count(*) FROM accounts WHERE erasing_at IS NULL`), v.count(t, `SELECT count(*) FROM athletes WHERE units = 'imperial'`),
			v.count(t, `SELECT count(*) FROM sessions WHERE account_id = (SELECT id FROM accounts WHERE email = 'eve@example.com')`), v.count(t, `SELECT count(*) FROM due_work`))
	}
	for name, host := range map[string]string{"another site": "http://127.0.0.1", "another port of its host": "http://localhost"} {
		before, posted := state(), v.posted(t)
		page := open(host + port + "/")
		_, said, done := strings.Cut(page, "DONE ")
		said, _, _ = strings.Cut(said, "</pre>")
		signedIn := v.ask(t, "GET", "/v1/session", token, "").status == 200
		refused, taken := v.posted(t)[403]-posted[403], 0
		for status, times := range v.posted(t) {
			if status != 403 {
				taken += times - posted[status]
			}
		}
		well := refused >= 3 && taken == 0 && done && signedIn && state() == before && !strings.Contains(said, "ada@") && !strings.Contains(said, "Train-D")
		v.survived(t, "a page of "+name+" in a browser: fetches and forms", well,
			"%d posts of it arrived and were refused, %d were not; it changed and read nothing", refused, taken)
		if !well {
			t.Logf("before %s, after %s, signed in %v: %s", before, state(), signedIn, page)
		}
	}
}

// posted counts by status what browsers have posted, as Onboarding logs it.
func (v *victim) posted(t *testing.T) map[int]int {
	t.Helper()
	written, err := os.ReadFile(v.system.Info().Functions["onboarding"].Log)
	if err != nil {
		t.Fatal(err)
	}
	statuses := map[int]int{}
	for line := range strings.Lines(string(written)) {
		var entry struct {
			Request struct {
				Method string `json:"requestMethod"`
				Agent  string `json:"userAgent"`
				Status int    `json:"status"`
			} `json:"httpRequest"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Request.Method == http.MethodPost && strings.Contains(entry.Request.Agent, "Chrome") {
			statuses[entry.Request.Status]++
		}
	}
	return statuses
}

func (v *victim) webhook(t *testing.T) {
	hook := v.system.Info().Webhook
	event := func(owner, object int) string {
		return fmt.Sprintf(`{"object_type":"activity","object_id":%d,"aspect_type":"update","owner_id":%d,"subscription_id":1,"event_time":%d,"updates":{"title":"x"}}`, object, owner, time.Now().Unix())
	}
	base := hook.CallbackURL[:strings.LastIndexByte(hook.CallbackURL, '/')]
	expect := func(attack string, got reply, want ...int) {
		well := false
		for _, status := range want {
			well = well || got.status == status
		}
		v.survived(t, "webhook: "+attack, well && !strings.Contains(got.body, hook.VerifyToken), "%d", got.status)
	}
	expect("an event at a guessed path", v.ask(t, "POST", base+"/"+strings.Repeat("0", 32), "", event(1, 1)), 404)
	expect("an event beside the path", v.ask(t, "POST", hook.CallbackURL+"/x", "", event(1, 1)), 404)
	expect("a handshake with a guessed token", v.ask(t, "GET", hook.CallbackURL+"?hub.mode=subscribe&hub.challenge=x&hub.verify_token=x", "", ""), 403)
	expect("a handshake without one", v.ask(t, "GET", hook.CallbackURL+"?hub.mode=subscribe&hub.challenge=x", "", ""), 403)
	expect("a challenge of markup", v.ask(t, "GET", hook.CallbackURL+"?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token="+url.QueryEscape(hook.VerifyToken), "", ""), 200, 400)
	expect("no JSON", v.ask(t, "POST", hook.CallbackURL, "", "x"), 400)
	expect("1 MB", v.ask(t, "POST", hook.CallbackURL, "", `{"a":"`+strings.Repeat("a", 1<<20)+`"}`), 413)
	until(t, "the import's end", func() bool {
		return v.count(t, `SELECT count(*) FROM activities WHERE streams = 'pending'`) == 0 && v.count(t, `SELECT count(*) FROM due_work WHERE lease_until > now()`) == 0
	})
	calls, ignored := v.simulated(t), v.logged(t, "sync", "sync.hint_ignored")
	for range 5 {
		v.ask(t, "POST", hook.CallbackURL, "", event(999_999_999, 7))
	}
	until(t, "the five hints to be looked at", func() bool { return v.logged(t, "sync", "sync.hint_ignored") == ignored+5 })
	v.survived(t, "webhook: five events of an athlete whom nobody has", v.simulated(t) == calls, "no call to Strava")
	owner := v.count(t, `SELECT athlete_id FROM strava_connections`)
	activity := v.count(t, `SELECT min(id) FROM activities WHERE streams = 'stored'`)
	before, rows := v.simulated(t), v.count(t, `SELECT count(*) FROM activities WHERE deleted_at IS NULL`)
	handled := v.logged(t, "sync", "request.completed")
	replayed := event(owner, activity)
	for range 20 {
		v.ask(t, "POST", hook.CallbackURL, "", replayed)
	}
	forged := strings.Replace(event(owner, activity), `"update"`, `"delete"`, 1)
	v.ask(t, "POST", hook.CallbackURL, "", forged)
	until(t, "the 21 hints to be worked off", func() bool {
		return v.logged(t, "sync", "request.completed") >= handled+21 &&
			v.count(t, `SELECT count(*) FROM due_work WHERE account_id IS NOT NULL AND parked_at IS NULL AND (due_at <= now() OR lease_until > now())`) == 0
	})
	spent := v.simulated(t) - before
	v.survived(t, "webhook: an event replayed 20 times, and a deletion that is none", spent <= 3 && v.count(t, `SELECT count(*) FROM activities WHERE deleted_at IS NULL`) == rows,
		"%d calls to Strava, no row lost", spent)
}

// simulated is how many calls of the API the simulated Strava has had.
func (v *victim) simulated(t *testing.T) (calls int) {
	t.Helper()
	var state map[string]any
	if err := json.Unmarshal([]byte(v.ask(t, "GET", v.system.Info().Simulator.URL+"/_sim/state", "", "").body), &state); err != nil {
		t.Fatal(err)
	}
	var sum func(any) int
	sum = func(value any) (n int) {
		switch value := value.(type) {
		case float64:
			return int(value)
		case map[string]any:
			for _, part := range value {
				n += sum(part)
			}
		}
		return n
	}
	return sum(state["counts"])
}

func (v *victim) pubsub(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	var certs struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(v.ask(t, "GET", v.system.Info().Pushes.URL+"/oauth2/v3/certs", "", "").body), &certs); err != nil || len(certs.Keys) == 0 {
		t.Fatal(certs, err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	forge := func(header, audience string) string {
		claims, _ := json.Marshal(map[string]any{"iss": "https://accounts.google.com", "aud": audience, "email": "pubsub-push@train-d-local.iam.gserviceaccount.com", "email_verified": true,
			"iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()})
		content := encode([]byte(header)) + "." + encode(claims)
		sum := sha256.Sum256([]byte(content))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		return content + "." + encode(signature)
	}
	body := fmt.Sprintf(`{"message":{"data":%q,"messageId":"1"},"subscription":"s"}`, base64.StdEncoding.EncodeToString([]byte(`{"kind":"tick"}`)))
	tried := 0
	for name, program := range v.system.Info().Functions {
		if name == "onboarding" || name == "webhook" {
			continue
		}
		tried++
		known := fmt.Sprintf(`{"alg":"RS256","kid":%q}`, certs.Keys[0].Kid)
		for attack, authorization := range map[string]string{
			"no token":                                 "",
			"a token of no algorithm":                  "Bearer " + encode([]byte(`{"alg":"none"}`)) + "." + strings.Split(forge(known, program.URL), ".")[1] + ".",
			"a token signed by another key":            "Bearer " + forge(known, program.URL),
			"a token signed with the key id as secret": "Bearer " + forge(fmt.Sprintf(`{"alg":"HS256","kid":%q}`, certs.Keys[0].Kid), program.URL),
			"a token of a key elsewhere":               "Bearer " + forge(`{"alg":"RS256","kid":"x","jku":"https://evil.example/keys"}`, program.URL),
		} {
			got := v.ask(t, "POST", program.URL, "", body, "Authorization", authorization)
			v.survived(t, "push to "+name+" with "+attack, got.status == 401, "%d", got.status)
		}
	}
	if tried < 3 {
		t.Errorf("%d functions of Pub/Sub", tried)
	}
	activities := v.count(t, `SELECT count(*) FROM activities`)
	replay := v.ask(t, "POST", v.system.Info().Pushes.URL+"/_cloud/replay", "", "")
	v.survived(t, "every true push replayed", replay.status == 200 && v.count(t, `SELECT count(*) FROM activities`) == activities, "as many rows as before")
}

// startsInTheCloud starts each function that Pub/Sub pushes to as the cloud would, without telling it who may push.
func (v *victim) startsInTheCloud(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := stage.All(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	for _, staged := range all {
		if staged.Name == "onboarding" || staged.Name == "webhook" {
			continue
		}
		binary, err := stage.Build(t.Context(), staged)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		start := exec.CommandContext(ctx, binary)
		start.Env = []string{"K_SERVICE=" + staged.Name, "GOOGLE_CLOUD_PROJECT=acme", "PORT=0", "DATABASE_URL=postgres://u:p@localhost/x"}
		output, err := start.CombinedOutput()
		cancel()
		var exit *exec.ExitError
		well := errors.As(err, &exit) && exit.ExitCode() == 1 && strings.Contains(string(output), "PUSH_AUDIENCE") && strings.Contains(string(output), "PUSH_SERVICE_ACCOUNT")
		v.survived(t, staged.Name+" started in the cloud without knowing who may push", well, "refuses: exit 1, names both settings")
		if !well {
			t.Logf("%v: %s", err, output)
		}
	}
}

// atOnce runs f so many times together, and counts the statuses.
func atOnce(times int, f func(i int) reply) map[int]int {
	statuses := map[int]int{}
	var wait sync.WaitGroup
	var mu sync.Mutex
	for i := range times {
		wait.Go(func() {
			got := f(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[got.status]++
		})
	}
	wait.Wait()
	return statuses
}

func (v *victim) races(t *testing.T) {
	statuses := atOnce(10, func(i int) reply {
		email := []string{"race@example.com", "RACE@example.com"}[i%2]
		return v.ask(t, "POST", "/v1/accounts", "", fmt.Sprintf(`{"email":%q,"password":%q,"accept_terms":true}`, email, password))
	})
	accounts := v.count(t, `SELECT count(*) FROM accounts WHERE lower(email) = 'race@example.com'`)
	v.survived(t, "ten registrations of one e-mail address at once", statuses[201] == 1 && accounts == 1 && statuses[500]+statuses[503] == 0, "%v, one account", statuses)
	token := v.register(t, "twice@example.com")
	statuses = atOnce(6, func(int) reply { return v.ask(t, "DELETE", "/v1/account", token, `{"confirm":"erase"}`) })
	v.survived(t, "an account erased six times at once", statuses[202] == 1 && statuses[401] == 5, "%v", statuses)
	until(t, "its erasure", func() bool {
		return v.count(t, `SELECT count(*) FROM erasures WHERE reason = 'account' AND erased_at IS NULL`) == 0
	})
}

// erasedUnderWay ends an account while its import runs, and everything that its owner can ask for with it.
func (v *victim) erasedUnderWay(t *testing.T, round int) {
	email := fmt.Sprintf("leaving-%d@example.com", round)
	token := v.register(t, email)
	account := v.count(t, `SELECT id FROM accounts WHERE email = $1`, email)
	v.ask(t, "PATCH", "/v1/settings", token, `{"thresholds":{"max_hr":185,"resting_hr":50}}`)
	if got := v.outcome(t, v.consent(t, token, 2), token); got != "connected" {
		t.Fatal(got)
	}
	until(t, "the import to run", func() bool { return v.count(t, `SELECT count(*) FROM activities WHERE account_id = $1`, account) > 0 })
	var receipt struct{ Receipt string }
	statuses := atOnce(12, func(i int) reply {
		switch i % 4 {
		case 0:
			if i > 0 {
				return v.ask(t, "GET", "/v1/account/export", token, "")
			}
			got := v.ask(t, "DELETE", "/v1/account", token, `{"confirm":"erase"}`)
			if err := json.Unmarshal([]byte(got.body), &receipt); err != nil || got.status != 202 {
				t.Errorf("%d %s", got.status, got.body)
			}
			return got
		case 1:
			return v.ask(t, "POST", "/v1/sync", token, "")
		case 2:
			return v.ask(t, "PATCH", "/v1/settings", token, fmt.Sprintf(`{"thresholds":{"max_hr":%d}}`, 180+i))
		}
		return v.ask(t, "POST", "/v1/session", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password))
	})
	var shown struct {
		ErasedAt *time.Time `json:"erased_at"`
		Strava   string
		Erased   map[string]int
	}
	until(t, "the receipt", func() bool {
		got := v.ask(t, "GET", "/v1/erasures/"+receipt.Receipt, "", "")
		return json.Unmarshal([]byte(got.body), &shown) == nil && shown.ErasedAt != nil && shown.Strava == "ended"
	})
	rows, err := v.admin.Query(t.Context(), `SELECT format('SELECT count(*) FROM %s WHERE %I = $1', attrelid::regclass, attname)
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND NOT attisdropped AND (attname = 'account_id' OR relname = 'accounts' AND attname = 'id')`)
	if err != nil {
		t.Fatal(err)
	}
	var statements []string
	for rows.Next() {
		var statement string
		if err := rows.Scan(&statement); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, statement)
	}
	left := 0
	for _, statement := range statements {
		left += v.count(t, statement, account)
	}
	after := v.ask(t, "GET", "/v1/session", token, "")
	v.survived(t, "an account erased while its import runs, among other requests", left == 0 && len(statements) > 8 && after.status == 401 && statuses[500] == 0,
		"%v; %d rows left in %d tables; receipt: %v", statuses, left, len(statements), shown.Erased)
}
