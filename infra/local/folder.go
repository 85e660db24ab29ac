package local

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// folder is where the local system keeps its state: readable by its owner alone.
type folder struct {
	path string
	lock *os.File
}

// openFolder makes the folder, and refuses a second system on the same one.
func openFolder(path string) (*folder, error) {
	if err := os.MkdirAll(filepath.Join(path, "logs"), 0o700); err != nil {
		return nil, fmt.Errorf("%s cannot be written (%w): make it writable, or name another folder by LOCAL_DIR", path, err)
	}
	if err := os.Chmod(path, 0o700); err != nil {
		return nil, fmt.Errorf("%s belongs to somebody else (%w): remove it, or name another folder by LOCAL_DIR", path, err)
	}
	lock, err := os.OpenFile(filepath.Join(path, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be written (%w): make it writable, or name another folder by LOCAL_DIR", path, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, errors.New("Train-D is running already from this folder: stop it first (Ctrl-C there)")
	}
	return &folder{path: path, lock: lock}, nil
}

func (f *folder) close() error { return f.lock.Close() }

// file is the path of a file in the folder.
func (f *folder) file(name ...string) string {
	return filepath.Join(append([]string{f.path}, name...)...)
}

// secret reads a secret that is kept for the next start, or makes it.
func (f *folder) secret(name string, produce func() (string, error)) (string, error) {
	path := f.file(name)
	kept, err := os.ReadFile(path)
	if err == nil {
		return string(kept), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	made, err := produce()
	if err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	if err := os.WriteFile(path, []byte(made), 0o600); err != nil {
		return "", fmt.Errorf("keep %s: %w", name, err)
	}
	return made, nil
}

// log opens a program's log file, emptied at each start.
func (f *folder) log(name string) (*os.File, error) {
	file, err := os.OpenFile(f.file("logs", name+".log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", name, err)
	}
	return file, nil
}

// claim makes sure that a port that people see is free, before anything slow is done.
func claim(port int, setting string) error {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return fmt.Errorf("port %d is taken by another program: stop that, or choose another port by %s", port, setting)
	}
	return listener.Close()
}
