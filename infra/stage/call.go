package stage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// callTimeout bounds the start of a program and its first answer.
const callTimeout = 30 * time.Second

// call starts a function's program with nothing but what the platform sets and sends it a request. Any answer will do,
// and so will a refusal to start for want of settings, as long as it comes as log entries: without its settings most
// functions can do no more. What must not happen is that the framework does not find the function, or a panic.
func call(ctx context.Context, binary, target string) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	port := listener.Addr().(*net.TCPAddr).Port
	if err := listener.Close(); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, binary)
	cmd.Env = []string{"FUNCTION_TARGET=" + target, "PORT=" + strconv.Itoa(port), "HOME=" + os.TempDir(), "PATH=" + os.Getenv("PATH")}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case <-ended:
			if said := output.String(); !refusedToStart(said) {
				return fmt.Errorf("program ended without saying in a log entry why: %s", strings.TrimSpace(said))
			}
			return nil
		case <-ctx.Done():
			<-ended
			return errors.New("program neither answered nor ended in time")
		case <-time.After(5 * time.Millisecond):
		}
		if answers(ctx, address) {
			cancel()
			<-ended
			return nil
		}
	}
}

// answers says whether a server at the address answers a request, whatever it answers.
func answers(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/", strings.NewReader("{}"))
	if err != nil {
		return false
	}
	request.Close = true
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil
}

// refusedToStart says whether a program's output holds a log entry of an error and neither a panic nor the framework's
// own complaint.
func refusedToStart(output string) bool {
	for _, bad := range []string{"panic:", "fatal error:", "Function failed to start", "no matching function"} {
		if strings.Contains(output, bad) {
			return false
		}
	}
	return strings.Contains(output, `"severity"`)
}
