package database

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/train-d/train-d/shared/fault"
)

// What an error means, and what is done about it. All decisions about falling back, trying again and answering stand
// here; the rest of the package only asks.
//
//	before a connection was had
//	  building the pool, dial, login failed         fallback; counts for the breaker
//	  breaker open                                  fallback
//	  pool busy beyond the acquire timeout          fallback, cause exhausted; never counts for the breaker
//	  fallback bound reached, or fallback failed    Unavailable (503, Retry-After)
//	  the caller's context ended                    Unavailable around the context's error; no fallback
//	with a connection, before anything was sent
//	  SafeToRetry, a broken BEGIN                   once more on another connection, then Unavailable
//	  the caller's context ended                    Unavailable around the context's error
//	after something was sent
//	  no answer (connection broke, context ended,   OutcomeUnknown, never run again. A lost COMMIT is the plainest case;
//	  57P01–57P03, class 08 on a closed connection)  a statement inside a transaction is told the same
//	  40001, 40P01 in InTx                          rolled back; the whole transaction again while the context lives
//	  40001, 40P01 else                             Unavailable, code contention
//	  42P01, 42703                                  Unavailable, code schema: the code is newer than the schema
//	  57014, 55P03                                  Unavailable, code timeout: the server undid the statement
//	  class 53                                      Unavailable, code resources
//	  any other SQLSTATE (22, 23, 42, …)            *pgconn.PgError as it is: an answer, not a failure
//	  arguments or rows that do not fit             an error without the driver's text, which quotes values
//	anything else that f returns                    as it is

// retryAfter is when to come back where nothing better is known.
const retryAfter = time.Second

// errNotSent marks work that may be done once more on another connection.
type errNotSent struct{ err error }

func (e *errNotSent) Error() string { return e.err.Error() }
func (e *errNotSent) Unwrap() error { return e.err }

// notSent finds what is marked so in err, or nil.
func notSent(err error) *errNotSent {
	if err == nil {
		return nil // without a look, which would allocate
	}
	var marked *errNotSent
	_ = errors.As(err, &marked)
	return marked
}

// judge gives the error of f its meaning, from what the watch saw while f had the connection. inTx says that nothing
// stands before a COMMIT was sent.
func (w *watch) judge(ctx context.Context, inTx bool, err error) error {
	if err == nil {
		return nil
	}
	var (
		begin  *beginError
		answer *pgconn.PgError
	)
	unsent := pgconn.SafeToRetry(err)
	if errors.As(err, &begin) && (w.lost || unsent) {
		unsent, w.lost, w.sent = true, false, false // an empty transaction has no outcome that could be unknown
	}
	switch {
	case w.lost, unsent && w.sent && !inTx: // outside a transaction, what was sent before stands
		w.unknown.Add(1)
		return outcomeUnknown(err)
	case unsent && ctx.Err() != nil:
		return ended(ctx, err)
	case unsent && !w.sent:
		return &errNotSent{err}
	case unsent:
		return lostBeforeSending(err)
	case errors.As(err, &answer):
		return judgeAnswer(answer, err)
	case w.misfit != nil && errors.Is(err, w.misfit):
		return misfit(w.nameOf(w.sql), err)
	default:
		return err
	}
}

// judgeAnswer tells the few answers that are failures of the system from those that are answers to the statement.
func judgeAnswer(answer *pgconn.PgError, err error) error {
	switch {
	case isContention(err):
		return unavailable("contention", "Too many changes at once. Try again.", err)
	case answer.Code == "42P01" || answer.Code == "42703":
		return unavailable("schema", "The database schema is older than this release.", err)
	case answer.Code == "57014" || answer.Code == "55P03":
		return unavailable("timeout", "The database took too long. Nothing was changed; try again.", err)
	case strings.HasPrefix(answer.Code, "53"):
		return unavailable("resources", "The database is out of resources. Try again later.", err)
	default:
		return err
	}
}

// isContention reports whether err rolled a transaction back for the sake of another: a serialization failure or a
// deadlock. Running it again from its start is the cure.
func isContention(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && (answer.Code == "40001" || answer.Code == "40P01")
}

// IsUnique reports whether err is a violation of the named unique constraint, or of any where the name is empty.
// Nothing was changed; trying the same again can't help.
func IsUnique(err error, constraint string) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "23505" && (constraint == "" || answer.ConstraintName == constraint)
}

// IsOrphan reports whether err is a row refused because the row that its column names is not there, or not any more. It goes
// by the constraint's name as PostgreSQL gives it, <table>_<column>_fkey. Nothing was changed.
func IsOrphan(err error, column string) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "23503" && strings.HasSuffix(answer.ConstraintName, "_"+column+"_fkey")
}

func unavailable(code, message string, err error) *fault.Error {
	return fault.Wrap(fault.Unavailable, code, message, err).After(retryAfter)
}

// unreachable is the answer when no connection can be had at all.
func unreachable(err error, probe time.Duration) error {
	return unavailable("database", "The database cannot be reached. Try again later.", err).After(max(probe, retryAfter))
}

func lostBeforeSending(err error) error {
	return unavailable("database", "The database connection was lost. Nothing was changed; try again.", err)
}

func outcomeUnknown(err error) error {
	return fault.Wrap(fault.OutcomeUnknown, "outcome-unknown",
		"The connection broke before the answer came. The change may or may not have been made; check before repeating it.", err)
}

// ended is the answer to a caller whose context ended before anything was sent.
func ended(ctx context.Context, err error) error {
	if err == nil {
		err = context.Cause(ctx)
	}
	return unavailable("timeout", "Time ran out before anything was changed. Try again.", err)
}

// misfit replaces an error of the driver that quotes values; the column is all that can be told of it.
func misfit(query string, err error) error {
	var column pgx.ScanArgError
	if errors.As(err, &column) {
		return fmt.Errorf("%s: column %d (%s) does not fit its destination", query, column.ColumnIndex, column.FieldName)
	}
	return fmt.Errorf("%s: arguments or rows do not fit the statement", query)
}

// hideValues takes out of a server's error what quotes a row or an argument, before anybody can log it.
func hideValues(answer *pgconn.PgError) {
	answer.Detail, answer.Where, answer.InternalQuery = "", "", ""
	if strings.HasPrefix(answer.Code, "22") { // as: invalid input syntax for type integer: "…"
		answer.Message, _, _ = strings.Cut(answer.Message, `"`)
	}
}
