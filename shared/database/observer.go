package database

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/shared/logging"
)

// observer is what all connections of one Pooled or Direct report to.
type observer struct {
	counters
	slowQuery time.Duration // 0 reports none as slow
}

// statement is one that ended.
type statement struct {
	name     string
	tag      pgconn.CommandTag
	took     time.Duration
	err      error
	reported bool // counted and logged already
}

// report counts a slow or failed statement and logs it: name, duration, rows, SQLSTATE and path; never an argument, and
// never the server's message, which may quote one.
func (o *observer) report(ctx context.Context, path string, s statement) {
	if s.reported {
		return
	}
	attrs := []slog.Attr{
		slog.String("query", s.name), slog.String("path", path), logging.Millis("duration_ms", s.took),
		slog.Int64("rows", s.tag.RowsAffected()),
	}
	if s.err == nil {
		o.slow.Add(1)
		logging.Log(ctx, slog.LevelWarn, logging.EventDatabaseSlowQuery, "Slow query", attrs...)
		return
	}
	o.failed.Add(1)
	state, level := failureOf(s.err)
	attrs = append(attrs, slog.String("sqlstate", state))
	var answer *pgconn.PgError
	if errors.As(s.err, &answer) && answer.ConstraintName != "" {
		attrs = append(attrs, slog.String("constraint", answer.ConstraintName))
	}
	logging.Log(ctx, level, logging.EventDatabaseQueryFailed, "Query failed", attrs...)
}

// failureOf gives the SQLSTATE of a failure, or a word where the server said nothing, and how loud it is. What the
// callers expect to happen (constraints, serialization) and cancellations are quiet.
func failureOf(err error) (state string, level slog.Level) {
	var answer *pgconn.PgError
	switch {
	case errors.As(err, &answer):
		if class := answer.Code[:min(2, len(answer.Code))]; class == "23" || class == "40" {
			return answer.Code, slog.LevelInfo
		}
		return answer.Code, slog.LevelWarn
	case errors.Is(err, context.Canceled):
		return "canceled", slog.LevelDebug
	case errors.Is(err, context.DeadlineExceeded), pgconn.Timeout(err):
		return "timeout", slog.LevelWarn
	case pgconn.SafeToRetry(err):
		return "not-sent", slog.LevelWarn
	default:
		return "none", slog.LevelWarn
	}
}

const namePrefix = "-- name:"

// nameOf is the name in the comment that every statement of this system starts with. Those of a library have none.
func (w *watch) nameOf(sql string) string {
	if rest, ok := strings.CutPrefix(sql, namePrefix); ok {
		line, _, _ := strings.Cut(rest, "\n")
		return strings.TrimSpace(line)
	}
	switch sql {
	case "begin", "commit", "rollback":
		return "transaction." + sql
	}
	return cmp.Or(w.unnamed, "unnamed")
}

// nameOfBatch joins the names of the statements in the batch; one that is repeated stands once.
func (w *watch) nameOfBatch() string {
	if w.batch == nil {
		return w.nameOf("")
	}
	names := make([]string, len(w.batch.QueuedQueries))
	for i, query := range w.batch.QueuedQueries {
		names[i] = w.nameOf(query.SQL)
	}
	return cmp.Or(strings.Join(slices.Compact(names), "+"), w.nameOf(""))
}
