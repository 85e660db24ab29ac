// Package api is the HTTP edge of everything a browser calls: operations described by OpenAPI, the session cookie, problem
// details, and the web page on the same origin. It holds no business logic; each operation asks one use case.
package api

import (
	"context"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/activitysync"
	"github.com/train-d/train-d/shared/athlete"
	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/load"
	"github.com/train-d/train-d/shared/strava"
)

// API is what the operations need. All fields are demanded, except Web.
type API struct {
	// PublicURL is the address that browsers see, without a path. Redirects, the OAuth callback and the cookie's name and
	// Secure attribute follow it, never a header of the request.
	PublicURL *url.URL
	// Hops says where in X-Forwarded-For the client's address stands, counted from the right; 0 where there are no proxies.
	Hops int
	// Accounts, Athletes, Activities and Load are the use cases.
	Accounts   *account.Service
	Athletes   *athlete.Service
	Activities *activitysync.Service
	Load       *load.Service
	// Strava begins and finishes OAuth.
	Strava *strava.Client
	// Health tells how the database is reached.
	Health func(ctx context.Context) database.Health
	// Wake publishes that a due row waits. Losing it loses nothing: Dispatch finds the row.
	Wake func(ctx context.Context, accountID, dueID int64) error
	// WakeMail publishes that an e-mail is due. Losing it loses nothing either.
	WakeMail func(ctx context.Context, accountID, dueID int64) error
	// Web holds the files of the web page; index.html answers "/".
	Web fs.FS
}

// Handler builds the whole of what Onboarding answers.
func (a *API) Handler() http.Handler {
	mux := http.NewServeMux()
	a.operations(deferred{mux: mux, prepare: a.prepare})
	mux.Handle("GET /openapi.json", openAPI())
	if a.Web != nil {
		serveWeb(mux, a.Web)
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(refuseCrossOrigin))
	return secured(a.secure(), located(a.Hops, protection.Handler(limited(answered(mux)))))
}

// Describe adds every operation to service. It opens nothing, so that the OpenAPI document can be made without a database.
func (a *API) Describe(service huma.API) { a.prepare(service, a.operations) }

// prepare adds operations to service, and what they all need.
func (a *API) prepare(service huma.API, operations func(huma.API)) {
	service.UseMiddleware(a.authenticate())
	operations(service)
	describeNulls(service.OpenAPI().Components.Schemas)
}

// deferred routes operations, and builds each only when it is first asked for: to derive all their schemas takes a fifth of a
// cold start, whose first request needs one of them or none.
type deferred struct {
	huma.API // has none: an operation gets its own
	mux      *http.ServeMux
	prepare  func(service huma.API, operations func(huma.API))
}

// add routes o to what add builds.
func (d deferred) add(o huma.Operation, add func(huma.API)) {
	built := sync.OnceValue(func() http.Handler {
		own := http.NewServeMux()
		d.prepare(humago.New(own, configuration()), add)
		return own
	})
	d.mux.HandleFunc(o.Method+" "+o.Path, func(w http.ResponseWriter, r *http.Request) { built().ServeHTTP(w, r) })
}

// operations adds the operations of all subjects.
func (a *API) operations(service huma.API) {
	a.accountOperations(service)
	a.sessionOperations(service)
	a.factorOperations(service)
	a.letterOperations(service)
	a.consentOperations(service)
	a.onboardingOperations(service)
	a.settingsOperations(service)
	a.stravaOperations(service)
	a.syncOperations(service)
	a.activityOperations(service)
	a.loadOperations(service)
	a.privacyOperations(service)
	a.erasureOperations(service)
	a.healthOperations(service)
}

// configuration is Huma without its own pages and without $schema links; JSON is all it speaks.
func configuration() huma.Config {
	config := huma.DefaultConfig("Train-D", "1")
	config.Info.Description = "Turns an athlete's Strava activities into training load."
	config.DocsPath, config.SchemasPath, config.OpenAPIPath = "", "", ""
	config.CreateHooks = nil
	config.OnAddOperation = append(config.OnAddOperation, describeAlso)
	config.Components.Schemas = schemas()
	config.Formats = map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		sessionScheme: {Type: "apiKey", In: "cookie", Name: cookieName(sessionCookie, true)},
	}
	return config
}

// operation describes one operation; signed-in ones demand the session.
func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary,
		// Bodies arrive here whole and bounded: see limited.
		MaxBodyBytes: -1, BodyReadTimeout: -1,
		RejectUnknownQueryParameters: true,
		Security:                     []map[string][]string{{sessionScheme: {}}},
	}
}

// open makes an operation answer without a session.
func open(o huma.Operation) huma.Operation {
	o.Security = []map[string][]string{}
	return o
}

// status sets what success answers.
func status(o huma.Operation, code int) huma.Operation {
	o.DefaultStatus = code
	return o
}

// marked keeps a value for an operation that is no part of its document.
func marked(o huma.Operation, key string, value any) huma.Operation {
	o.Metadata = maps.Clone(o.Metadata)
	if o.Metadata == nil {
		o.Metadata = map[string]any{}
	}
	o.Metadata[key] = value
	return o
}

// register adds an operation whose failures become problems.
func register[I, O any](service huma.API, o huma.Operation, handle func(context.Context, *I) (*O, error)) {
	source := "body"
	if o.Method == http.MethodGet {
		source = "query"
	}
	add := func(service huma.API) {
		huma.Register(service, o, func(ctx context.Context, in *I) (*O, error) {
			out, err := handle(ctx, in)
			if err = settled(ctx, err); err != nil {
				return nil, problem(ctx, err, source)
			}
			return out, nil
		})
	}
	if later, ok := service.(deferred); ok {
		later.add(o, add)
		return
	}
	add(service)
}
