package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

type settingsOutput struct{ Body athlete.Settings }

// LoadEffect is what a change does to the load of activities.
type LoadEffect struct {
	Activities  int            `json:"activities" doc:"Whose load comes out differently"`
	FirstDay    *training.Date `json:"first_day,omitempty" doc:"First day of these; absent where there are none"`
	TRIMPBefore float64        `json:"trimp_before" doc:"Of these together"`
	TRIMPAfter  float64        `json:"trimp_after"`
}

// SettingsPreview is what a change of settings would do.
type SettingsPreview struct {
	Alters bool           `json:"alters" doc:"Whether activities' figures can come out differently"`
	Causes []string       `json:"causes" doc:"The settings that do it"`
	From   *training.Date `json:"from,omitempty" doc:"First day on which they can; absent for the whole history"`
	LoadEffect
	Before *store.Headline `json:"before,omitempty" doc:"Today, as it stands; absent where nothing alters, neither activities nor today"`
	After  *store.Headline `json:"after,omitempty" doc:"Today, as it would stand"`

	StateBefore load.State `json:"state_before,omitempty" doc:"Today in a word, as it stands"`
	StateAfter  load.State `json:"state_after,omitempty" doc:"Today in a word, as it would stand"`
}

func (a *API) settingsOperations(service huma.API) {
	register(service, reads(operation(http.MethodGet, "/v1/settings", "settings", "All settings, as valid today")),
		func(ctx context.Context, _ *struct{}) (*settingsOutput, error) {
			settings, err := a.Athletes.Settings(ctx, identity(ctx).AccountID)
			return &settingsOutput{settings}, err
		})
	register(service, operation(http.MethodPost, "/v1/settings/preview", "preview-settings", "What a change of settings would do to the figures; changes nothing"),
		func(ctx context.Context, in *struct{ Body athlete.Patch }) (*struct{ Body SettingsPreview }, error) {
			accountID := identity(ctx).AccountID
			planned, err := a.Athletes.Plan(ctx, accountID, in.Body)
			if err != nil {
				return nil, err
			}
			out := SettingsPreview{Alters: planned.Alters, Causes: planned.Causes, From: planned.From}
			if out.Causes == nil {
				out.Causes = []string{}
			}
			if planned.Alters || planned.Redraws {
				preview, err := a.Load.Preview(ctx, accountID, planned.Profiles, planned.Alters, planned.From)
				if err != nil {
					return nil, err
				}
				out.LoadEffect = LoadEffect{preview.Change.Activities, preview.Change.FirstDay, preview.Change.TRIMPBefore, preview.Change.TRIMPAfter}
				out.Before, out.After = &preview.Before, &preview.After
				out.StateBefore, out.StateAfter = preview.StateBefore, preview.StateAfter
			}
			return &struct{ Body SettingsPreview }{out}, nil
		})
	register(service, status(operation(http.MethodDelete, "/v1/settings/proposals/max_hr", "dismiss-max-hr",
		"Propose no maximum heart rate by what was recorded so far"), http.StatusNoContent),
		func(ctx context.Context, _ *struct{}) (*struct{}, error) {
			return nil, a.Athletes.Dismiss(ctx, identity(ctx).AccountID)
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
