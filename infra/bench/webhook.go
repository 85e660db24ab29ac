package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/stage"
	"github.com/train-d/train-d/shared/message"
)

// Webhook is how long Strava waits for the answer to an event, until it is published and answered 200.
type Webhook struct {
	cold []time.Duration // the first event of each instance, its program's start included
	all  []time.Duration // these and what follows
}

// webhookPatience is how long Strava waits before it sends an event again.
const webhookPatience = 2 * time.Second

const (
	webhookEvents  = 200 // that an instance gets
	webhookSenders = 8   // that send at once
)

// Webhook starts function Webhook's program as deployed again and again, and sends each events from the moment of its start.
// Pub/Sub is the simulated one.
func (b *Bench) Webhook(ctx context.Context, instances int) (w Webhook, err error) {
	functions, programs, err := staged(ctx)
	if err != nil {
		return w, err
	}
	at := slices.IndexFunc(functions, func(f stage.Staged) bool { return f.Name == "webhook" })
	if at < 0 {
		return w, errors.New("no function webhook is staged")
	}
	cloud, err := cloudsim.Start(ctx, cloudsim.Config{Project: "bench", Topics: []string{string(message.TopicSync)}})
	if err != nil {
		return w, err
	}
	defer func() { err = errors.Join(err, cloud.Close()) }()
	for range instances {
		cold, warm, err := b.webhookInstance(ctx, programs[at], cloud.PubSubAddress())
		if err != nil {
			return w, err
		}
		w.cold = append(w.cold, cold)
		w.all = append(append(w.all, cold), warm...)
	}
	return w, nil
}

// webhookInstance starts one program and sends it events.
func (b *Bench) webhookInstance(ctx context.Context, program, pubsub string) (cold time.Duration, warm []time.Duration, err error) {
	port, err := freePort()
	if err != nil {
		return 0, nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env = append([]string{fmt.Sprintf("PORT=%d", port), "PUBSUB_EMULATOR_HOST=" + pubsub, "GOOGLE_CLOUD_PROJECT=bench"}, b.common(stage.Target("webhook"))...)
	command.Stderr = os.Stderr
	url := fmt.Sprintf("http://127.0.0.1:%d/%s", port, strings.Repeat("0a", 16))
	began := time.Now()
	if err := command.Start(); err != nil {
		return 0, nil, err
	}
	defer func() {
		_ = command.Process.Kill()
		_ = command.Wait() // it was killed
	}()
	for deadline := began.Add(20 * time.Second); ; <-time.After(200 * time.Microsecond) {
		if err = sendEvent(ctx, url, 0); err == nil {
			break
		}
		if time.Now().After(deadline) {
			return 0, nil, err
		}
	}
	cold = time.Since(began)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	for sender := range webhookSenders {
		group.Go(func() {
			for n := sender; n < webhookEvents; n += webhookSenders {
				began := time.Now()
				err := sendEvent(ctx, url, n+1)
				took := time.Since(began)
				mu.Lock()
				warm, failed = append(warm, took), errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	return cold, warm, failed
}

// sendEvent sends one event as Strava does; an error is any answer but 200.
func sendEvent(ctx context.Context, url string, activity int) error {
	body := fmt.Sprintf(`{"aspect_type":"create","event_time":1516126040,"object_id":%d,"object_type":"activity","owner_id":134815,"subscription_id":1,"updates":{}}`, 1360128428+activity)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the webhook answered %s", response.Status)
	}
	return nil
}

// PrintWebhook writes how long the answers took.
func PrintWebhook(to io.Writer, w Webhook) error {
	slices.Sort(w.all)
	p99, worst := w.all[len(w.all)*99/100], w.all[len(w.all)-1]
	_, err := fmt.Fprintf(to, "%d events, %d of them the first of an instance, its start included: p50 %.1f ms, p99 %.1f ms, most %.1f ms (Strava waits for %v) %s; a first one %.1f ms\n",
		len(w.all), len(w.cold), milliseconds(middle(w.all)), milliseconds(p99), milliseconds(worst), webhookPatience, verdict(worst < webhookPatience), milliseconds(middle(w.cold)))
	return err
}
