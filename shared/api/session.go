package api

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/train-d/train-d/shared/account"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/logging"
)

// sessionScheme names the session's cookie in the OpenAPI document.
const sessionScheme = "session"

// The cookies. The first lets in; by the second a device is known again.
const (
	sessionCookie = "session"
	deviceCookie  = "device"
	stravaCookie  = "strava" // ties a sign-in at Strava to the browser that began it
)

type identityKey struct{}

// cookieName carries the __Host- prefix where the origin is HTTPS: browsers then refuse it from any other host or path.
func cookieName(name string, secure bool) string {
	if secure {
		return "__Host-" + name
	}
	return name
}

// secure reports whether browsers reach the service over HTTPS.
func (a *API) secure() bool { return a.PublicURL.Scheme == "https" }

// cookie carries a token to the browser; an empty token takes it away.
func (a *API) cookie(name, token string, expires time.Time) http.Cookie {
	cookie := http.Cookie{
		Name: cookieName(name, a.secure()), Value: token, Path: "/", Expires: expires,
		Secure: a.secure(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// authenticate puts who is signed in into the context of every operation that demands it, and refuses the others. An
// operation that only reads goes on at once with who the token says it is: its first read takes the proof along.
func (a *API) authenticate() func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		if len(hc.Operation().Security) == 0 {
			next(hc)
			return
		}
		ctx, identity, err := a.identified(hc)
		if err != nil {
			writeProblem(hc, problem(ctx, err, "header"))
			return
		}
		ctx = logging.WithAttrs(ctx, slog.Int64("account_id", identity.AccountID))
		next(huma.WithContext(hc, context.WithValue(ctx, identityKey{}, identity)))
	}
}

// identified tells who asks, and in which context the operation runs.
func (a *API) identified(hc huma.Context) (context.Context, account.Identity, error) {
	ctx, cookies := hc.Context(), hc.Header("Cookie")
	if _, reads := hc.Operation().Metadata[readsOnly]; reads {
		if presumed, identity, ok := a.Accounts.Presume(ctx, tokenOf(cookies, cookieName(sessionCookie, a.secure()))); ok {
			settle := func() error { return a.Accounts.Settle(presumed) }
			return context.WithValue(presumed, settleKey{}, settle), identity, nil
		}
	}
	identity, err := a.identify(ctx, cookies)
	return ctx, identity, err
}

// readsOnly marks operations in Huma's metadata.
const readsOnly = "reads-only"

// reads marks an operation that reads from the database and does nothing else, so that what it has read can be thrown away
// where the session turns out to have ended.
func reads(o huma.Operation) huma.Operation {
	return marked(o, readsOnly, nil)
}

type settleKey struct{}

// settled asks for the proof of a presumed identity where no read did, and gives what the request is refused with. A fault
// of the system comes first: where the database could not be asked once it is not asked again.
func settled(ctx context.Context, err error) error {
	settle, presumed := ctx.Value(settleKey{}).(func() error)
	if !presumed || (err != nil && problemStatus[fault.KindOf(err)] >= http.StatusInternalServerError) {
		return err
	}
	return cmp.Or(settle(), err)
}

// identify finds the session of the request's cookie.
func (a *API) identify(ctx context.Context, header string) (account.Identity, error) {
	token := tokenOf(header, cookieName(sessionCookie, a.secure()))
	if token == "" {
		return account.Identity{}, fault.New(fault.Unauthenticated, "signed-out", "Please sign in.")
	}
	return a.Accounts.Authenticate(ctx, token)
}

// tokenOf reads one cookie from a Cookie header.
func tokenOf(header, name string) string {
	request := http.Request{Header: http.Header{"Cookie": {header}}}
	cookie, err := request.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}

// identity is who is signed in; operations without a session must not ask.
func identity(ctx context.Context) account.Identity {
	return ctx.Value(identityKey{}).(account.Identity)
}

// writeProblem answers from a middleware, where an error cannot be returned.
func writeProblem(hc huma.Context, out *Problem) {
	_, w := humago.Unwrap(hc)
	refuse(w, out)
}
