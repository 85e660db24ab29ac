package strava

import (
	"fmt"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

// Scope says whom an error concerns, and thereby who has to wait.
type Scope int

const (
	// ScopeTransient is a passing failure: network, a cut body, a gateway. The same call is worth another try.
	ScopeTransient Scope = iota
	// ScopeApp concerns every athlete: quota spent, the application inactive or over its athlete limit, maintenance. No
	// call helps before RetryAt, and no athlete is to be blamed.
	ScopeApp
	// ScopeAthlete concerns one athlete: the token is not accepted, or a scope was not granted. Tokens rotate, so the
	// stored one is read again before the athlete is asked to reconnect.
	ScopeAthlete
	// ScopeActivity concerns one activity: it does not exist for this athlete, or Strava can't serve it.
	ScopeActivity
)

// String gives the scope as it stands in logs.
func (s Scope) String() string {
	switch s {
	case ScopeApp:
		return "app"
	case ScopeAthlete:
		return "athlete"
	case ScopeActivity:
		return "activity"
	default:
		return "transient"
	}
}

// The codes of errors, stable and for machines.
const (
	CodeNetwork      = "network"       // no answer
	CodeCut          = "cut"           // the answer ended early
	CodeTooLarge     = "too-large"     // the answer is larger than any of its kind can be
	CodeMalformed    = "malformed"     // the answer is complete and not what it should be
	CodeRateLimited  = "rate-limited"  // 429
	CodeInactive     = "inactive"      // the application is inactive
	CodeAthleteLimit = "athlete-limit" // the application may connect no further athlete
	CodeBadClient    = "bad-client"    // the application's id or secret is wrong
	CodeMaintenance  = "maintenance"   // 597, or a page for people
	CodeForbidden    = "forbidden"     // 403 without a known reason
	CodeUnauthorized = "unauthorized"  // the token is not accepted
	CodeBadGrant     = "bad-grant"     // the code or refresh token is not accepted
	CodeMissingScope = "missing-scope" // the athlete did not grant what the call needs
	CodeNotFound     = "not-found"     // 404
	CodeNoTime       = "no-time"       // streams without a time base
	CodeServer       = "server"        // 5xx
	CodeRefused      = "refused"       // any other 4xx
)

// Error is a call to Strava that gave no data. It is never an empty list. It holds no token: neither of the request nor of
// the answer's body.
type Error struct {
	Scope   Scope
	Status  int       // HTTP status; 0 where there was no answer
	Code    string    // one of the codes above
	RetryAt time.Time // when to try again; zero where that is the caller's to choose
	Usage   Usage     // what the answer's headers told
	Op      string    // the call, as "list activities"
	Err     error     // the cause, where there is one; for the log
}

// Error implements error.
func (e *Error) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s (scope %s", e.Op, e.Code, e.Scope)
	if e.Status != 0 {
		fmt.Fprintf(&text, ", status %d", e.Status)
	}
	text.WriteByte(')')
	if e.Err != nil {
		fmt.Fprintf(&text, ": %v", e.Err)
	}
	return text.String()
}

// Unwrap gives the cause and what the error means for a retry, so that one which nobody handled is treated right.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.fault()}
	}
	return []error{e.fault(), e.Err}
}

func (e *Error) fault() *fault.Error {
	switch {
	case e.Scope == ScopeAthlete:
		return fault.New(fault.Forbidden, "strava-reconnect", "Strava no longer accepts this connection; connect again")
	case e.Code == CodeNotFound && e.Scope == ScopeActivity:
		return fault.New(fault.NotFound, "strava-not-found", "Strava does not have this activity")
	case e.Scope == ScopeApp:
		return fault.New(fault.Unavailable, "strava-"+e.Code, "Strava can't be asked at the moment")
	default:
		return fault.New(fault.Unavailable, "strava-"+e.Code, "Strava did not answer as it should")
	}
}
