package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// rebuildNote is the suffix of an empty file that says: the projection is
// corrupt, delete it at the next start.
const rebuildNote = "-rebuild"

func (f *following) rebuild(why string) error {
	f.db.writing.Lock()
	defer f.db.writing.Unlock()
	return f.rebuildLocked(why)
}

// rebuildLocked deletes all rows, those of the other streams too: one row may
// come from several. Every Follow begins again.
func (f *following) rebuildLocked(why string) error {
	f.db.log.Warn("projection does not fit the log and is built again",
		"file", f.db.path, "stream", f.stream, "position", f.position, "reason", why)
	if err := f.db.empty(); err != nil {
		return fmt.Errorf("delete the rows: %w", err)
	}
	f.db.restart()
	return errRestart
}

// empty makes the file as if it were new. Readers keep what they have open. The
// caller holds db.writing.
func (db *DB) empty() error {
	if err := db.tx.forget(); err != nil {
		return err
	}
	err := db.inTransaction(func(tx *Tx) error {
		for {
			object, err := nextObject(tx)
			if err != nil {
				return err
			}
			if object == "" {
				break
			}
			if _, err := tx.conn.ExecContext(context.Background(), "DROP "+object); err != nil {
				return err
			}
		}
		if _, err := tx.conn.ExecContext(context.Background(), tables(db.schema)); err != nil {
			return err
		}
		_, err := tx.conn.ExecContext(context.Background(), "INSERT INTO projection_schema (digest) VALUES (?)", digestOf(db.schema))
		return err
	})
	return errors.Join(err, db.tx.forget())
}

// nextObject returns a table or view to drop, as DROP wants it, or nothing.
// Virtual tables come first, as they drop their own tables with them; indexes
// and triggers go with their tables.
func nextObject(tx *Tx) (string, error) {
	var object string
	// Names cannot be arguments of DROP. They come from the schema, not from data.
	err := tx.conn.QueryRowContext(context.Background(), `SELECT type || ' "' || name || '"' FROM sqlite_schema
		WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		ORDER BY sql NOT LIKE 'CREATE VIRTUAL%', type DESC LIMIT 1`).Scan(&object)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return object, err
}
