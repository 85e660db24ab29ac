package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	pool "github.com/train-d/train-d/shared/database"
)

// python is the system's interpreter: the driver comes as the system's package.
const python = "/usr/bin/python3"

//go:embed baseline/server.py
var baseline string

// process is a variant that serves.
type process struct {
	*exec.Cmd
	address string
	said    bytes.Buffer // on standard error
}

// start starts a variant's process and returns when it takes connections.
func (b *Bench) start(ctx context.Context, v Variant) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	closed, err := freePort()
	if err != nil {
		return nil, err
	}
	p := &process{address: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))}
	switch {
	case v.Python:
		p.Cmd = exec.CommandContext(ctx, python, "-", v.Way)
		p.Stdin = strings.NewReader(baseline)
	case v.Framework:
		p.Cmd = exec.CommandContext(ctx, b.program, v.Way, "framework")
	default:
		p.Cmd = exec.CommandContext(ctx, b.program, v.Way)
	}
	p.Env, p.Stderr = append(b.environment(v, closed), fmt.Sprintf("PORT=%d", port)), &p.said
	if err := p.Start(); err != nil {
		return nil, err
	}
	limit, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		if conn, err := net.Dial("tcp", p.address); err == nil {
			return p, conn.Close()
		}
		select {
		case <-limit.Done():
			return nil, errors.Join(fmt.Errorf("%s does not serve", v.Name), p.stop())
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// stop ends the process, and gives what it complained of.
func (p *process) stop() error {
	_ = p.Process.Kill()
	_ = p.Wait() // it was killed
	if complaint := strings.TrimSpace(p.said.String()); complaint != "" {
		first, _, _ := strings.Cut(complaint, "\n")
		return errors.New(first)
	}
	return nil
}

// cpu is the time that the process took of the processors, once it has been stopped.
func (p *process) cpu() time.Duration { return p.ProcessState.UserTime() + p.ProcessState.SystemTime() }

// stats asks the process what it counted.
func (p *process) stats(ctx context.Context) (pool.Stats, error) {
	var counted pool.Stats
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/stats", nil)
	if err != nil {
		return counted, err
	}
	response, err := client.Do(request)
	if err != nil {
		return counted, err
	}
	defer func() { _ = response.Body.Close() }()
	return counted, json.NewDecoder(response.Body).Decode(&counted)
}

// memory is the most memory that the process ever had resident, in bytes; 0 where the system does not tell.
func (p *process) memory() int64 { return resident(p.Process.Pid, "VmHWM:") }

// resident is a process's memory in bytes, VmRSS: at this moment or VmHWM: the most ever; 0 where the system does not tell.
func resident(pid int, which string) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if fields := strings.Fields(line); len(fields) == 3 && fields[0] == which {
			kib, _ := strconv.ParseInt(fields[1], 10, 64)
			return kib << 10
		}
	}
	return 0
}

// processorTime is what a process has taken of the processors so far; 0 where the system does not tell.
func processorTime(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(stat), ") ") // behind the program's name
	fields := strings.Fields(after)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	const tick = 10 * time.Millisecond // USER_HZ is 100 on every platform of Linux
	return time.Duration(user+system) * tick
}
