// Package proxy stands between a program and a server, carries their bytes, and breaks what it is told to: at the level
// of TCP, so that neither side can tell it from a network. Each fault counts how often it struck, so that a proof can be
// sure that its fault happened.
package proxy

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// Faults are what goes wrong, by order. The zero value is a day without any.
type Faults struct {
	// Refuse resets every new connection. It is accepted first: a refusal by the machine itself could not be counted.
	Refuse bool
	// BlackHole swallows what connections say and closes none, those that exist included. They stay lost when it ends.
	BlackHole bool
	// ToClient and ToServer delay what is carried in that direction.
	ToClient, ToServer time.Duration
	// CutToClient and CutToServer reset each connection once it has carried as many bytes in that direction since the
	// order; 0 resets none.
	CutToClient, CutToServer int64
}

// Strikes is how often each fault struck.
type Strikes struct {
	Refused   int // connections
	Swallowed int // connections
	Delayed   int // pieces of what was carried
	Cut       int // connections
	Killed    int // connections
	Unreached int // connections whose server did not answer: no order of ours
}

// Stats are counts since the start, and what there is at present.
type Stats struct {
	Accepted int
	Open     int // connections that the client has not closed
	Orphans  int // connections that the client has closed and the server cannot know of: a black hole swallowed the news
	Struck   Strikes
}

// Proxy is a running proxy.
type Proxy struct {
	listener net.Listener
	server   string
	running  sync.WaitGroup

	mu     sync.Mutex // guards what follows
	faults Faults
	stats  Stats
	links  map[*link]struct{}
	closed bool
}

// Start starts a proxy before a server, host:port, on a free port of 127.0.0.1.
func Start(server string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start proxy: %w", err)
	}
	p := &Proxy{listener: listener, server: server, links: map[*link]struct{}{}}
	p.running.Go(p.accept)
	return p, nil
}

// Address is host and port for clients.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// SetFaults puts faults in force from now on; the zero value ends them.
func (p *Proxy) SetFaults(faults Faults) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = faults
	for l := range p.links {
		l.toClient.carried, l.toServer.carried = 0, 0
		if faults.BlackHole {
			p.swallow(l)
		}
	}
}

// swallow lets a connection carry nothing any more. The caller holds p.mu.
func (p *Proxy) swallow(l *link) {
	if !l.swallowed {
		l.swallowed = true
		p.stats.Struck.Swallowed++
	}
}

// Kill resets all connections, and says how many there were that the client had not closed.
func (p *Proxy) Kill() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	killed := 0
	for l := range p.links {
		if !l.left {
			killed++
		}
		l.reset()
	}
	p.stats.Struck.Killed += killed
	return killed
}

// Stats is a snapshot of the counts.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.stats
	for l := range p.links {
		if l.left {
			stats.Orphans++
		} else {
			stats.Open++
		}
	}
	return stats
}

// Open are the ports that the server sees of the connections that the client has not closed.
func (p *Proxy) Open() map[int]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	ports := map[int]bool{}
	for l := range p.links {
		if !l.left && l.server != nil {
			ports[l.server.LocalAddr().(*net.TCPAddr).Port] = true
		}
	}
	return ports
}

// Close ends the proxy and its connections, the swallowed ones too.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for l := range p.links {
		l.reset()
	}
	p.mu.Unlock()
	err := p.listener.Close()
	p.running.Wait()
	return err
}
