package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/strava"
)

// callbackPath is where Strava sends the browser back to.
const callbackPath = "/v1/strava/callback"

// outcome is how an attempt to connect ended; the page at /?strava=<outcome> says what happened and how to go on.
type outcome string

const (
	outcomeConnected   outcome = "connected"   // done; the import runs
	outcomeDenied      outcome = "denied"      // the athlete said no at Strava
	outcomeState       outcome = "state"       // the answer is not this session's, too old, or used
	outcomeScope       outcome = "scope"       // activities were not granted
	outcomeTaken       outcome = "taken"       // the Strava athlete belongs to another account
	outcomeOther       outcome = "other"       // this account is connected to another Strava athlete
	outcomeErasing     outcome = "erasing"     // what came with the connection before is still being erased
	outcomeFull        outcome = "full"        // Strava allows this app no further athlete
	outcomeCode        outcome = "code"        // Strava no longer accepts its own code
	outcomeSignedOut   outcome = "signed-out"  // the session ended meanwhile
	outcomeUnavailable outcome = "unavailable" // Strava or the database did not answer
)

type redirect struct {
	Status   int
	Location string `header:"Location"`
}

type callbackInput struct {
	Cookie string `header:"Cookie" hidden:"true"`
	Code   string `query:"code" maxLength:"512" doc:"To be exchanged for tokens"`
	Scope  string `query:"scope" maxLength:"512" doc:"What the athlete granted"`
	State  string `query:"state" maxLength:"512" doc:"As sent along"`
	Error  string `query:"error" maxLength:"512" doc:"access_denied where the athlete said no"`
}

func (a *API) stravaOperations(service huma.API) {
	register(service, status(operation(http.MethodGet, "/v1/strava/connect", "strava-connect", "Go to Strava for the athlete's consent"), http.StatusSeeOther),
		func(ctx context.Context, _ *struct{}) (*redirect, error) {
			if err := a.Accounts.DemandConsents(ctx, identity(ctx)); err != nil {
				return nil, err
			}
			state, err := a.Accounts.BeginOAuth(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			return &redirect{http.StatusSeeOther, a.Strava.AuthorizeURL(state, a.PublicURL.JoinPath(callbackPath).String())}, nil
		})
	register(service, status(operation(http.MethodDelete, "/v1/strava", "strava-disconnect", "End the connection to Strava and erase everything that came from there"), http.StatusNoContent),
		a.disconnect)
	callback := open(status(operation(http.MethodGet, callbackPath, "strava-callback", "Where Strava sends the browser back to; answers with a redirect to the page that says how it ended"), http.StatusSeeOther))
	// What Strava adds one day must not end an athlete's way, and what it never sends ends with the state.
	callback.RejectUnknownQueryParameters, callback.SkipValidateParams = false, true
	register(service, callback,
		func(ctx context.Context, in *callbackInput) (*redirect, error) {
			target := a.PublicURL.JoinPath("/")
			target.RawQuery = "strava=" + string(a.finishOAuth(ctx, in))
			return &redirect{http.StatusSeeOther, target.String()}, nil
		})
}

// disconnect ends the connection at once; what came from Strava is erased right after, within a day at the latest.
func (a *API) disconnect(ctx context.Context, _ *struct{}) (*struct{}, error) {
	dueID, err := a.Activities.Disconnect(ctx, identity(ctx).AccountID)
	if err != nil {
		return nil, err
	}
	a.wake(ctx, 0, dueID)
	return nil, nil
}

// finishOAuth consumes the state before anything else, so that an answer can be used once whatever comes after.
func (a *API) finishOAuth(ctx context.Context, in *callbackInput) outcome {
	who, err := a.identify(ctx, in.Cookie)
	if err != nil {
		return a.outcomeOf(ctx, err)
	}
	ctx = logging.WithAttrs(ctx, slog.Int64("account_id", who.AccountID))
	if err := a.Accounts.ConsumeOAuth(ctx, who, in.State); err != nil {
		return a.outcomeOf(ctx, err)
	}
	if in.Error != "" || in.Code == "" {
		return outcomeDenied
	}
	scopes := strings.Split(in.Scope, ",")
	if err := activitysync.CheckScopes(scopes); err != nil { // before the exchange, which ends the tokens before
		return a.outcomeOf(ctx, err)
	}
	grant, err := a.Strava.Exchange(ctx, in.Code)
	if err != nil {
		return a.outcomeOf(ctx, err)
	}
	dueID, err := a.Activities.Connect(ctx, who.AccountID, grant, scopes)
	if err != nil {
		return a.outcomeOf(ctx, err)
	}
	a.wake(ctx, who.AccountID, dueID)
	return outcomeConnected
}

// outcomeOf says in one word what a failure means for the athlete, and logs what the athlete can do nothing about.
func (a *API) outcomeOf(ctx context.Context, err error) outcome {
	var refused *strava.Error
	if errors.As(err, &refused) {
		switch refused.Code {
		case strava.CodeAthleteLimit:
			return outcomeFull
		case strava.CodeBadGrant:
			return outcomeCode
		}
	}
	if known, ok := fault.As(err); ok {
		switch known.Code {
		case "signed-out":
			return outcomeSignedOut
		case "oauth-state":
			return outcomeState
		case "strava-scope":
			return outcomeScope
		case "strava-athlete-taken":
			return outcomeTaken
		case "strava-other-athlete":
			return outcomeOther
		case "strava-erasing":
			return outcomeErasing
		}
	}
	serverless.Report(ctx, fmt.Errorf("connect Strava: %w", err))
	return outcomeUnavailable
}

// wakeTimeout bounds what a person waits for a wake-up to be published, which nothing depends on.
const wakeTimeout = 2 * time.Second

// wake tells Sync that work waits. A message that is lost costs a minute at the most: Dispatch finds the row.
func (a *API) wake(ctx context.Context, accountID, dueID int64) {
	publish(ctx, a.Wake, accountID, dueID)
}

// wakeMail tells Mail that an e-mail is due, as wake does; nothing where none is.
func (a *API) wakeMail(ctx context.Context, accountID, dueID int64) {
	if dueID != 0 {
		publish(ctx, a.WakeMail, accountID, dueID)
	}
}

func publish(ctx context.Context, wake func(context.Context, int64, int64) error, accountID, dueID int64) {
	ctx, cancel := context.WithTimeout(ctx, wakeTimeout)
	defer cancel()
	if err := wake(ctx, accountID, dueID); err != nil {
		logging.Log(ctx, slog.LevelWarn, logging.EventFunctionFailed, "wake-up not published; the next tick finds the work",
			slog.Any("error", err), slog.Int64("due_id", dueID))
	}
}
