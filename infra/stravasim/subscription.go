package stravasim

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// subscription is the application's one push subscription.
type subscription struct {
	ID            int       `json:"id"`
	ResourceState int       `json:"resource_state"`
	ApplicationID int       `json:"application_id"`
	CallbackURL   string    `json:"callback_url"`
	CreatedAt     time.Time `json:"created_at"`
	UpdatedAt     time.Time `json:"updated_at"`
}

// Event is a webhook event as Strava posts it.
type Event struct {
	AspectType     string            `json:"aspect_type"`
	EventTime      int64             `json:"event_time"`
	ObjectID       int64             `json:"object_id"`
	ObjectType     string            `json:"object_type"`
	OwnerID        int64             `json:"owner_id"`
	SubscriptionID int               `json:"subscription_id"`
	Updates        map[string]string `json:"updates"`
}

func (s *Simulator) listSubscriptions(c *call) answer {
	if refusal, ok := s.client(c.r.FormValue("client_id"), c.r.FormValue("client_secret")); !ok {
		return refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subscription == nil {
		return ok200([]any{})
	}
	return ok200([]any{s.subscription})
}

// createSubscription answers POST /push_subscriptions after it has verified the callback as Strava does: a GET with a
// challenge that must be echoed within two seconds.
func (s *Simulator) createSubscription(c *call) answer {
	if refusal, ok := s.client(c.r.FormValue("client_id"), c.r.FormValue("client_secret")); !ok {
		return refusal
	}
	s.mu.Lock()
	taken := s.subscription != nil
	s.mu.Unlock()
	if taken {
		return fail(http.StatusBadRequest, "Bad Request", "PushSubscription", "", "already exists")
	}
	callback, err := url.Parse(c.r.FormValue("callback_url"))
	if err != nil || callback.Host == "" {
		return fail(http.StatusBadRequest, "Bad Request", "PushSubscription", "callback url", "not valid")
	}
	if problem := s.challenge(c.r.Context(), callback, c.r.FormValue("verify_token")); problem != "" {
		return fail(http.StatusBadRequest, "Bad Request", "PushSubscription", "callback url", problem)
	}
	application, _ := strconv.Atoi(s.cfg.ClientID)
	now := s.cfg.Now().UTC()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscription = &subscription{
		ID: s.nextSubscription(), ResourceState: 2, ApplicationID: application, CallbackURL: callback.String(),
		CreatedAt: now, UpdatedAt: now,
	}
	s.save()
	s.log.Info("push subscription created", "callback_host", callback.Host)
	return jsonAnswer(http.StatusCreated, s.subscription)
}

// nextSubscription is a new id; a subscription that is made anew is another one. The caller holds s.mu.
func (s *Simulator) nextSubscription() int {
	s.subscriptions++
	return 131_299 + s.subscriptions
}

// challenge does the handshake and returns Strava's words for what went wrong.
func (s *Simulator) challenge(ctx context.Context, callback *url.URL, verify string) string {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	word, target := newToken()[:32], *callback
	query := target.Query()
	query.Set("hub.verify_token", verify)
	query.Set("hub.challenge", word)
	query.Set("hub.mode", "subscribe")
	target.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return "not valid"
	}
	res, err := s.events.client.Do(req)
	if err != nil {
		return "not verifiable"
	}
	defer res.Body.Close() //nolint:errcheck // nothing follows from it
	if res.StatusCode != http.StatusOK {
		return "GET to callback URL does not return 200"
	}
	var echoed struct {
		Challenge string `json:"hub.challenge"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&echoed); err != nil || echoed.Challenge != word {
		return "not verifiable"
	}
	return ""
}

func (s *Simulator) deleteSubscription(c *call) answer {
	if refusal, ok := s.client(c.r.FormValue("client_id"), c.r.FormValue("client_secret")); !ok {
		return refusal
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subscription == nil || int64(s.subscription.ID) != c.pathID() {
		return noActivity()
	}
	s.subscription = nil
	s.save()
	return answer{status: http.StatusNoContent}
}

// announce queues a webhook event if there is a subscription and the owner is or was connected. The caller holds
// s.mu.
func (s *Simulator) announce(owner *athlete, object string, id int64, aspect string, updates map[string]string) {
	if owner == nil || s.subscription == nil || (object == "activity" && !s.auth.connected(owner.ID)) {
		return
	}
	if updates == nil {
		updates = map[string]string{}
	}
	s.events.push(s.subscription.CallbackURL, Event{
		AspectType: aspect, EventTime: s.cfg.Now().Unix(), ObjectID: id, ObjectType: object, OwnerID: owner.ID,
		SubscriptionID: s.subscription.ID, Updates: updates,
	})
}

// eventQueue delivers events in order, each up to three times, as Strava does when it gets no 200 within two seconds.
type eventQueue struct {
	client *http.Client
	log    *slog.Logger
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
	wake   chan struct{}

	mu                sync.Mutex
	waiting           []delivery
	delivered, failed int
	pending           int
}

type delivery struct {
	callback string
	event    Event
}

func newEventQueue(log *slog.Logger) *eventQueue {
	ctx, cancel := context.WithCancel(context.Background())
	q := &eventQueue{
		client: &http.Client{Timeout: 2 * time.Second}, log: log, ctx: ctx, cancel: cancel,
		done: make(chan struct{}), wake: make(chan struct{}, 1),
	}
	go q.run()
	return q
}

func (q *eventQueue) push(callback string, e Event) {
	q.mu.Lock()
	q.waiting = append(q.waiting, delivery{callback, e})
	q.pending++
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *eventQueue) close() {
	q.cancel()
	<-q.done
}

func (q *eventQueue) run() {
	defer close(q.done)
	for {
		q.mu.Lock()
		batch := q.waiting
		q.waiting = nil
		q.mu.Unlock()
		for _, d := range batch {
			ok := q.deliver(d)
			q.mu.Lock()
			q.pending--
			if ok {
				q.delivered++
			} else {
				q.failed++
			}
			q.mu.Unlock()
		}
		if len(batch) > 0 && q.ctx.Err() == nil {
			continue
		}
		select {
		case <-q.ctx.Done():
			return
		case <-q.wake:
		}
	}
}

// deliver posts one event and reports whether it was taken.
func (q *eventQueue) deliver(d delivery) bool {
	body, err := json.Marshal(d.event)
	if err != nil {
		return false
	}
	for attempt := range 3 {
		if attempt > 0 {
			select {
			case <-q.ctx.Done():
				return false
			case <-time.After(time.Duration(attempt) * 500 * time.Millisecond):
			}
		}
		req, err := http.NewRequestWithContext(q.ctx, http.MethodPost, d.callback, bytes.NewReader(body))
		if err != nil {
			return false
		}
		req.Header.Set("Content-Type", "application/json")
		res, err := q.client.Do(req)
		if err != nil {
			continue
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			q.log.Info("event delivered", "object", d.event.ObjectType, "aspect", d.event.AspectType, "id", d.event.ObjectID)
			return true
		}
	}
	q.log.Warn("event not taken", "object", d.event.ObjectType, "aspect", d.event.AspectType, "id", d.event.ObjectID)
	return false
}
