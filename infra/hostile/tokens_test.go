package hostile_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// substitutions puts together tokens of two sessions.
func (v *victim) substitutions(t *testing.T, ada, eve string) {
	adaKey, adaOwner, _ := strings.Cut(ada, ".")
	eveKey, eveOwner, _ := strings.Cut(eve, ".")
	for attack, token := range map[string]string{
		"eve's key with ada's owner": eveKey + "." + adaOwner, "ada's owner without a key": "." + adaOwner,
		"ada's key with eve's owner": adaKey + "." + eveOwner, "two keys": adaKey + "." + eveKey,
	} {
		got := v.ask(t, "GET", "/v1/session", token, "")
		// A key alone proves who one is; whose it is said to be counts for nothing.
		well := got.status == 401 || (got.status == 200 && strings.Contains(got.body, map[bool]string{true: "ada@", false: "eve@"}[strings.HasPrefix(token, adaKey)]))
		v.survived(t, "a session of "+attack, well, "%d", got.status)
	}
	v.ask(t, "PATCH", "/v1/settings", eve, `{"units":"imperial"}`) // or the two could not be told apart
	settings := func(token string) reply { return v.ask(t, "GET", "/v1/settings", token, "") }
	mixed, adas, eves := settings(eveKey+"."+adaOwner), settings(ada), settings(eve)
	v.survived(t, "settings by eve's key with ada's owner", adas.body != eves.body && (mixed.status == 401 || mixed.body == eves.body), "%d", mixed.status)
}

// mailed waits for an e-mail after the first n that leads to a page, and gives its secret.
func (v *victim) mailed(t *testing.T, n int, to, page string) (secret string) {
	t.Helper()
	wanted := regexp.MustCompile(`/` + page + `#([A-Za-z0-9_-]{43})`)
	until(t, "an e-mail to "+to+" that leads to /"+page, func() bool {
		for _, mail := range v.system.Mails()[n:] {
			if found := wanted.FindStringSubmatch(mail.Body); found != nil && mail.To == to {
				secret = found[1]
			}
		}
		return secret != ""
	})
	return secret
}

// links takes mailed links for what they are not, and more than once.
func (v *victim) links(t *testing.T) {
	const email = "links@example.com"
	token := v.register(t, email)
	verify := v.mailed(t, 0, email, "verify")
	reset := func(secret, chosen string) reply {
		return v.ask(t, "PUT", "/v1/password-resets", "", fmt.Sprintf(`{"token":%q,"new_password":%q}`, secret, chosen), "X-Forwarded-For", "192.0.2.1") // where nobody has tried anything yet
	}
	got := reset(verify, "a verification is no reset")
	v.survived(t, "a verification's link as a reset's", got.status == 404, "%d", got.status)
	request := func() string {
		// Another is sent after some minutes only.
		if _, err := v.admin.Exec(t.Context(), `UPDATE email_tokens SET created_at = created_at - interval '10 minutes'`); err != nil {
			t.Fatal(err)
		}
		sent := len(v.system.Mails())
		v.ask(t, "POST", "/v1/password-resets", "", fmt.Sprintf(`{"email":%q}`, email))
		return v.mailed(t, sent, email, "reset")
	}
	older := request()
	newer := request()
	got = reset(older, "from the older of two links")
	v.survived(t, "a reset's link after a newer one was sent", got.status == 404, "%d", got.status)
	got = v.ask(t, "PUT", "/v1/email-verifications", "", fmt.Sprintf(`{"token":%q}`, newer))
	v.survived(t, "a reset's link as a verification's", got.status == 404, "%d", got.status)
	chosen := func(i int) string { return fmt.Sprintf("chosen in the race, by the %dth", i) }
	statuses := atOnce(6, func(i int) reply { return reset(newer, chosen(i)) })
	signedIn := 0
	for i := range 6 {
		if v.ask(t, "POST", "/v1/session", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, chosen(i)), "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i)).status == 200 {
			signedIn++
		}
	}
	v.survived(t, "a reset's link used six times at once", statuses[204] == 1 && statuses[404] == 5 && signedIn <= 1, "%v, %d of the passwords counts", statuses, signedIn)
	again, session := reset(newer, "chosen afterwards, once more"), v.ask(t, "GET", "/v1/session", token, "")
	v.survived(t, "a reset's link used again", again.status == 404, "%d", again.status)
	v.survived(t, "the session of before the reset", session.status == 401, "%d", session.status)
}

// secondFactor signs in without what an authenticator shows, and with what it showed before.
func (v *victim) secondFactor(t *testing.T) {
	const email = "factor@example.com"
	token := v.register(t, email)
	var begun struct{ Secret string }
	var confirmed struct {
		Codes []string `json:"recovery_codes"`
	}
	if err := json.Unmarshal([]byte(v.ask(t, "POST", "/v1/second-factor", token, "").body), &begun); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	shown := func(at time.Time) string {
		code, err := totp.GenerateCode(begun.Secret, at)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	first := shown(now)
	got := v.ask(t, "PUT", "/v1/second-factor", token, fmt.Sprintf(`{"code":%q}`, first))
	if err := json.Unmarshal([]byte(got.body), &confirmed); err != nil || len(confirmed.Codes) < 2 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var places atomic.Int64
	signIn := func(secret, code string) reply {
		return v.ask(t, "POST", "/v1/session", "", fmt.Sprintf(`{"email":%q,"password":%q,"code":%q}`, email, secret, code), "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", places.Add(1)))
	}
	refused := func(attack string, got reply) {
		v.survived(t, "second factor: "+attack, (got.status == 401 || got.status == 422 || got.status == 429) && got.token() == "", "%d, a session: %v", got.status, got.token() != "")
	}
	refused("the password alone", v.ask(t, "POST", "/v1/session", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)))
	refused("the code that it was confirmed with", signIn(password, first))
	refused("a code of an hour ago", signIn(password, shown(now.Add(-time.Hour))))
	next := shown(now.Add(30 * time.Second)) // of the step that begins within half a minute: clocks may differ by one
	statuses := atOnce(4, func(int) reply { return signIn(password, next) })
	v.survived(t, "second factor: one code four times at once", statuses[200] == 1 && statuses[500]+statuses[503] == 0, "%v", statuses)
	recovered := signIn(password, confirmed.Codes[0])
	v.survived(t, "second factor: a recovery code (a control)", recovered.status == 200, "%d", recovered.status)
	refused("the same recovery code again", signIn(password, confirmed.Codes[0]))
	refused("a recovery code with a wrong password", signIn("not the password at all", confirmed.Codes[1]))
	still := signIn(password, confirmed.Codes[1])
	v.survived(t, "second factor: that wrong password uses no code up", still.status == 200, "%d", still.status)
	throttled := 0
	for guess := range 12 {
		if signIn(password, fmt.Sprintf("%06d", guess)).status == 429 {
			throttled++
		}
	}
	v.survived(t, "second factor: guessing codes", throttled > 0, "%d of 12 guesses were not even looked at", throttled)
}

// stravaSignIn finishes a sign-in by Strava in another browser than it was begun in.
func (v *victim) stravaSignIn(t *testing.T) {
	begin := func() (back, browser string) {
		begun := v.ask(t, "GET", "/v1/strava/sign-in?accept_terms=true", "", "")
		for _, cookie := range (&http.Response{Header: begun.header}).Cookies() {
			browser = cookie.Name + "=" + cookie.Value
		}
		return v.agree(t, begun.header.Get("Location"), 3), browser
	}
	finish := func(back, browser string) (word string, got reply) {
		got = v.ask(t, "GET", back, "", "", "Cookie", browser)
		_, word, _ = strings.Cut(got.header.Get("Location"), "strava=")
		return word, got
	}
	accounts := v.count(t, `SELECT count(*) FROM accounts`)
	other, otherBrowser := begin()
	for attack, cookie := range map[string]string{"without the browser's cookie": "", "in another browser": otherBrowser} {
		back, _ := begin() // anew: one that gets through uses the state up
		word, got := finish(back, cookie)
		v.survived(t, "a sign-in by Strava finished "+attack, word == "state" && got.token() == "", "%s, a session: %v", word, got.token() != "")
	}
	opened := v.count(t, `SELECT count(*) FROM accounts`) - accounts
	v.survived(t, "accounts after that", opened == 0, "%d opened", opened)
	word, got := finish(other, otherBrowser)
	v.survived(t, "a sign-in by Strava (a control)", word == "connected" && got.token() != "", "%s", word)
	word, got = finish(other, otherBrowser)
	v.survived(t, "its answer opened again", word == "state" && got.token() == "", "%s, a session: %v", word, got.token() != "")
	word, got = finish(begin())
	v.survived(t, "signing in by it again (a control)", word == "signed-in" && got.token() != "", "%s", word)
	ended := v.ask(t, "DELETE", "/v1/account", got.token(), `{"confirm":"erase"}`)
	v.survived(t, "its account, ended", ended.status == 202, "%d", ended.status)
}

// agree agrees on Strava's page of consent as the nth athlete there, and gives the address that leads back.
func (v *victim) agree(t *testing.T, address string, nth int) string {
	t.Helper()
	athletes := radio.FindAllStringSubmatch(v.ask(t, "GET", address, "", "").body, -1)
	if len(athletes) <= nth {
		t.Fatalf("%d athletes at %s", len(athletes), address)
	}
	form := url.Values{"athlete_id": {athletes[nth][1]}, "scope": {"read", "activity:read_all", "profile:read_all"}, "action": {"authorize"}}
	back := v.ask(t, "POST", address, "", form.Encode(), "Content-Type", "application/x-www-form-urlencoded").header.Get("Location")
	if !strings.HasPrefix(back, v.url) {
		t.Fatalf("Strava leads to %q", back)
	}
	return back
}
