// Package ops holds what the operator does by hand: the push subscription at Strava, dead letters, parked work. Command
// ops runs it from a terminal.
package ops

import (
	"context"
	"errors"
	"fmt"

	"github.com/train-d/train-d/shared/strava"
)

// Webhook is where Strava is to push its events.
type Webhook struct {
	CallbackURL string // the Webhook function's address with its secret path
	VerifyToken string
}

// CreateSubscription makes the push subscription. There must be none, and the webhook must be up: Strava calls it.
func CreateSubscription(ctx context.Context, client *strava.Client, webhook Webhook) (strava.Subscription, error) {
	if webhook.CallbackURL == "" || webhook.VerifyToken == "" {
		return strava.Subscription{}, errors.New("the webhook's address, path and verify token are needed")
	}
	made, err := client.CreateSubscription(ctx, webhook.CallbackURL, webhook.VerifyToken)
	if err != nil {
		return strava.Subscription{}, fmt.Errorf("create the push subscription (is the webhook up, with this path and verify token?): %w", err)
	}
	return made, nil
}

// RenewSubscription makes the push subscription anew, for a new address or path. Events that happen between the end of the
// one before and the beginning of this one are not pushed; the next look or reconciliation finds them.
func RenewSubscription(ctx context.Context, client *strava.Client, webhook Webhook) (strava.Subscription, error) {
	if err := DeleteSubscriptions(ctx, client); err != nil {
		return strava.Subscription{}, err
	}
	return CreateSubscription(ctx, client, webhook)
}

// DeleteSubscriptions ends the push subscription; where there is none, nothing happens.
func DeleteSubscriptions(ctx context.Context, client *strava.Client) error {
	found, err := client.Subscriptions(ctx)
	if err != nil {
		return err
	}
	for _, subscription := range found {
		if err := client.DeleteSubscription(ctx, subscription.ID); err != nil {
			return err
		}
	}
	return nil
}
