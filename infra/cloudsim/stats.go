package cloudsim

import (
	"context"
	"fmt"
	"time"
)

// Stats counts what became of a subscription's messages since the start. Redeliveries by [Cloud.Replay] count as
// delivered, and as nacked where they are refused.
type Stats struct {
	// Published is the number of messages that reached the subscription.
	Published int `json:"published"`
	// Delivered is the number of pushes that were answered or timed out; one message may have several.
	Delivered int `json:"delivered"`
	// Acked is the number of messages that the endpoint acknowledged.
	Acked int `json:"acked"`
	// Nacked is the number of pushes that were refused, failed or took longer than the deadline.
	Nacked int `json:"nacked"`
	// DeadLettered is the number of messages that became dead letters.
	DeadLettered int `json:"dead_lettered"`
	// Dropped is the number of messages lost by order.
	Dropped int `json:"dropped"`
	// Outstanding is the number of messages that are neither acknowledged, dead nor dropped.
	Outstanding int `json:"outstanding"`
}

// Stats returns the counts of each push subscription by its short name.
func (c *Cloud) Stats() map[string]Stats {
	all := make(map[string]Stats, len(c.dispatchers))
	for _, d := range c.dispatchers {
		d.mu.Lock()
		stats := d.stats
		d.mu.Unlock()
		stats.Outstanding = stats.Published - stats.Acked - stats.DeadLettered - stats.Dropped
		all[d.Name] = stats
	}
	return all
}

// Settled says whether every message that was published for a push subscription has come to its end: delivered, as often as
// ordered, or dropped, or dead.
func (c *Cloud) Settled() bool {
	published := map[string]int{} // by full topic
	for _, message := range c.server.Messages() {
		published[message.Topic]++
	}
	for _, d := range c.dispatchers {
		d.mu.Lock()
		settled := d.underWay == 0 && d.stats.Published >= published[c.topicName(d.Topic)]
		d.mu.Unlock()
		if !settled {
			return false
		}
	}
	return true
}

// Replayed says how a replay went, in messages.
type Replayed struct {
	Acked   int `json:"acked"`
	Refused int `json:"refused"`
}

// Replay delivers every message of a subscription once more that has been acknowledged so far; an empty name means all
// subscriptions. It returns when all are delivered, with the counts by subscription.
func (c *Cloud) Replay(ctx context.Context, subscription string) (map[string]Replayed, error) {
	results := map[string]Replayed{}
	for _, d := range c.dispatchers {
		if subscription != "" && subscription != d.Name {
			continue
		}
		result, err := d.replay(ctx)
		results[d.Name] = result
		if err != nil {
			return results, err
		}
	}
	if subscription != "" && len(results) == 0 {
		return nil, fmt.Errorf("replay: no push subscription %q", subscription)
	}
	return results, nil
}

// DeadLetter is a message on a dead-letter topic, put there by the dispatcher or by a function.
type DeadLetter struct {
	Topic      string            `json:"topic"`
	ID         string            `json:"id"`
	Data       []byte            `json:"data"`
	Attributes map[string]string `json:"attributes"`
	Published  time.Time         `json:"published"`
}

// DeadLetters returns everything published on the subscriptions' dead-letter topics so far, oldest first.
func (c *Cloud) DeadLetters() []DeadLetter {
	short := map[string]string{}
	for _, s := range c.config.Subscriptions {
		if s.DeadLetterTopic != "" {
			short[c.topicName(s.DeadLetterTopic)] = s.DeadLetterTopic
		}
	}
	letters := []DeadLetter{}
	for _, message := range c.server.Messages() {
		if topic, ok := short[message.Topic]; ok {
			letters = append(letters, DeadLetter{Topic: topic, ID: message.ID, Data: message.Data,
				Attributes: message.Attributes, Published: message.PublishTime})
		}
	}
	return letters
}
