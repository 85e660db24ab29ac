package exclusive

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
)

// MaxPorts is how many ports one caller of [Ports] can have.
const MaxPorts = 8

// Ports finds n free ports of this machine, at most [MaxPorts], that follow each other, and gives the first. They are this
// process's until release: of those who ask here nobody else is given them, also before anything listens there or while it is
// down. They lie below those that systems choose by themselves, for whoever listens on port 0 or dials.
func Ports(n int) (first int, release func(), err error) {
	if n < 1 || n > MaxPorts {
		return 0, nil, fmt.Errorf("%d ports wanted: ask for 1 to %d", n, MaxPorts)
	}
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("train-d-ports-%d", os.Geteuid()))
	if err := Dir(dir, 0o700); err != nil {
		return 0, nil, err
	}
	for range 100 {
		first := 20_000 + MaxPorts*rand.IntN(10_000/MaxPorts)
		lock, held, err := TryLock(filepath.Join(dir, fmt.Sprint(first)))
		if err != nil {
			return 0, nil, err
		}
		if !held {
			continue
		}
		if areFree(first, n) {
			return first, func() { _ = lock.Close() }, nil
		}
		_ = lock.Close()
	}
	return 0, nil, errors.New("no free ports follow each other")
}

func areFree(first, n int) bool {
	for port := first; port < first+n; port++ {
		listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil || listener.Close() != nil {
			return false
		}
	}
	return true
}
