package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// mostStatements bounds the prepared statements of one projection: texts that
// are made from data would else grow without end.
const mostStatements = 256

// Tx is the open transaction that an apply function writes with. It is valid
// until the function returns. Every statement is prepared once and kept, so pass
// values as arguments and keep the texts constant.
//
// It takes no context: a transaction is short, and must be whole or absent.
type Tx struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func (tx *Tx) prepare(query string) (*sql.Stmt, error) {
	if statement, ok := tx.statements[query]; ok {
		return statement, nil
	}
	if len(tx.statements) >= mostStatements {
		if err := tx.forget(); err != nil {
			return nil, err
		}
	}
	statement, err := tx.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("projection: prepare %.200q: %w", query, err)
	}
	tx.statements[query] = statement
	return statement, nil
}

// Exec runs one statement that changes rows.
func (tx *Tx) Exec(query string, args ...any) (sql.Result, error) {
	statement, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	return statement.ExecContext(context.Background(), args...)
}

// Query runs one statement that returns rows. Close them before the next call.
func (tx *Tx) Query(query string, args ...any) (*sql.Rows, error) {
	statement, err := tx.prepare(query)
	if err != nil {
		return nil, err
	}
	return statement.QueryContext(context.Background(), args...)
}

// Get reads one row into dest. It returns sql.ErrNoRows when there is none.
func (tx *Tx) Get(dest []any, query string, args ...any) error {
	statement, err := tx.prepare(query)
	if err != nil {
		return err
	}
	return statement.QueryRowContext(context.Background(), args...).Scan(dest...)
}

// forget closes the prepared statements. They would keep tables from being dropped.
func (tx *Tx) forget() error {
	var failures []error
	for query, statement := range tx.statements {
		failures = append(failures, statement.Close())
		delete(tx.statements, query)
	}
	return errors.Join(failures...)
}

// inTransaction runs change in one transaction. The caller holds db.writing.
func (db *DB) inTransaction(change func(tx *Tx) error) error {
	ctx := context.Background()
	if _, err := db.writer.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	done := false
	// Also when change panics: the connection must not stay in the transaction.
	defer func() {
		if !done {
			_, _ = db.writer.ExecContext(ctx, "ROLLBACK")
		}
	}()
	if err := change(db.tx); err != nil {
		return err
	}
	if _, err := db.writer.ExecContext(ctx, "COMMIT"); err != nil {
		return err
	}
	done = true
	return nil
}
