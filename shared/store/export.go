package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/shared/database"
)

// How many rows of an export are in memory at once: of samples fewer, as an hour's are some kilobytes.
const (
	exportPage        = 200
	exportSamplesPage = 20
)

// ExportTable is one table of which an export holds an account's rows.
type ExportTable struct {
	Name    string // the table's
	Title   string // what its rows are
	Single  bool   // there is one row at the most
	Columns []ExportColumn

	// read gives a page of rows, those whose key is above after; the last key, 0 where no page follows.
	read func(ctx context.Context, conn database.Conn, accountID, after int64) ([]ExportRow, int64, error)
}

// ExportColumn is one column of an export, under the name that it has in the database.
type ExportColumn struct {
	Name    string
	Meaning string // with unit
}

// ExportRow is a row's values as JSON, by column.
type ExportRow map[string]json.RawMessage

// Rows calls emit with each of the account's rows. What is in memory is bounded; the consistent whole is the transaction's
// that ReadSnapshot began.
func (t ExportTable) Rows(ctx context.Context, conn database.Conn, accountID int64, emit func(ExportRow) error) error {
	after := int64(0)
	for {
		rows, last, err := t.read(ctx, conn, accountID, after)
		if err != nil {
			return fmt.Errorf("export %s: %w", t.Name, err)
		}
		for _, row := range rows {
			if err := emit(row); err != nil {
				return err
			}
		}
		if last == 0 {
			return nil
		}
		after = last
	}
}

// ReadSnapshot makes the transaction that it must be the first statement of see one moment only, and write nothing.
func ReadSnapshot(ctx context.Context, conn database.Conn) error {
	if _, err := conn.Exec(ctx, `-- name: export.snapshot
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`); err != nil {
		return fmt.Errorf("begin snapshot: %w", err)
	}
	return nil
}

// LockExport takes the account's turn to be exported until the transaction ends; false where it is taken.
func LockExport(ctx context.Context, conn database.Conn, accountID int64) (bool, error) {
	var locked bool
	if err := conn.QueryRow(ctx, `-- name: export.lock
SELECT pg_try_advisory_xact_lock(hashtextextended('export', $1))`, accountID).Scan(&locked); err != nil {
		return false, fmt.Errorf("lock export: %w", err)
	}
	return locked, nil
}

// few reads a table of which an account has a handful of rows. The statement gives one JSON object a row.
func few(ctx context.Context, conn database.Conn, sql string, accountID int64) ([]ExportRow, int64, error) {
	rows, err := conn.Query(ctx, sql, accountID)
	if err != nil {
		return nil, 0, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ExportRow, error) {
		var text []byte
		if err := row.Scan(&text); err != nil {
			return nil, err
		}
		return decodeExport(text)
	})
	return all, 0, err
}

// many reads a page of a table of which an account may have very many. The statement gives a key and one JSON object a row.
func many(ctx context.Context, conn database.Conn, sql string, accountID, after int64, limit int) ([]ExportRow, int64, error) {
	rows, err := conn.Query(ctx, sql, accountID, after, limit)
	if err != nil {
		return nil, 0, err
	}
	last := int64(0)
	page, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (ExportRow, error) {
		var text []byte
		if err := row.Scan(&last, &text); err != nil {
			return nil, err
		}
		return decodeExport(text)
	})
	if len(page) < limit {
		last = 0
	}
	return page, last, err
}

func decodeExport(text []byte) (row ExportRow, err error) {
	err = json.Unmarshal(text, &row)
	return row, err
}
