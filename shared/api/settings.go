package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/athlete"
)

type settingsOutput struct{ Body athlete.Settings }

func (a *API) settingsOperations(service huma.API) {
	register(service, reads(operation(http.MethodGet, "/v1/settings", "settings", "All settings, as valid today")),
		func(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
			settings, err := a.Athletes.Settings(ctx, identity(ctx).AccountID)
			return &settingsOutput{settings}, err
		})
	register(service, operation(http.MethodPatch, "/v1/settings", "change-settings", "Change some settings, all of them or none"),
		func(ctx context.Context, in *struct{ Body athlete.Patch }) (*settingsOutput, error) {
			accountID := identity(ctx).AccountID
			settings, err := a.Athletes.Update(ctx, accountID, in.Body)
			if err != nil {
				return nil, err
			}
			if settings.DueID != 0 {
				a.wake(ctx, accountID, settings.DueID)
			}
			return &settingsOutput{settings}, nil
		})
}
