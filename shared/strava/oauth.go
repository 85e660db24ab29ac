package strava

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/training"
)

// Scopes is what the athlete is asked to grant: the profile with its zones, and all activities, those shown to nobody else
// included, so that no day becomes a rest day because of privacy.
const Scopes = "read,activity:read_all,profile:read_all"

// Tokens are an athlete's credentials. Each refresh may replace both; a replaced refresh token is dead, so the new ones
// are stored before they are used.
type Tokens struct {
	Access    config.Secret
	Refresh   config.Secret
	ExpiresAt time.Time // of the access token
}

// Athlete is what the exchange tells about who connected.
type Athlete struct {
	ID  int64
	Sex training.Sex // Strava's F and M mapped; anything else is unspecified
}

// Grant is the outcome of an athlete's consent. The scopes granted stand in the callback's query, not here.
type Grant struct {
	Tokens  Tokens
	Athlete Athlete
}

// AuthorizeURL is where the browser goes for the athlete's consent. Strava sends it back to redirectURI with code, scope
// and the state, or with error=access_denied.
func (c *Client) AuthorizeURL(state, redirectURI string) string {
	query := url.Values{
		"client_id":       {c.settings.ClientID},
		"redirect_uri":    {redirectURI},
		"response_type":   {"code"},
		"approval_prompt": {"auto"},
		"scope":           {Scopes},
		"state":           {state},
	}
	return c.oauthURL + "/authorize?" + query.Encode()
}

// Exchange trades the callback's code for tokens. A code is good for one exchange: a refusal is ScopeAthlete with
// CodeBadGrant, and only a new consent helps.
func (c *Client) Exchange(ctx context.Context, code string) (Grant, error) {
	body, tokens, err := c.token(ctx, "exchange code", url.Values{"grant_type": {"authorization_code"}, "code": {code}})
	if err != nil {
		return Grant{}, err
	}
	var raw struct {
		Athlete struct {
			ID  int64  `json:"id"`
			Sex string `json:"sex"`
		} `json:"athlete"`
	}
	if err := json.Unmarshal(body.body, &raw); err != nil {
		return Grant{}, body.malformed(withoutContent(err))
	}
	if raw.Athlete.ID <= 0 {
		return Grant{}, body.malformed(errors.New("the answer names no athlete"))
	}
	return Grant{
		Tokens:  tokens,
		Athlete: Athlete{ID: raw.Athlete.ID, Sex: training.ParseStravaSex(raw.Athlete.Sex)},
	}, nil
}

// Refresh renews an athlete's tokens. The answer's refresh token replaces the one given. A refused one is ScopeAthlete
// with CodeBadGrant: somebody else may have refreshed meanwhile, so the stored tokens are read again before anything else.
// Neither it nor Exchange counts against the quota: the token endpoint's answers come without rate headers.
func (c *Client) Refresh(ctx context.Context, refreshToken string) (Tokens, error) {
	_, tokens, err := c.token(ctx, "refresh token", url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {refreshToken}})
	return tokens, err
}

// Deauthorize ends the application's access to the athlete with an access token that still works. ScopeAthlete means that
// there was none to end. It counts against the quota as a read does.
func (c *Client) Deauthorize(ctx context.Context, access string) (Usage, error) {
	body, err := c.do(ctx, call{op: "deauthorize", about: concernsAthlete, method: http.MethodPost,
		url: c.oauthURL + "/deauthorize", access: access, form: url.Values{}, maxBody: maxTokenBody})
	if err != nil {
		return usageIn(err), err
	}
	return body.usage, nil
}

// token posts to the token endpoint with the application's credentials in the form.
func (c *Client) token(ctx context.Context, op string, form url.Values) (answer, Tokens, error) {
	form.Set("client_id", c.settings.ClientID)
	form.Set("client_secret", c.settings.ClientSecret.Reveal())
	body, err := c.do(ctx, call{op: op, about: concernsToken, method: http.MethodPost, url: c.oauthURL + "/token",
		form: form, maxBody: maxTokenBody})
	if err != nil {
		return answer{}, Tokens{}, err
	}
	var raw struct {
		AccessToken  string `json:"access_token"`
		RefreshToken string `json:"refresh_token"`
		ExpiresAt    int64  `json:"expires_at"`
	}
	if err := json.Unmarshal(body.body, &raw); err != nil {
		return answer{}, Tokens{}, body.malformed(withoutContent(err))
	}
	if raw.AccessToken == "" || raw.RefreshToken == "" || raw.ExpiresAt <= 0 {
		return answer{}, Tokens{}, body.malformed(errors.New("the answer lacks a token or its expiry"))
	}
	return body, Tokens{
		Access:    config.NewSecret(raw.AccessToken),
		Refresh:   config.NewSecret(raw.RefreshToken),
		ExpiresAt: time.Unix(raw.ExpiresAt, 0).UTC(),
	}, nil
}

// withoutContent keeps of a decoding error where it is, not what stood there: it may be a token.
func withoutContent(err error) error {
	var mistyped *json.UnmarshalTypeError
	if errors.As(err, &mistyped) {
		return fmt.Errorf("field %s has the wrong type", mistyped.Field)
	}
	return decodeError(err)
}
