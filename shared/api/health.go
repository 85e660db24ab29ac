package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/train-d/train-d/shared/database"
)

type healthOutput struct {
	Status int
	Body   struct {
		Database string `json:"database" enum:"pool,fallback,down" doc:"How the database is reached"`
		Cause    string `json:"cause,omitempty" doc:"Class of what keeps the pool from serving"`
	}
}

func (a *API) healthOperations(service huma.API) {
	health := open(operation(http.MethodGet, "/v1/health", "health", "Whether and how the database is reached; 503 when it is not"))
	register(service, alsoAnswers(health, http.StatusServiceUnavailable, "The database is not reached"),
		func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
			health := a.Health(ctx)
			out := &healthOutput{Status: http.StatusOK}
			out.Body.Database, out.Body.Cause = health.State, string(health.Cause)
			if health.State == database.HealthDown {
				out.Status = http.StatusServiceUnavailable
			}
			return out, nil
		})
}
