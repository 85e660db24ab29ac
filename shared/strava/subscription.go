package strava

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Subscription is the application's push subscription; Strava allows one.
type Subscription struct {
	ID          int64     `json:"id"`
	CallbackURL string    `json:"callback_url"` // holds the webhook's secret path
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

// Subscriptions gives the application's push subscription, or none.
func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	body, err := c.subscription(ctx, "list push subscriptions", http.MethodGet, "?"+c.application().Encode(), nil)
	if err != nil {
		return nil, err
	}
	var found []Subscription
	if err := json.Unmarshal(body.body, &found); err != nil {
		return nil, body.malformed(withoutContent(err))
	}
	return found, nil
}

// CreateSubscription makes the push subscription. Before it answers, Strava calls the callback's address with a challenge
// and the verify token, which must be echoed within two seconds. Where there is one already, it refuses.
func (c *Client) CreateSubscription(ctx context.Context, callbackURL, verifyToken string) (Subscription, error) {
	form := c.application()
	form.Set("callback_url", callbackURL)
	form.Set("verify_token", verifyToken)
	body, err := c.subscription(ctx, "create push subscription", http.MethodPost, "", form)
	if err != nil {
		return Subscription{}, err
	}
	var made Subscription
	if err := json.Unmarshal(body.body, &made); err != nil {
		return Subscription{}, body.malformed(withoutContent(err))
	}
	if made.ID <= 0 {
		return Subscription{}, body.malformed(errors.New("the answer lacks the subscription's id"))
	}
	return made, nil
}

// DeleteSubscription ends a push subscription.
func (c *Client) DeleteSubscription(ctx context.Context, id int64) error {
	_, err := c.subscription(ctx, "delete push subscription", http.MethodDelete, "/"+strconv.FormatInt(id, 10)+"?"+c.application().Encode(), nil)
	return err
}

func (c *Client) subscription(ctx context.Context, op, method, rest string, form url.Values) (answer, error) {
	return c.do(ctx, call{op: op, about: concernsSubscription, method: method, url: c.apiURL + "/push_subscriptions" + rest,
		form: form, maxBody: maxTokenBody})
}

// application is the application's credentials; Strava wants them in the query where there is no form.
func (c *Client) application() url.Values {
	return url.Values{"client_id": {c.settings.ClientID}, "client_secret": {c.settings.ClientSecret.Reveal()}}
}

// inWords is what Strava says is wrong, for the operator who asked.
func inWords(reasons []refusalReason) error {
	words := make([]string, len(reasons))
	for i, reason := range reasons {
		words[i] = strings.Join(strings.Fields(reason.Resource+" "+reason.Field+" "+reason.Code), " ")
	}
	if len(words) == 0 {
		return nil
	}
	return errors.New(strings.Join(words, "; "))
}
