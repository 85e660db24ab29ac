// Package webhook takes the events that Strava pushes. It believes none of them: each becomes a hint on topic sync, and is
// answered before anything else is done. Strava gives an event up after three answers other than 200, or none within two
// seconds, so it needs no database: what is down tonight must not lose what happened tonight.
package webhook

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/strava"
)

const (
	// publishTimeout leaves some of Strava's two seconds to the way there and back.
	publishTimeout = 1500 * time.Millisecond
	// maxBody is far more than any event has, in bytes.
	maxBody = 16 << 10
	// maxChallenge bounds what is echoed, in bytes; Strava's are 32 long.
	maxChallenge = 256
)

// Publisher publishes a message to a topic and waits until it is kept.
type Publisher interface {
	Publish(ctx context.Context, topic message.Topic, body any) error
}

// Handler answers Strava below the secret path, and nobody anywhere else.
type Handler struct {
	Settings  config.Hook
	Publisher Publisher
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r.Pattern = r.Method + " /{path}" // what the log gets in place of the path, which is a secret
	w.Header().Set("Cache-Control", "no-store")
	if !same(r.URL.Path, "/"+h.Settings.Path.Reveal()) {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	switch r.Method {
	case http.MethodGet:
		h.shakeHands(w, r)
	case http.MethodPost:
		h.take(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "events are posted here", http.StatusMethodNotAllowed)
	}
}

// shakeHands proves to Strava, when a push subscription is made, that this address wants its events.
func (h *Handler) shakeHands(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	challenge := query.Get("hub.challenge")
	if !same(query.Get("hub.verify_token"), h.Settings.VerifyToken.Reveal()) {
		refuse(w, r, http.StatusForbidden, "the verify token is not ours")
		return
	}
	if query.Get("hub.mode") != "subscribe" || challenge == "" || len(challenge) > maxChallenge {
		refuse(w, r, http.StatusBadRequest, "not a challenge of a new subscription")
		return
	}
	logging.Log(r.Context(), slog.LevelInfo, logging.EventWebhookVerified, "a push subscription was verified")
	w.Header().Set("Content-Type", "application/json")
	// A client that left needs no answer.
	_ = json.NewEncoder(w).Encode(map[string]string{"hub.challenge": challenge})
}

// take publishes one event. 200 means that Pub/Sub keeps it; 503 makes Strava push it again.
func (h *Handler) take(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		refuse(w, r, http.StatusRequestEntityTooLarge, "the body is larger than an event")
		return
	}
	if err != nil {
		refuse(w, r, http.StatusBadRequest, "the body broke off")
		return
	}
	event, err := strava.DecodeEvent(body)
	if err != nil {
		refuse(w, r, http.StatusBadRequest, err.Error())
		return
	}
	if wanted := h.Settings.SubscriptionID; wanted != 0 && event.SubscriptionID != wanted {
		refuse(w, r, http.StatusForbidden, "the event is of another push subscription")
		return
	}
	hint, told := hintOf(event)
	if !told {
		w.WriteHeader(http.StatusOK) // nothing that we keep has changed
		return
	}
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if err := h.Publisher.Publish(ctx, message.TopicSync, hint); err != nil {
		serverless.Report(ctx, fault.Wrap(fault.Unavailable, "webhook-publish", "The event could not be kept.", err))
		http.Error(w, "the event could not be kept: push it again", http.StatusServiceUnavailable)
		return
	}
	logging.Log(ctx, slog.LevelInfo, logging.EventWebhookReceived, "an event was published",
		slog.String("object", hint.Object), slog.String("aspect", hint.Aspect), slog.Int64("object_id", hint.ObjectID),
		slog.Int64("owner_id", hint.OwnerID), slog.Time("event_time", event.At))
	w.WriteHeader(http.StatusOK)
}

// hintOf is the message of an event; false for what nothing follows from: a changed profile, what Strava adds one day.
func hintOf(event strava.Event) (message.Hint, bool) {
	hint := message.Hint{Kind: message.KindHint, ObjectID: event.ObjectID, OwnerID: event.OwnerID, EventTime: event.At.Unix()}
	switch {
	case event.Deauthorized:
		hint.Object, hint.Aspect = message.ObjectAthlete, message.AspectDeauthorize
	case event.Object == strava.ObjectActivity && event.Aspect == strava.AspectCreate:
		hint.Object, hint.Aspect = message.ObjectActivity, message.AspectCreate
	case event.Object == strava.ObjectActivity && event.Aspect == strava.AspectUpdate:
		hint.Object, hint.Aspect = message.ObjectActivity, message.AspectUpdate
	case event.Object == strava.ObjectActivity && event.Aspect == strava.AspectDelete:
		hint.Object, hint.Aspect = message.ObjectActivity, message.AspectDelete
	default:
		return message.Hint{}, false
	}
	return hint, true
}

// refuse answers a request that trying again does not help, and logs why; a secret never.
func refuse(w http.ResponseWriter, r *http.Request, status int, reason string) {
	logging.Log(r.Context(), slog.LevelWarn, logging.EventWebhookRefused, "webhook request refused",
		slog.Int("status", status), slog.String("reason", reason))
	http.Error(w, "refused", status)
}

// same compares with a secret in a time that tells nothing of where they differ.
func same(got, want string) bool { return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1 }
