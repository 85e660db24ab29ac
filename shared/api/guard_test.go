package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
)

// old lets it be a while since anybody proved who they are.
func (s *system) old() {
	s.t.Helper()
	s.exec(`UPDATE sessions SET confirmed_at = now() - interval '11 minutes'`)
}

func TestExportAndErasureNeedARecentProof(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	b.get("/v1/account/export").wants(http.StatusOK)
	s.old()
	var who Who
	b.get("/v1/session").wants(http.StatusOK).decode(&who)
	if who.Recent {
		t.Error("after eleven minutes it is still recent")
	}
	b.get("/v1/account/export").refused(http.StatusForbidden, "confirmation-needed")
	b.call("DELETE", "/v1/account", map[string]any{"confirm": "erase"}).refused(http.StatusForbidden, "confirmation-needed")
	b.call("PUT", "/v1/account/password", map[string]any{"new_password": "another horse"}).refused(http.StatusForbidden, "confirmation-needed")
	b.call("PUT", "/v1/account/email", map[string]any{"email": "new@example.com"}).refused(http.StatusForbidden, "confirmation-needed")
	b.call("POST", "/v1/session/confirmation", map[string]any{"password": "a wrong guess"}).refused(http.StatusUnauthorized, "credentials")
	before := b.client.Jar.Cookies(b.api.PublicURL)
	b.call("POST", "/v1/session/confirmation", map[string]any{"password": password}).wants(http.StatusNoContent)
	b.get("/v1/session").wants(http.StatusOK).decode(&who)
	if !who.Recent {
		t.Error("confirming made nothing recent")
	}
	request := s.visit().request("GET", "/v1/session", nil)
	for _, cookie := range before {
		request.AddCookie(cookie)
	}
	s.visit().send(request).refused(http.StatusUnauthorized, "signed-out") // a token that leaked before gains nothing
	b.call("DELETE", "/v1/account", map[string]any{"confirm": "erase"}).wants(http.StatusAccepted)
}

func TestASecondFactorFromSettingToRemoving(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	var factor NewSecondFactor
	b.call("POST", "/v1/second-factor", nil).wants(http.StatusCreated).decode(&factor)
	b.call("PUT", "/v1/second-factor", map[string]any{"code": "000"}).refused(http.StatusUnprocessableEntity, "invalid", "body.code")
	code, err := totp.GenerateCode(factor.Secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var codes RecoveryCodes
	b.call("PUT", "/v1/second-factor", map[string]any{"code": code}).wants(http.StatusOK).decode(&codes)
	signIn := map[string]any{"email": "ada@example.com", "password": password}
	other := s.visit()
	other.call("POST", "/v1/session", signIn).refused(http.StatusUnauthorized, "second-factor-needed")
	signIn["code"] = code // used when it was set
	other.call("POST", "/v1/session", signIn).refused(http.StatusUnauthorized, "second-factor-wrong")
	signIn["code"] = codes.RecoveryCodes[0]
	var who Who
	other.call("POST", "/v1/session", signIn).wants(http.StatusOK).decode(&who)
	if !who.SecondFactor || !who.Recent {
		t.Errorf("signed in as %+v", who)
	}
	s.old()
	b.call("DELETE", "/v1/second-factor", nil).refused(http.StatusForbidden, "confirmation-needed")
	b.call("POST", "/v1/session/confirmation", map[string]any{"password": password}).refused(http.StatusUnauthorized, "second-factor-needed")
	b.call("POST", "/v1/session/confirmation", map[string]any{"password": password, "code": codes.RecoveryCodes[1]}).wants(http.StatusNoContent)
	b.call("DELETE", "/v1/second-factor", nil).wants(http.StatusNoContent)
	s.visit().call("POST", "/v1/session", map[string]any{"email": "ada@example.com", "password": password}).wants(http.StatusOK)
}

func TestTooManyGuessesAreToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	s := setup(t, func(s *system) { s.api.Hops = 1 })
	s.register("ada@example.com")
	guess := func(address string) answer {
		request := s.visit().request("POST", "/v1/session", strings.NewReader(`{"email":"ada@example.com","password":"a wrong guess"}`))
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Forwarded-For", "198.51.100.1, "+address)
		return s.visit().send(request)
	}
	for i := range 6 {
		guess("203.0.113."+strconv.Itoa(i)).refused(http.StatusUnauthorized, "credentials") // from anywhere: it is the account's count
	}
	refused := guess("203.0.113.99").refused(http.StatusTooManyRequests, "throttled")
	if seconds, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || seconds < 1 {
		t.Errorf("Retry-After %q", refused.header.Get("Retry-After"))
	}
	// The throttles are the database's, and so every instance's.
	if n := s.count(`SELECT count(*) FROM throttles`); n < 7 {
		t.Errorf("%d throttles", n)
	}
}

func TestWithdrawingTheUseOfHealthDataEndsTheConnection(t *testing.T) {
	t.Parallel()
	b := imported(t)
	b.call("DELETE", "/v1/consents/privacy", nil).refused(http.StatusConflict, "erase-instead")
	b.call("DELETE", "/v1/consents/health_data", nil).wants(http.StatusNoContent)
	b.deliver()
	if n := b.count(`SELECT (SELECT count(*) FROM activities) + (SELECT count(*) FROM strava_connections)`); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	b.get("/v1/strava/connect").refused(http.StatusForbidden, "consent-needed")
	var agreements Agreements
	b.get("/v1/consents").wants(http.StatusOK).decode(&agreements)
	for _, one := range agreements.Documents {
		if (one.AcceptedVersion == nil) != (one.Document == "health_data") {
			t.Errorf("%+v", one)
		}
		if one.AcceptedVersion == nil {
			b.call("PUT", "/v1/consents/health_data", map[string]any{"version": one.Version}).wants(http.StatusNoContent)
		}
	}
	b.get("/v1/strava/connect").wants(http.StatusSeeOther)
	b.call("DELETE", "/v1/consents/health_data", nil).wants(http.StatusNoContent) // without a connection, too
}

func TestRegisteringAndResettingMakeMailDue(t *testing.T) {
	t.Parallel()
	s := setup(t)
	b := s.register("ada@example.com")
	waiting := func() int {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.letters)
	}
	if waiting() != 1 {
		t.Error("Mail was not told of the new account")
	}
	known := b.call("POST", "/v1/password-resets", map[string]any{"email": "ada@example.com"}).wants(http.StatusAccepted)
	unknown := b.call("POST", "/v1/password-resets", map[string]any{"email": "nobody@example.com"}).wants(http.StatusAccepted)
	if string(known.body) != string(unknown.body) {
		t.Errorf("told apart: %q and %q", known.body, unknown.body)
	}
	b.call("POST", "/v1/password-resets", map[string]any{"email": "nonsense"}).refused(http.StatusUnprocessableEntity, "invalid", "body.email")
	if n := s.count(`SELECT count(*) FROM due_work WHERE kind = 'password_reset'`); n != 1 {
		t.Errorf("%d letters are due", n)
	}
	b.call("POST", "/v1/email-verifications", nil).wants(http.StatusAccepted)
	s.exec(`UPDATE accounts SET email_verified_at = now()`)
	b.call("POST", "/v1/email-verifications", nil).refused(http.StatusConflict, "nothing-to-verify")
}
