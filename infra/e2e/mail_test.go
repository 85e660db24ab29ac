package e2e_test

import (
	"bytes"
	"net/http"
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/infra/e2e"
	"github.com/train-d/train-d/infra/local"
)

// TestMailFlow follows e-mails as their readers do: from what asks for one over the due row, the topic and function Mail to the
// mail server, and back by the link. No request waits for it, and no message or log entry holds a link's secret.
func TestMailFlow(t *testing.T) {
	t.Parallel()
	system := setup(t)
	const email, forgotten, chosen = "reader@example.com", "correct horse battery", "another horse entirely"
	athlete := visitor(t, system)
	if err := athlete.Register(t.Context(), email, forgotten); err != nil {
		t.Fatal(err)
	}
	verified := func() bool {
		var who struct {
			Verified bool `json:"email_verified"`
		}
		if err := athlete.Call(t.Context(), http.MethodGet, "/v1/session", nil, &who); err != nil {
			t.Fatal(err)
		}
		return who.Verified
	}
	if verified() {
		t.Error("the address is verified before anybody read its mail")
	}
	verify := link(t, system, email, "verify")
	if err := athlete.Call(t.Context(), http.MethodPut, "/v1/email-verifications", map[string]string{"token": verify}, nil); err != nil {
		t.Fatal(err)
	}
	if !verified() {
		t.Error("the link verified nothing")
	}

	reader := visitor(t, system) // in another browser, signed in nowhere
	for _, address := range []string{"nobody@example.com", email} {
		if err := reader.Call(t.Context(), http.MethodPost, "/v1/password-resets", map[string]string{"email": address}, nil); err != nil {
			t.Fatal(err)
		}
	}
	reset := link(t, system, email, "reset")
	renew := map[string]string{"token": reset, "new_password": chosen}
	if err := reader.Call(t.Context(), http.MethodPut, "/v1/password-resets", renew, nil); err != nil {
		t.Fatal(err)
	}
	if err := reader.Call(t.Context(), http.MethodPut, "/v1/password-resets", renew, nil); err == nil {
		t.Error("the link works twice")
	}
	if err := athlete.Call(t.Context(), http.MethodGet, "/v1/session", nil, nil); err == nil {
		t.Error("the session of before the reset is still in force")
	}
	for password, right := range map[string]bool{forgotten: false, chosen: true} {
		err := reader.Call(t.Context(), http.MethodPost, "/v1/session", map[string]string{"email": email, "password": password}, nil)
		if (err == nil) != right {
			t.Errorf("signing in with %q: %v", password, err)
		}
	}
	if slices.ContainsFunc(system.Mails(), func(mail cloudsim.Caught) bool { return mail.To == "nobody@example.com" }) {
		t.Error("mail went to somebody who has no account")
	}
	for name, function := range system.Info().Functions {
		written, err := os.ReadFile(function.Log)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(written, []byte(verify)) || bytes.Contains(written, []byte(reset)) {
			t.Errorf("the secret of a link stands in the log of %s", name)
		}
	}
}

func visitor(t *testing.T, system *local.System) *e2e.Athlete {
	t.Helper()
	visitor, err := e2e.NewAthlete(system.Info().URL)
	if err != nil {
		t.Fatal(err)
	}
	return visitor
}

// link waits for the e-mail that leads to a page and gives its secret.
func link(t *testing.T, system *local.System, to, page string) (secret string) {
	t.Helper()
	wanted := regexp.MustCompile(`/` + page + `#([A-Za-z0-9_-]{43})`)
	until(t, "an e-mail to "+to+" that leads to /"+page, func() bool {
		for _, mail := range system.Mails() {
			if found := wanted.FindStringSubmatch(mail.Body); found != nil && mail.To == to {
				secret = found[1]
			}
		}
		return secret != ""
	})
	return secret
}
