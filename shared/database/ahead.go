package database

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/train-d/train-d/shared/fault"
)

// Ahead is a statement whose answer decides whether a request may have what it reads, as the look at its session. It goes
// to the server in one batch with the first statement that the request has anyway, and is answered first, so that it costs
// no round trip of its own.
//
// What follows it is run before its answer is known: it must only read. An Ahead belongs to one request and is not safe for
// concurrent use.
type Ahead struct {
	queue func(*pgx.Batch)
	read  func(pgx.Row) error

	answered bool
	refusal  error
}

// NewAhead makes a statement that goes ahead. read scans its row; a *fault.Error that it returns refuses the request,
// which then gets that error whatever else it read. Any other error is the connection's.
func NewAhead(read func(pgx.Row) error, sql string, args ...any) *Ahead {
	return &Ahead{queue: func(batch *pgx.Batch) { batch.Queue(sql, args...) }, read: read}
}

// Ask asks alone, and gives the refusal or what kept the answer from coming. It is work for a Database.
func (a *Ahead) Ask(ctx context.Context, conn Conn) error {
	if a.answered {
		return a.refusal
	}
	results := conn.SendBatch(ctx, a.with())
	err := a.take(results.QueryRow())
	return cmp.Or(err, results.Close())
}

type aheadKey struct{}

// WithAhead gives a context in which the first statement on a connection of Leading is preceded by ahead.
func WithAhead(ctx context.Context, ahead *Ahead) context.Context {
	return context.WithValue(ctx, aheadKey{}, ahead)
}

// Settle asks where nothing has asked yet, as when a request turned out to need no statement. It gives what Ask gives; nil
// without an Ahead.
func Settle(ctx context.Context, db Database) error {
	ahead, _ := ctx.Value(aheadKey{}).(*Ahead)
	switch {
	case ahead == nil:
		return nil
	case ahead.answered:
		return ahead.refusal
	}
	return db.Use(ctx, ahead.Ask)
}

// take reads the answer.
func (a *Ahead) take(row pgx.Row) error {
	err := a.read(row)
	if _, refused := fault.As(err); err == nil || refused {
		a.answered, a.refusal = true, err
	}
	return err
}

// with puts the statement in front of others.
func (a *Ahead) with(others ...*pgx.QueuedQuery) *pgx.Batch {
	batch := &pgx.Batch{}
	a.queue(batch)
	batch.QueuedQueries = append(batch.QueuedQueries, others...)
	return batch
}

// Leading is a Database whose connections send the context's Ahead, where there is one, with their first statement.
type Leading struct{ Database }

// Use implements Database.
func (l Leading) Use(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return l.Database.Use(ctx, led(ctx, f))
}

// InTx implements Database.
func (l Leading) InTx(ctx context.Context, f func(ctx context.Context, conn Conn) error) error {
	return l.Database.InTx(ctx, led(ctx, f))
}

// led makes f's first statement follow the Ahead. A refusal is f's error even where f made something else of it.
func led(ctx context.Context, f work) work {
	ahead, _ := ctx.Value(aheadKey{}).(*Ahead)
	if ahead == nil {
		return f
	}
	return func(ctx context.Context, conn Conn) error {
		if ahead.refusal != nil {
			return ahead.refusal
		}
		err := f(ctx, &ledConn{conn, ahead})
		return cmp.Or(ahead.refusal, err)
	}
}

// ledConn is a connection whose first statement follows an Ahead.
type ledConn struct {
	Conn
	ahead *Ahead
}

// Exec implements Conn. What may write waits for the answer.
func (c *ledConn) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := c.ahead.Ask(ctx, c.Conn); err != nil {
		return pgconn.CommandTag{}, err
	}
	return c.Conn.Exec(ctx, sql, args...)
}

// CopyFrom implements Conn. It writes, and waits for the answer.
func (c *ledConn) CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error) {
	if err := c.ahead.Ask(ctx, c.Conn); err != nil {
		return 0, err
	}
	return c.Conn.CopyFrom(ctx, table, columns, rows)
}

// Query implements Conn.
func (c *ledConn) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if c.ahead.answered {
		return c.Conn.Query(ctx, sql, args...)
	}
	batch := c.ahead.with(&pgx.QueuedQuery{SQL: sql, Arguments: args})
	results := c.Conn.SendBatch(ctx, batch)
	if err := c.ahead.take(results.QueryRow()); err != nil {
		_ = results.Close() // the reason is known
		return noRows{err}, err
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close() // likewise
		return rows, err
	}
	return &ledRows{Rows: rows, results: results}, nil
}

// QueryRow implements Conn.
func (c *ledConn) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if c.ahead.answered {
		return c.Conn.QueryRow(ctx, sql, args...)
	}
	rows, _ := c.Query(ctx, sql, args...) // the row tells the error
	return ledRow{rows}
}

// SendBatch implements Conn.
func (c *ledConn) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	if c.ahead.answered {
		return c.Conn.SendBatch(ctx, batch)
	}
	results := c.Conn.SendBatch(ctx, c.ahead.with(batch.QueuedQueries...))
	if err := c.ahead.take(results.QueryRow()); err != nil {
		_ = results.Close() // the reason is known
		return noResults{err}
	}
	return results
}

// ledRows are the rows of a statement that shares its batch with an Ahead: closing them ends the batch.
type ledRows struct {
	pgx.Rows
	results pgx.BatchResults
	closed  bool
	err     error // of the batch's end
}

func (r *ledRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

func (r *ledRows) Close() {
	if r.closed {
		return
	}
	r.closed = true
	r.Rows.Close()
	r.err = r.results.Close()
}

func (r *ledRows) Err() error { return cmp.Or(r.Rows.Err(), r.err) }

// ledRow is the first of some rows.
type ledRow struct{ rows pgx.Rows }

// Scan implements pgx.Row.
func (r ledRow) Scan(into ...any) error {
	defer r.rows.Close()
	if !r.rows.Next() {
		return cmp.Or(r.rows.Err(), pgx.ErrNoRows)
	}
	if err := r.rows.Scan(into...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// noRows is what a statement gives that was not run or did not count.
type noRows struct{ err error }

func (r noRows) Close()                                       {}
func (r noRows) Err() error                                   { return r.err }
func (r noRows) CommandTag() pgconn.CommandTag                { return pgconn.CommandTag{} }
func (r noRows) FieldDescriptions() []pgconn.FieldDescription { return nil }
func (r noRows) Next() bool                                   { return false }
func (r noRows) Scan(...any) error                            { return r.err }
func (r noRows) Values() ([]any, error)                       { return nil, r.err }
func (r noRows) RawValues() [][]byte                          { return nil }
func (r noRows) Conn() *pgx.Conn                              { return nil }
func (r noRows) TypeMap() *pgtype.Map                         { return nil }

// noResults is the same for a batch.
type noResults struct{ err error }

func (r noResults) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, r.err }
func (r noResults) Query() (pgx.Rows, error)         { return noRows(r), r.err }
func (r noResults) QueryRow() pgx.Row                { return ledRow{noRows(r)} }
func (r noResults) Close() error                     { return r.err }
func (r noResults) Tx() pgx.Tx                       { return nil }
