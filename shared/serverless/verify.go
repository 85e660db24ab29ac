package serverless

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/fault"
)

const (
	// certsTimeout bounds the fetch of the keys that sign pushes, which are cached as their answer allows.
	certsTimeout = 5 * time.Second
	maxCerts     = 1 << 20 // bytes
)

// verifier decides whether a push's sender is believed. Its validator is made at the first push and kept on success.
type verifier struct {
	push config.Push

	mu        sync.Mutex
	validator *idtoken.Validator
}

// refusal is a push that is not believed. It is final: the same token will be refused again.
type refusal struct {
	status int // 401 for a token that proves nothing, 403 for somebody who may not push here
	reason string
}

// Error implements error.
func (r *refusal) Error() string { return r.reason }

func refused(status int, format string, values ...any) error {
	return &refusal{status: status, reason: fmt.Sprintf(format, values...)}
}

func newVerifier(push config.Push) *verifier { return &verifier{push: push} }

// verify checks the OIDC token of a push (RS256 by a key of Google's): its issuer, audience and expiry, and that the
// verified e-mail is the service account's. It returns a *refusal, or fault.Unavailable where the keys can't be fetched.
func (v *verifier) verify(ctx context.Context, authorization string) error {
	if v.push.Audience == "" || v.push.ServiceAccount == "" {
		// The library takes no audience for any audience.
		return refused(http.StatusForbidden, "no audience or service account is set: nothing can be believed")
	}
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return refused(http.StatusUnauthorized, "no bearer token")
	}
	if err := checkAlgorithm(token); err != nil {
		return err
	}
	validator, err := v.open()
	if err != nil {
		return fmt.Errorf("make token validator: %w", err)
	}
	payload, err := validator.Validate(ctx, token, v.push.Audience)
	var certs *certsError
	if errors.As(err, &certs) {
		return fault.Wrap(fault.Unavailable, "push_certs", "The sender can't be verified now.", err)
	}
	if err != nil {
		return refused(http.StatusUnauthorized, "%v", err)
	}
	if payload.Issuer != "https://accounts.google.com" && payload.Issuer != "accounts.google.com" {
		return refused(http.StatusUnauthorized, "issuer is %q", payload.Issuer)
	}
	if email, _ := payload.Claims["email"].(string); email != v.push.ServiceAccount {
		return refused(http.StatusForbidden, "e-mail is not the service account's")
	}
	if verified, _ := payload.Claims["email_verified"].(bool); !verified {
		return refused(http.StatusForbidden, "e-mail is not verified")
	}
	return nil
}

// checkAlgorithm lets RS256 pass alone, with which Google signs pushes. The library also takes ES256, and panics at a
// signature of that kind that is too short.
func checkAlgorithm(token string) error {
	encoded, _, _ := strings.Cut(token, ".")
	decoded, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return refused(http.StatusUnauthorized, "token's header is no base64")
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	if err := json.Unmarshal(decoded, &header); err != nil || header.Algorithm != "RS256" {
		return refused(http.StatusUnauthorized, "token is not signed with RS256")
	}
	return nil
}

// open gives the validator.
func (v *verifier) open() (*idtoken.Validator, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.validator != nil {
		return v.validator, nil
	}
	transport := certsTransport{}
	if v.push.CertsURL != "" {
		at, err := url.Parse(v.push.CertsURL)
		if err != nil {
			return nil, err
		}
		transport.at = at
	}
	validator, err := idtoken.NewValidator(context.Background(), option.WithHTTPClient(&http.Client{
		Timeout: certsTimeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}))
	if err != nil {
		return nil, err
	}
	v.validator = validator
	return validator, nil
}

// certsTransport fetches the keys from another address than Google's, where one is set.
type certsTransport struct{ at *url.URL }

// certsError means that the keys could not be fetched, which says nothing about the token.
type certsError struct{ err error }

// Error implements error.
func (e *certsError) Error() string { return fmt.Sprintf("fetch keys of pushes: %v", e.err) }

// Unwrap gives the cause.
func (e *certsError) Unwrap() error { return e.err }

// RoundTrip implements http.RoundTripper.
func (t certsTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.at != nil {
		r = r.Clone(r.Context())
		r.URL, r.Host = t.at, ""
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, &certsError{err}
	}
	if response.StatusCode != http.StatusOK {
		_ = response.Body.Close()
		return nil, &certsError{fmt.Errorf("answered %d", response.StatusCode)}
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(response.Body, maxCerts), response.Body}
	return response, nil
}
