package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Superuser is the name of the server's first user, who may do everything.
const Superuser = "postgres"

// Options says how a server is to run.
type Options struct {
	// Dir keeps the server's data and password; made when it does not exist. Required.
	Dir string
	// BinDir holds postgres and initdb. Empty means whatever [Find] returns.
	BinDir string
	// Port is the TCP port on 127.0.0.1. 0 means a free one.
	Port int
	// LogFile gets the server's messages, appended. Empty means postgres.log in Dir.
	LogFile string
	// Settings are set on top of the server's defaults, such as fsync=off for tests.
	Settings map[string]string
}

// Server is a running PostgreSQL. It listens on 127.0.0.1 alone and lets nobody in without a password.
type Server struct {
	// Port is the TCP port on 127.0.0.1.
	Port int
	// PID is the process id of the server.
	PID int
	// Home is the folder that holds the data; [Options.Dir], or one in its place that the server's user can enter.
	Home string

	password string
	process  *os.Process
	ended    chan struct{} // closed when the process has ended
	exit     error         // how it ended; read after ended is closed
}

// Start starts a server on the data in the folder, which it makes on the first start, and returns when it accepts
// connections. The context bounds the start only; [Server.Stop] ends the server, as does the end of this process where
// the system allows that. As root the server runs as user postgres or nobody.
func Start(ctx context.Context, options Options) (*Server, error) {
	if options.BinDir == "" {
		found, err := Find()
		if err != nil {
			return nil, err
		}
		options.BinDir = found
	}
	dir, err := filepath.Abs(options.Dir)
	if err != nil {
		return nil, err
	}
	// A taken port is found before anything is made.
	if _, err := choosePort(options.Port); err != nil {
		return nil, err
	}
	runAs, err := serverAccount()
	if err != nil {
		return nil, err
	}
	home, err := runAs.home(dir)
	if err != nil {
		return nil, fmt.Errorf("prepare folder for PostgreSQL: %w", err)
	}
	password, err := prepare(ctx, options.BinDir, home, runAs)
	if err != nil {
		return nil, fmt.Errorf("prepare PostgreSQL: %w", err)
	}
	if options.LogFile == "" {
		options.LogFile = filepath.Join(dir, "postgres.log")
	}
	server := &Server{Home: home, Port: options.Port, password: password}
	// A free port may be taken between the look and the start; a chosen one is tried once.
	attempts := 1
	if options.Port == 0 {
		attempts = 3
	}
	for range attempts {
		if server.Port, err = choosePort(options.Port); err != nil {
			return nil, err
		}
		if err = server.launch(ctx, options, runAs); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return server, nil
}

// choosePort returns a port that is free at this moment: the wanted one or, for 0, any.
func choosePort(wanted int) (int, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(wanted)))
	if err != nil {
		return 0, fmt.Errorf("port %d for PostgreSQL is taken: stop what uses it or choose another: %w", wanted, err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return port, listener.Close()
}

func (s *Server) launch(ctx context.Context, options Options, runAs account) error {
	log, err := os.OpenFile(options.LogFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	before, err := log.Seek(0, 2)
	if err != nil {
		return errors.Join(err, log.Close())
	}
	data := filepath.Join(s.Home, dataName)
	args := []string{"-D", data, "-h", "127.0.0.1", "-p", strconv.Itoa(s.Port),
		"-c", "unix_socket_directories=", "-c", "password_encryption=scram-sha-256", "-c", "timezone=UTC",
		"-c", "log_timezone=UTC", "-c", "logging_collector=off"}
	for name, value := range options.Settings {
		args = append(args, "-c", name+"="+value)
	}
	cmd := exec.Command(filepath.Join(options.BinDir, "postgres"), args...)
	cmd.Dir = s.Home
	cmd.Env = serverEnv(s.Home)
	cmd.SysProcAttr = runAs.sysProcAttr()
	cmd.Stdout, cmd.Stderr = log, log

	started := make(chan error, 1)
	s.ended = make(chan struct{})
	go func() {
		s.exit = waitOnThread(cmd, started)
		close(s.ended)
	}()
	err = <-started
	if err := errors.Join(err, log.Close()); err != nil {
		return err
	}
	s.process, s.PID = cmd.Process, cmd.Process.Pid
	if err := s.awaitReady(ctx, data); err != nil {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		return errors.Join(fmt.Errorf("%w: %s", err, fatalIn(options.LogFile, before)), s.Stop(stopCtx))
	}
	return nil
}

// waitOnThread starts a command and waits for its end on one thread of the system that is kept all the while: the
// kernel counts the end of the starting thread as the end of the parent. The outcome of the start goes to started.
func waitOnThread(cmd *exec.Cmd, started chan<- error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Start()
	if started != nil {
		started <- err
	}
	if err != nil {
		return err
	}
	return cmd.Wait()
}

// awaitReady waits until the server has written into its pid file that it accepts connections.
func (s *Server) awaitReady(ctx context.Context, data string) error {
	for {
		select {
		case <-s.ended:
			return fmt.Errorf("server ended: %w", s.exit)
		default:
		}
		if content, err := os.ReadFile(filepath.Join(data, "postmaster.pid")); err == nil {
			// The first line is the process id, the eighth the state, padded to a fixed width.
			lines := strings.Split(string(content), "\n")
			if len(lines) >= 8 && lines[0] == strconv.Itoa(s.PID) && strings.TrimSpace(lines[7]) == "ready" {
				return nil
			}
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// fatalIn returns the last line that the server logged at FATAL since the offset, or its last line.
func fatalIn(logFile string, offset int64) string {
	content, err := os.ReadFile(logFile)
	if err != nil || int64(len(content)) < offset {
		return "see " + logFile
	}
	lines := strings.Split(strings.TrimSpace(string(content[offset:])), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if strings.Contains(lines[i], "FATAL:") {
			return lines[i]
		}
	}
	return lines[len(lines)-1]
}

// serverEnv is the environment of the server's programs: nothing of the caller's may change how they behave.
func serverEnv(home string) []string {
	return []string{"HOME=" + home, "LC_ALL=C", "TZ=UTC", "PATH=" + os.Getenv("PATH")}
}

// Stop ends the server: it rolls back what is under way, and failing that within ten seconds, aborts. It returns when
// the process is gone. A second call does nothing.
func (s *Server) Stop(ctx context.Context) error {
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, 10 * time.Second}, {syscall.SIGQUIT, 5 * time.Second}, {syscall.SIGKILL, 5 * time.Second}} {
		if err := s.process.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("signal PostgreSQL: %w", err)
		}
		select {
		case <-s.ended:
			return nil
		case <-ctx.Done():
			// Out of time: the next, harsher signal follows at once.
			ctx = context.WithoutCancel(ctx)
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("PostgreSQL (process %d) does not end", s.PID)
}

// Done is closed when the server's process has ended, whoever ended it.
func (s *Server) Done() <-chan struct{} { return s.ended }

// SuperuserDSN returns the connection string by which the superuser reaches a database. It holds the password.
func (s *Server) SuperuserDSN(database string) string {
	return s.DSN(database, Superuser, s.password)
}

// DSN returns the connection string by which a user reaches a database. It holds the password.
func (s *Server) DSN(database, user, password string) string {
	return DSN(s.Port, database, user, password)
}

// DSN returns the connection string for a database on a port of this machine. Encryption is off: nothing leaves it.
func DSN(port int, database, user, password string) string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword(user, password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(port)),
		Path:     "/" + database,
		RawQuery: "sslmode=disable",
	}
	return address.String()
}
