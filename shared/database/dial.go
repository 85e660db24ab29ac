package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// dial opens a direct connection within the connect timeout. Where the instance no longer takes the connector's
// certificate it dials once more, with a new one.
func dial(ctx context.Context, r route, name string, seen *observer) (*pgx.Conn, error) {
	if r.err != nil {
		return nil, r.err
	}
	c := r.onPath(name, &watch{observer: seen, path: name})
	ctx, cancel := context.WithTimeout(ctx, c.ConnectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, c)
	if refusedCertificate(err) {
		return pgx.ConnectConfig(ctx, c)
	}
	return conn, err
}

// dialTwice dials once more where the first attempt broke off and another may well succeed: nothing was sent, but a
// server that answered (wrong password, no such database) would only say the same again.
func dialTwice(ctx context.Context, r route, name string, seen *observer) (*pgx.Conn, error) {
	conn, err := dial(ctx, r, name, seen)
	var broken *pgconn.ConnectError
	if err == nil || ctx.Err() != nil || !errors.As(err, &broken) {
		return conn, err
	}
	if cause := causeOf(err); cause != CauseNetwork && cause != CauseStarting && cause != CauseTooMany {
		return nil, err
	}
	if !sleep(ctx, longestPause) {
		return nil, err
	}
	return dial(ctx, r, name, seen)
}

// closeConn closes a connection. One that broke under a statement has ended only when the driver is done with it.
func closeConn(ctx context.Context, conn *pgx.Conn) {
	if conn.IsClosed() {
		awaitEnd(conn)
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	_ = conn.Close(ctx) // the server notices by itself
}

// awaitEnd waits until the driver is done with a connection that broke: it asks the server to cancel what still runs there,
// and reads to the end. It would take up to 15 s for that.
func awaitEnd(conn *pgx.Conn) {
	timer := time.AfterFunc(cleanUp, func() { _ = beneath(conn.PgConn().Conn()).Close() })
	defer timer.Stop()
	<-conn.PgConn().CleanupDone()
}
