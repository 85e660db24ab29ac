package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/train-d/train-d/shared/serverless"
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

// demandRecent refuses what needs a recent sign-in.
func (a *API) demandRecent(context.Context) error { return nil }

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
