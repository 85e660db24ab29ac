package proxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/faults/proxy"
)

// setup starts a server that says back every line it hears, and a proxy before it. The channel gets one element for each
// connection whose end the server has seen.
func setup(t *testing.T) (*proxy.Proxy, chan struct{}) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{}, 16)
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
				ended <- struct{}{}
			}()
		}
	}()
	p, err := proxy.Start(server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), server.Close()); err != nil {
			t.Error(err)
		}
	})
	return p, ended
}

// client is a connection through the proxy.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func dial(t *testing.T, p *proxy.Proxy) *client {
	t.Helper()
	conn, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &client{conn, bufio.NewReader(conn)}
}

// ask says a line and gives what comes back within the limit.
func (c *client) ask(line string, limit time.Duration) (string, error) {
	if _, err := io.WriteString(c, line+"\n"); err != nil {
		return "", err
	}
	_ = c.SetReadDeadline(time.Now().Add(limit))
	answer, err := c.answers.ReadString('\n')
	return strings.TrimSuffix(answer, "\n"), err
}

func (c *client) mustEcho(t *testing.T) {
	t.Helper()
	if got, err := c.ask("hello", 5*time.Second); got != "hello" || err != nil {
		t.Fatalf("got %q, %v", got, err)
	}
}

func silent(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	timeout := time.After(10 * time.Second)
	for !met() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("no %s in 10 s", what)
		}
	}
}

func TestBytesAreCarriedAndEndsAreToldWithoutFaults(t *testing.T) {
	t.Parallel()
	p, ended := setup(t)
	c := dial(t, p)
	c.mustEcho(t)
	if got := p.Stats(); got.Open != 1 || len(p.Open()) != 1 || got.Struck != (proxy.Strikes{}) {
		t.Errorf("got %+v", got)
	}
	_ = c.Close()
	<-ended
	waitFor(t, "end of the connection", func() bool { return p.Stats().Open == 0 })
}

func TestRefusalsAreCountedAndEnd(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	p.SetFaults(proxy.Faults{Refuse: true})
	if conn, err := net.Dial("tcp", p.Address()); err == nil { // else the reset has come before the dial was over
		c := &client{conn, bufio.NewReader(conn)}
		if _, err := c.ask("hello", 5*time.Second); err == nil || silent(err) {
			t.Errorf("got %v, want a reset", err)
		}
	}
	waitFor(t, "strike", func() bool { return p.Stats().Struck.Refused == 1 })
	p.SetFaults(proxy.Faults{})
	dial(t, p).mustEcho(t)
}

func TestABlackHoleIsSilentAndLeavesAnOrphanAtTheServer(t *testing.T) {
	t.Parallel()
	p, ended := setup(t)
	old := dial(t, p)
	old.mustEcho(t)
	p.SetFaults(proxy.Faults{BlackHole: true})
	late := dial(t, p)
	for _, c := range []*client{old, late} {
		if _, err := c.ask("hello", 50*time.Millisecond); !silent(err) {
			t.Errorf("got %v, want silence", err)
		}
	}
	p.SetFaults(proxy.Faults{})
	if _, err := old.ask("again", 50*time.Millisecond); !silent(err) {
		t.Errorf("got %v from a swallowed connection after the end, want silence", err)
	}
	dial(t, p).mustEcho(t)
	_ = old.Close()
	waitFor(t, "orphan", func() bool { return p.Stats().Orphans == 1 })
	select {
	case <-ended:
		t.Error("the server was told of the end")
	default:
	}
	if got := p.Stats().Struck.Swallowed; got != 2 {
		t.Errorf("got %d strikes, want 2", got)
	}
}

func TestLatencyDelaysOneDirectionAndKeepsTheOrder(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	c := dial(t, p)
	c.mustEcho(t)
	p.SetFaults(proxy.Faults{ToClient: 80 * time.Millisecond})
	begun := time.Now()
	for _, line := range []string{"one", "two"} {
		if _, err := io.WriteString(c, line+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"one", "two"} {
		if got, err := c.answers.ReadString('\n'); got != want+"\n" || err != nil {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if took := time.Since(begun); took < 80*time.Millisecond || p.Stats().Struck.Delayed == 0 {
		t.Errorf("took %v, %+v", took, p.Stats().Struck)
	}
}

func TestAConnectionIsCutBehindTheByteOfTheOrder(t *testing.T) {
	t.Parallel()
	for name, faults := range map[string]proxy.Faults{"to client": {CutToClient: 8}, "to server": {CutToServer: 8}} {
		p, _ := setup(t)
		c := dial(t, p)
		c.mustEcho(t)
		p.SetFaults(faults)
		if got, err := c.ask("12345", 5*time.Second); got != "12345" || err != nil { // six bytes
			t.Errorf("%s: got %q, %v before the limit", name, got, err)
		}
		if got, err := c.ask("67890", 5*time.Second); err == nil || silent(err) {
			t.Errorf("%s: got %q, %v; want the end", name, got, err)
		}
		if got := p.Stats().Struck.Cut; got != 1 {
			t.Errorf("%s: got %d strikes, want 1", name, got)
		}
	}
}

func TestKillResetsWhatIsOpenAndCountsIt(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	c := dial(t, p)
	c.mustEcho(t)
	if got := p.Kill(); got != 1 || p.Stats().Struck.Killed != 1 {
		t.Errorf("got %d killed, %+v", got, p.Stats().Struck)
	}
	if _, err := c.ask("hello", 5*time.Second); err == nil || silent(err) {
		t.Errorf("got %v, want a reset", err)
	}
	dial(t, p).mustEcho(t)
}
