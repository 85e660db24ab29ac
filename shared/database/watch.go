package database

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// watch is the tracer of one connection. A connection runs one statement at a time, so a watch needs no lock: it is
// handed on together with its connection.
type watch struct {
	*observer
	path    string
	unnamed string // what statements without a name of their own go by

	dialled  func(error) // told of the dial's result; may be nil
	dialling time.Time

	born     time.Time // when the connection was there
	released time.Time // when it was last handed back; born before that
	look     *look     // at its socket

	sql     string     // of the statement that runs
	batch   *pgx.Batch // that runs
	started time.Time
	open    bool // the connection was open then

	sent   bool  // a statement has gone out since begin
	lost   bool  // the connection broke after that, its answer is not known
	misfit error // arguments or rows that do not fit their types; the driver's text quotes values
}

const watchName = "train-d watch"

// watchOf is the watch of a connection that this package opened.
func watchOf(conn *pgx.Conn) *watch {
	w, _ := conn.PgConn().CustomData()[watchName].(*watch)
	return w
}

// begin forgets what happened under the holder before.
func (w *watch) begin() { w.sent, w.lost, w.misfit = false, false, nil }

// TraceConnectStart implements pgx.ConnectTracer.
func (w *watch) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	w.dialling = time.Now()
	w.dials.Add(1)
	return ctx
}

// TraceConnectEnd implements pgx.ConnectTracer.
func (w *watch) TraceConnectEnd(_ context.Context, data pgx.TraceConnectEndData) {
	if data.Err != nil {
		w.dialFailures.Add(1)
	} else {
		w.born = time.Now()
		w.released = w.born
		w.look = newLook(data.Conn.PgConn().Conn())
		data.Conn.PgConn().CustomData()[watchName] = w
	}
	if w.dialled != nil {
		w.dialled(data.Err)
	}
}

// TraceQueryStart implements pgx.QueryTracer. Arguments are never looked at.
func (w *watch) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	w.start(conn, data.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (w *watch) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	w.statements.Add(1)
	w.ended(ctx, conn, statement{name: w.nameOf(w.sql), tag: data.CommandTag, took: time.Since(w.started), err: data.Err})
}

// TraceBatchStart implements pgx.BatchTracer.
func (w *watch) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	w.start(conn, "")
	w.batch = data.Batch
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (w *watch) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	w.statements.Add(1)
	if data.Err != nil {
		w.sql = data.SQL // what the error is about
		w.ended(ctx, conn, statement{name: w.nameOf(data.SQL), tag: data.CommandTag, took: time.Since(w.started), err: data.Err})
	}
}

// TraceBatchEnd implements pgx.BatchTracer.
func (w *watch) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	s := statement{took: time.Since(w.started), err: data.Err}
	if s.err != nil || w.isSlow(s.took) { // the name is dear
		s.name = w.nameOfBatch()
	}
	w.batch = nil
	s.reported = data.Err != nil && isAnswer(data.Err) // by TraceBatchQuery
	w.ended(ctx, conn, s)
}

// TraceCopyFromStart implements pgx.CopyFromTracer.
func (w *watch) TraceCopyFromStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	w.start(conn, "-- name: copy."+data.TableName[len(data.TableName)-1])
	return ctx
}

// TraceCopyFromEnd implements pgx.CopyFromTracer.
func (w *watch) TraceCopyFromEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceCopyFromEndData) {
	w.statements.Add(1)
	w.ended(ctx, conn, statement{name: w.nameOf(w.sql), tag: data.CommandTag, took: time.Since(w.started), err: data.Err})
}

func (w *watch) start(conn *pgx.Conn, sql string) {
	w.sql, w.started, w.open = sql, time.Now(), !conn.IsClosed()
}

// ended notes what the statement's end means for the holder, and reports it. A connection that closed during a statement
// is lost whatever the error says: pgx answers a simple statement (BEGIN, COMMIT) whose connection broke before its
// answer with "conn closed", which claims to be safe to retry.
func (w *watch) ended(ctx context.Context, conn *pgx.Conn, s statement) {
	if s.err == nil {
		w.sent = true
		if w.isSlow(s.took) {
			w.report(ctx, w.path, s)
		}
		return
	}
	var answer *pgconn.PgError
	if errors.As(s.err, &answer) {
		hideValues(answer)
	}
	switch {
	case w.open && conn.IsClosed():
		w.sent, w.lost = true, true
	case pgconn.SafeToRetry(s.err):
		// Nothing went out.
	case answer != nil:
		w.sent = true
	default:
		w.misfit = s.err
	}
	w.report(ctx, w.path, s)
}

// isSlow reports whether a statement that took so long is told of.
func (w *watch) isSlow(took time.Duration) bool { return w.slowQuery > 0 && took >= w.slowQuery }

// isAnswer reports whether the server itself said err.
func isAnswer(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer)
}
