package postgrestest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/internal/exclusive"
	"github.com/train-d/train-d/infra/postgres"
)

// superviseVariable names the environment variable that turns a test program into the keeper of the shared cluster: it
// holds the folder to keep it in. Test programs come and go, and no code runs at their end, so a process of its own
// must keep the server; being the same program it needs nothing built or installed.
const superviseVariable = "TRAIND_POSTGRESTEST_SUPERVISE"

// lingering is how long the cluster outlives its last user: the packages of one test run follow each other with gaps.
const lingering = 20 * time.Second

// keptTemplates is how many migrated templates stay for later runs; each takes about 8 MB.
const keptTemplates = 4

// Files below the shared folder.
const (
	usersName   = "users"       // locked in shared mode by every process that uses the cluster
	startName   = "start"       // locked by the process that looks for the cluster or starts it
	serverName  = "server.json" // where the cluster is; there only while it runs
	cleanName   = "clean"       // there only after a clean stop; else the data is thrown away, as fsync is off
	clusterName = "cluster"     // the data
	logName     = "supervisor.log"
)

// address is what server.json holds.
type address struct {
	Port     int    `json:"port"`
	Password string `json:"password"` // of the superuser and of every login
	Keeper   int    `json:"keeper"`   // process id of the supervisor
}

func init() {
	dir := os.Getenv(superviseVariable)
	if dir == "" {
		return
	}
	if err := supervise(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// supervise keeps the cluster until nobody has used it for a while.
func supervise(ctx context.Context, dir string) error {
	cluster := filepath.Join(dir, clusterName)
	clean := filepath.Join(dir, cleanName)
	if err := os.Remove(clean); err != nil {
		if err := postgres.Remove(cluster); err != nil {
			return err
		}
	}
	server, err := postgres.Start(ctx, postgres.Options{Dir: cluster, Settings: map[string]string{
		// Nothing here outlives a crash, so nothing is written for that case.
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
		"max_connections": "300", "shared_buffers": "64MB", "max_wal_size": "512MB",
	}})
	if err != nil {
		return err
	}
	dsn := server.SuperuserDSN(postgres.Superuser)
	if err := dropLeftovers(ctx, dsn); err != nil {
		return errors.Join(err, server.Stop(ctx))
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return errors.Join(err, server.Stop(ctx))
	}
	about := address{Port: server.Port, Password: config.Password, Keeper: os.Getpid()}
	if err := announce(dir, about); err != nil {
		return errors.Join(err, server.Stop(ctx))
	}

	users := filepath.Join(dir, usersName)
	for {
		// Held exclusively means: no user. Taken only to wait for that, then let go while the cluster lingers.
		nobody, err := exclusive.Lock(users)
		if err != nil {
			return errors.Join(err, server.Stop(ctx))
		}
		_ = nobody.Close()
		select {
		case <-server.Done():
			return errors.Join(errors.New("server ended"), os.Remove(filepath.Join(dir, serverName)))
		case <-time.After(lingering):
		}
		nobody, still, err := exclusive.TryLock(users)
		if err != nil {
			return errors.Join(err, server.Stop(ctx))
		}
		if !still {
			continue
		}
		// A newcomer waits for the lock until this process has ended, and then starts a cluster of its own.
		err = errors.Join(os.Remove(filepath.Join(dir, serverName)), server.Stop(ctx))
		if err == nil {
			err = os.WriteFile(clean, nil, 0o600)
		}
		return errors.Join(err, nobody.Close())
	}
}

// announce writes where the cluster is, whole or not at all.
func announce(dir string, about address) error {
	content, err := json.Marshal(about)
	if err != nil {
		return err
	}
	unfinished := filepath.Join(dir, serverName+".unfinished")
	if err := os.WriteFile(unfinished, content, 0o600); err != nil {
		return err
	}
	return os.Rename(unfinished, filepath.Join(dir, serverName))
}

// dropLeftovers drops the databases of tests that were killed and all but the newest templates.
func dropLeftovers(ctx context.Context, dsn string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	rows, err := conn.Query(ctx, "SELECT datname FROM pg_database ORDER BY oid DESC")
	if err != nil {
		return err
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	templates := 0
	for _, name := range names {
		isTemplate := strings.HasPrefix(name, templatePrefix)
		if isTemplate {
			templates++
		}
		left := strings.HasPrefix(name, testPrefix) || strings.HasPrefix(name, buildingPrefix) ||
			isTemplate && templates > keptTemplates
		if !left {
			continue
		}
		if _, err := conn.Exec(ctx, "DROP DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
			return fmt.Errorf("drop database %s: %w", name, err)
		}
	}
	return nil
}
