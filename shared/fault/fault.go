// Package fault is the vocabulary of failure: the few kinds of error, and what each means for a retry, an HTTP status and
// the acknowledgement of a message. It knows neither HTTP nor Pub/Sub; the edges ask it.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind says what a failure means for whoever must act.
type Kind int

const (
	// Internal is a defect or an unexpected answer. A message is retried, a client gets a fixed text.
	Internal Kind = iota
	// Malformed is input that could not be read at all (broken JSON, a broken envelope). Never retried.
	Malformed
	// Invalid is input that was read and is wrong; Field names where. Never retried.
	Invalid
	// Unauthenticated means nobody is signed in, or the credentials are wrong.
	Unauthenticated
	// Forbidden means that this account may not do this.
	Forbidden
	// NotFound means that the thing does not exist for this account.
	NotFound
	// Conflict means that the present state does not allow it (a taken e-mail, a foreign athlete).
	Conflict
	// Throttled means too many attempts; RetryAfter says when to come back.
	Throttled
	// Unavailable means that a dependency is down and nothing was done. Safe to retry after RetryAfter.
	Unavailable
	// OutcomeUnknown means that a statement may or may not have taken effect. Whoever retries must check first.
	OutcomeUnknown
	// Postponed means that the work was moved to a later time and nothing is wrong: a message is acknowledged.
	Postponed
)

var kinds = [...]string{
	Internal: "internal", Malformed: "malformed", Invalid: "invalid", Unauthenticated: "unauthenticated", Forbidden: "forbidden",
	NotFound: "not_found", Conflict: "conflict", Throttled: "throttled", Unavailable: "unavailable",
	OutcomeUnknown: "outcome_unknown", Postponed: "postponed",
}

// String is the kind's name in logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kinds) {
		return kinds[Internal]
	}
	return kinds[k]
}

// Error is a failure with its meaning. Message is fixed and public; Err is the cause, for the log alone.
type Error struct {
	Kind       Kind
	Code       string        // stable and machine-readable, as "strava-quota"; may be empty
	Field      string        // path of the input that is wrong, as "thresholds.max_hr"; may be empty
	Message    string        // public sentence that says what to do
	RetryAfter time.Duration // 0 where coming back at a certain time does not help
	Err        error
}

// Error implements error: the public sentence, then the cause.
func (e *Error) Error() string {
	text := e.Message
	if e.Field != "" {
		text = e.Field + ": " + text
	}
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes a failure of a kind with its public sentence.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Wrap is New with a cause for the log.
func Wrap(kind Kind, code, message string, err error) *Error {
	return &Error{Kind: kind, Code: code, Message: message, Err: err}
}

// Field is an Invalid failure of one field.
func Field(field, message string) *Error {
	return &Error{Kind: Invalid, Code: "invalid", Field: field, Message: message}
}

// After returns a copy that says when to come back.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// As finds the *Error in err's chain.
func As(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

// KindOf is the kind of err; an error that says nothing about itself is Internal.
func KindOf(err error) Kind {
	if e, ok := As(err); ok {
		return e.Kind
	}
	return Internal
}

// IsPermanent reports whether trying the same thing again can't help.
func IsPermanent(err error) bool {
	switch KindOf(err) {
	case Malformed, Invalid, Unauthenticated, Forbidden, NotFound, Conflict:
		return true
	default:
		return false
	}
}
