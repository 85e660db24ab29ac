package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/training"
)

func (a *API) loadOperations(service huma.API) {
	register(service, reads(operation(http.MethodGet, "/v1/training-load", "training-load", "The daily series")),
		func(ctx context.Context, in *struct {
			From   string            `query:"from" format:"date" doc:"First day; the first activity's where absent"`
			To     string            `query:"to" format:"date" doc:"Last day; today where absent"`
			Metric training.LoadKind `query:"metric" enum:"trimp,tss" default:"trimp" doc:"Which load the ratios, fitness and fatigue are made of"`
		}) (*struct{ Body *TrainingLoad }, error) {
			from, err := dayOf("from", in.From, load.FromStart)
			if err != nil {
				return nil, err
			}
			to, err := dayOf("to", in.To, load.UntilToday)
			if err != nil {
				return nil, err
			}
			columns, meta, err := a.Load.Series(ctx, identity(ctx).AccountID, from, to, in.Metric)
			return &struct{ Body *TrainingLoad }{&TrainingLoad{meta, columns}}, err
		})
	register(service, reads(operation(http.MethodGet, "/v1/training-load/today", "today", "Where the athlete stands today, in words and figures")),
		func(ctx context.Context, _ *struct{}) (*struct{ Body load.Today }, error) {
			today, err := a.Load.Today(ctx, identity(ctx).AccountID)
			return &struct{ Body load.Today }{today}, err
		})
}

// dayOf reads a day of the query; an absent one is otherwise.
func dayOf(name, text string, otherwise training.Date) (training.Date, error) {
	if text == "" {
		return otherwise, nil
	}
	day, err := training.ParseDate(text)
	if err != nil {
		return 0, fault.Field(name, "must be a day as YYYY-MM-DD")
	}
	return day, nil
}
