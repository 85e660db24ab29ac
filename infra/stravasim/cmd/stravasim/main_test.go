package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAllMistakesComeAtOnce(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"STRAVASIM_SEED": "x", "STRAVASIM_ATHLETES": "-1", "STRAVASIM_LIMITS": "none", "LOG_LEVEL": "LOUD"}
	err := run(t.Context(), []string{"-activities", "many"}, func(name string) string { return settings[name] }, io.Discard)
	for _, name := range []string{"seed", "athletes", "activities", "limits", "log-level"} {
		if err == nil || !strings.Contains(err.Error(), name+": ") {
			t.Errorf("error %v does not name %s", err, name)
		}
	}
}

func TestServesOnLoopbackUntilTold(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	read, write := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{"-port", "0", "-athletes", "1", "-activities", "1"}, func(string) string { return "" }, write)
	}()
	line, err := bufio.NewReader(read).ReadBytes('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, read)
	var ready struct{ Msg, URL string }
	if err := json.Unmarshal(line, &ready); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	u, err := url.Parse(ready.URL)
	if err != nil || !net.ParseIP(u.Hostname()).IsLoopback() {
		t.Fatalf("ready at %q (%v), want a loopback address", ready.URL, err)
	}
	res, err := http.Get(ready.URL + "/_sim/state")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(res, err)
	}
	_ = res.Body.Close()
	stop()
	if err := <-done; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestTakenPortIsSaid(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	err = run(t.Context(), []string{"-port", port}, func(string) string { return "" }, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("error %v", err)
	}
}
