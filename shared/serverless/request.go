package serverless

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

// margin is what the deadline leaves of the platform's request timeout, for the answer and for putting work back.
const margin = 5 * time.Second

// errorReport makes Error Reporting group an entry that has a stack.
const errorReport = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"

// Remaining is the time left until ctx's deadline: never negative, and the longest Duration where there is no deadline.
func Remaining(ctx context.Context) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return math.MaxInt64
	}
	return max(0, time.Until(deadline))
}

// report is where a request's failure waits to be logged, and what its entries carry.
type report struct {
	mu  sync.Mutex
	ctx context.Context // the request's, with everything that is known about it by now
	err error
}

type reportKey struct{}

// Report hands the cause of a failed request to the adapter, which logs it once, with the answer's status, when the request
// ends. The first report of a request stands. A handler that reports must not log the same failure itself.
func Report(ctx context.Context, err error) {
	r, ok := ctx.Value(reportKey{}).(*report)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// enrich adds attributes to all later entries of a request, those of the adapter too.
func enrich(ctx context.Context, attrs ...slog.Attr) context.Context {
	ctx = logging.WithAttrs(ctx, attrs...)
	if r, ok := ctx.Value(reportKey{}).(*report); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ctx = ctx
	}
	return ctx
}

// request wraps a handler in everything that a request needs.
func (s *Service) request(workload string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !s.work.enter() {
			w.Header().Set("Connection", "close")
			answer(w, http.StatusServiceUnavailable, time.Second, "This instance is stopping. Try again in a moment.")
			return
		}
		defer s.work.leave()

		ctx := logging.WithTrace(logging.Into(r.Context(), s.log), logging.TraceFromHeader(r.Header))
		ctx = logging.WithAttrs(ctx, slog.String("workload", workload))
		failure := &report{}
		ctx, cancel := context.WithTimeout(context.WithValue(ctx, reportKey{}, failure), s.cfg.RequestTimeout-min(margin, s.cfg.RequestTimeout/2))
		defer cancel()
		failure.ctx = ctx

		started := time.Now()
		r = r.WithContext(ctx)
		rec := &recorder{ResponseWriter: w}
		defer func() {
			failure.mu.Lock()
			ctx, err := failure.ctx, failure.err
			failure.mu.Unlock()
			if cause := recover(); cause != nil {
				panicked(ctx, rec, cause)
			}
			if err != nil {
				logging.Log(ctx, severity(ctx, err), logging.EventFunctionFailed, "request failed",
					append(describe(err), slog.Int("status", rec.Status()))...)
			}
			logging.Log(ctx, slog.LevelDebug, logging.EventRequestCompleted, "request completed",
				logging.Request(r, target(r), rec.Status(), rec.size, time.Since(started)))
		}()
		h.ServeHTTP(rec, r)
	})
}

// describe is what an entry says about an error.
func describe(err error) []slog.Attr {
	attrs := []slog.Attr{slog.String("kind", fault.KindOf(err).String()), slog.String("error", err.Error())}
	if f, ok := fault.As(err); ok && f.Code != "" {
		attrs = append(attrs, slog.String("code", f.Code))
	}
	return attrs
}

// severity is ERROR for what somebody must look at, WARN for what passes, INFO for a client's own mistake or departure.
func severity(ctx context.Context, err error) slog.Level {
	switch kind := fault.KindOf(err); {
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return slog.LevelInfo
	case kind == fault.Unavailable, kind == fault.Throttled, outOfTime(ctx, err):
		return slog.LevelWarn
	case kind == fault.Internal, kind == fault.OutcomeUnknown:
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

// outOfTime reports whether err is the end of ctx itself and says nothing further.
func outOfTime(ctx context.Context, err error) bool {
	if _, ok := fault.As(err); ok || ctx.Err() == nil {
		return false
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// panicked logs a defect with its stack, and answers 500. An answer that was begun can't be taken back: its connection is
// cut, so that the client does not take the half for the whole.
func panicked(ctx context.Context, w *recorder, cause any) {
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) { // a handler's own wish to cut the connection, and no defect
		cut(w)
		return
	}
	text := fmt.Sprintf("panic: %v", cause)
	logging.Log(ctx, slog.LevelError, logging.EventFunctionPanicked, text,
		slog.String("kind", fault.Internal.String()), slog.String("@type", errorReport),
		slog.String("stack_trace", text+"\n\n"+string(debug.Stack())))
	if w.status == 0 {
		clear(w.Header())
		answer(w, http.StatusInternalServerError, 0, "Something went wrong on our side. Try again in a moment.")
		return
	}
	cut(w)
}

// cut closes the connection; the framework swallows the panic that would do so.
func cut(w *recorder) {
	if conn, _, err := http.NewResponseController(w.ResponseWriter).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// answer writes a problem (RFC 9457), with Retry-After where coming back helps.
func answer(w http.ResponseWriter, status int, retryAfter time.Duration, detail string) {
	if retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.FormatFloat(math.Ceil(retryAfter.Seconds()), 'f', 0, 64))
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// detail is one of this package's own sentences: %q is JSON for them. A client that left needs no answer.
	_, _ = fmt.Fprintf(w, "{\"title\":%q,\"status\":%d,\"detail\":%q}\n", http.StatusText(status), status, detail)
}

// target is a request's address for the log: its route's pattern, else no more than two steps of its path, because further
// ones may be one-time tokens.
func target(r *http.Request) string {
	if _, path, found := strings.Cut(r.Pattern, " "); found {
		return path
	}
	steps := strings.SplitN(r.URL.Path, "/", 4)
	if len(steps) == 4 {
		steps[3] = "…"
	}
	return strings.Join(steps, "/")
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	size   int64
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 { // 1xx comes before the answer
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(b []byte) (int, error) {
	w.status = w.Status()
	n, err := w.ResponseWriter.Write(b)
	w.size += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Status is what was answered; a handler that writes nothing answers 200.
func (w *recorder) Status() int {
	if w.status == 0 {
		return http.StatusOK
	}
	return w.status
}
