package database

import (
	"context"
	"errors"

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
