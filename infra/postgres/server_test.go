package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/infra/postgres"
)

// lifeVariable makes the test binary a parent that starts a server, says so and waits to be killed.
const lifeVariable = "TRAIND_POSTGRES_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(lifeVariable); dir != "" {
		server, err := postgres.Start(context.Background(), postgres.Options{Dir: dir})
		if err != nil {
			os.Stdout.WriteString("error: " + err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString(strconv.Itoa(server.PID) + "\n")
		select {}
	}
	os.Exit(m.Run())
}

func requirePostgres(t *testing.T) {
	t.Helper()
	if _, err := postgres.Find(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

func start(t *testing.T, options postgres.Options) *postgres.Server {
	t.Helper()
	server, err := postgres.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		if err := postgres.Remove(options.Dir); err != nil {
			t.Error(err)
		}
	})
	return server
}

func query[T any](t *testing.T, dsn, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var value T
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestServerKeepsDataAndPasswordFromOneStartToTheNext(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	dir := filepath.Join(t.TempDir(), "postgres")
	first, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), first.SuperuserDSN("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT 7 AS value"); err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-first.Done():
	default:
		t.Fatal("Stop returned while the server's process still runs")
	}

	second := start(t, postgres.Options{Dir: dir})
	if got := query[int](t, second.SuperuserDSN("postgres"), "SELECT value FROM kept"); got != 7 {
		t.Errorf("value kept: got %d, want 7", got)
	}
}

func TestServerLetsNobodyInWithoutThePassword(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	server := start(t, postgres.Options{Dir: filepath.Join(t.TempDir(), "postgres")})

	_, err := pgx.Connect(t.Context(), server.DSN("postgres", postgres.Superuser, "wrong"))
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "28P01" {
		t.Errorf("connect with a wrong password: got %v, want SQLSTATE 28P01", err)
	}
	if n := query[int](t, server.SuperuserDSN("postgres"),
		"SELECT count(*) FROM pg_hba_file_rules WHERE auth_method <> 'scram-sha-256'"); n != 0 {
		t.Errorf("rules that let in without SCRAM: got %d, want 0", n)
	}
	if got := query[string](t, server.SuperuserDSN("postgres"), "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Errorf("listen_addresses: got %s, want 127.0.0.1", got)
	}
	info, err := os.Stat(filepath.Join(server.Home, "password"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the password's file: got %o, want 600", info.Mode().Perm())
	}
}

func TestServerStartsBelowAFolderThatItsUserCannotEnter(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	closed := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(closed, "postgres")
	first, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if first.Home != second.Home {
		t.Errorf("home of the second start: got %s, want %s", second.Home, first.Home)
	}
	if err := postgres.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(first.Home); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("folder %s after Remove: got %v, want none", first.Home, err)
	}
}

func TestStartSaysWhatIsWrongInOneLine(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	dir := filepath.Join(t.TempDir(), "postgres")
	server := start(t, postgres.Options{Dir: dir})

	_, err := postgres.Start(t.Context(), postgres.Options{Dir: t.TempDir(), Port: server.Port})
	if err == nil || !strings.Contains(err.Error(), "taken") || strings.Contains(err.Error(), "\n") {
		t.Errorf("start on a taken port: got %v", err)
	}

	other := filepath.Join(t.TempDir(), "postgres")
	t.Cleanup(func() {
		if err := postgres.Remove(other); err != nil {
			t.Error(err)
		}
	})
	if err := os.MkdirAll(filepath.Join(other, "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, "data", "PG_VERSION"), []byte("9\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		// Where the temporary folder cannot be entered the data would stand elsewhere.
		if err := os.Chmod(filepath.Dir(filepath.Dir(other)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Dir(other), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, err = postgres.Start(t.Context(), postgres.Options{Dir: other})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 9") || strings.Contains(err.Error(), "\n") {
		t.Errorf("start on another version's data: got %v", err)
	}
}

func TestStartSurvivesAPidFileLeftBehind(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	dir := filepath.Join(t.TempDir(), "postgres")
	first, err := postgres.Start(t.Context(), postgres.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The number of a killed server may since belong to any process; this one's certainly lives.
	pidFile := filepath.Join(first.Home, "data", "postmaster.pid")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := start(t, postgres.Options{Dir: dir})
	if got := query[int](t, server.SuperuserDSN("postgres"), "SELECT 1"); got != 1 {
		t.Errorf("query: got %d, want 1", got)
	}
}

func TestServerDiesWithItsParent(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("only Linux ties a child's life to its parent's")
	}
	dir := filepath.Join(t.TempDir(), "postgres")
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), lifeVariable+"="+dir)
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 256)
	n, _ := output.Read(line)
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatalf("process id of the server: %v", err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // killed, as asked
	waitFor(t, "end of the server", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || zombie(pid) })
	if err := postgres.Remove(dir); err != nil {
		t.Fatal(err)
	}
}

// zombie says whether a process has ended and only its number is left, as happens in containers without an init.
func zombie(pid int) bool {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && strings.Contains(string(status), ") Z ")
}

func waitFor(t *testing.T, what string, met func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	timeout := time.After(20 * time.Second)
	for !met() {
		select {
		case <-tick.C:
		case <-timeout:
			t.Fatalf("no %s in 20 s", what)
		}
	}
}

func TestPortIsOpenOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	requirePostgres(t)
	server := start(t, postgres.Options{Dir: filepath.Join(t.TempDir(), "postgres")})
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() {
			continue
		}
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(network.IP.String(), strconv.Itoa(server.Port)), time.Second)
		if err == nil {
			_ = conn.Close()
			t.Errorf("the server answers at %s", network.IP)
		}
	}
}
