package database

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Conn runs statements. A pooled connection, a direct one and a transaction are all a Conn, so that the same queries run
// on any of them.
type Conn interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// Database hands out connections. Pooled and Session are the two kinds; use cases take whichever they are given.
type Database interface {
	// Use runs f on a connection outside a transaction: each statement commits by itself.
	Use(ctx context.Context, f func(ctx context.Context, conn Conn) error) error
	// InTx runs f in one transaction: committed when f returns nil, rolled back on an error or a panic. f runs again from
	// its start after a serialization failure or a deadlock, so it must have no effect outside the transaction.
	InTx(ctx context.Context, f func(ctx context.Context, conn Conn) error) error
}
