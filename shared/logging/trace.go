package logging

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
)

// Trace ties together the entries of one request, and those of the work that it set off.
type Trace struct {
	ID      string // 32 lower-case hexadecimal digits; empty for no trace
	SpanID  string // 16 lower-case hexadecimal digits; may be empty
	Sampled bool
}

type traceKey struct{}

// WithTrace returns a context whose entries belong to trace.
func WithTrace(ctx context.Context, trace Trace) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

// TraceOf is the context's trace; its ID is empty where there is none.
func TraceOf(ctx context.Context) Trace {
	trace, _ := ctx.Value(traceKey{}).(Trace)
	return trace
}

// Traceparent is the context's trace as a W3C traceparent header; empty where there is none.
func Traceparent(ctx context.Context) string { return TraceOf(ctx).String() }

// NewTrace begins a trace.
func NewTrace() Trace {
	var random [24]byte
	_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the process first
	return Trace{ID: hex.EncodeToString(random[:16]), SpanID: hex.EncodeToString(random[16:])}
}

// TraceFromHeader reads a request's trace from traceparent, else from X-Cloud-Trace-Context, else begins one.
func TraceFromHeader(header http.Header) Trace {
	if trace, ok := ParseTraceparent(header.Get("Traceparent")); ok {
		return trace
	}
	if trace, ok := ParseCloudTrace(header.Get("X-Cloud-Trace-Context")); ok {
		return trace
	}
	return NewTrace()
}

// String is the trace as a W3C traceparent; a trace without a span gets one. Empty for no trace.
func (t Trace) String() string {
	if t.ID == "" {
		return ""
	}
	span, flags := t.SpanID, "00"
	if span == "" {
		span = NewTrace().SpanID
	}
	if t.Sampled {
		flags = "01"
	}
	return "00-" + t.ID + "-" + span + "-" + flags
}

// ParseTraceparent reads a W3C traceparent (version-trace-span-flags). Later versions may hold more behind the flags.
func ParseTraceparent(text string) (Trace, bool) {
	parts := strings.Split(text, "-")
	if len(parts) < 4 || len(parts) > 4 && parts[0] == "00" {
		return Trace{}, false
	}
	version, id, span, flags := parts[0], parts[1], parts[2], parts[3]
	if !isHex(version, 2) || version == "ff" || !isID(id, 32) || !isID(span, 16) || !isHex(flags, 2) {
		return Trace{}, false
	}
	bits, _ := strconv.ParseUint(flags, 16, 8)
	return Trace{ID: id, SpanID: span, Sampled: bits&1 == 1}, true
}

// ParseCloudTrace reads Google's own header: TRACE/SPAN;o=1, where the span is decimal. Span and option may be missing.
func ParseCloudTrace(text string) (Trace, bool) {
	text, option, _ := strings.Cut(text, ";")
	id, span, _ := strings.Cut(text, "/")
	id = strings.ToLower(id)
	if !isID(id, 32) {
		return Trace{}, false
	}
	trace := Trace{ID: id, Sampled: option == "o=1"}
	if number, err := strconv.ParseUint(span, 10, 64); err == nil && number != 0 {
		digits := strconv.FormatUint(number, 16)
		trace.SpanID = strings.Repeat("0", 16-len(digits)) + digits
	}
	return trace, true
}

// isID reports whether text is n hexadecimal digits that are not all zero, which both headers forbid.
func isID(text string, n int) bool { return isHex(text, n) && strings.Trim(text, "0") != "" }

func isHex(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789abcdef") == ""
}
