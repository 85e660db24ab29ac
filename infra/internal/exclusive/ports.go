package exclusive

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
)

// Pair finds two free ports of this machine that follow each other, and gives the first. They are this process's until
// release: of those who ask here nobody else is given them, also before anything listens there. They lie below those that
// systems choose by themselves.
func Pair() (first int, release func(), err error) {
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("train-d-ports-%d", os.Geteuid()))
	if err := Dir(dir, 0o700); err != nil {
		return 0, nil, err
	}
	for range 100 {
		port := 20000 + 2*rand.IntN(5000)
		lock, held, err := TryLock(filepath.Join(dir, fmt.Sprint(port)))
		if err != nil {
			return 0, nil, err
		}
		if !held {
			continue
		}
		if isFree(port) && isFree(port+1) {
			return port, func() { _ = lock.Close() }, nil
		}
		_ = lock.Close()
	}
	return 0, nil, errors.New("no two free ports follow each other")
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
