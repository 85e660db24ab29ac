package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/store"
	"github.com/train-d/train-d/shared/training"
)

// LoadChange is why figures are others than they were.
type LoadChange struct {
	ID     int64          `json:"id"`
	Causes []string       `json:"causes" doc:"Settings that changed, by their names; formula where Train-D computes differently"`
	From   *training.Date `json:"from,omitempty" doc:"First day whose activities could change; absent for the whole history"`
	LoadEffect
	Before     store.Headline  `json:"before" doc:"The day of the change, before"`
	After      *store.Headline `json:"after,omitempty" doc:"And after; absent while it is being worked out"`
	BegunAt    time.Time       `json:"begun_at"`
	FinishedAt *time.Time      `json:"finished_at,omitempty"`
}

// LoadChanges are an account's changes of figures.
type LoadChanges struct {
	Changes []LoadChange `json:"changes" doc:"The latest first"`
	Next    int64        `json:"next,omitempty" doc:"To be given as before for what follows; absent at the end"`
}

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
	register(service, reads(operation(http.MethodGet, "/v1/training-load/changes", "load-changes", "Why figures are others than they were, and which")),
		func(ctx context.Context, in *struct {
			Before int64 `query:"before" minimum:"1" doc:"Ids below this one"`
			Limit  int   `query:"limit" minimum:"1" maximum:"100" default:"20"`
		}) (*struct{ Body LoadChanges }, error) {
			found, err := a.Load.Changes(ctx, identity(ctx).AccountID, in.Before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := LoadChanges{Changes: make([]LoadChange, len(found))}
			for i, one := range found {
				out.Changes[i] = LoadChange{one.ID, one.Causes, one.From,
					LoadEffect{one.Activities, one.FirstDay, one.TRIMPBefore, one.TRIMPAfter}, one.Before, one.After, one.BegunAt, one.FinishedAt}
			}
			if len(found) == in.Limit {
				out.Next = found[len(found)-1].ID
			}
			return &struct{ Body LoadChanges }{out}, nil
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
