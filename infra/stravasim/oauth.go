package stravasim

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Lifetimes of what OAuth hands out. Strava documents six hours for access tokens; the life of a code is ours.
const (
	accessTokenLife = 6 * time.Hour
	codeLife        = 10 * time.Minute
)

// grant is an athlete's consent to the application. There is one per athlete, and it has one refresh token.
type grant struct {
	Athlete int64                `json:"athlete"`
	Scopes  []string             `json:"scopes"`
	Refresh string               `json:"refresh_token"`
	Access  map[string]time.Time `json:"access_tokens"` // token → expiry
}

func (g *grant) has(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(g.Scopes, s) })
}

// authorizations is who consented to what, and the codes under way. Guarded by Simulator.mu.
type authorizations struct {
	grants map[int64]*grant // by athlete
	access map[string]int64 // access token → athlete
	codes  map[string]code
}

// code is what an authorization code stands for until it is exchanged, once.
type code struct {
	athlete int64
	scopes  []string
	expires time.Time
}

func newAuthorizations() authorizations {
	return authorizations{grants: map[int64]*grant{}, access: map[string]int64{}, codes: map[string]code{}}
}

func (a *authorizations) connected(athlete int64) bool { return a.grants[athlete] != nil }

// byAccess finds the grant of an access token that has not expired.
func (a *authorizations) byAccess(token string, now time.Time) *grant {
	g := a.grants[a.access[token]]
	if g == nil || !now.Before(g.Access[token]) {
		return nil
	}
	return g
}

func (a *authorizations) byRefresh(token string) *grant {
	for _, g := range a.grants {
		if token != "" && g.Refresh == token {
			return g
		}
	}
	return nil
}

// rotate gives the grant a new pair of tokens. The former refresh token is dead; access tokens live on until they
// expire.
func (a *authorizations) rotate(g *grant, now time.Time) (access string, expires time.Time) {
	g.Refresh, access = newToken(), newToken()
	expires = now.Truncate(time.Second).Add(accessTokenLife)
	for token, at := range g.Access {
		if !now.Before(at) {
			delete(g.Access, token)
			delete(a.access, token)
		}
	}
	g.Access[access] = expires
	a.access[access] = g.Athlete
	return access, expires
}

// newToken returns 160 random bits in hex, the form of Strava's tokens. Tokens are not part of what the seed makes:
// a restarted simulator must not hand out an old one again.
func newToken() string {
	var b [20]byte
	rand.Read(b[:]) //nolint:errcheck // crypto/rand.Read never fails
	return hex.EncodeToString(b[:])
}

// Token is what Grant hands out: a connection without the consent page, for tests of what comes after it.
type Token struct {
	AccessToken, RefreshToken string
	ExpiresAt                 time.Time
}

// Grant connects an athlete with the given scopes and returns its tokens. An unknown athlete gets the zero Token.
func (s *Simulator) Grant(athlete int64, scopes ...string) Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.athleteByID(athlete) == nil {
		return Token{}
	}
	g := s.grantFor(athlete, scopes)
	access, expires := s.auth.rotate(g, s.cfg.Now())
	s.save()
	return Token{AccessToken: access, RefreshToken: g.Refresh, ExpiresAt: expires}
}

// grantFor returns the athlete's grant with the scopes of its newest consent. The caller holds s.mu.
func (s *Simulator) grantFor(athlete int64, scopes []string) *grant {
	g := s.auth.grants[athlete]
	if g == nil {
		g = &grant{Athlete: athlete, Access: map[string]time.Time{}}
		s.auth.grants[athlete] = g
	}
	g.Scopes = scopes
	return g
}

// full reports whether the application may not connect this athlete. The caller holds s.mu.
func (s *Simulator) full(athlete int64) bool {
	return s.athleteLimit > 0 && !s.auth.connected(athlete) && len(s.auth.grants) >= s.athleteLimit
}

// token answers POST /oauth/token for authorization_code and refresh_token.
func (s *Simulator) token(c *call) answer {
	if refusal, ok := s.client(c.r.FormValue("client_id"), c.r.FormValue("client_secret")); !ok {
		return refusal
	}
	switch c.r.FormValue("grant_type") {
	case "authorization_code":
		return s.exchange(c)
	case "refresh_token":
		return s.refresh(c)
	}
	return fail(http.StatusBadRequest, "Bad Request", "Application", "grant_type", "invalid")
}

// client checks the application's credentials.
func (s *Simulator) client(id, secret string) (answer, bool) {
	if id != s.cfg.ClientID {
		return fail(http.StatusBadRequest, "Bad Request", "Application", "client_id", "invalid"), false
	}
	if subtle.ConstantTimeCompare([]byte(secret), []byte(s.cfg.ClientSecret)) != 1 {
		return fail(http.StatusBadRequest, "Bad Request", "Application", "client_secret", "invalid"), false
	}
	return answer{}, true
}

func (s *Simulator) exchange(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := c.r.FormValue("code")
	consent, ok := s.auth.codes[name]
	delete(s.auth.codes, name)
	now := s.cfg.Now()
	if !ok || now.After(consent.expires) {
		return fail(http.StatusBadRequest, "Bad Request", "RequestToken", "code", "invalid")
	}
	if s.full(consent.athlete) {
		return fail(http.StatusForbidden, "Forbidden", "Application", "athletes", athletesExceeded)
	}
	g := s.grantFor(consent.athlete, consent.scopes)
	access, expires := s.auth.rotate(g, now)
	s.save()
	c.athlete = s.athleteByID(g.Athlete)
	s.log.Info("athlete connected", "athlete", g.Athlete, "scope", strings.Join(g.Scopes, ","))
	body := tokenBody(g, access, expires, now)
	body["athlete"] = c.athlete.summary()
	return ok200(body)
}

func (s *Simulator) refresh(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.auth.byRefresh(c.r.FormValue("refresh_token"))
	if g == nil {
		return fail(http.StatusBadRequest, "Bad Request", "RefreshToken", "refresh_token", "invalid")
	}
	now := s.cfg.Now()
	access, expires := s.auth.rotate(g, now)
	s.save()
	c.athlete = s.athleteByID(g.Athlete)
	s.counts.Refreshed[g.Athlete]++
	s.log.Info("tokens refreshed", "athlete", g.Athlete)
	return ok200(tokenBody(g, access, expires, now))
}

func tokenBody(g *grant, access string, expires, now time.Time) map[string]any {
	return map[string]any{
		"token_type": "Bearer", "access_token": access, "refresh_token": g.Refresh,
		"expires_at": expires.Unix(), "expires_in": expires.Unix() - now.Unix(),
	}
}

// deauthorize answers POST /oauth/deauthorize, which names an access token.
func (s *Simulator) deauthorize(c *call) answer {
	token := bearer(c.r)
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.auth.byAccess(token, s.cfg.Now())
	if g == nil {
		return unauthorized()
	}
	s.disconnect(g.Athlete)
	return ok200(map[string]any{"access_token": token})
}

// revoke answers POST /oauth/revoke (RFC 7009): Basic credentials, either token of the athlete; an unknown token is
// no error.
func (s *Simulator) revoke(c *call) answer {
	id, secret, ok := c.r.BasicAuth()
	if !ok {
		id, secret = c.r.FormValue("client_id"), c.r.FormValue("client_secret")
	}
	if refusal, ok := s.client(id, secret); !ok {
		refusal.status = http.StatusUnauthorized
		return refusal
	}
	token := c.r.FormValue("token")
	if token == "" {
		return fail(http.StatusBadRequest, "Bad Request", "Application", "token", "invalid")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.auth.byRefresh(token)
	if g == nil {
		g = s.auth.byAccess(token, s.cfg.Now())
	}
	if g != nil {
		s.disconnect(g.Athlete)
	}
	return answer{status: http.StatusOK}
}

// disconnect ends an athlete's consent and announces it. The caller holds s.mu.
func (s *Simulator) disconnect(athlete int64) {
	if !s.auth.connected(athlete) {
		return
	}
	for token := range s.auth.grants[athlete].Access {
		delete(s.auth.access, token)
	}
	delete(s.auth.grants, athlete)
	s.save()
	s.log.Info("athlete disconnected", "athlete", athlete)
	s.announce(s.athleteByID(athlete), "athlete", athlete, "update", map[string]string{"authorized": "false"})
}

// bearer returns the access token of a request: the header, else the form or query parameter that Strava also takes.
func bearer(r *http.Request) string {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return token
	}
	return r.FormValue("access_token")
}
