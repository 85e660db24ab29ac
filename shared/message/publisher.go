package message

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"google.golang.org/api/option"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

const (
	// publishTimeout bounds the wait for the server's acknowledgement where the caller's context allows more.
	publishTimeout = 10 * time.Second
	// batchDelay is how long a message waits for others to travel with; it bounds what a single one costs.
	batchDelay = time.Millisecond
	// maxAttribute is the server's limit for an attribute's value, in bytes.
	maxAttribute = 1024
	// maxData is how much of a dead letter is kept, in bytes: far more than any message of ours has, and within every
	// server's limit, or a huge one could neither be handled nor put aside.
	maxData = 1 << 20
)

// Attributes that the publisher writes.
const (
	attributeTraceparent = "traceparent"
	attributeReason      = "dead_letter_reason"
	attributeTopic       = "dead_letter_topic"
	attributeShortened   = "dead_letter_shortened"
)

// Publisher publishes messages. It opens its client at the first publish and keeps it only when that worked; safe for
// concurrent use. The library looks for PUBSUB_EMULATOR_HOST itself.
type Publisher struct {
	project string
	options []option.ClientOption

	mu     sync.Mutex
	client *pubsub.Client
	topics map[Topic]*pubsub.Publisher
}

// NewPublisher prepares a publisher for a project's topics; it opens nothing.
func NewPublisher(project string) *Publisher { return &Publisher{project: project} }

// Publish sends one message and waits until the server keeps it. fault.Unavailable means that it can be tried again, and
// that the message may have been sent nevertheless.
func (p *Publisher) Publish(ctx context.Context, topic Topic, body any) error {
	return p.PublishAll(ctx, topic, []any{body})
}

// PublishAll sends messages in batches and waits until the server keeps every one of them. An error means that at least
// one may be missing; publishing all of them again is harmless.
func (p *Publisher) PublishAll(ctx context.Context, topic Topic, bodies []any) error {
	messages := make([]*pubsub.Message, len(bodies))
	for i, body := range bodies {
		if c, ok := body.(checked); ok {
			if err := c.check(); err != nil {
				return fmt.Errorf("publish to %s: %w", topic, err)
			}
		}
		data, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("publish to %s: %w", topic, err)
		}
		messages[i] = &pubsub.Message{Data: data, Attributes: map[string]string{}}
		if parent := logging.Traceparent(ctx); parent != "" {
			messages[i].Attributes[attributeTraceparent] = parent
		}
	}
	return p.send(ctx, topic, messages)
}

// DeadLetter keeps a message that can't be handled on its topic's dead-letter topic, with its attributes and the reason.
// An error means that it is not kept: the message must not be acknowledged.
func (p *Publisher) DeadLetter(ctx context.Context, topic Topic, data []byte, attributes map[string]string, reason string) error {
	kept := map[string]string{attributeReason: shorten(reason), attributeTopic: string(topic)}
	if parent := logging.Traceparent(ctx); parent != "" {
		kept[attributeTraceparent] = parent
	}
	maps.Copy(kept, attributes)                                                                 // the original's trace leads back to what caused it
	maps.DeleteFunc(kept, func(name, _ string) bool { return strings.HasPrefix(name, "goog") }) // the server keeps these to itself
	if len(data) > maxData {
		data, kept[attributeShortened] = data[:maxData], "true"
	}
	return p.send(ctx, topic.DeadLetter(), []*pubsub.Message{{Data: data, Attributes: kept}})
}

// Close sends what is under way and closes the client. A later publish opens it anew.
func (p *Publisher) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, topic := range p.topics {
		topic.Stop()
	}
	if p.client != nil {
		_ = p.client.Close() // every publish has been waited for, so nothing can be lost here
	}
	p.client, p.topics = nil, nil
}

// send publishes messages and waits for every acknowledgement.
func (p *Publisher) send(ctx context.Context, name Topic, messages []*pubsub.Message) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	topic, err := p.open(ctx, name)
	if err != nil {
		return unavailable(fmt.Errorf("open publisher: %w", err))
	}
	results := make([]*pubsub.PublishResult, len(messages))
	for i, message := range messages {
		results[i] = topic.Publish(ctx, message)
	}
	var first error
	failed := 0
	for _, result := range results {
		if _, err := result.Get(ctx); err != nil {
			if failed++; first == nil {
				first = err
			}
		}
	}
	if failed == 0 {
		logging.Log(ctx, slog.LevelDebug, logging.EventMessagePublished, "messages published",
			slog.String("topic", string(name)), slog.Int("messages", len(messages)))
		return nil
	}
	err = fmt.Errorf("publish %d of %d messages to %s: %w", failed, len(messages), name, first)
	switch status.Code(first) {
	case codes.NotFound, codes.PermissionDenied, codes.InvalidArgument:
		return err // somebody must change the deployment or the code; coming back in a second helps nobody
	}
	return unavailable(err)
}

// open gives the publisher of a topic.
func (p *Publisher) open(ctx context.Context, name Topic) (*pubsub.Publisher, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.client == nil {
		// The client outlives the request that opens it.
		client, err := pubsub.NewClient(context.WithoutCancel(ctx), p.project, p.options...)
		if err != nil {
			return nil, err
		}
		p.client, p.topics = client, map[Topic]*pubsub.Publisher{}
	}
	topic, ok := p.topics[name]
	if !ok {
		topic = p.client.Publisher(string(name))
		topic.PublishSettings.DelayThreshold = batchDelay
		topic.PublishSettings.Timeout = publishTimeout
		p.topics[name] = topic
	}
	return topic, nil
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, "publish", "Something behind this service is not reachable. Try again in a moment.", err).After(time.Second)
}

// shorten cuts a text to what an attribute may hold, at a rune's edge.
func shorten(text string) string {
	if len(text) > maxAttribute {
		text = text[:maxAttribute]
	}
	return strings.ToValidUTF8(text, "")
}
