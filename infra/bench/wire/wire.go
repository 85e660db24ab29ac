// Package wire counts what a program and PostgreSQL have to say to each other.
package wire

import (
	"bytes"
	"encoding/binary"
	"net"
	"strings"
	"sync"
)

// Wire stands between a program and the server, and counts round trips: as often as the program speaks after the server
// did. It reads along which statements are run, so the connections must be in plain text.
type Wire struct {
	listener net.Listener
	server   string

	mu         sync.Mutex // guards what follows
	trips      int
	statements []string // names, in order
}

// Start listens on loopback and carries every connection to the server's host and port.
func Start(server string) (*Wire, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &Wire{listener: listener, server: server}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go w.carry(client)
		}
	}()
	return w, nil
}

// Address is the host and port to connect to in the server's place.
func (w *Wire) Address() string { return w.listener.Addr().String() }

// Close lets nobody connect any more; what is connected stays.
func (w *Wire) Close() error { return w.listener.Close() }

// Take gives what was counted since the last call.
func (w *Wire) Take() (trips int, statements []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	trips, statements = w.trips, w.statements
	w.trips, w.statements = 0, nil
	return trips, statements
}

func (w *Wire) carry(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", w.server)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	serverSpoke := true
	said := script{names: map[string]string{}}
	go w.pump(server, client, func([]byte) { serverSpoke = true })
	w.pump(client, server, func(bytes []byte) {
		if serverSpoke {
			w.trips++
		}
		serverSpoke = false
		w.statements = append(w.statements, said.read(bytes)...)
	})
}

// pump carries one direction until either side ends, and lets note see what is carried before it goes on.
func (w *Wire) pump(from, to net.Conn, note func([]byte)) {
	defer func() { _ = to.Close() }()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			w.mu.Lock()
			note(buffer[:n])
			w.mu.Unlock()
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// script reads what a client of Postgres says: a start-up message without a type, then messages of a type byte, a length
// that counts itself, and a body.
type script struct {
	rest    []byte
	started bool
	names   map[string]string // of prepared statements, by the driver's own name
}

func (s *script) read(said []byte) (run []string) {
	s.rest = append(s.rest, said...)
	for {
		head := 1
		if !s.started {
			head = 0
		}
		if len(s.rest) < head+4 {
			return run
		}
		end := head + int(binary.BigEndian.Uint32(s.rest[head:]))
		if len(s.rest) < end {
			return run
		}
		if s.started {
			run = append(run, s.message(s.rest[0], s.rest[5:end])...)
		}
		s.started = true
		s.rest = s.rest[end:]
	}
}

// message gives the name of the statement that a message runs: a prepared one is bound, a simple one is queried.
func (s *script) message(kind byte, body []byte) []string {
	fields := bytes.SplitN(body, []byte{0}, 3)
	switch kind {
	case 'P': // the statement's name, then its text
		s.names[string(fields[0])] = nameOf(string(fields[1]))
		return nil
	case 'B': // the portal's name, then the statement's
		return []string{s.names[string(fields[1])]}
	case 'Q':
		return []string{nameOf(string(fields[0]))}
	}
	return nil
}

// nameOf is the name in the comment that a statement begins with, else its first line.
func nameOf(sql string) string {
	line, _, _ := strings.Cut(sql, "\n")
	return strings.TrimSpace(strings.TrimPrefix(line, "-- name:"))
}
