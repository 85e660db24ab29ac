package cloudsim

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// envelope is the body of a push of a wrapped message. Pub/Sub writes two fields twice, in both spellings.
type envelope struct {
	Message         envelopeMessage `json:"message"`
	Subscription    string          `json:"subscription"`
	DeliveryAttempt int             `json:"deliveryAttempt,omitempty"`
}

type envelopeMessage struct {
	Attributes       map[string]string `json:"attributes,omitempty"`
	Data             []byte            `json:"data,omitempty"`
	MessageID        string            `json:"messageId"`
	MessageIDSnake   string            `json:"message_id"`
	OrderingKey      string            `json:"orderingKey,omitempty"`
	PublishTime      string            `json:"publishTime"`
	PublishTimeSnake string            `json:"publish_time"`
}

// Acknowledges says whether an answer of this status acknowledges a push.
func Acknowledges(status int) bool {
	switch status {
	case http.StatusProcessing, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent:
		return true
	}
	return false
}

// push sends a message once and gives the status of the answer, or why there was none.
func (d *dispatcher) push(ctx context.Context, message *pubsub.Message, attempt int) (status int, err error) {
	published := message.PublishTime.UTC().Format("2006-01-02T15:04:05.999Z")
	wrapped := envelope{Subscription: d.fullName, Message: envelopeMessage{
		Attributes: message.Attributes, Data: message.Data, OrderingKey: message.OrderingKey,
		MessageID: message.ID, MessageIDSnake: message.ID, PublishTime: published, PublishTimeSnake: published,
	}}
	if d.DeadLetterTopic != "" {
		// Pub/Sub counts the attempts only where a dead-letter policy needs the count.
		wrapped.DeliveryAttempt = attempt
	}
	body, err := json.Marshal(wrapped)
	if err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.AckDeadline)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	if err := d.setHeaders(request); err != nil {
		return 0, err
	}
	response, err := d.http.Do(request)
	if err != nil {
		return 0, err
	}
	// The rest of the answer means nothing to Pub/Sub; it is read so that the connection can serve again.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10))
	_ = response.Body.Close()
	return response.StatusCode, nil
}

// setHeaders sets what Pub/Sub and Cloud Run's front end send along.
func (d *dispatcher) setHeaders(request *http.Request) error {
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)")
	var trace [16]byte
	var span [8]byte
	// Read never fails.
	_, _ = rand.Read(trace[:])
	_, _ = rand.Read(span[:])
	request.Header.Set("Traceparent", "00-"+hex.EncodeToString(trace[:])+"-"+hex.EncodeToString(span[:])+"-01")
	if d.Audience == "" {
		return nil
	}
	token, err := d.cloud.signer.token(d.Audience, d.ServiceAccountEmail, time.Now())
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return nil
}
