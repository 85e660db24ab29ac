package postgrestest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/postgres"
)

// cluster is this process's hold on the shared server.
type cluster struct {
	address
	dir   string
	users *os.File // its shared lock keeps the cluster running; held until the process ends

	mu       sync.Mutex // guards what follows
	conn     *pgx.Conn  // the superuser's
	template string     // name of the migrated database; empty until it is there
	made     int        // databases made by this process
}

var shared struct {
	mu      sync.Mutex
	cluster *cluster // kept only on success
}

// join returns the shared cluster, which it starts where no other process has.
func join(ctx context.Context) (*cluster, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.cluster != nil {
		return shared.cluster, nil
	}
	binDir, err := postgres.Find()
	if err != nil {
		return nil, err
	}
	dir, err := sharedDir(binDir)
	if err != nil {
		return nil, err
	}
	c := &cluster{dir: dir}
	if c.users, err = exclusive.Share(filepath.Join(dir, usersName)); err != nil {
		return nil, err
	}
	if err := c.connect(ctx); err != nil {
		return nil, errors.Join(err, c.users.Close())
	}
	shared.cluster = c
	return c, nil
}

// sharedDir is one folder per user and set of binaries: another version cannot read the data.
func sharedDir(binDir string) (string, error) {
	sum := sha256.Sum256([]byte(binDir))
	dir := filepath.Join(os.TempDir(), fmt.Sprintf("train-d-postgrestest-%d-%s", os.Geteuid(), hex.EncodeToString(sum[:4])))
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711 // the server runs as another user and must pass through
	}
	return dir, exclusive.Dir(dir, mode)
}

func (c *cluster) connect(ctx context.Context) error {
	starting, err := exclusive.Lock(filepath.Join(c.dir, startName))
	if err != nil {
		return err
	}
	defer func() { _ = starting.Close() }()

	if err := c.dial(ctx); err == nil {
		return nil
	}
	// No cluster, or the remains of one whose keeper was killed; the kernel has ended its server.
	if err := os.Remove(filepath.Join(c.dir, serverName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	keeper, err := c.startKeeper()
	if err != nil {
		return fmt.Errorf("start keeper of the test database: %w", err)
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
		if _, err := os.Stat(filepath.Join(c.dir, serverName)); err == nil {
			return errors.Join(c.dial(ctx), keeper.Release())
		}
		var status syscall.WaitStatus
		if ended, err := syscall.Wait4(keeper.Pid, &status, syscall.WNOHANG, nil); err != nil || ended == keeper.Pid {
			said, _ := os.ReadFile(filepath.Join(c.dir, logName)) // only to say more
			return fmt.Errorf("keeper of the test database ended: %s", said)
		}
	}
}

func (c *cluster) dial(ctx context.Context) error {
	content, err := os.ReadFile(filepath.Join(c.dir, serverName))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, &c.address); err != nil {
		return err
	}
	c.conn, err = pgx.Connect(ctx, c.dsn(postgres.Superuser, postgres.Superuser))
	return err
}

// startKeeper starts this very program as the supervisor, in a session of its own so that it outlives this process.
func (c *cluster) startKeeper() (*os.Process, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(c.dir, logName))
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), superviseVariable+"="+c.dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err = cmd.Start()
	return cmd.Process, errors.Join(err, log.Close())
}

func (c *cluster) dsn(database, user string) string {
	return postgres.DSN(c.Port, database, user, c.Password)
}
