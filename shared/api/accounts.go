package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/account"
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
}

// Who tells who is signed in.
type Who struct {
	AccountID int64     `json:"account_id"`
	Email     string    `json:"email"`
	ExpiresAt time.Time `json:"expires_at" doc:"When the session ends at the latest"`
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Who
}

func (a *API) accountOperations(service huma.API) {
	register(service, open(status(operation(http.MethodPost, "/v1/accounts", "register", "Open an account; answers signed in"), http.StatusCreated)),
		func(ctx context.Context, in *struct {
			UserAgent string `header:"User-Agent" hidden:"true"`
			Body      Registration
		}) (*signedIn, error) {
			session, err := a.Accounts.Register(ctx, account.Registration{
				Email: in.Body.Email, Password: in.Body.Password, AcceptTerms: in.Body.AcceptTerms, Device: in.UserAgent,
			})
			return a.signedIn(session, err)
		})
	register(service, open(operation(http.MethodPost, "/v1/session", "sign-in", "Sign in")),
		func(ctx context.Context, in *struct {
			UserAgent string `header:"User-Agent" hidden:"true"`
			Body      Credentials
		}) (*signedIn, error) {
			session, err := a.Accounts.SignIn(ctx, in.Body.Email, in.Body.Password, in.UserAgent)
			return a.signedIn(session, err)
		})
	register(service, operation(http.MethodGet, "/v1/session", "who", "Who is signed in"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Who }, error) {
			who := identity(ctx)
			return &struct{ Body Who }{Who{AccountID: who.AccountID, Email: who.Email, ExpiresAt: who.ExpiresAt}}, nil
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
			}{a.cookie("", time.Time{})}, nil
		})
}

func (a *API) signedIn(session account.Session, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	return &signedIn{
		SetCookie: a.cookie(session.Token, session.ExpiresAt),
		Body:      Who{AccountID: session.AccountID, Email: session.Email, ExpiresAt: session.ExpiresAt},
	}, nil
}
