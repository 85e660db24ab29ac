package crash_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// trap counts what the program does outside of itself, and kills it at one step: before the step has an effect, or after
// it had and before the program hears of it.
type trap struct {
	mu    sync.Mutex
	armed bool
	steps int
	at    int // the step to kill at; 0 for none
	after bool
	kill  func()
}

// step counts one, and says whether the program is to be killed at it, and when.
func (k *trap) step() (before, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.armed {
		return false, false
	}
	k.steps++
	return k.steps == k.at && !k.after, k.steps == k.at && k.after
}

func (k *trap) arm(at int, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed, k.steps, k.at, k.after = true, 0, at, after
}

func (k *trap) disarm() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.armed = false
	return k.steps
}

// throughDatabase puts the trap between the program and the database server at address, and gives its own address. Each
// write of the program's, which is a statement or a batch of them, is a step.
func (k *trap) throughDatabase(t *testing.T, address string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			program, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", address)
			if err != nil {
				_ = program.Close()
				continue
			}
			c := &connection{trap: k, program: program, server: server}
			go c.statements()
			go c.answers()
		}
	}()
	return listener.Addr().String()
}

type connection struct {
	trap            *trap
	program, server net.Conn
	mu              sync.Mutex
	fatal           bool // the next answer is not passed on
}

func (c *connection) statements() {
	defer c.close()
	buffer := make([]byte, 256<<10)
	for {
		n, err := c.program.Read(buffer)
		if err != nil {
			return
		}
		before, after := c.trap.step()
		if before {
			c.trap.kill()
			return
		}
		if after {
			c.mu.Lock()
			c.fatal = true
			c.mu.Unlock()
		}
		if _, err := c.server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (c *connection) answers() {
	defer c.close()
	buffer := make([]byte, 256<<10)
	for {
		n, err := c.server.Read(buffer)
		if err != nil {
			return
		}
		c.mu.Lock()
		fatal := c.fatal
		c.mu.Unlock()
		if fatal {
			c.trap.kill()
			return
		}
		if _, err := c.program.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func (c *connection) close() { _, _ = c.program.Close(), c.server.Close() }

// throughStrava puts the trap in front of Strava. Each call is a step.
func (k *trap) throughStrava(strava http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before, after := k.step()
		if before {
			k.kill()
			panic(http.ErrAbortHandler)
		}
		if !after {
			strava.ServeHTTP(w, r)
			return
		}
		answer := httptest.NewRecorder()
		strava.ServeHTTP(answer, r)
		_, _ = io.Copy(io.Discard, answer.Body)
		k.kill()
		panic(http.ErrAbortHandler)
	})
}
