//go:build unix

package database

import (
	"net"
	"testing"
	"time"
)

// TestPeekDoesNotWaitForAReader: after a slow write pgx's background reader sits in a Read of the idle socket. A look at
// the socket that waits for it hangs without regard to any context.
func TestPeekDoesNotWaitForAReader(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	near, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	reading := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		close(reading)
		_, _ = near.Read(make([]byte, 1)) // until far says something
	}()
	<-reading
	looked := make(chan socket, 1)
	look := newLook(near)
	// The reader may not have come to its Read yet: look again and again, a while.
	go func() {
		var seen socket
		for until := time.Now().Add(200 * time.Millisecond); time.Now().Before(until); {
			seen = look.at()
		}
		looked <- seen
	}()
	select {
	case seen := <-looked:
		if seen != socketQuiet {
			t.Errorf("an idle socket is seen as %v, want %v", seen, socketQuiet)
		}
	case <-time.After(10 * time.Second):
		t.Error("peek waits for the reader")
	}
	if _, err := far.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	<-ended
}
