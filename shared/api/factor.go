package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// NewSecondFactor is a secret for an authenticator, shown once.
type NewSecondFactor struct {
	Secret string `json:"secret" doc:"Base32, for typing"`
	URI    string `json:"uri" doc:"otpauth address, for an authenticator to scan"`
}

// FactorCode is what the authenticator shows.
type FactorCode struct {
	Code string `json:"code" maxLength:"64"`
}

// RecoveryCodes each stand once for the authenticator's code. They are shown here and never again.
type RecoveryCodes struct {
	RecoveryCodes []string `json:"recovery_codes"`
}

func recovery(codes []string, err error) (*struct{ Body RecoveryCodes }, error) {
	if err != nil {
		return nil, err
	}
	return &struct{ Body RecoveryCodes }{RecoveryCodes{codes}}, nil
}

func (a *API) factorOperations(service huma.API) {
	register(service, status(operation(http.MethodPost, "/v1/second-factor", "begin-second-factor",
		"Make a secret for an authenticator; it counts once a code of it was seen"), http.StatusCreated),
		func(ctx context.Context, _ *struct{}) (*struct{ Body NewSecondFactor }, error) {
			factor, err := a.Accounts.BeginSecondFactor(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			return &struct{ Body NewSecondFactor }{NewSecondFactor{factor.Secret, factor.URI}}, nil
		})
	register(service, operation(http.MethodPut, "/v1/second-factor", "confirm-second-factor",
		"Let the second factor count from now on; signs out everywhere else"),
		func(ctx context.Context, in *struct{ Body FactorCode }) (*struct{ Body RecoveryCodes }, error) {
			return recovery(a.Accounts.ConfirmSecondFactor(ctx, identity(ctx), in.Body.Code))
		})
	register(service, status(operation(http.MethodDelete, "/v1/second-factor", "remove-second-factor",
		"Sign in without a code again"), http.StatusNoContent),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, a.Accounts.RemoveSecondFactor(ctx, identity(ctx))
		})
	register(service, operation(http.MethodPost, "/v1/second-factor/recovery-codes", "renew-recovery-codes",
		"New recovery codes in place of all before"),
		func(ctx context.Context, _ *struct{}) (*struct{ Body RecoveryCodes }, error) {
			return recovery(a.Accounts.RenewRecoveryCodes(ctx, identity(ctx)))
		})
}
