package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"syscall"
)

// goroutines ends the program and counts what ran in it: Go's runtime answers a SIGQUIT with all stacks.
func (p *program) goroutines() int {
	p.t.Helper()
	p.signal(syscall.SIGQUIT)
	p.await()
	n := bytes.Count([]byte(p.log()), []byte("\ngoroutine "))
	if n == 0 {
		p.t.Errorf("%s showed no goroutines", p.name)
	}
	return n
}

// resources are the program's threads, open files and resident memory in MiB, from the system.
func (p *program) resources() (threads, files, memory int) {
	p.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Logf("no /proc: %v", err)
		return 0, 0, 0
	}
	for line := range strings.Lines(string(status)) {
		_, _ = fmt.Sscanf(line, "Threads: %d", &threads)
		if n, _ := fmt.Sscanf(line, "VmRSS: %d", &memory); n == 1 {
			memory /= 1024
		}
	}
	open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid))
	if err != nil {
		p.t.Log(err)
	}
	return threads, len(open), memory
}

// log is what the program has said.
func (p *program) log() string {
	text, err := os.ReadFile(p.logFile)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// said counts the log entries that hold a text.
func (p *program) said(text string) int { return strings.Count(p.log(), text) }

// complaints are the program's last log entries above INFO, fallbacks excepted.
func (p *program) complaints() string {
	var kept []string
	for line := range strings.Lines(p.log()) {
		var e struct{ Severity, Time, Event, Message, Cause, Code, Query, SQLState, Error string }
		if json.Unmarshal([]byte(line), &e) == nil && e.Severity != "INFO" && e.Event != "database.fallback" {
			kept = append(kept, strings.Join([]string{e.Time, e.Event, e.Cause, e.Code, e.Query, e.SQLState, e.Error}, " "))
		}
	}
	return strings.Join(kept[max(0, len(kept)-20):], "\n")
}

// codes counts the failures by code that Sync has logged: its answers bear none.
func (p *program) codes() map[string]int {
	codes := map[string]int{}
	for line := range strings.Lines(p.log()) {
		var entry struct {
			Event, Code string
			Status      int
		}
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Event == "function.failed" && entry.Status == http.StatusServiceUnavailable {
			codes[entry.Code]++
		}
	}
	return codes
}
