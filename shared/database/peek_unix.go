//go:build unix

package database

import (
	"errors"
	"net"
	"syscall"
)

// peek looks at a connection's socket.
func peek(conn net.Conn) socket {
	sys, ok := beneath(conn).(syscall.Conn)
	if !ok {
		return socketHidden // as the connector's own wrapping
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return socketHidden
	}
	seen := socketSpeaks
	// Control and not Read: pgx's background reader may sit in a Read of an idle socket, after a write that took long, and
	// Read would wait for it without regard to any context.
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		switch {
		case errors.Is(err, syscall.EAGAIN), errors.Is(err, syscall.EINTR):
			seen = socketQuiet
		case err != nil, n == 0:
			seen = socketClosed
		}
	})
	if err != nil {
		return socketHidden
	}
	return seen
}
