package database

import "net"

// socket is what a look at a connection's socket shows, without reading from it and without waiting.
type socket int

const (
	socketHidden socket = iota // it can't be looked at
	socketQuiet                // open as far as this side knows, nothing to read
	socketSpeaks               // there is something to read: the server's last word, or a notice
	socketClosed               // closed by the other side, or broken
)

// beneath is the connection under TLS.
func beneath(conn net.Conn) net.Conn {
	if wrapped, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return wrapped.NetConn()
	}
	return conn
}
