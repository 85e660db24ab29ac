package ops

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/jackc/pgx/v5"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/postgres/postgrestest"
	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/strava"
	"github.com/train-d/train-d/shared/webhook"
)

func TestThePushSubscriptionIsMadeShownRenewedAndEnded(t *testing.T) {
	t.Parallel()
	sim, err := stravasim.New(stravasim.Config{Activities: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	api := httptest.NewServer(sim.Handler())
	t.Cleanup(api.Close)
	hook := config.Hook{Path: config.NewSecret(strings.Repeat("0a", 16)), VerifyToken: config.NewSecret("a-verify-token-of-ours")}
	server := httptest.NewServer(&webhook.Handler{Settings: hook})
	t.Cleanup(server.Close)
	client := strava.NewClient(config.Strava{ClientID: "50001", ClientSecret: config.NewSecret("stravasim-secret"), APIURL: api.URL + "/api/v3"}, nil)
	here := Webhook{CallbackURL: server.URL + "/" + hook.Path.Reveal(), VerifyToken: hook.VerifyToken.Reveal()}
	shown := func() []strava.Subscription {
		t.Helper()
		found, err := client.Subscriptions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if got := shown(); len(got) != 0 {
		t.Fatalf("there is one already: %v", got)
	}
	for name, wrong := range map[string]Webhook{
		"a wrong token": {here.CallbackURL, "another"}, "a wrong path": {server.URL + "/x", here.VerifyToken}, "nothing": {},
	} {
		if made, err := CreateSubscription(t.Context(), client, wrong); err == nil || strings.Contains(err.Error(), "stravasim-secret") {
			t.Errorf("%s: made %v, %v", name, made, err)
		}
	}
	made, err := CreateSubscription(t.Context(), client, here)
	if err != nil || made.ID == 0 {
		t.Fatalf("made %v, %v", made, err)
	}
	if got := shown(); len(got) != 1 || got[0].ID != made.ID || got[0].CallbackURL != here.CallbackURL {
		t.Errorf("shows %v", got)
	}
	if _, err := CreateSubscription(t.Context(), client, here); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("a second one: %v", err)
	}
	again, err := RenewSubscription(t.Context(), client, here)
	if err != nil || again.ID == made.ID {
		t.Errorf("renewed to %v, %v", again, err)
	}
	if err := DeleteSubscriptions(t.Context(), client); err != nil || len(shown()) != 0 {
		t.Errorf("ended: %v, %v", shown(), err)
	}
	if err := DeleteSubscriptions(t.Context(), client); err != nil {
		t.Errorf("none to end: %v", err)
	}
}

func TestDeadLettersAreListedAndReplayed(t *testing.T) {
	t.Parallel()
	received := make(chan string, 10)
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received <- r.Header.Get("Content-Type")
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(endpoint.Close)
	cloud, err := cloudsim.Start(t.Context(), cloudsim.Config{Project: "acme", Topics: []string{"sync", "sync-dead-letter"},
		Subscriptions: []cloudsim.Subscription{{Name: "sync", Topic: "sync", Endpoint: endpoint.URL},
			{Name: "sync-dead-letter", Topic: "sync-dead-letter"}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cloud.Close() })
	client, err := pubsub.NewClient(t.Context(), "acme", option.WithEndpoint(cloud.PubSubAddress()), option.WithoutAuthentication(),
		option.WithTelemetryDisabled(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	letters := &DeadLetters{Client: client, Project: "acme"}
	var ids []string
	for _, data := range []string{"one", "two", "three"} {
		id, err := cloud.Publish(t.Context(), "sync-dead-letter", []byte(data), map[string]string{"dead_letter_reason": "broken",
			"dead_letter_topic": "sync", "traceparent": "t", "CloudPubSubDeadLetterSourceDeliveryCount": "100"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	data := func() []string {
		t.Helper()
		found, err := letters.List(t.Context(), message.TopicSync, 100)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, letter := range found {
			if letter.Reason != "broken" || letter.Published.IsZero() {
				t.Errorf("got %+v", letter)
			}
			all = append(all, letter.Data)
		}
		slices.Sort(all)
		return all
	}
	for range 2 { // looking takes nothing away
		if got := data(); !slices.Equal(got, []string{"one", "three", "two"}) {
			t.Fatalf("lists %v", got)
		}
	}
	if replayed, err := letters.Replay(t.Context(), message.TopicSync, 100, ids[1]); err != nil || replayed != 1 {
		t.Fatalf("replayed %d, %v", replayed, err)
	}
	if got := data(); !slices.Equal(got, []string{"one", "three"}) {
		t.Errorf("left %v", got)
	}
	if replayed, err := letters.Replay(t.Context(), message.TopicSync, 100); err != nil || replayed != 2 {
		t.Fatalf("replayed %d, %v", replayed, err)
	}
	if got := data(); len(got) != 0 {
		t.Errorf("left %v", got)
	}
	for range 3 {
		select {
		case <-received:
		case <-time.After(20 * time.Second):
			t.Fatal("a replayed message did not arrive")
		}
	}
	if got := original(map[string]string{"dead_letter_reason": "x", "googclient_x": "y", "CloudPubSubDeadLetterSourceTopic": "z", "traceparent": "t"}); len(got) != 1 || got["traceparent"] != "t" {
		t.Errorf("attributes %v", got)
	}
}

func TestParkedWorkIsListedAndReplayed(t *testing.T) {
	t.Parallel()
	conn, err := pgx.Connect(t.Context(), postgrestest.New(t).DSN("migrate"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(t.Context(), `WITH made AS (INSERT INTO accounts (email) VALUES ('a@example.com') RETURNING id), parked AS (
    INSERT INTO due_work (account_id, kind, subject, attempts, parked_at, parked_reason, due_at)
    SELECT id, kind, subject, 8, at::timestamptz, reason, now() + interval '1 hour'
    FROM made, (VALUES ('backfill', '', '2026-01-01', 'failed'), ('reread', '7', '2026-01-02', 'broken'), ('streams', '', NULL, '')) AS rows (kind, subject, at, reason)
)
INSERT INTO activities (account_id, id, sport_type, name, start_at, start_local, local_day, summary, summary_hash, figures, quality,
    formula_version, streams, streams_attempts, streams_reason)
SELECT made.id, n, 'Run', '', now(), '', now(), '{}', '', '{}', 'none', 1, state, 18, 'broken'
FROM made, (VALUES (1, 'parked'), (2, 'parked'), (3, 'stored')) AS rows (n, state)`); err != nil {
		t.Fatal(err)
	}
	parked, err := ListParked(t.Context(), conn, 10)
	if err != nil || len(parked) != 2 || parked[0].Kind != "reread" || parked[0].Subject != "7" || parked[0].Reason != "broken" || parked[0].Attempts != 8 {
		t.Fatalf("lists %+v, %v", parked, err)
	}
	if n, err := ReplayParked(t.Context(), conn, parked[0].ID, 12345); err != nil || n != 1 {
		t.Errorf("replayed %d, %v", n, err)
	}
	if n, err := ReplayParked(t.Context(), conn); err != nil || n != 1 {
		t.Errorf("replayed %d of the rest, %v", n, err)
	}
	var due int
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM due_work WHERE parked_at IS NULL AND due_at <= now() AND attempts = 0`).Scan(&due); err != nil || due != 2 {
		t.Errorf("%d rows are due, %v", due, err)
	}
	activities, err := ListParkedActivities(t.Context(), conn, 10)
	if err != nil || len(activities) != 2 || activities[0].Attempts != 18 {
		t.Errorf("lists %+v, %v", activities, err)
	}
	if n, err := ReplayParkedActivities(t.Context(), conn); err != nil || n != 2 {
		t.Errorf("replayed %d activities, %v", n, err)
	}
	if err := conn.QueryRow(t.Context(), `SELECT count(*) FROM due_work WHERE kind = 'streams' AND due_at <= now()`).Scan(&due); err != nil || due != 1 {
		t.Errorf("%d rows ask for them, %v", due, err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO erasures (account_id, reason, revocation, requested_at, erased_at)
VALUES (1, 'disconnected', 'pending', now() - interval '2 days', NULL), (NULL, 'disconnected', 'ended', now(), now())`); err != nil {
		t.Fatal(err)
	}
	if open, err := ListErasures(t.Context(), conn); err != nil || len(open) != 1 || open[0].Waits != "no due row" {
		t.Errorf("erasures %+v, %v", open, err)
	}
}
