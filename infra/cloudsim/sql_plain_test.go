package cloudsim_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
)

// plain opens a connection to the instance's plain port.
func plain(t *testing.T, i *cloudsim.SQLInstance) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", i.PlainAddress())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// echo sends a word over the connection and hears it.
func echo(conn net.Conn) error {
	if _, err := conn.Write([]byte("word")); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 4))
	return err
}

func TestPlainPortAndEndpointFailApart(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	certificate := ephemeral(t, i)
	open := plain(t, i)
	if err := echo(open); err != nil {
		t.Fatalf("the plain port: %v", err)
	}

	i.SetFaults(cloudsim.SQLFaults{PlainDown: true})
	if err := echo(open); err == nil {
		t.Error("an open connection outlived its route")
	}
	if err := echo(plain(t, i)); err == nil {
		t.Error("a new connection was carried on a route that is down")
	}
	if heard, err := say(t, i, "hello", certificate); err != nil || heard != "hello" {
		t.Errorf("the endpoint beside it: got %q and %v, want hello", heard, err)
	}
	if got := i.Stats(); got.Plain != 2 || got.Private != 1 || got.Struck != (cloudsim.SQLStrikes{PlainDown: 2}) {
		t.Errorf("got %+v, want 2 plain connections, both struck, and 1 private", got)
	}

	i.SetFaults(cloudsim.SQLFaults{Refuse: true, CutToClient: 1})
	if err := echo(plain(t, i)); err != nil {
		t.Errorf("the plain port beside an endpoint that refuses: %v", err)
	}
	if _, err := say(t, i, "hello", certificate); err == nil {
		t.Error("the endpoint took a connection that it was to refuse")
	}
	i.SetFaults(cloudsim.SQLFaults{BlackHole: true})
	if err := echo(plain(t, i)); err != nil {
		t.Errorf("the plain port beside an endpoint that swallows all: %v", err)
	}
}
