package serverless

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

const (
	// maxEnvelope is room for the largest message (10 MB, in base64) with its attributes, in bytes.
	maxEnvelope = 15 << 20
	// deadLetterTimeout lies within the margin that the deadline leaves.
	deadLetterTimeout = 4 * time.Second
)

// Handle does what a message asks for. It may run again for the same message, also while an earlier run lasts.
type Handle func(ctx context.Context, push Push) error

// DeadLetter keeps a message that can never be handled. nil means that it is kept, and the message is acknowledged.
type DeadLetter func(ctx context.Context, push Push, reason string) error

// DeadLetterTo keeps dead letters with a publisher such as message's, beside the topic that they came from.
func DeadLetterTo[Topic any](publisher interface {
	DeadLetter(ctx context.Context, topic Topic, data []byte, attributes map[string]string, reason string) error
}, topic Topic) DeadLetter {
	return func(ctx context.Context, push Push, reason string) error {
		return publisher.DeadLetter(ctx, topic, push.Data, push.Attributes, reason)
	}
}

// push is the handler of a push subscription's requests.
func (s *Service) push(v *verifier, handle Handle, deadLetter DeadLetter) http.Handler {
	return s.request("background", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			answer(w, http.StatusMethodNotAllowed, 0, "This address takes pushed messages only.")
			return
		}
		if err := v.verify(ctx, r.Header.Get("Authorization")); err != nil {
			refusePush(ctx, w, err)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEnvelope))
		if err != nil {
			unread(ctx, w, err)
			return
		}
		push, err := decode(body)
		if err != nil {
			push = Push{Data: body}
		} else {
			ctx = enrich(ctx, slog.String("message_id", push.ID), slog.Int("delivery_attempt", push.DeliveryAttempt))
			if origin, ok := logging.ParseTraceparent(push.Attributes["traceparent"]); ok {
				ctx = enrich(ctx, slog.String("origin_trace", origin.ID))
			}
			err = handle(ctx, push)
		}
		acknowledge(ctx, w, push, err, deadLetter)
	}))
}

// acknowledge is the one place that decides between acknowledgement and another delivery.
func acknowledge(ctx context.Context, w http.ResponseWriter, push Push, err error, deadLetter DeadLetter) {
	kind := fault.KindOf(err)
	switch {
	case err == nil, kind == fault.Postponed:
		w.WriteHeader(http.StatusNoContent)
	case fault.IsPermanent(err):
		bury(ctx, w, push, err, deadLetter)
	case kind == fault.Unavailable, kind == fault.Throttled, kind == fault.OutcomeUnknown, outOfTime(ctx, err):
		Report(ctx, err)
		retryAfter := time.Second
		if f, ok := fault.As(err); ok {
			retryAfter = max(retryAfter, f.RetryAfter)
		}
		answer(w, http.StatusServiceUnavailable, retryAfter, "The message could not be handled now.")
	default:
		Report(ctx, err)
		answer(w, http.StatusInternalServerError, 0, "The message could not be handled.")
	}
}

// bury keeps a message that can never be handled, logs it once and acknowledges it; a message that could not be kept
// comes again.
func bury(ctx context.Context, w http.ResponseWriter, push Push, err error, deadLetter DeadLetter) {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), deadLetterTimeout)
	defer cancel()
	if lost := deadLetter(keep, push, err.Error()); lost != nil {
		Report(ctx, fmt.Errorf("keep a dead letter (%w): %w", lost, err))
		answer(w, http.StatusServiceUnavailable, time.Second, "The message could not be put aside.")
		return
	}
	logging.Log(ctx, slog.LevelError, logging.EventMessageDeadLettered, "message can't be handled and was put aside",
		append(describe(err), slog.String("subscription", push.Subscription))...)
	w.WriteHeader(http.StatusNoContent)
}

// refusePush answers a push whose sender is not believed, or can't be verified now.
func refusePush(ctx context.Context, w http.ResponseWriter, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		Report(ctx, err)
		answer(w, http.StatusServiceUnavailable, time.Second, "The sender could not be verified now.")
		return
	}
	logging.Log(ctx, slog.LevelWarn, logging.EventPushRefused, "push refused", slog.String("reason", refused.reason), slog.Int("status", refused.status))
	if refused.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	answer(w, refused.status, 0, "This sender may not push here.")
}

// unread answers a push whose body did not arrive whole.
func unread(ctx context.Context, w http.ResponseWriter, err error) {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		Report(ctx, fault.Wrap(fault.Malformed, "envelope", "The push is too large.", err))
		answer(w, http.StatusRequestEntityTooLarge, 0, "The push is too large.")
		return
	}
	Report(ctx, fault.Wrap(fault.Unavailable, "envelope", "The push broke off.", err))
	answer(w, http.StatusBadRequest, 0, "The push broke off.")
}
