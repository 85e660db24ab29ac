package strava

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// How long to leave Strava alone where it does not say itself.
const (
	pauseMaintenance = 5 * time.Minute
	pauseInactive    = time.Hour // a person has to act
)

// concern is whom a call is about, which decides the scope of answers that do not say so themselves.
type concern int

const (
	concernsAthlete concern = iota
	concernsActivity
	concernsToken
	concernsSubscription // the operator asks, and reads what Strava says
)

// refusal is the body of Strava's errors. "errors" is sometimes a text, so it is read on its own.
type refusal struct {
	Errors json.RawMessage `json:"errors"`
}

type refusalReason struct {
	Resource string `json:"resource"`
	Field    string `json:"field"`
	Code     string `json:"code"`
}

// refusalReasons reads what can be read; a body of another shape has no reasons.
func refusalReasons(body []byte) []refusalReason {
	var outer refusal
	if json.Unmarshal(body, &outer) != nil {
		return nil
	}
	var reasons []refusalReason
	if json.Unmarshal(outer.Errors, &reasons) != nil {
		return nil
	}
	return reasons
}

// isPage says whether the answer is a page for people, as maintenance and gateways send it, and not the API's.
func isPage(header http.Header, body []byte) bool {
	if strings.Contains(strings.ToLower(header.Get("Content-Type")), "html") {
		return true
	}
	return strings.HasPrefix(strings.TrimSpace(string(body[:min(len(body), 64)])), "<")
}

// classify turns an answer other than success into an error: its scope, code and the time to try again. Who refused is
// read from the body before it is guessed from the status.
func classify(about concern, status int, header http.Header, body []byte, now time.Time) *Error {
	e := &Error{Status: status, Usage: usageOf(header)}
	reasons := refusalReasons(body)
	switch {
	case status == http.StatusTooManyRequests:
		e.Scope, e.Code, e.RetryAt = ScopeApp, CodeRateLimited, e.Usage.retryAfterLimit(now)
	case status == 597 || isPage(header, body) || status < 400:
		e.Scope, e.Code, e.RetryAt = ScopeApp, CodeMaintenance, now.Add(pauseMaintenance)
	case status >= 500:
		e.Scope, e.Code = ScopeTransient, CodeServer
		if about == concernsActivity && status == http.StatusInternalServerError {
			e.Scope = ScopeActivity // Strava fails on some broken activities for ever
		}
	case blamesApplication(status, reasons):
		e.Scope, e.Code, e.RetryAt = ScopeApp, applicationCode(reasons), now.Add(pauseInactive)
	case missesScope(reasons):
		e.Scope, e.Code = ScopeAthlete, CodeMissingScope
	case about == concernsToken && refusesGrant(reasons):
		e.Scope, e.Code = ScopeAthlete, CodeBadGrant
	case about == concernsToken: // a firewall, a moved address: no word about the athlete's grant
		e.Scope, e.Code = ScopeTransient, CodeRefused
	case status == http.StatusUnauthorized:
		e.Scope, e.Code = ScopeAthlete, CodeUnauthorized
	case about == concernsActivity && status == http.StatusNotFound:
		e.Scope, e.Code = ScopeActivity, CodeNotFound
	case status == http.StatusForbidden && about == concernsActivity && len(reasons) > 0:
		e.Scope, e.Code = ScopeActivity, CodeForbidden
	case status == http.StatusForbidden:
		e.Scope, e.Code, e.RetryAt = ScopeApp, CodeForbidden, now.Add(pauseInactive)
	case status == http.StatusNotFound:
		e.Scope, e.Code, e.RetryAt = ScopeApp, CodeNotFound, now.Add(pauseMaintenance) // the list itself can't be gone
	case about == concernsActivity:
		e.Scope, e.Code = ScopeActivity, CodeRefused
	default:
		e.Scope, e.Code, e.RetryAt = ScopeApp, CodeRefused, now.Add(pauseMaintenance)
	}
	if about == concernsSubscription {
		e.Err = inWords(reasons)
	}
	if told := retryAfter(header, now); told.After(e.RetryAt) {
		e.RetryAt = told
	}
	return e
}

// blamesApplication says whether the refusal is about this application and not about the athlete. A 401 names the
// application too when the athlete's token is the trouble, so there it counts only with the client's own id or secret.
func blamesApplication(status int, reasons []refusalReason) bool {
	for _, reason := range reasons {
		if !strings.EqualFold(reason.Resource, "Application") {
			continue
		}
		if status != http.StatusUnauthorized || strings.HasPrefix(strings.ToLower(reason.Field), "client") {
			return true
		}
	}
	return false
}

func applicationCode(reasons []refusalReason) string {
	for _, reason := range reasons {
		code, field := strings.ToLower(reason.Code), strings.ToLower(reason.Field)
		switch {
		case strings.HasPrefix(field, "client"):
			return CodeBadClient
		case code == "inactive":
			return CodeInactive
		case strings.Contains(code, "limit") || strings.Contains(code, "exceeded") || strings.Contains(field, "limit"):
			return CodeAthleteLimit
		}
	}
	return CodeForbidden
}

// refusesGrant says whether the refusal names the code or refresh token itself, as
// {"resource":"RefreshToken","field":"refresh_token","code":"invalid"} does.
func refusesGrant(reasons []refusalReason) bool {
	for _, reason := range reasons {
		switch strings.ToLower(reason.Resource) {
		case "refreshtoken", "requesttoken", "authorizationcode":
			if strings.EqualFold(reason.Code, "invalid") {
				return true
			}
		}
	}
	return false
}

// missesScope recognises {"resource":"AccessToken","field":"activity:read_permission","code":"missing"}.
func missesScope(reasons []refusalReason) bool {
	for _, reason := range reasons {
		if strings.EqualFold(reason.Resource, "AccessToken") && strings.EqualFold(reason.Code, "missing") {
			return true
		}
	}
	return false
}

// retryAfter reads Retry-After in either form; zero where there is none. More than a day is not believed.
func retryAfter(header http.Header, now time.Time) time.Time {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 && seconds <= 24*60*60 {
		return now.Add(time.Duration(seconds) * time.Second)
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) && at.Before(now.Add(24*time.Hour)) {
		return at
	}
	return time.Time{}
}
