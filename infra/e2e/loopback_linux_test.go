package e2e_test

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/train-d/train-d/infra/local"
)

// everythingListensOnLoopback asks the kernel which addresses each program of the system listens on. The local system is no
// hole into the machine.
func everythingListensOnLoopback(t *testing.T, info local.Info) {
	programs := maps.Clone(info.Functions)
	programs["simulator"], programs["dispatcher"], programs["postgres"] = info.Simulator, info.Pushes, info.Postgres
	programs["cloud_sql"] = info.CloudSQL
	listening := listeners(t)
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		pid := programs[name].PID
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil || len(links) == 0 {
			t.Fatalf("read the open files of %s (pid %d): %v", name, pid, err)
		}
		var ports []int
		for _, link := range links {
			target, err := os.Readlink(link)
			if err != nil {
				continue // closed meanwhile
			}
			inode := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
			address, ok := listening[inode]
			if !ok {
				continue
			}
			ports = append(ports, address.Port)
			if !address.IP.IsLoopback() {
				t.Errorf("%s listens on %s", name, address.IP)
			}
		}
		if len(ports) == 0 || (name == "cloud_sql" && !slices.Contains(ports, 3307)) { // where connectors dial
			t.Errorf("%s listens on ports %v: this test looks for the wrong thing", name, ports)
		}
	}
}

// portsAreNotGivenOut holds the functions' ports against those that the kernel gives to whoever listens on port 0 or dials: a
// program that has not started yet would find its port taken, and be taken for who has it.
func portsAreNotGivenOut(t *testing.T, info local.Info) {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		t.Fatal(err)
	}
	var first, last int
	if _, err := fmt.Sscan(string(text), &first, &last); err != nil {
		t.Fatal(err)
	}
	for name, program := range info.Functions {
		address, err := url.Parse(program.URL)
		if err != nil {
			t.Fatal(err)
		}
		if port, err := strconv.Atoi(address.Port()); err != nil || (port >= first && port <= last) {
			t.Errorf("%s has port %q, and the kernel gives out %d to %d (%v)", name, address.Port(), first, last, err)
		}
	}
}

// listeners maps the inode of each listening TCP socket of the machine to its address.
func listeners(t *testing.T) map[string]net.TCPAddr {
	t.Helper()
	found := map[string]net.TCPAddr{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		file, err := os.Open(table)
		if err != nil {
			continue // no IPv6 here
		}
		lines := bufio.NewScanner(file)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			if len(fields) < 10 || fields[3] != "0A" { // TCP_LISTEN
				continue
			}
			found[fields[9]] = address(t, fields[1])
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
	return found
}

// address reads the kernel's form: 32-bit words in the machine's byte order, in hexadecimal, and a port.
func address(t *testing.T, text string) net.TCPAddr {
	t.Helper()
	words, digits, _ := strings.Cut(text, ":")
	port, err := strconv.ParseUint(digits, 16, 16)
	if err != nil {
		t.Fatalf("read address %q: %v", text, err)
	}
	ip, err := hex.DecodeString(words)
	if err != nil {
		t.Fatalf("read address %q: %v", text, err)
	}
	for word := range slices.Chunk(ip, 4) {
		slices.Reverse(word)
	}
	return net.TCPAddr{IP: ip, Port: int(port)}
}
