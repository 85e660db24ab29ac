package message

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

// setup gives a publisher to a Pub/Sub server of its own, which has topic sync and its dead letter.
func setup(t *testing.T) (*Publisher, *pstest.Server) {
	t.Helper()
	server := pstest.NewServer()
	t.Cleanup(func() { _ = server.Close() })
	for _, topic := range []Topic{TopicSync, TopicSync.DeadLetter()} {
		if _, err := server.GServer.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/acme/topics/" + string(topic)}); err != nil {
			t.Fatal(err)
		}
	}
	p := NewPublisher("acme")
	p.options = options(server.Addr)
	t.Cleanup(p.Close)
	return p, server
}

func options(address string) []option.ClientOption {
	return []option.ClientOption{
		option.WithEndpoint(address), option.WithoutAuthentication(), option.WithTelemetryDisabled(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())),
	}
}

func TestAPublishedMessageIsWithTheServerWithItsTrace(t *testing.T) {
	t.Parallel()
	p, server := setup(t)
	trace := logging.NewTrace()
	if err := p.Publish(logging.WithTrace(t.Context(), trace), TopicSync, NewWake(5, 7)); err != nil {
		t.Fatal(err)
	}
	kept := server.Messages()
	if len(kept) != 1 {
		t.Fatalf("got %d messages", len(kept))
	}
	if wake, err := Decode[Wake](kept[0].Data); err != nil || wake != NewWake(5, 7) {
		t.Errorf("got %+v, %v", wake, err)
	}
	if got, ok := logging.ParseTraceparent(kept[0].Attributes["traceparent"]); !ok || got != trace || kept[0].Topic != "projects/acme/topics/sync" {
		t.Errorf("got %+v", kept[0])
	}
}

func TestManyMessagesAreAllWithTheServer(t *testing.T) {
	t.Parallel()
	p, server := setup(t)
	const many = 2500
	var bodies []any
	for i := range int64(many) {
		bodies = append(bodies, NewWake(i+1, i+1))
	}
	if err := p.PublishAll(t.Context(), TopicSync, bodies); err != nil {
		t.Fatal(err)
	}
	seen := map[int64]bool{}
	for _, m := range server.Messages() {
		wake, err := Decode[Wake](m.Data)
		if err != nil {
			t.Fatal(err)
		}
		seen[wake.DueID] = true
	}
	if len(seen) != many {
		t.Errorf("got %d of %d", len(seen), many)
	}
	if err := p.PublishAll(t.Context(), TopicSync, nil); err != nil {
		t.Errorf("none: %v", err)
	}
}

func TestADeadLetterKeepsDataAttributesAndReason(t *testing.T) {
	t.Parallel()
	p, server := setup(t)
	reason := strings.Repeat("ä", 600)
	err := p.DeadLetter(t.Context(), TopicSync, []byte("garbage"), map[string]string{"traceparent": "origin", "googclient_x": "y"}, reason)
	if err != nil {
		t.Fatal(err)
	}
	kept := server.Messages()
	if len(kept) != 1 || kept[0].Topic != "projects/acme/topics/sync-dead-letter" || string(kept[0].Data) != "garbage" {
		t.Fatalf("got %+v", kept)
	}
	got := kept[0].Attributes
	if got["traceparent"] != "origin" || got["dead_letter_topic"] != "sync" || got["googclient_x"] != "" {
		t.Errorf("got %v", got)
	}
	if r := got["dead_letter_reason"]; len(r) != 1024 || !utf8.ValidString(r) || !strings.HasPrefix(reason, r) {
		t.Errorf("got a reason of %d bytes", len(r))
	}
	if err := p.DeadLetter(t.Context(), TopicSync, make([]byte, 20<<20), nil, "too large"); err != nil {
		t.Errorf("a huge one: %v", err)
	}
	if huge := server.Messages()[1]; len(huge.Data) == 0 || huge.Attributes["dead_letter_shortened"] != "true" {
		t.Errorf("a huge one: got %d bytes, %v", len(huge.Data), huge.Attributes)
	}
}

func TestAnIncompleteMessageIsNotPublished(t *testing.T) {
	t.Parallel()
	p, server := setup(t)
	for _, body := range []any{Wake{DueID: 1, AccountID: 1}, NewWake(0, 1), Tick{}, Migrate{Kind: "tick"}, make(chan int)} {
		if err := p.Publish(t.Context(), TopicSync, body); err == nil {
			t.Errorf("%+v was published", body)
		}
	}
	if kept := server.Messages(); len(kept) > 0 {
		t.Errorf("got %v", kept)
	}
}

func TestAMissingTopicIsADefectAndNotAnOutage(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	err := p.Publish(t.Context(), TopicMigrate, Migrate{Kind: KindMigrate})
	if err == nil || fault.KindOf(err) != fault.Internal {
		t.Errorf("got %v", err)
	}
}

// An acknowledgement that does not come within the caller's time is no success, and says that it can be tried again.
func TestAnUnreachableServerIsUnavailableWithinTheCallersTime(t *testing.T) {
	t.Parallel()
	server := pstest.NewServer()
	address := server.Addr
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	p := NewPublisher("acme")
	p.options = options(address)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	err := p.Publish(ctx, TopicSync, NewWake(1, 1))
	if fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestAfterCloseThePublisherOpensAnew(t *testing.T) {
	t.Parallel()
	p, server := setup(t)
	for range 2 {
		if err := p.Publish(t.Context(), TopicSync, NewWake(1, 1)); err != nil {
			t.Fatal(err)
		}
		p.Close()
	}
	if got := len(server.Messages()); got != 2 {
		t.Errorf("got %d messages", got)
	}
}
