package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/document"
	"github.com/train-d/train-d/shared/store"
)

// Registration is what a person gives to open an account.
type Registration struct {
	Email       string `json:"email" format:"email" maxLength:"254" doc:"Where the account's owner can be reached"`
	Password    string `json:"password" minLength:"8" maxLength:"128"`
	AcceptTerms bool   `json:"accept_terms" doc:"Agreement to the terms, the privacy notice and the use of health data; must be true"`
}

// Credentials are what a person signs in with.
type Credentials struct {
	Email    string `json:"email" maxLength:"254"`
	Password string `json:"password" maxLength:"128"`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the second factor, or a recovery code; asked for by the problem second-factor-needed"`
}

// Who tells who is signed in.
type Who struct {
	AccountID     int64           `json:"account_id"`
	Email         *string         `json:"email" doc:"null where the account has none"`
	EmailVerified bool            `json:"email_verified" doc:"Whether mail to the address is known to reach its owner"`
	HasPassword   bool            `json:"has_password"`
	SecondFactor  bool            `json:"second_factor" doc:"Whether signing in needs a code"`
	Recent        bool            `json:"recent" doc:"Whether what guards the account may be changed without confirming first who one is"`
	ConsentsDue   []document.Name `json:"consents_due" doc:"Documents that were not agreed to as they read now"`
	ExpiresAt     time.Time       `json:"expires_at" doc:"When the session ends at the latest"`
}

// signedIn carries the session's token, and that by which the device is known again.
type signedIn struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      Who
}

// Anybody is what the edge knows of who asks before anybody has signed in.
type Anybody struct {
	UserAgent string `header:"User-Agent" hidden:"true"`
	Cookie    string `header:"Cookie" hidden:"true"`
}

func (a *API) client(ctx context.Context, in Anybody) account.Client {
	return account.Client{UserAgent: in.UserAgent, Address: addressOf(ctx), Device: tokenOf(in.Cookie, cookieName(deviceCookie, a.secure()))}
}

func (a *API) accountOperations(service huma.API) {
	register(service, open(status(operation(http.MethodPost, "/v1/accounts", "register", "Open an account; answers signed in"), http.StatusCreated)),
		func(ctx context.Context, in *struct {
			Anybody
			Body Registration
		}) (*signedIn, error) {
			session, err := a.Accounts.Register(ctx, account.Registration{
				Email: in.Body.Email, Password: in.Body.Password, AcceptTerms: in.Body.AcceptTerms,
			}, a.client(ctx, in.Anybody))
			if err == nil {
				a.wakeMail(ctx, session.AccountID, session.LetterID)
			}
			return a.signedIn(session, err)
		})
	register(service, open(operation(http.MethodPost, "/v1/session", "sign-in", "Sign in")),
		func(ctx context.Context, in *struct {
			Anybody
			Body Credentials
		}) (*signedIn, error) {
			session, err := a.Accounts.SignIn(ctx, account.Attempt(in.Body), a.client(ctx, in.Anybody))
			return a.signedIn(session, err)
		})
	register(service, reads(operation(http.MethodGet, "/v1/session", "who", "Who is signed in")),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Who }, error) {
			who, err := a.Accounts.Who(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			return &struct{ Body Who }{a.who(who)}, nil
		})
	register(service, status(operation(http.MethodDelete, "/v1/session", "sign-out", "Sign out"), http.StatusNoContent),
		func(ctx context.Context, _ *struct{}) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
		}, error) {
			if err := a.Accounts.SignOut(ctx, identity(ctx)); err != nil {
				return nil, err
			}
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
			}{a.cookie(sessionCookie, "", time.Time{})}, nil
		})
}

func (a *API) who(who store.Who) Who {
	out := Who{
		AccountID: who.AccountID, EmailVerified: who.EmailVerified, HasPassword: who.HasPassword, SecondFactor: who.SecondFactor,
		ConsentsDue: account.ConsentsDue(who.Consents), ExpiresAt: who.ExpiresAt,
	}
	if who.Email != "" {
		out.Email = &who.Email
	}
	out.Recent = who.ConfirmedAt != nil && a.Accounts.IsRecent(*who.ConfirmedAt)
	return out
}

func (a *API) signedIn(session account.Session, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	return &signedIn{SetCookie: a.sessionCookies(session), Body: a.who(session.Who)}, nil
}

// sessionCookies carry a session that was just opened to its browser.
func (a *API) sessionCookies(session account.Session) []http.Cookie {
	return []http.Cookie{
		a.cookie(sessionCookie, session.Token, session.ExpiresAt),
		a.cookie(deviceCookie, session.Device, time.Now().Add(store.ForgetDevices)),
	}
}
