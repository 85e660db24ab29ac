// Command empty is the least program that does what a function does at its start: the framework answers, GET / at once and
// GET /query with what one query over the pool gave. Cold starts are compared with it. It holds no code of this project;
// imports.go, laid over it when it is built, links what the function links.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync"

	"cloud.google.com/go/cloudsqlconn"
	"github.com/GoogleCloudPlatform/functions-framework-go/funcframework"
	"github.com/GoogleCloudPlatform/functions-framework-go/functions"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/oauth2"
)

func init() {
	functions.HTTP(os.Getenv("FUNCTION_TARGET"), func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/query" {
			return
		}
		var one int
		pool, err := pool()
		if err == nil {
			err = pool.QueryRow(r.Context(), "SELECT 1").Scan(&one)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
		}
	})
}

func main() {
	if err := funcframework.StartHostPort("127.0.0.1", os.Getenv("PORT")); err != nil {
		log.Fatal(err)
	}
}

// pool is made by the first who needs it.
var pool = sync.OnceValues(func() (*pgxpool.Pool, error) {
	ctx := context.Background()
	if dsn := os.Getenv("DATABASE_URL"); dsn != "" {
		return pgxpool.New(ctx, dsn)
	}
	dialer, err := cloudsqlconn.NewDialer(ctx, cloudsqlconn.WithLazyRefresh(), cloudsqlconn.WithBuiltInMetrics(false),
		cloudsqlconn.WithAdminAPIEndpoint(os.Getenv("CLOUD_SQL_ADMIN_API")),
		cloudsqlconn.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "local"})))
	if err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig("host=127.0.0.1 sslmode=disable")
	if err != nil {
		return nil, errors.Join(err, dialer.Close())
	}
	login := config.ConnConfig
	login.User, login.Password, login.Database = os.Getenv("DATABASE_USER"), os.Getenv("DATABASE_PASSWORD"), os.Getenv("DATABASE_NAME")
	login.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dialer.Dial(ctx, os.Getenv("CLOUD_SQL_INSTANCE"), cloudsqlconn.WithPrivateIP())
		if err != nil {
			return nil, fmt.Errorf("dial the instance: %w", err)
		}
		return conn, nil
	}
	return pgxpool.NewWithConfig(ctx, config)
})
