package database_test

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// proxy stands between the package and the server, and breaks what it is told to. It counts its strikes, so that a test
// can be sure that its fault happened.
type proxy struct {
	listener net.Listener
	server   string

	mu      sync.Mutex
	refused []byte // connections whose start-up message holds this are closed; nil refuses none
	stalled []byte // connections whose start-up message holds this get no answer
	cutAt   []byte // what the client says, with this in it, reaches the server; the answer never comes
	pairs   map[*pair]struct{}

	accepted, struck atomic.Int64
	trips            atomic.Int64 // how often the server said that it is ready for more
}

// pair is one connection through the proxy.
type pair struct {
	client, server net.Conn
	hole, cut      bool
}

func newProxy(t *testing.T, b *bench) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, server: net.JoinHostPort("127.0.0.1", strconv.Itoa(b.Port())), pairs: map[*pair]struct{}{}}
	t.Cleanup(func() {
		_ = l.Close()
		p.set(func() {
			for c := range p.pairs {
				c.close()
			}
		})
	})
	go p.serve()
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// set changes the orders.
func (p *proxy) set(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// blackHole makes all present connections carry nothing any more, without closing them.
func (p *proxy) blackHole() {
	p.set(func() {
		for c := range p.pairs {
			c.hole = true
			p.struck.Add(1)
		}
	})
}

func (c *pair) close() {
	_ = c.client.Close()
	_ = c.server.Close()
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.accepted.Add(1)
		go p.carry(client)
	}
}

func (p *proxy) carry(client net.Conn) {
	buffer := make([]byte, 16<<10)
	n, err := client.Read(buffer) // the start-up message, in plain text
	if err != nil {
		_ = client.Close()
		return
	}
	hello := bytes.Clone(buffer[:n])
	p.mu.Lock()
	refuse := p.refused != nil && bytes.Contains(hello, p.refused)
	stall := p.stalled != nil && bytes.Contains(hello, p.stalled)
	p.mu.Unlock()
	if refuse || stall {
		p.struck.Add(1)
	}
	if refuse {
		_ = client.Close()
		return
	}
	server, err := net.Dial("tcp", p.server)
	if err != nil {
		_ = client.Close()
		return
	}
	c := &pair{client: client, server: server, hole: stall}
	p.set(func() { p.pairs[c] = struct{}{} })
	if !stall {
		_, _ = server.Write(hello)
	}
	go p.pump(c, client, server)
	go p.pump(c, server, client)
}

// pump carries one direction until either side ends.
func (p *proxy) pump(c *pair, from, to net.Conn) {
	defer p.set(func() {
		if !c.hole { // what a black hole has swallowed is not even closed
			c.close()
			delete(p.pairs, c)
		}
	})
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		p.mu.Lock()
		if from == c.client && p.cutAt != nil && bytes.Contains(buffer[:n], p.cutAt) {
			c.cut = true
			p.struck.Add(1)
		}
		hole, cut := c.hole, c.cut
		p.mu.Unlock()
		if from == c.server {
			p.trips.Add(int64(bytes.Count(buffer[:n], []byte("Z\x00\x00\x00\x05"))))
		}
		if hole {
			continue
		}
		if cut && from == c.server {
			return // the server has done it, and the client will not hear of it
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}
