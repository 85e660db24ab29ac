package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"net"
	"sync/atomic"

	"cloud.google.com/go/cloudsqlconn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/database"
)

// statement writes the two rows of a registration, and commits them.
const statement = `-- name: bench.register
WITH account AS (
    INSERT INTO accounts (email, password_hash) VALUES ($1, $2) RETURNING id
), session AS (
    INSERT INTO sessions (token_hash, account_id) SELECT $3, id FROM account
)
SELECT id FROM account`

// backend is a way to the database, ready to be used.
type backend struct {
	register func(ctx context.Context, email string) (id int64, err error)
	stats    func() database.Stats
}

// querier is what all ways run the statement on.
type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func insert(ctx context.Context, conn querier, email string) (id int64, err error) {
	token := sha256.Sum256([]byte(rand.Text()))
	err = conn.QueryRow(ctx, statement, email, "no password", token[:]).Scan(&id)
	return id, err
}

var ways = map[string]func(config.Database) (backend, error){
	"none": none, "pgxpool": barePool, "pgx": bareConn, "pgx-connector": bareConnector, "pooled": pooled, "direct": direct,
}

func uncounted() database.Stats { return database.Stats{} }

// none reaches no database: the HTTP server alone.
func none(config.Database) (backend, error) {
	var n atomic.Int64
	return backend{func(context.Context, string) (int64, error) { return n.Add(1), nil }, uncounted}, nil
}

// barePool is the driver's pool as it comes.
func barePool(cfg config.Database) (backend, error) {
	c, err := pgxpool.ParseConfig(cfg.URL.Reveal())
	if err != nil {
		return backend{}, err
	}
	c.MinConns, c.MaxConns = int32(cfg.PoolMin), int32(cfg.PoolMax)
	pool, err := pgxpool.NewWithConfig(context.Background(), c)
	if err != nil {
		return backend{}, err
	}
	return backend{func(ctx context.Context, email string) (int64, error) { return insert(ctx, pool, email) }, uncounted}, nil
}

// bareConn is the driver's connection, one per request.
func bareConn(cfg config.Database) (backend, error) {
	c, err := pgx.ParseConfig(cfg.URL.Reveal())
	return perRequest(c), err
}

// bareConnector is bareConn over the Cloud SQL connector, set as lazy as shared/database sets it.
func bareConnector(cfg config.Database) (backend, error) {
	dialer, err := cloudsqlconn.NewDialer(context.Background(), cloudsqlconn.WithLazyRefresh(),
		cloudsqlconn.WithBuiltInMetrics(false), cloudsqlconn.WithAdminAPIEndpoint(cfg.AdminAPI),
		cloudsqlconn.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "local"})))
	if err != nil {
		return backend{}, err
	}
	c, err := pgx.ParseConfig("host=127.0.0.1 sslmode=disable")
	if err != nil {
		return backend{}, err
	}
	c.User, c.Password, c.Database = cfg.User, cfg.Password.Reveal(), cfg.Name
	c.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialer.Dial(ctx, cfg.Instance, cloudsqlconn.WithPrivateIP())
	}
	return perRequest(c), nil
}

func perRequest(c *pgx.ConnConfig) backend {
	return backend{func(ctx context.Context, email string) (int64, error) {
		conn, err := pgx.ConnectConfig(ctx, c)
		if err != nil {
			return 0, err
		}
		defer func() { _ = conn.Close(ctx) }()
		return insert(ctx, conn, email)
	}, uncounted}
}

// pooled is interactive work's way.
func pooled(cfg config.Database) (backend, error) {
	pool := database.NewPooled(cfg, "bench")
	return backend{func(ctx context.Context, email string) (int64, error) { return use(ctx, pool, email) }, pool.Stats}, nil
}

// direct is background work's way, with a session per request.
func direct(cfg config.Database) (backend, error) {
	sessions := database.NewDirect(cfg, "bench")
	return backend{func(ctx context.Context, email string) (int64, error) {
		session := sessions.Open()
		defer session.Close(ctx)
		return use(ctx, session, email)
	}, sessions.Stats}, nil
}

func use(ctx context.Context, db database.Database, email string) (id int64, err error) {
	err = db.Use(ctx, func(ctx context.Context, conn database.Conn) (err error) {
		id, err = insert(ctx, conn, email)
		return err
	})
	return id, err
}
