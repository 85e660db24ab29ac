package cloudsim

import (
	"io"
	"net"
	"testing"
	"time"
)

// TestADriversReadTakesNothingAfterTheLogin leaves a read under way, as the driver does after a slow write.
func TestADriversReadTakesNothingAfterTheLogin(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dialed, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	lent := &borrowed{Conn: dialed}
	began, ended := make(chan struct{}), make(chan int, 1)
	go func() {
		close(began)
		n, _ := lent.Read(make([]byte, 16)) // what it got is the point
		ended <- n
	}()
	<-began
	own, err := lent.takeBack()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = own.Close() }()
	if _, err := server.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	_ = own.SetReadDeadline(time.Now().Add(10 * time.Second)) // or a lost answer would be waited for
	got := make([]byte, len("answer"))
	if _, err := io.ReadFull(own, got); err != nil || string(got) != "answer" {
		t.Errorf("read %q, %v", got, err)
	}
	if n := <-ended; n != 0 {
		t.Errorf("the driver read %d bytes", n)
	}
}
