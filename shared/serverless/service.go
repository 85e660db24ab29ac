// Package serverless adapts handlers to the functions framework. It gives each request a logger, a trace and a deadline
// before the platform's, turns panics into answers, logs a failure once, decides whether a message is acknowledged, and
// lets work in flight finish when the instance is told to stop. The framework itself does none of that.
package serverless

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/GoogleCloudPlatform/functions-framework-go/functions"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/logging"
)

// Service is one function's adapter.
type Service struct {
	cfg  config.Service
	log  *slog.Logger
	work work
	exit func(code int)

	watch   sync.Once
	mu      sync.Mutex
	closers []func(ctx context.Context)
}

// New makes a function's adapter. It logs to stdout, where the platform collects it.
func New(cfg config.Service) *Service { return newService(cfg, os.Stdout) }

func newService(cfg config.Service, out io.Writer) *Service {
	return &Service{cfg: cfg, exit: os.Exit, log: logging.New(out, logging.Options{
		Project: cfg.Project, Function: cfg.FunctionName, Level: cfg.LogLevel, Format: cfg.LogFormat,
	})}
}

// HTTP registers a handler under the function's name, for requests of browsers and other clients.
func (s *Service) HTTP(name string, h http.Handler) {
	functions.HTTP(name, s.request("interactive", h).ServeHTTP)
	s.start()
}

// PubSub registers a handler under the function's name, for messages that a push subscription delivers. A push is believed
// when push's service account signed it for push's audience. What handle returns decides:
//
//   - nil and fault.Postponed acknowledge the message;
//   - a permanent kind (fault.IsPermanent) hands it to deadLetter, which must keep it, and acknowledges it then;
//   - fault.Unavailable, Throttled and OutcomeUnknown are answered 503, everything else 500, and Pub/Sub delivers again.
func (s *Service) PubSub(name string, push config.Push, handle Handle, deadLetter DeadLetter) {
	functions.HTTP(name, s.push(newVerifier(push), handle, deadLetter).ServeHTTP)
	s.start()
}

// OnShutdown adds what must be closed when the instance stops, after its last request. The last added runs first.
func (s *Service) OnShutdown(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

// Logger is the function's logger, for what happens outside a request.
func (s *Service) Logger() *slog.Logger { return s.log }

// start makes the logger that of libraries too, and begins to listen for the order to stop.
func (s *Service) start() {
	s.watch.Do(func() {
		slog.SetLogLoggerLevel(slog.LevelError) // the framework's main dies by log.Fatal, net/http complains by log.Print
		slog.SetDefault(s.log)
		s.watchSignals()
		logging.Log(logging.Into(context.Background(), s.log), slog.LevelInfo, logging.EventFunctionStarted, "ready",
			slog.String("revision", s.cfg.Revision))
	})
}
