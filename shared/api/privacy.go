package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/train-d/train-d/shared/serverless"
	"github.com/train-d/train-d/shared/store"
)

func (a *API) privacyOperations(service huma.API) {
	export := operation(http.MethodGet, "/v1/account/export", "export-account", "Everything held about me, as a zip of CSV and JSON with a README")
	export.Responses = map[string]*huma.Response{"200": {
		Description: "The zip, written as it is read: one that breaks off is not whole and can't be opened",
		Content:     map[string]*huma.MediaType{"application/zip": {Schema: &huma.Schema{Type: "string", Format: "binary"}}},
	}}
	register(service, export, func(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
		if err := a.demandRecent(ctx); err != nil {
			return nil, err
		}
		return &huma.StreamResponse{Body: a.export}, nil
	})
}

// Erasure asks for the end of the account.
type Erasure struct {
	Confirm string `json:"confirm" enum:"erase" doc:"Says that it is meant: there is no way back"`
}

// Erasing is the receipt of an account that is being erased.
type Erasing struct {
	Receipt string    `json:"receipt" format:"uuid" doc:"Shows at /v1/erasures/{receipt} how far it is"`
	DueBy   time.Time `json:"due_by" doc:"When nothing is left, at the latest"`
}

// ErasureReceipt is how far an erasure is. It names nobody.
type ErasureReceipt struct {
	RequestedAt time.Time      `json:"requested_at"`
	DueBy       time.Time      `json:"due_by" doc:"When nothing is left, at the latest"`
	ErasedAt    *time.Time     `json:"erased_at,omitempty" doc:"When counting over every table found nothing left; absent while it is under way"`
	Erased      map[string]int `json:"erased" doc:"Rows that went, by table"`
	Strava      string         `json:"strava" enum:"pending,ended,superseded,given_up" doc:"The authorization at Strava: ended also where there was none, superseded by a later connection, given up where Strava did not answer for 30 days"`
}

func (a *API) erasureOperations(service huma.API) {
	register(service, status(operation(http.MethodDelete, "/v1/account", "erase-account", "End my account at once, and erase everything held about me within a day"), http.StatusAccepted),
		func(ctx context.Context, _ *struct{ Body Erasure }) (*struct {
			SetCookie http.Cookie `header:"Set-Cookie"`
			Body      Erasing
		}, error) {
			if err := a.demandRecent(ctx); err != nil {
				return nil, err
			}
			erasing, err := a.Accounts.Erase(ctx, identity(ctx))
			if err != nil {
				return nil, err
			}
			a.wake(ctx, 0, erasing.DueID)
			return &struct {
				SetCookie http.Cookie `header:"Set-Cookie"`
				Body      Erasing
			}{a.cookie(sessionCookie, "", time.Time{}), Erasing{erasing.Receipt, erasing.DueBy}}, nil
		})
	register(service, open(operation(http.MethodGet, "/v1/erasures/{receipt}", "erasure", "How far an erasure is, for whoever holds its receipt")),
		func(ctx context.Context, in *struct {
			Receipt string `path:"receipt" format:"uuid" maxLength:"36"`
		}) (*struct{ Body ErasureReceipt }, error) {
			found, err := a.Accounts.Receipt(ctx, in.Receipt)
			if err != nil {
				return nil, err
			}
			return &struct{ Body ErasureReceipt }{ErasureReceipt{
				RequestedAt: found.RequestedAt, DueBy: found.RequestedAt.Add(store.EraseWithin), ErasedAt: found.ErasedAt,
				Erased: found.Erased, Strava: found.Revocation,
			}}, nil
		})
}

// demandRecent refuses what needs a recent proof of who is signed in.
func (a *API) demandRecent(ctx context.Context) error { return a.Accounts.DemandRecent(identity(ctx)) }

// export streams the zip. A failure before its first byte is a problem like any other; one after it cuts the connection, so
// that nobody takes the part for the whole.
func (a *API) export(hc huma.Context) {
	ctx := hc.Context()
	_, w := humago.Unwrap(hc)
	if deadline, ok := ctx.Deadline(); ok { // a reader that stopped reading keeps a connection no longer than a request may last
		_ = http.NewResponseController(w).SetWriteDeadline(deadline)
	}
	out := &download{ResponseWriter: w, name: "train-d-" + time.Now().UTC().Format(time.DateOnly) + ".zip"}
	switch err := a.Accounts.Export(ctx, identity(ctx), out); {
	case err == nil:
	case !out.begun:
		writeProblem(hc, problem(ctx, err, "query"))
	default:
		serverless.Report(ctx, err)
		panic(http.ErrAbortHandler)
	}
}

// download sets the headers of a file when its first byte is written.
type download struct {
	http.ResponseWriter
	name  string
	begun bool
}

// Write implements io.Writer.
func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		d.Header().Set("Content-Type", "application/zip")
		d.Header().Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	}
	return d.ResponseWriter.Write(b)
}
