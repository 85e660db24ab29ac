package cloudsim

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// Pusher pushes messages one by one, for who wants to know the answer to each push. What it sends is what a push
// subscription sends; it publishes nothing and tries nothing again.
type Pusher struct {
	dispatcher *dispatcher
	last       atomic.Int64
}

// Message is one message on its way; each of its pushes bears the same id.
type Message struct {
	id   string
	data []byte
	at   time.Time
}

// Pusher makes a pusher to a subscription's endpoint. Of the subscription, name, endpoint, audience, service account and
// acknowledgement deadline count.
func (c *Cloud) Pusher(s Subscription) *Pusher {
	return &Pusher{dispatcher: newDispatcher(c, s.withDefaults())}
}

// Message makes a message out of a body.
func (p *Pusher) Message(data []byte) Message {
	return Message{id: "pushed-" + strconv.FormatInt(p.last.Add(1), 10), data: data, at: time.Now()}
}

// Push sends a message once, signed, and gives the status of the answer, of which [Acknowledges] says what it means.
// An error means that there was no answer within the acknowledgement deadline.
func (p *Pusher) Push(ctx context.Context, m Message, attempt int) (status int, err error) {
	return p.dispatcher.push(ctx, &pubsub.Message{ID: m.id, Data: m.data, PublishTime: m.at}, attempt)
}

// Close closes the connections that are kept to the endpoint.
func (p *Pusher) Close() { p.dispatcher.http.CloseIdleConnections() }
