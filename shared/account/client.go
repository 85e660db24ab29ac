package account

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/secret"
	"github.com/train-d/train-d/shared/store"
)

// Client is who asks, as far as it can be told before anybody has signed in.
type Client struct {
	UserAgent string // what the browser calls itself
	Address   string // where the request comes from
	Device    string // token that the browser got when somebody signed in with it; empty where it has none
}

// attempt is something that can be tried too often.
type attempt struct {
	name    string
	free    int
	longest time.Duration
}

// What may be tried how often. An address may be that of many people, so that much is free there.
var (
	signInOfAccount       = attempt{"sign-in of account", 5, 15 * time.Minute}
	signInAtDevice        = attempt{"sign-in at device", 10, 15 * time.Minute}
	signInAtAddress       = attempt{"sign-in at address", 100, 15 * time.Minute}
	registrationAtAddress = attempt{"registration at address", 100, 15 * time.Minute}
	stravaAtAddress       = attempt{"sign-in by Strava at address", 50, 15 * time.Minute}
	resetAtAddress        = attempt{"reset at address", 20, time.Hour}
	linkAtAddress         = attempt{"link at address", 20, time.Hour}
	letterOfAccount       = attempt{"letter of account", 3, time.Hour}
	confirmOfAccount      = attempt{"confirmation of account", 5, 15 * time.Minute}
)

// by is the throttle of what somebody tries.
func (a attempt) by(somebody string) store.Throttle {
	return store.Throttle{Key: sha256.Sum256([]byte(a.name + "\x00" + somebody)), Free: a.free, Longest: a.longest}
}

func (a attempt) byAccount(id int64) store.Throttle { return a.by(strconv.FormatInt(id, 10)) }

// ofSignIn are the throttles of a sign-in. A device that the account's owner signed in from has one of its own, so that who
// tries from elsewhere does not keep the owner out.
func ofSignIn(email string, client Client, known bool) (cleared, returned []store.Throttle) {
	if known {
		return []store.Throttle{signInAtDevice.by(client.Device)}, nil
	}
	return []store.Throttle{signInOfAccount.by(strings.ToLower(strings.TrimSpace(email)))}, []store.Throttle{signInAtAddress.by(client.Address)}
}

// admit counts an attempt, before any of its work. One too many is Throttled and says when to come back.
func (s *Service) admit(ctx context.Context, throttles ...store.Throttle) error {
	var wait time.Duration
	err := s.database.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		wait, err = store.TakeThrottles(ctx, conn, throttles, s.now())
		return err
	})
	if err != nil || wait == 0 {
		return err
	}
	logging.Log(ctx, slog.LevelWarn, logging.EventAccountThrottled, "attempt refused: too many", slog.Int("wait_s", int(wait.Seconds())))
	return fault.New(fault.Throttled, "throttled", "There were too many attempts. Please wait a moment and try again.").After(wait)
}

// deviceOf gives the device's token, a new one where the browser has none that could be one of ours, and its hash.
func deviceOf(client Client) (token string, hash store.TokenHash) {
	token = client.Device
	if len(token) != keyLength {
		token = secret.NewToken()
	}
	return token, hashOf(token)
}
