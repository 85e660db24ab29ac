package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/account"
)

// OpenSession is a session in force.
type OpenSession struct {
	ID        string    `json:"id"`
	Device    string    `json:"device" doc:"What the browser calls itself"`
	Current   bool      `json:"current" doc:"Whether it is the one that asks"`
	CreatedAt time.Time `json:"created_at"`
	SeenAt    time.Time `json:"seen_at" doc:"To the minute"`
	ExpiresAt time.Time `json:"expires_at" doc:"When it ends at the latest"`
}

// OpenSessions are an account's sessions in force.
type OpenSessions struct {
	Sessions []OpenSession `json:"sessions" doc:"The one last seen first"`
}

// Confirmation proves again who is signed in.
type Confirmation struct {
	Password string `json:"password,omitempty" maxLength:"128" doc:"Where the account has one"`
	Code     string `json:"code,omitempty" maxLength:"64" doc:"Of the second factor, or a recovery code, where there is a second factor"`
}

// NewPassword replaces a password.
type NewPassword struct {
	NewPassword string `json:"new_password" minLength:"8" maxLength:"128"`
}

// renewed carries a session's new token.
type renewed struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) renewed(session account.Session, err error) (*renewed, error) {
	if err != nil {
		return nil, err
	}
	return &renewed{a.cookie(sessionCookie, session.Token, session.ExpiresAt)}, nil
}

func (a *API) sessionOperations(service huma.API) {
	register(service, status(operation(http.MethodPost, "/v1/session/confirmation", "confirm",
		"Prove again who one is; for ten minutes what guards the account may then be changed"), http.StatusNoContent),
		func(ctx context.Context, in *struct{ Body Confirmation }) (*renewed, error) {
			return a.renewed(a.Accounts.Confirm(ctx, identity(ctx), in.Body.Password, in.Body.Code))
		})
	register(service, status(operation(http.MethodPut, "/v1/account/password", "change-password",
		"Set another password, or the first; signs out everywhere else"), http.StatusNoContent),
		func(ctx context.Context, in *struct{ Body NewPassword }) (*renewed, error) {
			return a.renewed(a.Accounts.ChangePassword(ctx, identity(ctx), in.Body.NewPassword))
		})
	register(service, operation(http.MethodGet, "/v1/sessions", "sessions", "Where the account is signed in"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body OpenSessions }, error) {
			found, err := a.Accounts.Sessions(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			out := OpenSessions{Sessions: make([]OpenSession, len(found))}
			for i, one := range found {
				out.Sessions[i] = OpenSession{one.ID, one.Device, one.Current, one.CreatedAt, one.SeenAt, one.ExpiresAt}
			}
			return &struct{ Body OpenSessions }{out}, nil
		})
	register(service, status(operation(http.MethodDelete, "/v1/sessions", "end-other-sessions", "Sign out everywhere else"), http.StatusNoContent),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, a.Accounts.EndOtherSessions(ctx, identity(ctx))
		})
	register(service, status(operation(http.MethodDelete, "/v1/sessions/{id}", "end-session", "Sign out there"), http.StatusNoContent),
		func(ctx context.Context, in *struct {
			ID string `path:"id" maxLength:"64"`
		}) (*struct{}, error) {
			return nil, a.Accounts.EndSession(ctx, identity(ctx), in.ID)
		})
}
