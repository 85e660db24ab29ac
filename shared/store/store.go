// Package store holds every statement that names a table: one file per subject, plain functions on a [database.Conn], so
// that the same query runs on a pooled connection, on a direct one and in a transaction.
//
// A row that is not there is a [fault.NotFound], a taken unique value a [fault.Conflict]; both carry a code. Everything
// else comes back wrapped with the operation's name. Each statement starts with its own name, by which it is logged.
package store

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
	"github.com/train-d/train-d/shared/fault"
)

// orNotFound wraps err with the operation. Where no row answered, it is a [fault.NotFound] with the code and sentence.
func orNotFound(operation string, err error, code, message string) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", operation, fault.Wrap(fault.NotFound, code, message, err))
	}
	return fmt.Errorf("%s: %w", operation, err)
}

// orConflict wraps err with the operation. Where it breaks the named unique constraint or index, it is a
// [fault.Conflict] with the code and sentence.
func orConflict(operation string, err error, constraint, code, message string) error {
	switch {
	case err == nil:
		return nil
	case database.IsUnique(err, constraint):
		return fmt.Errorf("%s: %w", operation, fault.Wrap(fault.Conflict, code, message, err))
	}
	return fmt.Errorf("%s: %w", operation, err)
}
