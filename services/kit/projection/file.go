package projection

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the files of this package in SQLite's header ("BEHP"), so
// that no other program's database is deleted because of a wrong path.
const applicationID = 0x42454850

// ownTables hold the positions, and the digest of the schema that the file has.
const ownTables = `
CREATE TABLE positions (stream TEXT PRIMARY KEY, sequence INTEGER NOT NULL, digest BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE projection_schema (digest TEXT NOT NULL) STRICT;
`

// Page caches are small, as eight of these files may live in one process.
// secure_delete overwrites what is deleted: rows hold texts that may have to be
// erased. With WAL, synchronous=NORMAL loses no consistency, only the last
// transactions in a power cut, which the log gives again.
var (
	writerPragmas = []string{
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(NORMAL)", "secure_delete(ON)",
		"cache_size(-4000)", "temp_store(MEMORY)", "wal_autocheckpoint(4000)", "journal_size_limit(16777216)", "foreign_keys(OFF)",
	}
	readerPragmas = []string{"busy_timeout(5000)", "query_only(ON)", "cache_size(-1000)", "temp_store(MEMORY)"}
)

const readers = 4

func dsn(path string, pragmas []string) string {
	query := url.Values{"_pragma": pragmas}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query.Encode()}).String()
}

// tables is all the SQL that makes the file.
func tables(schema Schema) string { return ownTables + schema.SQL + "\n;" }

func digestOf(schema Schema) string {
	sum := sha256.Sum256([]byte(tables(schema)))
	return hex.EncodeToString(sum[:])
}

// prepareFile leaves a file of the right version at the path. It opens none with
// SQLite, so a file of a newer version stays as it is.
func (db *DB) prepareFile() error {
	header, err := readHeader(db.path)
	_, note := os.Stat(db.path + rebuildNote)
	whole := true
	if err == nil {
		whole, err = intact(db.path)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.Join(remove(db.path), create(db.path, db.schema))
	case err != nil:
		return err
	case !header.sqlite:
		db.log.Warn("projection is corrupt and is built again", "file", db.path)
	case header.application != applicationID:
		return errors.New("this is a database of another program; name another file")
	case !whole:
		db.log.Warn("projection was damaged while it was closed and is built again", "file", db.path)
	case header.version > db.schema.Version:
		return fmt.Errorf("it has version %d, newer than %d of this program; run the newer program, or delete the file to have it built again", header.version, db.schema.Version)
	case header.version < db.schema.Version:
		db.log.Info("projection has an older version and is built again", "file", db.path, "version", header.version)
	case note == nil:
		db.log.Warn("projection was found corrupt and is built again", "file", db.path)
	default:
		return breakSeal(db.path)
	}
	return errors.Join(remove(db.path), create(db.path, db.schema))
}

type header struct {
	sqlite      bool
	version     int
	application uint32
}

// readHeader reads the numbers at the offsets that SQLite's file format fixes.
func readHeader(path string) (header, error) {
	file, err := os.Open(path)
	if err != nil {
		return header{}, err
	}
	defer func() { _ = file.Close() }()
	var head [100]byte
	if _, err := io.ReadFull(file, head[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return header{}, nil
	} else if err != nil {
		return header{}, err
	}
	return header{
		sqlite:      bytes.HasPrefix(head[:], []byte("SQLite format 3\x00")),
		version:     int(int32(binary.BigEndian.Uint32(head[60:]))),
		application: binary.BigEndian.Uint32(head[68:]),
	}, nil
}

// create makes a whole empty projection beside the path and renames it, so that
// a crash leaves no half-made file there.
func create(path string, schema Schema) error {
	fresh := path + ".new"
	if err := remove(fresh); err != nil {
		return err
	}
	// SQLite would make it readable for everybody.
	file, err := os.OpenFile(fresh, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", dsn(fresh, []string{"synchronous(NORMAL)"}))
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	_, err = pool.Exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d; BEGIN; %s COMMIT",
		applicationID, schema.Version, tables(schema)))
	if err == nil {
		_, err = pool.Exec("INSERT INTO projection_schema (digest) VALUES (?)", digestOf(schema))
	}
	if err = errors.Join(err, pool.Close()); err != nil {
		return fmt.Errorf("create the tables: %w", err)
	}
	return os.Rename(fresh, path)
}

// remove deletes the file. The write-ahead log goes first: left behind, it
// would be replayed into the next file.
func remove(path string) error {
	for _, suffix := range []string{sealSuffix, "-wal", "-shm", "-journal", "", rebuildNote} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// connect opens the connections and compares the schema.
func (db *DB) connect() error {
	var err error
	if db.pool, err = sql.Open("sqlite", dsn(db.path, writerPragmas)); err != nil {
		return err
	}
	db.pool.SetMaxOpenConns(1)
	if db.writer, err = db.pool.Conn(context.Background()); err != nil {
		return err
	}
	db.tx = &Tx{conn: db.writer, statements: map[string]*sql.Stmt{}}
	var digest string
	err = db.writer.QueryRowContext(context.Background(), "SELECT digest FROM projection_schema").Scan(&digest)
	if failure, ok := errors.AsType[*sqlite.Error](err); errors.Is(err, sql.ErrNoRows) || ok && failure.Code() == sqlite3.SQLITE_ERROR {
		// Our mark is in the header, but not our table: pages of the file are gone.
		return fmt.Errorf("%w: %w", errCorrupt, err)
	}
	if err != nil {
		return err
	}
	if digest != digestOf(db.schema) {
		db.log.Info("projection has another schema and is built again", "file", db.path)
		if err := errors.Join(db.disconnect(), remove(db.path), create(db.path, db.schema)); err != nil {
			return err
		}
		return db.connect()
	}
	if err := db.loadPositions(); err != nil {
		return err
	}
	if db.reader, err = sql.Open("sqlite", dsn(db.path, readerPragmas)); err != nil {
		return err
	}
	db.reader.SetMaxOpenConns(readers)
	db.reader.SetMaxIdleConns(readers)
	return nil
}

func (db *DB) disconnect() error {
	var failures []error
	if db.reader != nil {
		failures = append(failures, db.reader.Close())
	}
	if db.tx != nil {
		failures = append(failures, db.tx.forget())
	}
	if db.writer != nil {
		failures = append(failures, db.writer.Close())
	}
	if db.pool != nil {
		failures = append(failures, db.pool.Close())
	}
	db.reader, db.writer, db.pool, db.tx = nil, nil, nil, nil
	return errors.Join(failures...)
}

var errCorrupt = errors.New("the file is corrupt")

func isCorrupt(err error) bool {
	if errors.Is(err, errCorrupt) {
		return true
	}
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	code := failure.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}
