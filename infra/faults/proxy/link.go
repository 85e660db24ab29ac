package proxy

import (
	"io"
	"net"
	"time"
)

// link is one connection through the proxy.
type link struct {
	client, server *net.TCPConn // server is nil where a black hole met the connection first

	// Guarded by the proxy's mutex.
	toClient, toServer direction
	swallowed          bool
	left, gone         bool // the client, the server has closed its side
}

// direction is what one side says to the other.
type direction struct {
	carried int64 // bytes since the last order
}

// reset breaks the connection off without a farewell on either side.
func (l *link) reset() {
	for _, side := range []*net.TCPConn{l.client, l.server} {
		if side != nil {
			_ = side.SetLinger(0) // both fail only on a socket that is closed already
			_ = side.Close()
		}
	}
}

func (p *Proxy) accept() {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		l := &link{client: conn.(*net.TCPConn)}
		if p.admit(l) {
			p.running.Go(func() { p.serve(l) })
		}
	}
}

// admit counts a connection and strikes with what new ones are met with.
func (p *Proxy) admit(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stats.Accepted++
	switch {
	case p.closed:
		l.reset()
		return false
	case p.faults.Refuse:
		p.stats.Struck.Refused++
		l.reset()
		return false
	}
	p.links[l] = struct{}{}
	if p.faults.BlackHole {
		p.swallow(l)
	}
	return true
}

// serve carries bytes both ways until a side ends. A connection that is swallowed from its start never reaches the server.
func (p *Proxy) serve(l *link) {
	p.mu.Lock()
	swallowed := l.swallowed
	p.mu.Unlock()
	if swallowed {
		_, _ = io.Copy(io.Discard, l.client) // until the client gives up
		p.forget(l)
		return
	}
	conn, err := net.Dial("tcp", p.server)
	if err != nil {
		p.mu.Lock()
		p.stats.Struck.Unreached++
		p.mu.Unlock()
		p.forget(l)
		return
	}
	p.mu.Lock()
	l.server = conn.(*net.TCPConn)
	closed := p.closed
	p.mu.Unlock()
	if closed {
		l.reset()
	}
	p.running.Go(func() { p.carry(l, l.server, l.client, &l.toClient) })
	p.carry(l, l.client, l.server, &l.toServer)
}

// forget closes both sides of a connection that has ended.
func (p *Proxy) forget(l *link) {
	p.mu.Lock()
	delete(p.links, l)
	p.mu.Unlock()
	_ = l.client.Close()
	if l.server != nil {
		_ = l.server.Close()
	}
}

// piece is something said, and when it may arrive.
type piece struct {
	data []byte
	at   time.Time
	last bool // the connection is cut behind it
}

// carry carries one direction until either side ends. What is delayed waits in a queue, so that latency does not become
// a limit on throughput.
func (p *Proxy) carry(l *link, from, to *net.TCPConn, d *direction) {
	pieces := make(chan piece, 256)
	p.running.Go(func() {
		for piece := range pieces {
			if wait := time.Until(piece.at); wait > 0 {
				<-time.After(wait)
			}
			_, err := to.Write(piece.data)
			if err != nil || piece.last {
				l.reset()
			}
		}
		p.end(l, from)
	})
	defer close(pieces)
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if piece, pass := p.pass(l, d, buffer[:n]); pass {
				pieces <- piece
				if piece.last {
					return
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// end closes a connection that one side has closed. A swallowed one stays open on the other side, which cannot know.
func (p *Proxy) end(l *link, by *net.TCPConn) {
	p.mu.Lock()
	if by == l.client {
		l.left = true
	} else {
		l.gone = true
	}
	half := l.swallowed && !p.closed && (!l.left || !l.gone)
	p.mu.Unlock()
	if !half {
		p.forget(l)
	}
}

// pass says what of data may go on and when.
func (p *Proxy) pass(l *link, d *direction, data []byte) (piece, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.swallowed {
		return piece{}, false
	}
	limit, delay := p.faults.CutToServer, p.faults.ToServer
	if d == &l.toClient {
		limit, delay = p.faults.CutToClient, p.faults.ToClient
	}
	if delay > 0 {
		p.stats.Struck.Delayed++
	}
	left := limit - d.carried
	d.carried += int64(len(data))
	said := piece{data: append([]byte(nil), data...), at: time.Now().Add(delay)}
	if limit > 0 && int64(len(data)) >= left {
		p.stats.Struck.Cut++
		said.data, said.last = said.data[:max(left, 0)], true
	}
	return said, true
}
