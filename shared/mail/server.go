package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	gomail "github.com/wneessen/go-mail"

	"github.com/train-d/train-d/shared/config"
)

// Letter is one e-mail.
type Letter struct {
	ID      string // the same each time that this e-mail is sent
	To      string
	Subject string
	Body    string // plain text
}

// Server is the mail server that takes our e-mail.
type Server struct {
	host, from, domain string
	options            []gomail.Option
}

// NewServer prepares sending; it dials nothing. Settings that config accepted are never an error.
func NewServer(settings config.SMTP) (*Server, error) {
	address, err := url.Parse(settings.URL.Reveal())
	if err != nil {
		return nil, errors.New("SMTP_URL can't be read") // err holds the password
	}
	s := &Server{host: address.Hostname(), from: settings.From, domain: host(settings.PublicURL)}
	port := 587
	switch {
	case address.Scheme == "smtps":
		port = 465
		s.options = append(s.options, gomail.WithSSL())
	case isLoopback(s.host):
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		s.options = append(s.options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if given := address.Port(); given != "" {
		if port, err = strconv.Atoi(given); err != nil {
			return nil, errors.New("SMTP_URL: the port is no number")
		}
	}
	s.options = append(s.options, gomail.WithPort(port), gomail.WithTimeout(sendTime), gomail.WithHELO(s.domain))
	if password, ok := address.User.Password(); ok {
		s.options = append(s.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(address.User.Username()), gomail.WithPassword(password))
	}
	if _, err := gomail.NewClient(s.host, s.options...); err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return s, nil
}

// Send hands an e-mail to the server and waits until it is taken, on a connection of its own.
func (s *Server) Send(ctx context.Context, letter Letter) error {
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	m := gomail.NewMsg()
	if err := m.From(s.from); err != nil {
		return err
	}
	if err := m.To(letter.To); err != nil {
		return err
	}
	m.Subject(letter.Subject)
	m.SetMessageIDWithValue(letter.ID + "@" + s.domain)
	m.SetDate()
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	m.SetBodyString(gomail.TypeTextPlain, letter.Body)
	return client.DialAndSendWithContext(ctx, m)
}

// codeOf is the server's answer to what it did not take; 0 where it could not be asked.
func codeOf(err error) int {
	if refused := (*gomail.SendError)(nil); errors.As(err, &refused) {
		return refused.ErrorCode()
	}
	return 0
}

// isUnknownRecipient says that the server will never take e-mail for this recipient.
func isUnknownRecipient(err error) bool {
	refused := (*gomail.SendError)(nil)
	return errors.As(err, &refused) && refused.Reason == gomail.ErrSMTPRcptTo && refused.ErrorCode() >= 500
}

func isLoopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || (address != nil && address.IsLoopback())
}

// host is the domain of the Message-IDs.
func host(publicURL string) string {
	if u, err := url.Parse(publicURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "localhost"
}
