// Package cloudsim is the part of Google Cloud that the functions meet, at the wire and on this machine: Pub/Sub with
// push subscriptions, and Cloud Scheduler, which [Start] starts; Cloud SQL instances, which [StartSQL] starts. Everything
// listens on loopback.
//
// Topics and messages live in Google's own fake, pstest, which clients reach by PUBSUB_EMULATOR_HOST. pstest stores a
// push configuration but does not act on it, so the dispatcher here does: HTTP envelope, signed token, acknowledgement
// by status, retry with backoff, dead letter. A control API on the same machine reads counters and orders faults.
package cloudsim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// Config describes the cloud to simulate. Names are short, as in "sync"; the project makes them full.
type Config struct {
	// Project is the Google Cloud project's id, such as train-d-local. Required.
	Project string
	// PubSubPort and ControlPort are ports on 127.0.0.1; 0 means a free one.
	PubSubPort, ControlPort int
	// Topics are made at the start. Dead-letter topics count as topics.
	Topics []string
	// Subscriptions are made at the start.
	Subscriptions []Subscription
	// Jobs are Cloud Scheduler's.
	Jobs []Job
	// Log gets what the dispatcher has to say; nil means nothing is logged.
	Log *slog.Logger
}

// Subscription is one subscription of one topic.
type Subscription struct {
	// Name and Topic are short names. Required.
	Name, Topic string
	// Endpoint is the URL that messages are pushed to. Empty makes a pull subscription, which is left alone.
	Endpoint string
	// Audience and ServiceAccountEmail go into the signed token. Without an audience no token is sent.
	Audience, ServiceAccountEmail string
	// AckDeadline is how long one push may take; 10 s by default, as in the cloud.
	AckDeadline time.Duration
	// MinBackoff and MaxBackoff bound the wait before a message is pushed again, which doubles each time; 1 s and 60 s
	// by default.
	MinBackoff, MaxBackoff time.Duration
	// MaxAttempts is after how many failed pushes a message goes to DeadLetterTopic; without such a topic it is pushed
	// for ever. 100 by default.
	MaxAttempts     int
	DeadLetterTopic string
	// Concurrency is how many pushes are under way at the same time at most; 8 by default.
	Concurrency int
}

// Job is a job of Cloud Scheduler with a Pub/Sub topic as its target.
type Job struct {
	// Name and Topic are short names. Required.
	Name, Topic string
	// Every is the time between two runs; 0 means that it runs only when [Cloud.RunJob] asks for it.
	Every time.Duration
	// Data is the message's body.
	Data []byte
}

// Cloud is a running simulation.
type Cloud struct {
	config  Config
	log     *slog.Logger
	server  *pstest.Server
	conn    *grpc.ClientConn
	client  *pubsub.Client
	signer  *signer
	control *http.Server
	address string // of the control API

	dispatchers []*dispatcher
	publishers  map[string]*pubsub.Publisher
	faults      faultSwitch

	cancel  context.CancelFunc
	running sync.WaitGroup
	close   sync.Once
}

// Start starts the simulation and returns when publishers may publish. It ends with the context or with
// [Cloud.Close], whichever comes first.
func Start(ctx context.Context, config Config) (*Cloud, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	signer, err := newSigner()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	c := &Cloud{config: config, log: config.Log, signer: signer, cancel: cancel, publishers: map[string]*pubsub.Publisher{}}
	if err := c.open(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for _, dispatcher := range c.dispatchers {
		c.running.Go(func() { dispatcher.run(ctx) })
	}
	for _, job := range config.Jobs {
		if job.Every > 0 {
			c.running.Go(func() { c.schedule(ctx, job) })
		}
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return c, nil
}

func (config Config) check() error {
	var mistakes []error
	if config.Project == "" {
		mistakes = append(mistakes, errors.New("no project"))
	}
	known := map[string]bool{}
	for _, topic := range config.Topics {
		known[topic] = true
	}
	need := func(user, topic string) {
		if !known[topic] {
			mistakes = append(mistakes, fmt.Errorf("%s: no topic %q", user, topic))
		}
	}
	for _, s := range config.Subscriptions {
		need("subscription "+s.Name, s.Topic)
		if s.DeadLetterTopic != "" {
			need("subscription "+s.Name, s.DeadLetterTopic)
		}
	}
	for _, job := range config.Jobs {
		need("job "+job.Name, job.Topic)
	}
	return errors.Join(mistakes...)
}

func (c *Cloud) open(ctx context.Context) error {
	// pstest panics when its port is taken.
	port, err := freePort(c.config.PubSubPort)
	if err != nil {
		return fmt.Errorf("port %d for Pub/Sub is taken: stop what uses it or choose another: %w", c.config.PubSubPort, err)
	}
	c.server = pstest.NewServerWithAddress(net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	c.conn, err = grpc.NewClient(c.server.Addr, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return fmt.Errorf("dial Pub/Sub: %w", err)
	}
	c.client, err = pubsub.NewClient(ctx, c.config.Project, option.WithGRPCConn(c.conn), option.WithTelemetryDisabled())
	if err != nil {
		return fmt.Errorf("make Pub/Sub client: %w", err)
	}
	for _, name := range c.config.Topics {
		topic := &pubsubpb.Topic{Name: c.topicName(name)}
		if _, err := c.client.TopicAdminClient.CreateTopic(ctx, topic); err != nil {
			return fmt.Errorf("make topic %s: %w", name, err)
		}
		c.publishers[name] = c.client.Publisher(name)
		// A message that waits for company only makes the simulation slower.
		c.publishers[name].PublishSettings.DelayThreshold = time.Millisecond
	}
	for _, s := range c.config.Subscriptions {
		if err := c.subscribe(ctx, s.withDefaults()); err != nil {
			return fmt.Errorf("make subscription %s: %w", s.Name, err)
		}
	}
	return c.serveControl(c.config.ControlPort)
}

func (c *Cloud) subscribe(ctx context.Context, s Subscription) error {
	subscription := &pubsubpb.Subscription{
		Name:               fmt.Sprintf("projects/%s/subscriptions/%s", c.config.Project, s.Name),
		Topic:              c.topicName(s.Topic),
		AckDeadlineSeconds: 600, // of the dispatcher's pull, not of the push
	}
	if _, err := c.client.SubscriptionAdminClient.CreateSubscription(ctx, subscription); err != nil {
		return err
	}
	if s.Endpoint == "" {
		return nil
	}
	c.dispatchers = append(c.dispatchers, newDispatcher(c, s))
	return nil
}

func (s Subscription) withDefaults() Subscription {
	setDefault(&s.AckDeadline, 10*time.Second)
	setDefault(&s.MinBackoff, time.Second)
	setDefault(&s.MaxBackoff, 60*time.Second)
	setDefault(&s.MaxAttempts, 100)
	setDefault(&s.Concurrency, 8)
	return s
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c *Cloud) topicName(topic string) string {
	return fmt.Sprintf("projects/%s/topics/%s", c.config.Project, topic)
}

func freePort(wanted int) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(wanted)))
	if err != nil {
		return 0, err
	}
	return listener.Addr().(*net.TCPAddr).Port, listener.Close()
}

// PubSubAddress is host and port of Pub/Sub, for PUBSUB_EMULATOR_HOST.
func (c *Cloud) PubSubAddress() string { return c.server.Addr }

// ControlURL is where the control API answers, without a path.
func (c *Cloud) ControlURL() string { return "http://" + c.address }

// CertsURL is where the public key stands that verifies the pushes' tokens, in the shape of Google's own
// https://www.googleapis.com/oauth2/v3/certs.
func (c *Cloud) CertsURL() string { return c.ControlURL() + certsPath }

// Publish publishes a message on a topic, by its short name, and returns its id.
func (c *Cloud) Publish(ctx context.Context, topic string, data []byte, attributes map[string]string) (id string, err error) {
	publisher, ok := c.publishers[topic]
	if !ok {
		return "", fmt.Errorf("publish: no topic %q", topic)
	}
	id, err = publisher.Publish(ctx, &pubsub.Message{Data: data, Attributes: attributes}).Get(ctx)
	if err != nil {
		return "", fmt.Errorf("publish on %s: %w", topic, err)
	}
	return id, nil
}

// Close ends the simulation and returns when all of it has ended. Messages not yet acknowledged are lost with it, as
// pstest keeps them in memory only. A second call waits for the first.
func (c *Cloud) Close() error {
	var err error
	c.close.Do(func() {
		c.cancel()
		if c.control != nil {
			err = errors.Join(err, c.control.Close())
		}
		c.running.Wait()
		for _, publisher := range c.publishers {
			publisher.Stop()
		}
		if c.client != nil {
			err = errors.Join(err, c.client.Close())
		} else if c.conn != nil {
			err = errors.Join(err, c.conn.Close())
		}
		if c.server != nil {
			err = errors.Join(err, c.server.Close())
		}
	})
	return err
}
