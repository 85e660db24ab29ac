package api

import (
	"context"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Address is an e-mail address.
type Address struct {
	Email string `json:"email" format:"email" maxLength:"254"`
}

// LinkToken is the secret of a mailed link. It travels in the body: a path stands in the platform's request log, where the
// token of a refused request would still let in.
type LinkToken struct {
	Token string `json:"token" maxLength:"64" doc:"As it stands in the link"`
}

// PasswordByLink replaces a password that was forgotten.
type PasswordByLink struct {
	LinkToken
	NewPassword
}

// resetAnswer is how long after it was asked for a reset is answered, longer than its work takes: how long that was would
// tell whether there is such an account.
const resetAnswer = 250 * time.Millisecond

// resetJitter is up to how much longer it takes, by chance: a machine that has just worked wakes up a little sooner.
const resetJitter = 50 * time.Millisecond

func (a *API) letterOperations(service huma.API) {
	register(service, open(status(operation(http.MethodPost, "/v1/password-resets", "request-password-reset",
		"Mail a link that sets another password, if the address is an account's"), http.StatusAccepted)),
		func(ctx context.Context, in *struct {
			Anybody
			Body Address
		}) (*struct{}, error) {
			answer := time.After(resetAnswer + rand.N(resetJitter))
			due, err := a.Accounts.RequestPasswordReset(ctx, in.Body.Email, a.client(ctx, in.Anybody))
			if err != nil {
				return nil, err
			}
			go a.wakeMail(context.WithoutCancel(ctx), due.AccountID, due.DueID) // the first has a connection to make
			select {
			case <-answer:
			case <-ctx.Done():
			}
			return nil, nil
		})
	register(service, open(status(operation(http.MethodPut, "/v1/password-resets", "reset-password",
		"Set another password by a mailed link; signs out everywhere"), http.StatusNoContent)),
		func(ctx context.Context, in *struct {
			Anybody
			Body PasswordByLink
		}) (*struct{}, error) {
			return nil, a.Accounts.ResetPassword(ctx, in.Body.Token, in.Body.NewPassword.NewPassword, a.client(ctx, in.Anybody))
		})
	register(service, status(operation(http.MethodPost, "/v1/email-verifications", "request-verification",
		"Mail another link that verifies the account's address"), http.StatusAccepted),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return a.mailed(ctx)(a.Accounts.RequestVerification(ctx, identity(ctx)))
		})
	register(service, open(status(operation(http.MethodPut, "/v1/email-verifications", "verify-email",
		"Verify an address by a mailed link"), http.StatusNoContent)),
		func(ctx context.Context, in *struct {
			Anybody
			Body LinkToken
		}) (*struct{}, error) {
			notice, err := a.Accounts.VerifyEmail(ctx, in.Body.Token, a.client(ctx, in.Anybody))
			if err == nil {
				a.wakeMail(ctx, notice.AccountID, notice.DueID)
			}
			return nil, err
		})
	register(service, status(operation(http.MethodPut, "/v1/account/email", "change-email",
		"Mail a link to another address, which is the account's once it was followed"), http.StatusAccepted),
		func(ctx context.Context, in *struct{ Body Address }) (*struct{}, error) {
			return a.mailed(ctx)(a.Accounts.ChangeEmail(ctx, identity(ctx), in.Body.Email))
		})
}

// mailed tells Mail of a row that is due to who is signed in.
func (a *API) mailed(ctx context.Context) func(dueID int64, err error) (*struct{}, error) {
	return func(dueID int64, err error) (*struct{}, error) {
		if err == nil {
			a.wakeMail(ctx, identity(ctx).AccountID, dueID)
		}
		return nil, err
	}
}
