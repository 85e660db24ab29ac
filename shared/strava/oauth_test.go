package strava

import (
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/train-d/train-d/shared/training"
)

func TestAuthorizeURLAsksForTheScopesWithTheState(t *testing.T) {
	t.Parallel()
	client := answerWith(t, 200, "")
	address, err := url.Parse(client.AuthorizeURL("a state&more", "https://app.example.com/v1/strava/callback?x=1"))
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"client_id": {"12345"}, "redirect_uri": {"https://app.example.com/v1/strava/callback?x=1"},
		"response_type": {"code"}, "approval_prompt": {"auto"}, "scope": {"read,activity:read_all,profile:read_all"},
		"state": {"a state&more"}}
	if got := address.Query(); got.Encode() != want.Encode() || address.Path != "/oauth/authorize" {
		t.Errorf("got %s with %v, want /oauth/authorize with %v", address.Path, got, want)
	}
}

// tokenServer answers the token endpoint and keeps the form it was sent.
func tokenServer(t *testing.T, answer string, form *url.Values) *Client {
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/oauth/token" || r.URL.RawQuery != "" {
			t.Errorf("got %s %s, want POST /oauth/token", r.Method, r.URL)
		}
		_ = r.ParseForm()
		*form = r.PostForm
		_, _ = io.WriteString(w, answer)
	})
}

func TestExchangeGivesTokensAndAthlete(t *testing.T) {
	t.Parallel()
	var form url.Values
	client := tokenServer(t, `{"token_type":"Bearer","expires_at":1542940199,"expires_in":21600,"refresh_token":"r1",
		"access_token":"a1","athlete":{"id":3000000001,"sex":"F","firstname":"Test"}}`, &form)
	grant, err := client.Exchange(t.Context(), "the code")
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{"client_id": {"12345"}, "client_secret": {clientSecret}, "grant_type": {"authorization_code"}, "code": {"the code"}}
	if form.Encode() != want.Encode() {
		t.Errorf("sent %v, want %v", form, want)
	}
	if grant.Tokens.Access.Reveal() != "a1" || grant.Tokens.Refresh.Reveal() != "r1" || !grant.Tokens.ExpiresAt.Equal(time.Unix(1542940199, 0)) {
		t.Error("the tokens are not those of the answer")
	}
	if grant.Athlete != (Athlete{ID: 3000000001, Sex: training.SexFemale}) { // I20, I28
		t.Errorf("athlete %+v", grant.Athlete)
	}
}

func TestRefreshGivesTheTokensThatReplaceTheOld(t *testing.T) {
	t.Parallel()
	var form url.Values
	client := tokenServer(t, `{"token_type":"Bearer","access_token":"a2","expires_at":1542940199,"expires_in":14282,"refresh_token":"r2"}`, &form)
	tokens, err := client.Refresh(t.Context(), "r1")
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("grant_type") != "refresh_token" || form.Get("refresh_token") != "r1" {
		t.Errorf("sent grant_type %q", form.Get("grant_type"))
	}
	if tokens.Access.Reveal() != "a2" || tokens.Refresh.Reveal() != "r2" {
		t.Error("the tokens are not those of the answer")
	}
}

// I19: an answer without tokens is an error, never a refreshed state without them.
func TestAnswersWithoutTokensAreErrors(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `null`, `[]`, ``, `{"access_token":"a"}`, `{"access_token":"a","refresh_token":"r"}`,
		`{"access_token":"","refresh_token":"r","expires_at":1542940199}`} {
		client := answerWith(t, 200, body)
		if tokens, err := client.Refresh(t.Context(), "r1"); refused(t, err) == nil || !tokens.Access.IsZero() {
			t.Errorf("%s: got tokens", body)
		}
		_, err := client.Exchange(t.Context(), "code")
		refused(t, err)
	}
	_, err := answerWith(t, 200, `{"access_token":"a","refresh_token":"r","expires_at":1542940199}`).Exchange(t.Context(), "code")
	refused(t, err)
}

func TestRefusedTokensSayWhoMustAct(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]struct {
		scope Scope
		code  string
	}{
		`{"message":"Bad Request","errors":[{"resource":"RequestToken","field":"code","code":"invalid"}]}`:          {ScopeAthlete, CodeBadGrant},
		`{"message":"Bad Request","errors":[{"resource":"RefreshToken","field":"refresh_token","code":"invalid"}]}`: {ScopeAthlete, CodeBadGrant},
		`{"message":"Bad Request","errors":[{"resource":"Application","field":"client_id","code":"invalid"}]}`:      {ScopeApp, CodeBadClient},
		`{"message":"Forbidden","errors":[{"resource":"Application","field":"Status","code":"Inactive"}]}`:          {ScopeApp, CodeInactive},
	} {
		for _, status := range []int{400, 401, 403} {
			if status == 401 && want.code == CodeInactive {
				continue
			}
			_, err := answerWith(t, status, body).Refresh(t.Context(), "r1")
			if e := refused(t, err); e.Scope != want.scope || e.Code != want.code {
				t.Errorf("%d %s: got %s %s, want %s %s", status, body, e.Scope, e.Code, want.scope, want.code)
			}
		}
	}
	_, err := answerWith(t, 500, `{"message":"error"}`).Refresh(t.Context(), "r1")
	if e := refused(t, err); e.Scope != ScopeTransient {
		t.Errorf("a server error: got scope %s, want transient", e.Scope)
	}
}

func TestDeauthorizeSendsTheAccessTokenInAHeader(t *testing.T) {
	t.Parallel()
	var asked *http.Request
	client := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r
		w.Header().Set("X-RateLimit-Limit", "200,2000")
		w.Header().Set("X-RateLimit-Usage", "3,4")
		_, _ = io.WriteString(w, `{"access_token":"x"}`)
	})
	usage, err := client.Deauthorize(t.Context(), accessToken)
	if err != nil || usage.Overall.DayUsed != 4 {
		t.Fatalf("usage %+v, %v", usage, err)
	}
	if asked.Method != http.MethodPost || asked.URL.RequestURI() != "/oauth/deauthorize" || asked.Header.Get("Authorization") != "Bearer "+accessToken {
		t.Errorf("got %s %s", asked.Method, asked.URL)
	}
	_, err = answerWith(t, 401, `{}`).Deauthorize(t.Context(), accessToken)
	if e := refused(t, err); e.Scope != ScopeAthlete {
		t.Errorf("got %v, want scope athlete", err)
	}
}
