//go:build unix

package database

import (
	"errors"
	"net"
	"syscall"
)

// look looks at the socket of one connection. It is made once per connection, so that a look allocates nothing.
type look struct {
	raw  syscall.RawConn // nil where there is no socket to look at
	peek func(fd uintptr)
	seen socket
	byte [1]byte
}

func newLook(conn net.Conn) *look {
	l := &look{}
	if sys, ok := beneath(conn).(syscall.Conn); ok {
		if raw, err := sys.SyscallConn(); err == nil {
			l.raw = raw
		}
	}
	l.peek = func(fd uintptr) {
		n, _, err := syscall.Recvfrom(int(fd), l.byte[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
			l.seen = socketQuiet
		case err != nil, n == 0:
			l.seen = socketClosed
		default:
			l.seen = socketSpeaks
		}
	}
	return l
}

// at tells what the socket shows at present.
func (l *look) at() socket {
	if l.raw == nil {
		return socketHidden
	}
	// Control and not Read: pgx's background reader may sit in a Read of an idle socket, after a write that took long, and
	// Read would wait for it without regard to any context.
	if err := l.raw.Control(l.peek); err != nil {
		return socketHidden
	}
	return l.seen
}
