package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"github.com/train-d/train-d/infra/ops"
	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/strava"
)

// Hook is where Strava pushes its events, and what it must repeat when it is asked to.
type Hook struct {
	CallbackURL string `json:"callback_url"` // holds the secret path
	VerifyToken string `json:"verify_token"`
}

// hookSettings are what Webhook needs to know; the secrets are kept for the next start.
func (s *System) hookSettings(port int) (map[string]string, error) {
	secrets := map[string]string{}
	for _, name := range []string{"webhook-path", "webhook-verify-token"} {
		kept, err := s.folder.secret(name, func() (string, error) {
			var random [16]byte
			_, _ = rand.Read(random[:]) // never fails
			return hex.EncodeToString(random[:]), nil
		})
		if err != nil {
			return nil, err
		}
		secrets[name] = kept
	}
	s.info.Webhook = Hook{CallbackURL: loopback(port) + "/" + secrets["webhook-path"], VerifyToken: secrets["webhook-verify-token"]}
	return map[string]string{"WEBHOOK_PATH": secrets["webhook-path"], "WEBHOOK_VERIFY_TOKEN": secrets["webhook-verify-token"]}, nil
}

// subscribe makes the simulator push its events to Webhook, whose address is another one at each start.
func (s *System) subscribe(ctx context.Context) error {
	client := strava.NewClient(config.Strava{ClientID: SimulatorClient, ClientSecret: config.NewSecret(SimulatorSecret),
		APIURL: s.info.Simulator.URL + "/api/v3"}, nil)
	_, err := ops.RenewSubscription(ctx, client, ops.Webhook{CallbackURL: s.info.Webhook.CallbackURL, VerifyToken: s.info.Webhook.VerifyToken})
	if err != nil {
		return fmt.Errorf("subscribe to the simulator's events: %w", err)
	}
	return nil
}
