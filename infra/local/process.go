package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// stopGrace is how long a program may take to end by itself: a function drains for eight seconds.
const stopGrace = 12 * time.Second

// process is one program of the local system.
type process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	err  error // why it ended; readable once done is closed
}

// startProcess runs a program in a process group of its own, so that Ctrl-C reaches it through stop alone and what is under
// way can finish. Every line it writes goes to each of the outputs.
func startProcess(name, binary string, environment []string, outputs ...io.Writer) (*process, error) {
	cmd := exec.Command(binary)
	cmd.Env = environment
	cmd.SysProcAttr = attributes()
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stdout, cmd.Stderr = write, write
	if err := onStarter(cmd.Start); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), read.Close(), write.Close())
	}
	p := &process{name: name, cmd: cmd, done: make(chan struct{})}
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		copyLines(io.MultiWriter(outputs...), read)
	}()
	go func() {
		p.err = cmd.Wait()
		_ = write.Close() // our copy; the child's went with it
		<-copied
		_ = read.Close()
		close(p.done)
	}()
	return p, nil
}

// kill ends the program and whatever it started, at once.
func (p *process) kill() { _ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) }

// copyLines copies whole lines, each in one write, so that the lines of several programs do not mix.
func copyLines(to io.Writer, from io.Reader) {
	reader := bufio.NewReaderSize(from, 64<<10)
	for {
		line, err := reader.ReadBytes('\n')
		if len(line) > 0 {
			_, _ = to.Write(line) // a terminal that is gone must not stop the program
		}
		if err != nil {
			return
		}
	}
}

// stop asks the program to end and waits; after the grace it is killed.
func (p *process) stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may just have ended
	select {
	case <-p.done:
		return nil
	case <-time.After(stopGrace):
		p.kill()
		<-p.done
		return fmt.Errorf("%s did not stop within %s and was killed", p.name, stopGrace)
	}
}

// listening waits until the program accepts connections on a port of this machine.
func (p *process) listening(ctx context.Context, port int) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			return connection.Close()
		}
		select {
		case <-p.done:
			return fmt.Errorf("%s ended at its start: %w", p.name, p.err)
		case <-ctx.Done():
			return fmt.Errorf("%s does not answer on port %d: %w", p.name, port, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// sink is a writer that several programs share.
type sink struct {
	mutex sync.Mutex
	to    io.Writer
}

// Write implements io.Writer.
func (s *sink) Write(line []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.to.Write(line)
}
