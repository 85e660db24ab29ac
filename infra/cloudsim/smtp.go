package cloudsim

import (
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"sync"
)

// SMTP is a mail server on loopback that takes every e-mail and sends none on.
type SMTP struct {
	listener net.Listener
	taken    func(Caught)

	mu       sync.Mutex
	mails    []Caught
	answers  map[string]string // orders: what is answered to a command in place of doing it
	security SMTPSecurity
	clear    []string // commands that came unencrypted
	open     map[net.Conn]bool

	running sync.WaitGroup
}

// Caught is an e-mail that was taken.
type Caught struct {
	From, To  string // of the envelope
	Header    mail.Header
	Body      string
	Encrypted bool
	User      string // who was logged in; empty for nobody
}

// SMTPSecurity is what a server demands beyond taking e-mail. The zero value is a server in the clear.
type SMTPSecurity struct {
	Certificate *tls.Certificate // STARTTLS is offered with it (RFC 3207); nil for none
	Implicit    bool             // TLS from the first byte, as on port 465
	// User and Password are demanded by AUTH PLAIN (RFC 4616), which is offered once the connection is encrypted; "" for
	// nobody's.
	User, Password string
}

// StartSMTP starts the server on a free port of 127.0.0.1. taken, unless nil, is told of every e-mail.
func StartSMTP(taken func(Caught)) (*SMTP, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the mail server: %w", err)
	}
	s := &SMTP{listener: listener, taken: taken, answers: map[string]string{}, open: map[net.Conn]bool{}}
	s.running.Go(s.serve)
	return s, nil
}

// URL is the server's address, for SMTP_URL.
func (s *SMTP) URL() string { return "smtp://" + s.listener.Addr().String() }

// Mails are the e-mails taken so far, oldest first.
func (s *SMTP) Mails() []Caught {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Caught(nil), s.mails...)
}

// Answer orders what a command, such as RCPT, is answered from now on, as "550 no such user"; "" ends the order.
func (s *SMTP) Answer(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[command] = answer
}

// Secure orders what connections from now on have to do.
func (s *SMTP) Secure(security SMTPSecurity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.security = security
}

// InTheClear are the commands that came unencrypted so far, with their arguments.
func (s *SMTP) InTheClear() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.clear...)
}

// Close ends the server and every dialogue under way.
func (s *SMTP) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	for conn := range s.open {
		_ = conn.Close() // the client sees it, and tries again
	}
	s.mu.Unlock()
	s.running.Wait()
	return err
}

func (s *SMTP) serve() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mu.Lock()
		s.open[conn] = true
		s.mu.Unlock()
		s.running.Go(func() {
			s.talk(conn)
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
			_ = conn.Close() // the client may have closed it already
		})
	}
}

// talk leads one dialogue (RFC 5321) to its end.
func (s *SMTP) talk(raw net.Conn) {
	s.mu.Lock()
	security := s.security
	s.mu.Unlock()
	var envelope Caught
	conn := textproto.NewConn(raw)
	encrypt := func() {
		conn = textproto.NewConn(tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{*security.Certificate}}))
		envelope = Caught{Encrypted: true}
	}
	if security.Implicit {
		encrypt()
	}
	say := func(line string) bool { return conn.PrintfLine("%s", line) == nil }
	for more := say("220 localhost ready"); more; {
		line, err := conn.ReadLine()
		if err != nil {
			return
		}
		if !envelope.Encrypted {
			s.mu.Lock()
			s.clear = append(s.clear, line)
			s.mu.Unlock()
		}
		command, argument, _ := strings.Cut(line, " ")
		command = strings.ToUpper(command)
		if ordered := s.ordered(command); ordered != "" {
			more = say(ordered)
			continue
		}
		switch command {
		case "EHLO", "HELO":
			greeting := "localhost"
			for _, offer := range security.offers(envelope.Encrypted) {
				say("250-" + greeting) // the last line alone has a space
				greeting = offer
			}
			more = say("250 " + greeting)
		case "STARTTLS":
			if more = say("220 go ahead"); more {
				encrypt()
			}
		case "AUTH":
			if argument != security.proof() {
				more = say("535 not these")
				continue
			}
			envelope.User = security.User
			more = say("235 come in")
		case "MAIL":
			if envelope.User != security.User {
				more = say("530 log in first")
				continue
			}
			envelope.From, envelope.To = path(argument), ""
			more = say("250 sender taken")
		case "RCPT":
			envelope.To = path(argument)
			more = say("250 recipient taken")
		case "DATA":
			if envelope.To == "" {
				more = say("503 no recipient")
				continue
			}
			more = say("354 go on") && s.take(conn, envelope) == nil && say("250 taken")
		case "RSET", "NOOP":
			more = say("250 done")
		case "QUIT":
			say("221 bye")
			return
		default:
			more = say("502 unknown command")
		}
	}
}

// offers are the extensions that a client is told of.
func (s SMTPSecurity) offers(encrypted bool) (offers []string) {
	if s.Certificate != nil && !encrypted {
		offers = append(offers, "STARTTLS")
	}
	if s.User != "" && encrypted {
		offers = append(offers, "AUTH PLAIN")
	}
	return offers
}

// proof is what AUTH has to be given.
func (s SMTPSecurity) proof() string {
	return "PLAIN " + base64.StdEncoding.EncodeToString([]byte("\x00"+s.User+"\x00"+s.Password))
}

func (s *SMTP) ordered(command string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers[command]
}

// take reads the e-mail's text and keeps it.
func (s *SMTP) take(conn *textproto.Conn, caught Caught) error {
	read, err := mail.ReadMessage(conn.DotReader())
	if err != nil {
		return fmt.Errorf("read e-mail: %w", err)
	}
	body, err := io.ReadAll(decoded(read))
	if err != nil {
		return errors.Join(errors.New("read e-mail"), err)
	}
	caught.Header, caught.Body = read.Header, string(body)
	s.mu.Lock()
	s.mails = append(s.mails, caught)
	s.mu.Unlock()
	if s.taken != nil {
		s.taken(caught)
	}
	return nil
}

// path reads "FROM:<name@example.com> …".
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}

// decoded gives the body as it was written.
func decoded(read *mail.Message) io.Reader {
	if strings.EqualFold(read.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		return quotedprintable.NewReader(read.Body)
	}
	return read.Body
}
