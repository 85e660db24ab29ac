package cloudsim

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"sync/atomic"
	"time"
)

// handshakeLimit is how long a client may take to show its certificate.
const handshakeLimit = 10 * time.Second

// sqlConnection is one connection through the instance.
type sqlConnection struct {
	socket  *net.TCPConn             // the client's
	plain   bool                     // it came to the plain port
	backend atomic.Pointer[net.Conn] // nil before the login

	// Guarded by the state's mutex.
	toClient, toServer int64 // bytes carried since the last order
	hole               bool
}

// reset breaks the connection off without a farewell on either side.
func (c *sqlConnection) reset() {
	_ = c.socket.SetLinger(0)
	_ = c.socket.Close()
	if backend := c.backend.Load(); backend != nil {
		_ = (*backend).Close()
	}
}

// accept takes connections until the end and has each that is let in served.
func (i *SQLInstance) accept(from net.Listener, serve func(*sqlConnection)) {
	for {
		conn, err := from.Accept()
		if err != nil {
			return // closed
		}
		c := &sqlConnection{socket: conn.(*net.TCPConn), plain: from == i.plain}
		if i.admit(c, hostOf(from)) {
			i.running.Go(func() { serve(c) })
		}
	}
}

// admit counts a connection and strikes with what new ones are met with.
func (i *SQLInstance) admit(c *sqlConnection, ip string) bool {
	s := &i.state
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case c.plain:
		s.stats.Plain++
	case ip == i.config.PrivateIP:
		s.stats.Private++
	default:
		s.stats.Public++
	}
	switch {
	case s.closed:
		c.reset()
		return false
	case c.plain && s.faults.PlainDown:
		s.stats.Struck.PlainDown++
		c.reset()
		return false
	case !c.plain && s.faults.Refuse:
		s.stats.Struck.Refuse++
		c.reset()
		return false
	}
	s.connections[c] = struct{}{}
	c.hole = !c.plain && s.faults.BlackHole
	if c.hole {
		s.stats.Struck.BlackHole++
		return false // nobody reads from it
	}
	return true
}

// serve demands the certificate, logs in where that is the endpoint's business, and carries bytes until a side ends.
func (i *SQLInstance) serve(c *sqlConnection) {
	client := tls.Server(c.socket, i.tls)
	_ = client.SetDeadline(time.Now().Add(handshakeLimit))
	if err := client.HandshakeContext(i.ctx); err != nil {
		i.countRefusal(err)
		i.forget(c)
		return
	}
	var (
		backend net.Conn
		err     error
	)
	if slices.Contains(client.ConnectionState().PeerCertificates[0].Subject.OrganizationalUnit, byIAM) {
		backend, err = i.logIn(client)
	} else {
		backend, err = net.DialTimeout("tcp", i.config.Backend, handshakeLimit)
	}
	if err != nil || backend == nil {
		if err != nil {
			i.log.Warn("Cloud SQL connection not carried", "error", err)
		}
		i.forget(c)
		return
	}
	_ = client.SetDeadline(time.Time{})
	i.carry(c, client, backend)
}

// relay carries what comes to the plain port to Postgres, whose business the login is.
func (i *SQLInstance) relay(c *sqlConnection) {
	backend, err := net.DialTimeout("tcp", i.config.Backend, handshakeLimit)
	if err != nil {
		i.log.Warn("plain connection not carried", "error", err)
		i.forget(c)
		return
	}
	i.carry(c, c.socket, backend)
}

// carry carries bytes both ways until a side ends.
func (i *SQLInstance) carry(c *sqlConnection, client, backend net.Conn) {
	c.backend.Store(&backend)
	if i.state.ended(c) {
		c.reset()
	}
	i.running.Go(func() { i.pump(c, client, backend, &c.toServer) })
	i.pump(c, backend, client, &c.toClient)
}

// ended reports whether the connection was broken off before its backend was there.
func (s *sqlState) ended(c *sqlConnection) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed || (c.plain && s.faults.PlainDown)
}

// countRefusal tells a certificate whose time is over from one that is missing or somebody else's. Whoever gave up by
// itself, as over a wrong certificate of ours, counts as neither.
func (i *SQLInstance) countRefusal(err error) {
	var (
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		broken  *net.OpError
	)
	i.state.count(func(s *SQLStats) {
		switch {
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
			s.Struck.Expired++
		case errors.As(err, &unknown), errors.As(err, &invalid):
			s.Strangers++
		case !errors.As(err, &broken) && err.Error() == "tls: client didn't provide a certificate":
			s.Strangers++
		}
	})
}

// forget closes both sides of a connection that has ended. What a black hole has swallowed is not even closed.
func (i *SQLInstance) forget(c *sqlConnection) {
	i.state.mu.Lock()
	hole := c.hole && !i.state.closed
	if !hole {
		delete(i.state.connections, c)
	}
	i.state.mu.Unlock()
	if hole {
		return
	}
	_ = c.socket.Close()
	if backend := c.backend.Load(); backend != nil {
		_ = (*backend).Close()
	}
}

// pump carries one direction until either side ends.
func (i *SQLInstance) pump(c *sqlConnection, from, to net.Conn, carried *int64) {
	defer i.forget(c)
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			pass, cut, hole := i.state.pass(c, carried, int64(n))
			if !hole {
				if _, err := to.Write(buffer[:pass]); err != nil {
					return
				}
			}
			if cut {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass says how many of n bytes may go on, and whether the connection ends there.
func (s *sqlState) pass(c *sqlConnection, carried *int64, n int64) (pass int64, cut, hole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := s.faults.CutToServer
	if carried == &c.toClient {
		limit = s.faults.CutToClient
	}
	if c.plain {
		limit = 0
	}
	left := limit - *carried
	*carried += n
	if limit == 0 || n < left {
		return n, false, c.hole
	}
	s.stats.Struck.Cut++
	return max(left, 0), true, c.hole
}
