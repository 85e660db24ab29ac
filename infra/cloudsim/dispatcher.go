package cloudsim

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
)

// keptForReplay is how many delivered messages of a subscription can be delivered again; older ones are forgotten.
const keptForReplay = 100_000

// dispatcher delivers the messages of one push subscription.
//
// It takes a message from pstest when it arrives and keeps it, its lease extended by the client, until the endpoint has
// acknowledged it or it is dead. Handing it back to pstest for each retry would lose the time that pstest does not wait.
type dispatcher struct {
	Subscription
	cloud    *Cloud
	fullName string
	http     *http.Client
	slots    chan struct{} // one element per push under way
	gather   gathering

	mu        sync.Mutex // guards what follows
	stats     Stats
	delivered []*pubsub.Message // acknowledged ones, oldest first
	underWay  int               // messages between their arrival and the end of their last delivery
}

func newDispatcher(c *Cloud, s Subscription) *dispatcher {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConnsPerHost = s.Concurrency
	return &dispatcher{
		Subscription: s,
		cloud:        c,
		fullName:     fmt.Sprintf("projects/%s/subscriptions/%s", c.config.Project, s.Name),
		slots:        make(chan struct{}, s.Concurrency),
		http: &http.Client{
			Transport: transport,
			// A redirect is an answer like any other, and not one that acknowledges.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

func (d *dispatcher) run(ctx context.Context) {
	defer d.http.CloseIdleConnections()
	subscriber := d.cloud.client.Subscriber(d.Name)
	subscriber.ReceiveSettings.MaxOutstandingMessages = -1 // messages that wait for their next push must hold up nobody
	subscriber.ReceiveSettings.MaxOutstandingBytes = -1
	subscriber.ReceiveSettings.MaxExtension = 7 * 24 * time.Hour // Pub/Sub's retention
	subscriber.ReceiveSettings.NumGoroutines = 4                 // pstest hands out one message per stream and 10 ms
	err := subscriber.Receive(ctx, func(ctx context.Context, message *pubsub.Message) {
		d.arrive()
		defer d.leave()
		if d.handle(ctx, message) {
			message.Ack()
		} else {
			message.Nack()
		}
	})
	if err != nil && ctx.Err() == nil {
		d.cloud.log.Error("subscription broke", "subscription", d.Name, "error", err)
	}
}

func (d *dispatcher) arrive() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stats.Published++
	d.underWay++
}

func (d *dispatcher) leave() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.underWay--
}

// handle brings one message to its end and says whether it got there.
func (d *dispatcher) handle(ctx context.Context, message *pubsub.Message) (done bool) {
	faults, lost := d.cloud.faults.draw()
	if lost {
		d.count(func(s *Stats) { s.Dropped++ })
		return true
	}
	done, acknowledged := d.deliver(ctx, message, faults.Reorder)
	if !acknowledged {
		return done
	}
	d.mu.Lock()
	d.stats.Acked++
	d.delivered = append(d.delivered, message)
	if len(d.delivered) > keptForReplay {
		d.delivered = d.delivered[1:]
	}
	d.mu.Unlock()
	if faults.Duplicate {
		// As when the acknowledgement of the first delivery was lost.
		d.deliver(ctx, message, 0)
	}
	return true
}

// deliver pushes a message until it is acknowledged or has become a dead letter. done is false only when the context
// ended before either.
func (d *dispatcher) deliver(ctx context.Context, message *pubsub.Message, reorder int) (done, acknowledged bool) {
	backoff := d.MinBackoff
	for attempt := 1; ; attempt++ {
		if err := d.acquire(ctx, reorder); err != nil {
			return false, false
		}
		status, err := d.push(ctx, message, attempt)
		acknowledged := Acknowledges(status)
		<-d.slots
		if ctx.Err() != nil && !acknowledged {
			return false, false
		}
		d.count(func(s *Stats) { s.Delivered++ })
		if acknowledged {
			return true, true
		}
		d.count(func(s *Stats) { s.Nacked++ })
		d.cloud.log.Debug("push refused", "subscription", d.Name, "message", message.ID, "attempt", attempt, "status", status, "error", err)
		if d.DeadLetterTopic != "" && attempt >= d.MaxAttempts {
			return d.bury(ctx, message, attempt) == nil, false
		}
		select {
		case <-ctx.Done():
			return false, false
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, d.MaxBackoff)
		// Only the first push of a message is held back for company.
		reorder = 0
	}
}

// acquire waits for one of the subscription's slots.
func (d *dispatcher) acquire(ctx context.Context, reorder int) error {
	if reorder > 1 {
		return d.gather.acquire(ctx, d.slots, reorder, d.cloud.faults.permutation)
	}
	select {
	case d.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// bury publishes a message on the dead-letter topic, with the attributes that Pub/Sub adds.
func (d *dispatcher) bury(ctx context.Context, message *pubsub.Message, attempts int) error {
	attributes := map[string]string{}
	maps.Copy(attributes, message.Attributes)
	attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = strconv.Itoa(attempts)
	attributes["CloudPubSubDeadLetterSourceSubscription"] = d.Name
	attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = d.cloud.config.Project
	attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = message.PublishTime.UTC().Format(time.RFC3339Nano)
	_, err := d.cloud.Publish(ctx, d.DeadLetterTopic, message.Data, attributes)
	if err != nil {
		d.cloud.log.Error("dead letter lost", "subscription", d.Name, "message", message.ID, "error", err)
		return err
	}
	d.count(func(s *Stats) { s.DeadLettered++ })
	d.cloud.log.Warn("message became a dead letter", "subscription", d.Name, "message", message.ID, "attempts", attempts)
	return nil
}

func (d *dispatcher) count(change func(*Stats)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(&d.stats)
}

// replay delivers everything once more that has been acknowledged so far, oldest first, and returns how many messages
// were and were not acknowledged this time.
func (d *dispatcher) replay(ctx context.Context) (Replayed, error) {
	d.mu.Lock()
	messages := d.delivered[:len(d.delivered):len(d.delivered)]
	d.mu.Unlock()
	var (
		result  Replayed
		mu      sync.Mutex
		pending sync.WaitGroup
		limit   = make(chan struct{}, d.Concurrency)
	)
	for _, message := range messages {
		limit <- struct{}{}
		pending.Go(func() {
			defer func() { <-limit }()
			_, acknowledged := d.deliver(ctx, message, 0)
			mu.Lock()
			defer mu.Unlock()
			if acknowledged {
				result.Acked++
			} else {
				result.Refused++
			}
		})
	}
	pending.Wait()
	if err := ctx.Err(); err != nil {
		return result, errors.Join(errors.New("replay broken off"), err)
	}
	return result, nil
}
