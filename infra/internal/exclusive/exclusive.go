// Package exclusive gives processes of one user a folder that is theirs alone and locks that end with their holder.
package exclusive

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Dir makes a folder and refuses one that somebody else could have put there or may write to: programs and passwords
// are kept in it, and the temporary folder belongs to everybody.
func Dir(dir string, mode os.FileMode) error {
	if err := os.MkdirAll(dir, mode); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(owner.Uid) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("folder %s belongs to somebody else: remove it", dir)
	}
	return nil
}

// Lock waits until no other process holds the lock on the file, which it makes. Closing the file releases the lock, and
// so does the end of the process, however it comes about.
func Lock(path string) (*os.File, error) {
	return open(path, syscall.LOCK_EX)
}

// Share waits until no other process holds the file's lock exclusively; any number share it.
func Share(path string) (*os.File, error) {
	return open(path, syscall.LOCK_SH)
}

// TryLock is [Lock] without the wait: held is false when another process holds the lock or shares it.
func TryLock(path string) (file *os.File, held bool, err error) {
	file, err = open(path, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, false, nil
	}
	return file, err == nil, err
}

func open(path string, how int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(file.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), file.Close())
	}
	return file, nil
}
