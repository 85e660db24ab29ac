package postgres

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	dataName     = "data"     // the data directory, below the server's home
	passwordName = "password" // the superuser's password, beside it
)

// relocated returns the folder that is used in place of dir, or "" if there is none (any more).
func relocated(dir string) (string, error) {
	note, err := os.ReadFile(filepath.Join(dir, locationFile))
	if errors.Is(err, os.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	place := strings.TrimSpace(string(note))
	if !exists(place) {
		return "", nil
	}
	return place, nil
}

// Remove deletes a stopped server's folder and what [Start] keeps elsewhere on its behalf.
func Remove(dir string) error {
	place, err := relocated(dir)
	if err != nil {
		return err
	}
	// A location that Start did not write is left alone.
	if strings.HasPrefix(filepath.Base(place), "train-d-postgres-") {
		if err := os.RemoveAll(place); err != nil {
			return err
		}
	}
	return os.RemoveAll(dir)
}

// prepare makes the data directory unless there is one of the right version, and returns the superuser's password.
func prepare(ctx context.Context, binDir, home string, runAs account) (password string, err error) {
	data := filepath.Join(home, dataName)
	passwordFile := filepath.Join(home, passwordName)
	if exists(filepath.Join(data, "PG_VERSION")) {
		if err := checkVersion(ctx, binDir, data); err != nil {
			return "", err
		}
		kept, err := os.ReadFile(passwordFile)
		if err != nil {
			return "", fmt.Errorf("read the superuser's password: %w", err)
		}
		return strings.TrimSpace(string(kept)), clearStale(ctx, data)
	}

	password = rand.Text()
	if err := os.WriteFile(passwordFile, []byte(password+"\n"), 0o600); err != nil {
		return "", err
	}
	if err := runAs.own(passwordFile); err != nil {
		return "", err
	}
	// Made under another name and renamed when whole, so that a start that is broken off leaves nothing half made.
	unfinished := data + ".unfinished"
	if err := os.RemoveAll(unfinished); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, filepath.Join(binDir, "initdb"), "--pgdata="+unfinished, "--username="+Superuser,
		"--pwfile="+passwordFile, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions")
	cmd.Dir = home
	cmd.Env = serverEnv(home)
	cmd.SysProcAttr = runAs.sysProcAttr()
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := waitOnThread(cmd, nil); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, lastLine(output.Bytes()))
	}
	return password, os.Rename(unfinished, data)
}

// checkVersion compares the major version that made the data directory with that of the programs: PostgreSQL does not
// read another's files.
func checkVersion(ctx context.Context, binDir, data string) error {
	made, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil {
		return err
	}
	has := strings.TrimSpace(string(made))
	output, err := exec.CommandContext(ctx, filepath.Join(binDir, "postgres"), "--version").Output()
	if err != nil {
		return fmt.Errorf("postgres --version: %w", err)
	}
	// For example: postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)
	fields := strings.Fields(string(output))
	if len(fields) < 3 {
		return fmt.Errorf("postgres --version: unexpected answer %q", oneLine(string(output)))
	}
	major := fields[2]
	if end := strings.IndexFunc(major, func(r rune) bool { return r < '0' || r > '9' }); end > 0 {
		major = major[:end]
	}
	if major != has {
		return fmt.Errorf("the data in %s was made by PostgreSQL %s but %s holds PostgreSQL %s: "+
			"install version %s or remove the folder", data, has, binDir, major, has)
	}
	return nil
}

// predecessorWait is how long a server that is shutting down may take before the next start gives up.
const predecessorWait = 10 * time.Second

// clearStale removes the postmaster.pid of a server that was killed. PostgreSQL does so itself unless the number has
// meanwhile gone to another process. A server that still runs is given a moment to end, then it is an error.
func clearStale(ctx context.Context, data string) error {
	pidFile := filepath.Join(data, "postmaster.pid")
	deadline := time.Now().Add(predecessorWait)
	for {
		content, err := os.ReadFile(pidFile)
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		first, _, _ := strings.Cut(string(content), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil || !serves(pid, data) {
			return os.Remove(pidFile)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("another server (process %d) runs on %s: stop it first", pid, data)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
}

// serves says whether a process is a server on the data directory. Where the system does not tell, a living process
// is taken for one.
func serves(pid int, data string) bool {
	if pid <= 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		command, err = exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	}
	return err != nil || bytes.Contains(command, []byte(data))
}

// pause waits for a moment between two looks at something, or until the context ends.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(5 * time.Millisecond):
		return nil
	}
}

func lastLine(output []byte) string {
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
