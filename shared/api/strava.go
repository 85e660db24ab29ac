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

	"github.com/train-d/train-d/shared/account"
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
	outcomeConnected   outcome = "connected"     // done; the import runs
	outcomeDenied      outcome = "denied"        // the athlete said no at Strava
	outcomeState       outcome = "state"         // the answer is not this session's, too old, or used
	outcomeScope       outcome = "scope"         // activities were not granted
	outcomeTaken       outcome = "taken"         // the Strava athlete belongs to another account
	outcomeOther       outcome = "other"         // this account is connected to another Strava athlete
	outcomeErasing     outcome = "erasing"       // what came with the connection before is still being erased
	outcomeFull        outcome = "full"          // Strava allows this app no further athlete
	outcomeCode        outcome = "code"          // Strava no longer accepts its own code
	outcomeSignedOut   outcome = "signed-out"    // the session ended meanwhile
	outcomeSignedIn    outcome = "signed-in"     // signed in by Strava
	outcomeNoAccount   outcome = "no-account"    // nobody is connected to the athlete, and the terms were not accepted
	outcomeFactor      outcome = "second-factor" // the account needs a code that Strava does not ask for
	outcomeThrottled   outcome = "throttled"     // too many attempts from there
	outcomeUnavailable outcome = "unavailable"   // Strava or the database did not answer
)

type redirect struct {
	Status    int
	Location  string        `header:"Location"`
	SetCookie []http.Cookie `header:"Set-Cookie"`
}

// ended leads to the page that says how an attempt at Strava ended.
func (a *API) ended(how outcome, cookies ...http.Cookie) *redirect {
	target := a.PublicURL.JoinPath("/")
	target.RawQuery = "strava=" + string(how)
	return &redirect{http.StatusSeeOther, target.String(), cookies}
}

type callbackInput struct {
	Anybody
	Code  string `query:"code" maxLength:"512" doc:"To be exchanged for tokens"`
	Scope string `query:"scope" maxLength:"512" doc:"What the athlete granted"`
	State string `query:"state" maxLength:"512" doc:"As sent along"`
	Error string `query:"error" maxLength:"512" doc:"access_denied where the athlete said no"`
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
			return a.toStrava(state), nil
		})
	signIn := operation(http.MethodGet, "/v1/strava/sign-in", "strava-sign-in", "Go to Strava to sign in by it; answers with a redirect, also where that is not possible")
	register(service, open(status(signIn, http.StatusSeeOther)),
		func(ctx context.Context, in *struct {
			Anybody
			AcceptTerms bool `query:"accept_terms" doc:"Agreement to the terms, the privacy notice and the use of health data: an account may be opened"`
		}) (*redirect, error) {
			state, browser, err := a.Accounts.BeginStravaSignIn(ctx, in.AcceptTerms, a.client(ctx, in.Anybody))
			if err != nil {
				return a.ended(a.outcomeOf(ctx, err)), nil
			}
			return a.toStrava(state, a.cookie(stravaCookie, browser, time.Now().Add(time.Hour))), nil
		})
	register(service, status(operation(http.MethodDelete, "/v1/strava", "strava-disconnect", "End the connection to Strava and erase everything that came from there"), http.StatusNoContent),
		a.disconnect)
	callback := open(status(operation(http.MethodGet, callbackPath, "strava-callback", "Where Strava sends the browser back to; answers with a redirect to the page that says how it ended"), http.StatusSeeOther))
	// What Strava adds one day must not end an athlete's way, and what it never sends ends with the state.
	callback.RejectUnknownQueryParameters, callback.SkipValidateParams = false, true
	register(service, callback,
		func(ctx context.Context, in *callbackInput) (*redirect, error) {
			if account.IsSignInState(in.State) {
				how, cookies := a.finishSignIn(ctx, in)
				return a.ended(how, append(cookies, a.cookie(stravaCookie, "", time.Time{}))...), nil
			}
			return a.ended(a.finishOAuth(ctx, in)), nil
		})
}

// toStrava leads to Strava's page of consent.
func (a *API) toStrava(state string, cookies ...http.Cookie) *redirect {
	return &redirect{http.StatusSeeOther, a.Strava.AuthorizeURL(state, a.PublicURL.JoinPath(callbackPath).String()), cookies}
}

// finishSignIn signs in whom Strava names, in the browser that began it, or opens an account for an athlete who has none and
// has accepted the terms. The state is consumed before anything else.
func (a *API) finishSignIn(ctx context.Context, in *callbackInput) (outcome, []http.Cookie) {
	acceptTerms, err := a.Accounts.TakeStravaSignIn(ctx, in.State, tokenOf(in.Cookie, cookieName(stravaCookie, a.secure())))
	if err != nil {
		return a.outcomeOf(ctx, err), nil
	}
	grant, scopes, how := a.exchange(ctx, in)
	if how != "" {
		return how, nil
	}
	accountID, err := a.Accounts.AthletesAccount(ctx, grant.Athlete.ID)
	if err == nil {
		return a.signInByStrava(ctx, in, accountID, grant, scopes)
	}
	if fault.KindOf(err) != fault.NotFound || !acceptTerms {
		return a.outcomeOf(ctx, err), nil
	}
	session, err := a.Accounts.RegisterByStrava(ctx, a.client(ctx, in.Anybody))
	if err != nil {
		return a.outcomeOf(ctx, err), nil
	}
	dueID, err := a.Activities.Connect(ctx, session.AccountID, grant, scopes)
	if err != nil { // somebody was faster, or what came before is still being erased: the account would be of no use
		if _, eraseErr := a.Accounts.Erase(ctx, session.Identity()); eraseErr != nil {
			err = errors.Join(err, eraseErr)
		}
		return a.outcomeOf(ctx, err), nil
	}
	a.wake(ctx, session.AccountID, dueID)
	return outcomeConnected, a.sessionCookies(session)
}

// signInByStrava keeps the tokens, which end those before, and opens a session.
func (a *API) signInByStrava(ctx context.Context, in *callbackInput, accountID int64, grant strava.Grant, scopes []string) (outcome, []http.Cookie) {
	dueID, err := a.Activities.Connect(ctx, accountID, grant, scopes)
	if err != nil {
		return a.outcomeOf(ctx, err), nil
	}
	a.wake(ctx, accountID, dueID)
	session, err := a.Accounts.OpenByStrava(ctx, accountID, a.client(ctx, in.Anybody))
	if err != nil {
		return a.outcomeOf(ctx, err), nil
	}
	return outcomeSignedIn, a.sessionCookies(session)
}

// exchange turns what came back into Strava's grant; how it ended, where it did.
func (a *API) exchange(ctx context.Context, in *callbackInput) (grant strava.Grant, scopes []string, how outcome) {
	if in.Error != "" || in.Code == "" {
		return strava.Grant{}, nil, outcomeDenied
	}
	scopes = strings.Split(in.Scope, ",")
	if err := activitysync.CheckScopes(scopes); err != nil { // before the exchange, which ends the tokens before
		return strava.Grant{}, nil, a.outcomeOf(ctx, err)
	}
	grant, err := a.Strava.Exchange(ctx, in.Code)
	if err != nil {
		return strava.Grant{}, nil, a.outcomeOf(ctx, err)
	}
	return grant, scopes, ""
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
	grant, scopes, how := a.exchange(ctx, in)
	if how != "" {
		return how
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
		case "no-account":
			return outcomeNoAccount
		case "second-factor":
			return outcomeFactor
		case "throttled":
			return outcomeThrottled
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
