package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// onboarding is Onboarding's program as deployed, running.
type onboarding struct {
	*exec.Cmd
	url    string
	client *http.Client
}

// startOnboarding starts it on a database and returns when it is healthy.
func (b *Bench) startOnboarding(ctx context.Context, dsn string) (*onboarding, error) {
	all, programs, err := staged(ctx)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	o := &onboarding{url: fmt.Sprintf("http://127.0.0.1:%d", port), client: &http.Client{
		Timeout: answerLimit, Transport: &http.Transport{MaxIdleConnsPerHost: b.cfg.Clients},
	}}
	for i, function := range all {
		if function.Name == "onboarding" {
			o.Cmd = exec.CommandContext(ctx, programs[i])
		}
	}
	o.Env = append(b.common("Onboarding"), "DATABASE_URL="+dsn, fmt.Sprintf("PORT=%d", port))
	o.Stderr = os.Stderr
	if err := o.Start(); err != nil {
		return nil, err
	}
	if err := o.await(ctx); err != nil {
		o.stop()
		return nil, err
	}
	return o, nil
}

func (o *onboarding) stop() {
	_ = o.Process.Kill()
	_ = o.Wait() // it was killed
}

func (o *onboarding) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		status, _, err := o.ask(ctx, http.MethodGet, "/v1/health", "")
		if err == nil && status == http.StatusOK {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("await Onboarding: it does not get healthy: %w", errors.Join(ctx.Err(), err))
		}
		<-time.After(time.Millisecond) // not up yet
	}
}

// ask gives the status of the answer and the cookies that it sets, as a browser sends them back. headers are names and
// values in turn; an empty body is none.
func (o *onboarding) ask(ctx context.Context, method, path, body string, headers ...string) (status int, cookies string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, o.url+path, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := o.client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0, "", err
	}
	var set []string
	for _, one := range response.Cookies() {
		set = append(set, one.Name+"="+one.Value)
	}
	return response.StatusCode, strings.Join(set, "; "), nil
}

const rightPassword = "correct horse battery"

func registration(email string) string {
	return fmt.Sprintf(`{"email":%q,"password":%q,"accept_terms":true}`, email, rightPassword)
}
