// Package projection keeps a SQLite file that is filled from the log: the view
// of the gateway, the inbox of a provider. The log is the record; the file can
// be deleted at any time and is built again.
//
// Use it for what is read more often than it changes. Open the file with a
// schema, call Run once per stream, and read with SQL through Reader. Events of a
// busy time wait for a common transaction, so call Fresh before a read that must
// show all that has arrived, and Wait before one that must show a certain event.
//
// What holds after any crash: the rows and the positions of the streams are
// written in one transaction, so an event is in the file wholly or not at all,
// once. When the log is not the one that the file was built from, the rows are
// deleted and built again.
package projection

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/businessespoo/hub/services/kit/bus"
)

// Log is what a projection is filled from; *bus.Bus is one.
type Log interface {
	// Follow hands the events of a stream to handle in order, from sequence from
	// on (inclusive), at most max at a time, and once an empty batch when it has
	// handed over all that there was at its start. It returns handle's error, and
	// a *bus.ShortLogError when the log ends before from-1.
	Follow(ctx context.Context, stream string, from uint64, max int, handle func(ctx context.Context, events []bus.Event) error) error
}

// Schema is the form of the file. A file of another form is built again.
type Schema struct {
	// Version is the version of the SQL and of the code that fills it, from 1.
	// Raise it whenever that code writes other rows than before. A file of a newer
	// version is refused: it belongs to newer code, which may come back.
	Version int
	// SQL creates the tables and indexes. It may not create positions and
	// projection_schema, which belong to this package.
	SQL string
	// Streams are those that must have been read to their end before the
	// projection is ready, besides those that Run was called for.
	Streams []string
}

// Batch is what an observer is told after each transaction.
type Batch struct {
	Stream string
	// Events is how many events the transaction applied.
	Events int
	// Pending is how many more waited in the log.
	Pending uint64
	// Lag is the age of the last event when it became visible.
	Lag time.Duration
	// Took is how long the transaction was open.
	Took time.Duration
}

// Option changes how a projection runs.
type Option func(*DB)

// WithLog sets where the projection reports that it rebuilds; slog.Default without it.
func WithLog(log *slog.Logger) Option { return func(db *DB) { db.log = log } }

// WithClock sets the clock that Batch.Lag is measured with; time.Now without it.
func WithClock(now func() time.Time) Option { return func(db *DB) { db.now = now } }

// WithArrival sets a function that is called with the events of a stream as they
// arrive, before they are written: for states in memory that must not wait for a
// transaction. Once the stream has been read to the end that it had, it is called
// for every event that apply will get, in order, while apply may be busy with
// earlier ones, and with no events when all rows were deleted, because the log is
// another one. The file is then written less often, unless a reader waits.
func WithArrival(stream string, arrive func(events []bus.Event)) Option {
	return func(db *DB) { db.arrivals[stream] = arrive }
}

// WithRest sets how long the file rests between transactions, for rows that nobody
// looks for but who calls Fresh or Wait first. Without it that is 25 ms at the most.
func WithRest(most time.Duration) Option { return func(db *DB) { db.rest = most } }

// WithObserver sets a function that is called after each transaction, for metrics.
func WithObserver(observe func(Batch)) Option { return func(db *DB) { db.observe = observe } }

// DB is one projection. It is safe for concurrent use. One process may open a
// file at a time.
type DB struct {
	path    string
	schema  Schema
	log     *slog.Logger
	now     func() time.Time
	observe func(Batch)
	// arrivals are called with the events of a stream before they are written.
	arrivals map[string]func(events []bus.Event)
	rest     time.Duration // see WithRest; 0 when not set

	reader *sql.DB
	// reading guards prepared.
	reading  sync.Mutex
	prepared map[string]*sql.Stmt
	pool     *sql.DB // holds the one connection of writer

	// writing serialises transactions; whoever holds it may use writer.
	writing sync.Mutex
	writer  *sql.Conn
	tx      *Tx

	// watchers counts those who wait for every change.
	watchers atomic.Int32

	mutex   sync.Mutex // guards what follows
	streams map[string]*state
	changed chan struct{}
	ready   chan struct{}
	isReady bool
}

// Open opens the file at path, or makes it. A corrupt file, and one of another
// schema, is deleted and will be built again. It refuses a file of a newer
// version and one that is no projection.
func Open(path string, schema Schema, options ...Option) (*DB, error) {
	db := &DB{
		path: path, schema: schema, log: slog.Default(), now: time.Now, observe: func(Batch) {}, arrivals: map[string]func([]bus.Event){}, prepared: map[string]*sql.Stmt{},
		streams: map[string]*state{}, changed: make(chan struct{}), ready: make(chan struct{}),
	}
	for _, option := range options {
		option(db)
	}
	if schema.Version < 1 {
		return nil, fmt.Errorf("projection: open %s: schema version %d must be at least 1", path, schema.Version)
	}
	if err := db.prepareFile(); err != nil {
		return nil, fmt.Errorf("projection: open %s: %w", path, err)
	}
	err := db.connect()
	if isCorrupt(err) {
		db.log.Warn("projection is corrupt and is built again", "file", path, "error", err)
		if err = errors.Join(db.disconnect(), remove(path), create(path, schema)); err == nil {
			err = db.connect()
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("projection: open %s: %w", path, err), db.disconnect())
	}
	return db, nil
}

// Reader returns the connections for reading. Writing through them fails. A
// query sees whole transactions only.
func (db *DB) Reader() *sql.DB { return db.reader }

// Prepared returns a statement for reading that is prepared once and kept, for
// queries that are asked often. Keep the texts constant, and close nothing.
func (db *DB) Prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	db.reading.Lock()
	defer db.reading.Unlock()
	if statement, ok := db.prepared[query]; ok {
		return statement, nil
	}
	statement, err := db.reader.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("projection: prepare %.200q: %w", query, err)
	}
	db.prepared[query] = statement
	return statement, nil
}

// Checkpoint moves everything from the write-ahead log into the file and
// empties it, so that rows that were deleted are on disk no longer. Call it
// after an erasure.
func (db *DB) Checkpoint(ctx context.Context) error {
	db.writing.Lock()
	defer db.writing.Unlock()
	var busy, written, moved int
	row := db.writer.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err := row.Scan(&busy, &written, &moved); err != nil {
		return fmt.Errorf("projection: checkpoint %s: %w", db.path, err)
	}
	if busy != 0 {
		return fmt.Errorf("projection: checkpoint %s: readers kept an older state open for too long; try again", db.path)
	}
	return nil
}

// Close closes the file and notes what it holds, so that the next Open can tell
// whether it was damaged meanwhile. Call it when every Run has returned.
func (db *DB) Close() error {
	db.writing.Lock()
	defer db.writing.Unlock()
	open := db.pool != nil
	err := db.disconnect()
	if err == nil && open {
		err = seal(db.path)
	}
	if err != nil {
		return fmt.Errorf("projection: close %s: %w", db.path, err)
	}
	return nil
}
