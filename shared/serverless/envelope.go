package serverless

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/train-d/train-d/shared/fault"
)

// Push is one delivery of a message.
type Push struct {
	ID              string            // the message's, the same at each delivery; empty where the envelope can't be read
	Subscription    string            // its full name
	Attributes      map[string]string // traceparent leads back to what caused the message
	DeliveryAttempt int               // from 1; 0 where the subscription has no dead letter
	Published       time.Time         // when the server took the message
	Data            []byte            // the message; the whole body where the envelope can't be read
}

// envelope is the body of a wrapped push. Pub/Sub writes two of the names in two spellings; a server of another make may
// write either.
type envelope struct {
	Message *struct {
		Data        []byte            `json:"data"`
		Attributes  map[string]string `json:"attributes"`
		MessageID   string            `json:"messageId"`
		MessageID2  string            `json:"message_id"`
		PublishTime string            `json:"publishTime"`
		Published2  string            `json:"publish_time"`
	} `json:"message"`
	Subscription    string `json:"subscription"`
	DeliveryAttempt int    `json:"deliveryAttempt"`
}

// decode reads a push's body. What is no envelope is fault.Malformed: without an id, a message and a subscription nothing
// tells what was sent, and no retry heals it. Names that are not known are let pass, since Pub/Sub may add some.
func decode(body []byte) (Push, error) {
	var e envelope
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&e); err != nil {
		return Push{}, malformed(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Push{}, malformed(errors.New("there is something behind the envelope"))
	}
	if e.Message == nil {
		return Push{}, malformed(errors.New("the envelope holds no message"))
	}
	push := Push{
		ID: either(e.Message.MessageID, e.Message.MessageID2), Subscription: e.Subscription, Attributes: e.Message.Attributes,
		DeliveryAttempt: e.DeliveryAttempt, Data: e.Message.Data,
	}
	if push.ID == "" || push.Subscription == "" || push.DeliveryAttempt < 0 {
		return Push{}, malformed(errors.New("the envelope lacks messageId or subscription, or its deliveryAttempt is negative"))
	}
	if published := either(e.Message.PublishTime, e.Message.Published2); published != "" {
		at, err := time.Parse(time.RFC3339Nano, published)
		if err != nil {
			return Push{}, malformed(errors.New("publishTime is no time"))
		}
		push.Published = at
	}
	return push, nil
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func malformed(err error) error {
	return fault.Wrap(fault.Malformed, "envelope", "The push can't be read.", err)
}
