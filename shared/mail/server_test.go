package mail

import (
	"crypto/tls"
	"crypto/x509"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	gomail "github.com/wneessen/go-mail"

	"github.com/train-d/train-d/infra/cloudsim"
	"github.com/train-d/train-d/shared/config"
)

// authority is who vouches for the mail server, and the server's certificate for example.com.
func authority(t *testing.T) (trusted *x509.CertPool, certificate *tls.Certificate) {
	t.Helper()
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	trusted = x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	return trusted, &server.TLS.Certificates[0]
}

// TestThePasswordAndTheEmailGoEncrypted sends to a server that is reached by a name that is not loopback's, as in the cloud.
func TestThePasswordAndTheEmailGoEncrypted(t *testing.T) {
	t.Parallel()
	trusted, certificate := authority(t)
	const user, password = "train-d", "of the mail server"
	letter := Letter{ID: "one", To: address, Subject: "Verify", Body: "Follow the link."}
	for name, c := range map[string]struct {
		scheme, password string
		trusted          *x509.CertPool
		security         cloudsim.SMTPSecurity
		taken            bool
		refusal          string // in the error
	}{
		"STARTTLS":             {"smtp", password, trusted, cloudsim.SMTPSecurity{Certificate: certificate, User: user, Password: password}, true, ""},
		"TLS from the start":   {"smtps", password, trusted, cloudsim.SMTPSecurity{Certificate: certificate, Implicit: true, User: user, Password: password}, true, ""},
		"no STARTTLS":          {"smtp", password, trusted, cloudsim.SMTPSecurity{User: user, Password: password}, false, "STARTTLS"},
		"of unknown authority": {"smtp", password, x509.NewCertPool(), cloudsim.SMTPSecurity{Certificate: certificate, User: user, Password: password}, false, "certificate"},
		"a wrong password":     {"smtp", "another secret", trusted, cloudsim.SMTPSecurity{Certificate: certificate, User: user, Password: password}, false, "535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smtp, err := cloudsim.StartSMTP(nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = smtp.Close() }()
			smtp.Secure(c.security)
			to := url.URL{Scheme: c.scheme, User: url.UserPassword(user, c.password)}
			// The unspecified address is this machine too, and not taken for loopback.
			to.Host = strings.Replace(strings.TrimPrefix(smtp.URL(), "smtp://"), "127.0.0.1", "0.0.0.0", 1)
			server, err := NewServer(config.SMTP{URL: config.NewSecret(to.String()), From: "Train-D <no-reply@example.com>", PublicURL: "https://train-d.example.com"})
			if err != nil {
				t.Fatal(err)
			}
			server.options = append(server.options, gomail.WithTLSConfig(&tls.Config{RootCAs: c.trusted, ServerName: "example.com", MinVersion: tls.VersionTLS12}))
			err = server.Send(t.Context(), letter)
			for _, line := range smtp.InTheClear() {
				if command, _, _ := strings.Cut(line, " "); command != "EHLO" && command != "STARTTLS" && command != "QUIT" {
					t.Errorf("%q went unencrypted", line)
				}
			}
			mails := smtp.Mails()
			if !c.taken {
				if err == nil || len(mails) != 0 || !strings.Contains(err.Error(), c.refusal) || strings.Contains(err.Error(), c.password) {
					t.Errorf("got %v and %d e-mails, want a refusal because of %s", err, len(mails), c.refusal)
				}
				return
			}
			if err != nil || len(mails) != 1 || !mails[0].Encrypted || mails[0].User != user || mails[0].To != address {
				t.Errorf("got %v, mails %+v", err, mails)
			}
		})
	}
}
