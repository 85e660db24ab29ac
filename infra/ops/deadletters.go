package ops

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/train-d/train-d/shared/message"
)

// DeadLetters are the messages that could not be handled, on the pull subscriptions that keep them. Each dead-letter topic
// has one of its own name.
type DeadLetters struct {
	Client  *pubsub.Client
	Project string
}

// Letter is one message that could not be handled.
type Letter struct {
	ID         string
	Published  time.Time // when it was put aside
	Reason     string    // why, where a function put it aside; empty where Pub/Sub gave it up
	Data       string
	Attributes map[string]string
}

const (
	// pullWait is how long an empty subscription is waited for; Pub/Sub may answer with less than there is.
	pullWait = 2 * time.Second
	pullSize = 100
)

// List gives up to most dead letters of a topic, and leaves them where they are.
func (d *DeadLetters) List(ctx context.Context, topic message.Topic, most int) ([]Letter, error) {
	var letters []Letter
	err := d.each(ctx, topic, most, func(received []*pubsubpb.ReceivedMessage) error {
		for _, one := range received {
			letters = append(letters, letterOf(one))
		}
		return nil
	})
	return letters, err
}

// Replay publishes dead letters of a topic on that topic again, those with the ids or all where none is given, and takes
// each away once Pub/Sub keeps its copy. It gives how many there were. Handling a message twice is harmless, so a replay
// that broke off is run again.
func (d *DeadLetters) Replay(ctx context.Context, topic message.Topic, most int, ids ...string) (int, error) {
	publisher := d.Client.Publisher(string(topic))
	defer publisher.Stop()
	replayed := 0
	err := d.each(ctx, topic, most, func(received []*pubsubpb.ReceivedMessage) error {
		for _, one := range received {
			if len(ids) > 0 && !slices.Contains(ids, one.GetMessage().GetMessageId()) {
				continue
			}
			copied := &pubsub.Message{Data: one.GetMessage().GetData(), Attributes: original(one.GetMessage().GetAttributes())}
			if _, err := publisher.Publish(ctx, copied).Get(ctx); err != nil {
				return fmt.Errorf("publish on %s: %w", topic, err)
			}
			err := d.Client.SubscriptionAdminClient.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{
				Subscription: d.subscription(topic), AckIds: []string{one.GetAckId()}})
			if err != nil {
				return fmt.Errorf("take a dead letter away: %w", err)
			}
			replayed++
		}
		return nil
	})
	return replayed, err
}

func (d *DeadLetters) subscription(topic message.Topic) string {
	return "projects/" + d.Project + "/subscriptions/" + string(topic.DeadLetter())
}

// each pulls until nothing more comes, and gives back at the end what was not acknowledged: a message that was given back
// sooner would be pulled again.
func (d *DeadLetters) each(ctx context.Context, topic message.Topic, most int, handle func([]*pubsubpb.ReceivedMessage) error) error {
	admin, subscription := d.Client.SubscriptionAdminClient, d.subscription(topic)
	var held []string
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pullWait)
		defer cancel()
		for batch := range slices.Chunk(held, pullSize) {
			// At the worst they come back when their deadline is over.
			_ = admin.ModifyAckDeadline(ctx, &pubsubpb.ModifyAckDeadlineRequest{Subscription: subscription, AckIds: batch})
		}
	}()
	seen := map[string]bool{}
	for len(seen) < most {
		wait, cancel := context.WithTimeout(ctx, pullWait)
		answer, err := admin.Pull(wait, &pubsubpb.PullRequest{Subscription: subscription, MaxMessages: int32(min(most-len(seen), pullSize))})
		cancel()
		if status.Code(err) == codes.DeadlineExceeded && ctx.Err() == nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("pull from %s: %w", subscription, err)
		}
		var fresh []*pubsubpb.ReceivedMessage
		for _, one := range answer.GetReceivedMessages() {
			held = append(held, one.GetAckId())
			if id := one.GetMessage().GetMessageId(); !seen[id] {
				seen[id] = true
				fresh = append(fresh, one)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		if err := handle(fresh); err != nil {
			return err
		}
	}
	return nil
}

func letterOf(received *pubsubpb.ReceivedMessage) Letter {
	m := received.GetMessage()
	return Letter{ID: m.GetMessageId(), Published: m.GetPublishTime().AsTime(), Reason: m.GetAttributes()["dead_letter_reason"],
		Data: string(m.GetData()), Attributes: m.GetAttributes()}
}

// original is what a message's attributes were before it was put aside.
func original(attributes map[string]string) map[string]string {
	kept := maps.Clone(attributes)
	maps.DeleteFunc(kept, func(name, _ string) bool {
		return strings.HasPrefix(name, "dead_letter_") || strings.HasPrefix(name, "CloudPubSubDeadLetter") || strings.HasPrefix(name, "goog")
	})
	return kept
}
