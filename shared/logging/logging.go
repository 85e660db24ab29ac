// Package logging writes structured entries for Cloud Logging, or readable lines for a terminal. slog stands in front;
// entries go through Cloud Logging's own ToLogEntry and out as flat JSON, one write per entry, with nothing buffered that
// a frozen instance could lose. Logger, trace and further attributes travel in the context.
package logging

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"time"
)

// Options says who logs, what and how.
type Options struct {
	Project  string     // of the traces; empty leaves traces without a project
	Function string     // one word, in lower case; the field `function` of every entry
	Level    slog.Level // the lowest level that is written
	Format   string     // "json" or "text"; anything else is json
}

// New makes a logger that writes each entry to w at once, in one Write.
func New(w io.Writer, o Options) *slog.Logger {
	if o.Format == "text" {
		return slog.New(&handler{options: o, write: textWriter(w)})
	}
	return slog.New(&handler{options: o, write: jsonWriter(w, o.Project)})
}

type loggerKey struct{}
type attrsKey struct{}

// Into returns a context whose entries go to logger.
func Into(ctx context.Context, logger *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, logger)
}

// From is the context's logger, else slog's default.
func From(ctx context.Context) *slog.Logger {
	if logger, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return logger
	}
	return slog.Default()
}

// WithAttrs returns a context whose entries all carry attrs, beside those that it carries already. The last of two with
// the same key stands.
func WithAttrs(ctx context.Context, attrs ...slog.Attr) context.Context {
	return context.WithValue(ctx, attrsKey{}, slices.Concat(attrsOf(ctx), attrs))
}

func attrsOf(ctx context.Context) []slog.Attr {
	attrs, _ := ctx.Value(attrsKey{}).([]slog.Attr)
	return attrs
}

// Log writes one entry about event. msg is a fixed sentence; what varies belongs in attrs, with snake_case keys and the
// unit at the key's end (duration_ms).
func Log(ctx context.Context, level slog.Level, event Event, msg string, attrs ...slog.Attr) {
	h := From(ctx).Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	var caller [1]uintptr
	runtime.Callers(2, caller[:]) // Callers itself and Log
	record := slog.NewRecord(time.Now(), level, msg, caller[0])
	record.AddAttrs(slog.String("event", string(event)))
	record.AddAttrs(attrs...)
	_ = h.Handle(ctx, record) // there is nowhere left to report that stdout is gone
}

// Millis is a duration as a number of milliseconds; key should end in _ms.
func Millis(key string, d time.Duration) slog.Attr {
	return slog.Float64(key, float64(d.Microseconds())/1000)
}
