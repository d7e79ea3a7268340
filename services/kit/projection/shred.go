package projection

import (
	"context"
	"errors"
	"fmt"
)

// Change changes rows outside of Run, in one transaction of its own: for what does
// not follow from one stream alone. It must be right to do it again after the file
// was built anew.
func (db *DB) Change(change func(tx *Tx) error) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	if err := db.inTransaction(change); err != nil {
		return fmt.Errorf("projection: change %s: %w", db.path, err)
	}
	db.nudge()
	return nil
}

// Shred leaves nothing on disk of rows that were deleted. Call it after an erasure.
//
// SQLite overwrites what is deleted (secure_delete), but not what an older change
// left in the slack of a page when it moved rows between pages. So the file is
// written anew with the rows that there are, and the write-ahead log is emptied.
// Readers go on meanwhile; what comes from the log waits. An index made by FTS5
// must have been told itself, see its secure-delete and optimize.
func (db *DB) Shred(ctx context.Context) error {
	db.writing.Lock()
	// Written into a file beside, since a projection may be larger than the memory.
	_, err := db.writer.ExecContext(ctx, "PRAGMA temp_store = FILE")
	if err == nil {
		_, err = db.writer.ExecContext(ctx, "VACUUM")
		_, back := db.writer.ExecContext(context.WithoutCancel(ctx), "PRAGMA temp_store = MEMORY")
		err = errors.Join(err, back)
	}
	db.writing.Unlock()
	if err != nil {
		return fmt.Errorf("projection: shred %s: %w", db.path, err)
	}
	return db.Checkpoint(ctx)
}
