package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/athlete"
)

type onboardingOutput struct{ Body athlete.Progress }

func (a *API) onboardingOperations(service huma.API) {
	register(service, reads(operation(http.MethodGet, "/v1/onboarding", "onboarding", "How far the way to a first load chart is gone")),
		func(ctx context.Context, _ *struct{}) (*onboardingOutput, error) {
			progress, err := a.Athletes.Onboarding(ctx, identity(ctx).AccountID)
			return &onboardingOutput{progress}, err
		})
}
