package serverless

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/train-d/train-d/shared/logging"
)

const (
	// settle is the time between a handler's return and its last bytes on the wire, which the framework gives no sign of.
	settle = 50 * time.Millisecond
	// closing bounds the functions of OnShutdown; with the drain it stays below the platform's ten seconds.
	closing = 1500 * time.Millisecond
)

// work counts requests in flight. Its zero value is ready.
type work struct {
	mu      sync.Mutex
	running int
	idle    chan struct{} // made when draining begins, closed when nothing runs any more
}

// enter counts a request in, unless the instance is stopping.
func (w *work) enter() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.idle != nil {
		return false
	}
	w.running++
	return true
}

func (w *work) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	if w.idle != nil && w.running == 0 {
		close(w.idle)
	}
}

// drain lets nothing in any more, and waits until nothing runs or the time is over. It returns how many still run.
func (w *work) drain(timeout time.Duration) (left int) {
	w.mu.Lock()
	w.idle = make(chan struct{})
	if w.running == 0 {
		close(w.idle)
	}
	w.mu.Unlock()
	select {
	case <-w.idle:
	case <-time.After(timeout):
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// count is how many requests are in flight.
func (w *work) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// watchSignals stops the instance in order at the first SIGTERM or interrupt. A second one ends it at once.
func (s *Service) watchSignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-signals
		signal.Stop(signals)
		s.stop()
	}()
}

// stop waits for work in flight, closes what OnShutdown named, and exits with 0.
func (s *Service) stop() {
	ctx := logging.Into(context.Background(), s.log)
	logging.Log(ctx, slog.LevelInfo, logging.EventFunctionStopping, "stopping", slog.Int("in_flight", s.work.count()))
	started := time.Now()
	left := s.work.drain(s.cfg.DrainTimeout)
	<-time.After(settle)

	s.mu.Lock()
	closers := slices.Clone(s.closers)
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, closing)
	defer cancel()
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		for _, f := range slices.Backward(closers) {
			f(ctx)
		}
	}()
	select {
	case <-closed:
	case <-ctx.Done():
	}
	level := slog.LevelInfo
	if left > 0 {
		level = slog.LevelWarn
	}
	logging.Log(ctx, level, logging.EventFunctionStopped, "stopped", slog.Int("left", left), logging.Millis("duration_ms", time.Since(started)))
	s.exit(0)
}
