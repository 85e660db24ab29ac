package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/serverless"
)

// Problem is the body of every error (RFC 9457): the fixed sentence in detail, a stable code where a program may want to
// tell cases apart, and the fields that are wrong.
type Problem struct {
	Title  string         `json:"title" doc:"The HTTP status in words"`
	Status int            `json:"status" doc:"The HTTP status"`
	Detail string         `json:"detail" doc:"What happened and what to do"`
	Code   string         `json:"code,omitempty" doc:"Stable, machine-readable name of the case"`
	Errors []ProblemField `json:"errors,omitempty" doc:"Which fields are wrong, and why"`

	retryAfter time.Duration
}

// ProblemField names one wrong field. Its value is not repeated: it may be a password.
type ProblemField struct {
	Location string `json:"location" doc:"Path of the field, as body.thresholds.max_hr"`
	Message  string `json:"message" doc:"What is wrong with it"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders implements huma.HeadersError.
func (p *Problem) GetHeaders() http.Header {
	header := http.Header{}
	if p.retryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int((p.retryAfter+time.Second-1)/time.Second)))
	}
	return header
}

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// problemStatus is what each kind of fault means over HTTP.
var problemStatus = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Malformed:       http.StatusBadRequest,
	fault.Invalid:         http.StatusUnprocessableEntity,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Forbidden:       http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Throttled:       http.StatusTooManyRequests,
	fault.Unavailable:     http.StatusServiceUnavailable,
	fault.OutcomeUnknown:  http.StatusServiceUnavailable,
	fault.Postponed:       http.StatusServiceUnavailable,
}

// problem turns a failure into what the client is told, and reports to the log what only the operator can mend. source is
// where the fields stand that a fault names: "body" or "query".
func problem(ctx context.Context, err error, source string) *Problem {
	if database.IsOrphan(err, "account_id") { // the account was erased while the request was under way
		err = fault.Wrap(fault.Unauthenticated, "signed-out", "Please sign in.", err)
	}
	kind := fault.KindOf(err)
	out := newProblem(problemStatus[kind], "")
	failure, known := fault.As(err)
	if known && kind != fault.Internal {
		out.Code, out.retryAfter = failure.Code, failure.RetryAfter
		out.Errors = fieldsOf(err, source)
		if len(out.Errors) == 0 {
			out.Detail = sentence(failure.Message)
		}
	}
	if out.Status >= http.StatusInternalServerError {
		serverless.Report(ctx, err)
	}
	return out
}

// fieldsOf lists the field of every fault in err's tree: a joined error names several.
func fieldsOf(err error, source string) []ProblemField {
	switch err := err.(type) { //nolint:errorlint // it walks the tree itself: errors.As stops at the first fault
	case *fault.Error:
		if err.Field == "" {
			return nil
		}
		return []ProblemField{{Location: source + "." + err.Field, Message: err.Message}}
	case interface{ Unwrap() []error }:
		var fields []ProblemField
		for _, one := range err.Unwrap() {
			fields = append(fields, fieldsOf(one, source)...)
		}
		return fields
	case interface{ Unwrap() error }:
		return fieldsOf(err.Unwrap(), source)
	default:
		return nil
	}
}

// sentence gives a message its capital and its full stop: other layers write theirs to stand after a colon.
func sentence(message string) string {
	first, size := utf8.DecodeRuneInString(message)
	if size == 0 {
		return message
	}
	message = string(unicode.ToUpper(first)) + message[size:]
	if strings.ContainsRune(".!?", rune(message[len(message)-1])) {
		return message
	}
	return message + "."
}

func init() {
	huma.DefaultArrayNullable = false // no answer holds null for a list
	huma.ValidateStrictCasing = true  // "EMAIL" beside "email" would be a name twice
	huma.NewError = func(status int, message string, errs ...error) huma.StatusError {
		return newProblem(status, message, errs...)
	}
	huma.NewErrorWithContext = func(hc huma.Context, status int, message string, errs ...error) huma.StatusError {
		if err := settled(hc.Context(), nil); err != nil { // who is not signed in is told that first
			return problem(hc.Context(), err, "header")
		}
		if status >= http.StatusInternalServerError {
			serverless.Report(hc.Context(), fmt.Errorf("%s: %w", message, errors.Join(errs...)))
		}
		return newProblem(status, message, errs...)
	}
}

// newProblem is a problem by its status, with a fixed sentence where the status has one of its own; errs are what Huma found
// wrong with the input.
func newProblem(status int, message string, errs ...error) *Problem {
	out := &Problem{Title: http.StatusText(status), Status: status, Detail: sentence(message)}
	for _, err := range errs {
		var detailer huma.ErrorDetailer
		if !errors.As(err, &detailer) {
			continue // an internal error's text is not for the client
		}
		detail := detailer.ErrorDetail()
		out.Errors = append(out.Errors, ProblemField{Location: detail.Location, Message: detail.Message})
	}
	switch status {
	case http.StatusBadRequest:
		out.Code, out.Detail = "malformed", "The request could not be read: it is not well-formed JSON."
		out.Errors = nil // what a parser says repeats what was sent
		if message != "" && len(errs) == 0 {
			out.Detail = "The request could not be read: " + message + "."
		}
	case http.StatusRequestTimeout:
		out.Code, out.Detail = "too-slow", "The request body did not arrive in time."
	case http.StatusRequestEntityTooLarge:
		out.Code, out.Detail = "too-large", "The request body is larger than 64 KiB."
	case http.StatusUnsupportedMediaType:
		out.Code, out.Detail = "media-type", "The request body must be JSON, sent as application/json."
		out.Errors = nil
	case http.StatusUnprocessableEntity:
		out.Code, out.Detail = "invalid", "Some of the input is wrong; see errors."
	}
	if status >= http.StatusInternalServerError {
		out.Detail = "Something went wrong on our side. Please try again."
	}
	return out
}
