package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

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
	header := http.Header{"Cache-Control": {"no-store"}}
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

// problem turns a failure into what the client is told, and reports to the log what only the operator can mend.
func problem(ctx context.Context, err error) error {
	var statusError huma.StatusError
	if errors.As(err, &statusError) {
		return err
	}
	kind := fault.KindOf(err)
	out := &Problem{Status: problemStatus[kind], Detail: "Something went wrong on our side. Please try again."}
	out.Title = http.StatusText(out.Status)
	failure, known := fault.As(err)
	if known && kind != fault.Internal {
		out.Detail, out.Code, out.retryAfter = failure.Message, failure.Code, failure.RetryAfter
		out.Errors = fieldsOf(err)
	}
	if out.Status >= http.StatusInternalServerError {
		serverless.Report(ctx, err)
	}
	return out
}

// fieldsOf lists the field of every fault in err's tree: a joined error names several.
func fieldsOf(err error) []ProblemField {
	var fields []ProblemField
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			fields = append(fields, fieldsOf(one)...)
		}
		return fields
	}
	if failure, ok := fault.As(err); ok && failure.Field != "" {
		fields = append(fields, ProblemField{Location: "body." + failure.Field, Message: failure.Message})
	}
	return fields
}

func init() {
	huma.NewError = newProblem
	huma.NewErrorWithContext = func(_ huma.Context, status int, message string, errs ...error) huma.StatusError {
		return newProblem(status, message, errs...)
	}
}

// newProblem is what Huma calls for its own findings: unreadable or invalid input.
func newProblem(status int, message string, errs ...error) huma.StatusError {
	out := &Problem{Title: http.StatusText(status), Status: status, Detail: message}
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
		out.Code, out.Detail = "malformed", "The request could not be read: "+strings.ToLower(message)+"."
		for i := range out.Errors {
			out.Errors[i] = ProblemField{Location: out.Errors[i].Location, Message: "not well-formed"}
		}
	case http.StatusUnprocessableEntity:
		out.Code, out.Detail = "invalid", "Some of the input is wrong; see errors."
	case http.StatusRequestEntityTooLarge:
		out.Code, out.Detail = "too-large", "The request body is larger than 64 KiB."
	}
	return out
}
