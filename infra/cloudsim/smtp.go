package cloudsim

import (
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

	mu      sync.Mutex
	mails   []Caught
	answers map[string]string // orders: what is answered to a command in place of doing it
	open    map[net.Conn]bool

	running sync.WaitGroup
}

// Caught is an e-mail that was taken.
type Caught struct {
	From, To string // of the envelope
	Header   mail.Header
	Body     string
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
			s.talk(textproto.NewConn(conn))
			s.mu.Lock()
			delete(s.open, conn)
			s.mu.Unlock()
			_ = conn.Close() // the client may have closed it already
		})
	}
}

// talk leads one dialogue (RFC 5321) to its end.
func (s *SMTP) talk(conn *textproto.Conn) {
	var envelope Caught
	say := func(line string) bool { return conn.PrintfLine("%s", line) == nil }
	for more := say("220 localhost ready"); more; {
		line, err := conn.ReadLine()
		if err != nil {
			return
		}
		command, argument, _ := strings.Cut(line, " ")
		command = strings.ToUpper(command)
		if ordered := s.ordered(command); ordered != "" {
			more = say(ordered)
			continue
		}
		switch command {
		case "EHLO", "HELO":
			more = say("250 localhost")
		case "MAIL":
			envelope = Caught{From: path(argument)}
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
