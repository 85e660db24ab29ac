package faults_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stage"
)

// program is one of the functions, running.
type program struct {
	t       testing.TB
	name    string
	port    int
	logFile string
	cmd     *exec.Cmd
	ended   chan struct{}
}

// starter is the thread that starts programs: the kernel takes it for their parent, with whom they are to end.
var starter = func() chan func() {
	work := make(chan func())
	go func() {
		runtime.LockOSThread()
		for start := range work {
			start()
		}
	}()
	return work
}()

// run starts a function's program and returns when it listens.
func run(t testing.TB, name string, port int, environment map[string]string) *program {
	t.Helper()
	p := &program{t: t, name: name, port: port, logFile: filepath.Join(t.TempDir(), name+".log")}
	p.start(environment)
	t.Cleanup(p.kill)
	return p
}

// start starts the program, also after it has ended.
func (p *program) start(environment map[string]string) {
	p.t.Helper()
	built, err := programs()
	if err != nil {
		p.t.Fatal(err)
	}
	p.ended = make(chan struct{})
	p.cmd = exec.Command(built[p.name])
	p.cmd.Env = []string{"FUNCTION_TARGET=" + stage.Target(p.name), "PORT=" + strconv.Itoa(p.port), "GOTRACEBACK=all", "GODEBUG=netdns=go"}
	for setting, value := range environment {
		p.cmd.Env = append(p.cmd.Env, setting+"="+value)
	}
	log, err := os.OpenFile(p.logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = attributes()
	started := make(chan error)
	starter <- func() { started <- p.cmd.Start() }
	if err := <-started; err != nil {
		p.t.Fatal(err)
	}
	go func(cmd *exec.Cmd, ended chan struct{}) {
		_ = cmd.Wait() // however it ends
		_ = log.Close()
		close(ended)
	}(p.cmd, p.ended)
	ctx, cancel := context.WithTimeout(p.t.Context(), 30*time.Second)
	defer cancel()
	err = until(ctx, p.name+" to listen", func() bool {
		conn, err := net.Dial("tcp", p.address())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil || p.hasEnded()
	})
	if err != nil || p.hasEnded() {
		p.t.Fatalf("%s did not start (%v): %s", p.name, err, p.log())
	}
}

func (p *program) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }
func (p *program) url() string     { return "http://" + p.address() }

func (p *program) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

func (p *program) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %s: %v", p.name, err)
	}
}

// freeze stops the program as the platform does between requests, and says that it stands still.
func (p *program) freeze() {
	p.t.Helper()
	p.signal(syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(p.t.Context(), 5*time.Second)
	defer cancel()
	if err := until(ctx, "stopped program", func() bool { return p.state() == "T" }); err != nil {
		p.t.Fatal(err)
	}
}

func (p *program) thaw() { p.signal(syscall.SIGCONT) }

// state is the letter by which the system tells what a process is doing.
func (p *program) state() string {
	output, err := exec.Command("ps", "-o", "state=", "-p", strconv.Itoa(p.cmd.Process.Pid)).Output()
	if err != nil || len(output) == 0 {
		return ""
	}
	return string(output[:1])
}

// stop ends the program in order.
func (p *program) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.await()
}

func (p *program) await() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(15 * time.Second):
		p.kill()
		p.t.Errorf("%s did not end by itself", p.name)
	}
}

func (p *program) kill() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // it may be gone
	<-p.ended
}
