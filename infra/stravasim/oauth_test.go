package stravasim_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
)

func TestConsentLeadsToTokensOnce(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	id := r.sim.Athletes()[0].ID

	page := string(r.get("", r.authorizeURL("read,activity:read_all")).body)
	authorize, deny := strings.Index(page, `value="authorize"`), strings.Index(page, `value="deny"`)
	if authorize < 0 || deny < authorize {
		t.Errorf("the page must offer authorize first, then deny:\n%s", page)
	}

	back := r.consent(id, "read,activity:read_all,profile:read_all", "read", "activity:read_all", "activity:write")
	if back.Get("state") != "s-1" || back.Get("scope") != "read,activity:read_all" {
		t.Errorf("redirected with %v: want the state, and the scopes that were asked for and checked", back)
	}
	var got tokens
	r.exchange(back.Get("code")).decode(t, &got)
	if got.TokenType != "Bearer" || got.ExpiresIn != 6*3600 || got.ExpiresAt != r.Now().Unix()+6*3600 {
		t.Errorf("tokens %+v, want bearer for six hours", got)
	}
	if got.Athlete == nil || got.Athlete.ID != id || got.Athlete.Sex == nil || *got.Athlete.Sex != "F" {
		t.Errorf("athlete %+v, want %d with sex F", got.Athlete, id)
	}
	wantError(t, r.exchange(back.Get("code")), http.StatusBadRequest, "RequestToken", "code", "invalid")
}

func TestDenialSaysSo(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	got := r.post(r.authorizeURL("read"), url.Values{"athlete_id": {"8100000001"}, "action": {"deny"}})
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || got.status != http.StatusFound {
		t.Fatal(got.status, err)
	}
	if q := to.Query(); q.Get("error") != "access_denied" || q.Get("state") != "s-1" || q.Has("code") {
		t.Errorf("redirected with %v", q)
	}
}

func TestWrongAuthorizationRequestsAreNotRedirected(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	for _, broken := range [][2]string{
		{"client_id", "7"}, {"redirect_uri", "javascript:alert(1)"}, {"response_type", "token"},
		{"approval_prompt", "never"}, {"scope", "activity:everything"}, {"scope", ""},
	} {
		u, _ := url.Parse(r.authorizeURL("read"))
		q := u.Query()
		q.Set(broken[0], broken[1])
		if got := r.get("", u.Path+"?"+q.Encode()); got.status != http.StatusBadRequest {
			t.Errorf("%s=%q: status %d, want 400", broken[0], broken[1], got.status)
		}
	}
}

func TestRefreshRotates(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	id := r.sim.Athletes()[0].ID
	begun := r.sim.Grant(id, "read")
	var second, third tokens
	r.refresh(begun.RefreshToken).decode(t, &second)
	if second.RefreshToken == begun.RefreshToken || second.AccessToken == begun.AccessToken || second.Athlete != nil {
		t.Errorf("refresh gave %+v after %+v: want a new pair and no athlete", second, begun)
	}
	wantError(t, r.refresh(begun.RefreshToken), http.StatusBadRequest, "RefreshToken", "refresh_token", "invalid")
	r.refresh(second.RefreshToken).decode(t, &third)

	r.advance(6*time.Hour + time.Second)
	wantError(t, r.get(third.AccessToken, "/athlete"), http.StatusUnauthorized, "Athlete", "access_token", "invalid")
	var fourth tokens
	r.refresh(third.RefreshToken).decode(t, &fourth)
	if got := r.get(fourth.AccessToken, "/athlete"); got.status != http.StatusOK {
		t.Errorf("status %d after refresh", got.status)
	}
}

func TestWrongClientIsNamed(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{})
	for field, form := range map[string]url.Values{
		"client_id":     {"client_id": {"1"}, "client_secret": {clientSecret}, "grant_type": {"refresh_token"}},
		"client_secret": {"client_id": {clientID}, "client_secret": {"x"}, "grant_type": {"refresh_token"}},
		"grant_type":    {"client_id": {clientID}, "client_secret": {clientSecret}, "grant_type": {"password"}},
	} {
		wantError(t, r.post("/oauth/token", form), http.StatusBadRequest, "Application", field, "invalid")
	}
}

func TestBothWaysToDisconnectEndAllTokens(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*rig, stravasim.Token) reply{
		"deauthorize": func(r *rig, token stravasim.Token) reply {
			return r.post("/oauth/deauthorize", url.Values{"access_token": {token.AccessToken}})
		},
		"revoke": func(r *rig, token stravasim.Token) reply {
			req, _ := http.NewRequest(http.MethodPost, r.url+"/oauth/revoke", strings.NewReader("token="+token.RefreshToken))
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			req.SetBasicAuth(clientID, clientSecret)
			return r.do(req)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := setup(t, stravasim.Config{})
			token := r.sim.Grant(r.sim.Athletes()[0].ID, "read")
			if got := end(r, token); got.status != http.StatusOK {
				t.Fatalf("status %d %s", got.status, got.body)
			}
			if got := r.get(token.AccessToken, "/athlete"); got.status != http.StatusUnauthorized {
				t.Errorf("access token: status %d, want 401", got.status)
			}
			if got := r.refresh(token.RefreshToken); got.status != http.StatusBadRequest {
				t.Errorf("refresh token: status %d, want 400", got.status)
			}
		})
	}
}

func TestFullApplicationRefusesOnlyNewAthletes(t *testing.T) {
	t.Parallel()
	r := setup(t, stravasim.Config{AthleteLimit: 1})
	athletes := r.sim.Athletes()
	r.sim.Grant(athletes[0].ID, "read")
	got := r.post(r.authorizeURL("read"), url.Values{"athlete_id": {"8100000002"}, "scope": {"read"}, "action": {"authorize"}})
	if got.status != http.StatusForbidden || !strings.Contains(string(got.body), "Limit of connected athletes exceeded") {
		t.Errorf("second athlete: status %d %s", got.status, got.body)
	}
	if back := r.consent(athletes[0].ID, "read", "read"); back.Get("code") == "" {
		t.Errorf("the connected athlete came back with %v", back)
	}
}
