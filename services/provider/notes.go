package provider

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/access"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/projection"
)

// notesHandler is the handler that dead letters of the notes name.
const notesHandler = "notes"

// notesSchema is the file of the confidential notes, apart from the inbox: what
// is searched and listed there never touches them. ends holds the end of each
// scope and of its hash chain.
func notesSchema(key string) projection.Schema {
	return projection.Schema{
		Version: 1,
		SQL: `
CREATE TABLE notes (
	request TEXT NOT NULL,
	number INTEGER NOT NULL,
	advisor TEXT NOT NULL,
	written_at INTEGER NOT NULL,
	text TEXT NOT NULL,
	request_id TEXT NOT NULL,
	digest BLOB NOT NULL,
	PRIMARY KEY (request, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX notes_call ON notes (request, request_id);
CREATE TABLE ends (request TEXT PRIMARY KEY, last_sequence INTEGER NOT NULL, head BLOB NOT NULL) STRICT, WITHOUT ROWID;
`,
		Streams: []string{bus.PrivateStream(key)},
	}
}

// notes is the confidential notes of a provider. They are written on its private
// stream, private.<provider>.<case>.<n>.own, which nobody else can follow.
type notes struct {
	key    string
	stream string
	db     *projection.DB
	dead   deadLetters
	// appended is the last note that this process wrote: reads show it.
	appended atomic.Uint64
	// erased tells whether a request was erased: a note of it that comes late is not
	// kept, and late is told of it.
	erased func(request string) bool
	late   func(request string)
}

// note is a row.
type note struct {
	number    int32
	advisor   string // the advisor's id
	writtenAt time.Time
	text      string
}

// noteScope is where the notes of a request stand.
func (n *notes) scope(request name.Scope) string {
	return "private." + n.key + "." + request.Case + "." + strconv.Itoa(request.Number)
}

// requestOf reads the subject of a note.
func (n *notes) requestOf(subject string) (string, bool) {
	rest, ok := strings.CutPrefix(subject, "private."+n.key+".")
	parts := strings.Split(rest, ".")
	if !ok || len(parts) != 3 || parts[2] != name.ByOwn {
		return "", false
	}
	scope, err := name.ParseRequest("cases/" + parts[0] + "/requests/" + n.key + "-" + parts[1])
	return scope.Resource(), err == nil
}

func (n *notes) apply(ctx context.Context) func(tx *projection.Tx, events []bus.Event) error {
	return func(tx *projection.Tx, events []bus.Event) error {
		for _, ev := range events {
			why, err := n.take(tx, ev)
			if err != nil {
				return fmt.Errorf("notes: take in %d: %w", ev.Sequence, err)
			}
			if why == "" {
				continue
			}
			if err := n.dead.DeadLetter(ctx, ev, notesHandler, why); err != nil {
				return err
			}
		}
		return nil
	}
}

// take keeps one note, or answers why it cannot be one. An operator reads the
// answer, so it does not name the request.
func (n *notes) take(tx *projection.Tx, ev bus.Event) (string, error) {
	if access.Private(n.key, ev.Subject) {
		return "", nil
	}
	request, ok := n.requestOf(ev.Subject)
	if !ok {
		return "its subject is no place for a note of " + n.key, nil
	}
	if n.erased(request) {
		n.late(request)
		return "", nil
	}
	f, hash, err := fact.Decode(ev)
	added := f.GetNoteAdded()
	why := ""
	switch {
	case err != nil:
		why = "it is no fact that this version knows"
	case added == nil:
		why = fact.Type(f) + " is no note"
	case f.RequestId == "" || len(f.CommandDigest) == 0 || f.Time.CheckValid() != nil:
		why = "it does not say when it was written, or in which call"
	}
	if why == "" {
		var repeated bool
		if err := tx.Get([]any{&repeated}, "SELECT EXISTS (SELECT 1 FROM notes WHERE request = ? AND request_id = ?)", request, f.RequestId); err != nil {
			return "", err
		}
		if repeated {
			why = "it repeats the call of another note"
		}
	}
	if why != "" {
		_, err := tx.Exec("INSERT INTO ends (request, last_sequence, head) VALUES (?, ?, x'') ON CONFLICT (request) DO UPDATE SET last_sequence = excluded.last_sequence",
			request, int64(ev.Sequence))
		return why, err
	}
	_, err = tx.Exec(`INSERT INTO notes (request, number, advisor, written_at, text, request_id, digest)
		SELECT ?1, 1 + count(*), ?2, ?3, ?4, ?5, ?6 FROM notes WHERE request = ?1`,
		request, f.GetActor().GetAdvisor(), f.Time.AsTime().UnixNano(), added.Text, f.RequestId, f.CommandDigest)
	if err == nil {
		_, err = tx.Exec("INSERT INTO ends (request, last_sequence, head) VALUES (?, ?, ?) ON CONFLICT (request) DO UPDATE SET last_sequence = excluded.last_sequence, head = excluded.head",
			request, int64(ev.Sequence), hash)
	}
	return "", err
}

// replay answers an operator who hands a dead letter of the notes again. It holds
// no note any more, and what it was made of stays on the private stream.
func (n *notes) replay(context.Context, bus.Event) error {
	return errors.New("notes: a dead letter of the notes holds nothing to take in; start a version of the provider that knows it, which builds the notes again")
}

// written is what add needs to know of a request's notes.
type written struct {
	last   uint64
	head   []byte
	number int32
	// repeated is the note that the same call led to before.
	repeated *note
}

func (n *notes) read(ctx context.Context, request string, f *eventsv1.Fact) (w written, err error) {
	wrap := func(err error) error { return fmt.Errorf("notes: read those of %s: %w", request, err) }
	tx, err := n.db.Reader().BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return written{}, wrap(err)
	}
	defer func() { _ = tx.Rollback() }()
	err = tx.QueryRowContext(ctx, "SELECT last_sequence, head FROM ends WHERE request = ?", request).Scan(&w.last, &w.head)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return written{}, wrap(err)
	}
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM notes WHERE request = ?", request).Scan(&w.number); err != nil {
		return written{}, wrap(err)
	}
	w.number++
	before := note{}
	var at int64
	var sum []byte
	err = tx.QueryRowContext(ctx, "SELECT number, advisor, written_at, text, digest FROM notes WHERE request = ? AND request_id = ?", request, f.RequestId).
		Scan(&before.number, &before.advisor, &at, &before.text, &sum)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w, nil
	case err != nil:
		return written{}, wrap(err)
	case !bytes.Equal(sum, f.CommandDigest):
		return written{}, problem.New(problem.Exists, "REQUEST_ID_REUSED",
			"request_id %s was used for another note; take a new UUID for a new note, and the same body to repeat one", f.RequestId).
			Field("request_id", "was used for another note")
	}
	before.writtenAt = time.Unix(0, at).UTC()
	w.repeated = &before
	return w, nil
}

// appender appends to a scope of the log; *bus.Bus is one.
type appender interface {
	Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error)
}

// add appends a note behind those that are there. f is complete but for the
// hash of the note before it.
func (n *notes) add(ctx context.Context, log appender, request name.Scope, f *eventsv1.Fact) (note, error) {
	scope := n.scope(request)
	for range mostTries {
		w, err := n.read(ctx, request.Resource(), f)
		if err != nil {
			return note{}, err
		}
		if w.repeated != nil {
			return *w.repeated, nil
		}
		f.PreviousHash = w.head
		message, err := fact.Encode(scope+"."+name.ByOwn, n.key, f)
		if err != nil {
			return note{}, err
		}
		sequence, err := log.Append(ctx, message, scope, w.last)
		if conflict, ok := errors.AsType[*bus.ConflictError](err); ok {
			if err := n.wait(ctx, conflictPatience, conflict.Last); err != nil {
				return note{}, err
			}
			continue
		}
		if err != nil {
			return note{}, logAway(err)
		}
		n.wrote(sequence)
		return note{number: w.number, advisor: f.Actor.Advisor, writtenAt: f.Time.AsTime(), text: f.GetNoteAdded().Text}, nil
	}
	return note{}, problem.New(problem.Conflict, "REQUEST_BUSY",
		"others wrote notes on %s while this one was added, %d times; try the same call again", request.Resource(), mostTries).Retry(busyRetry)
}

// wrote remembers the last note that this process wrote.
func (n *notes) wrote(sequence uint64) {
	for {
		known := n.appended.Load()
		if known >= sequence || n.appended.CompareAndSwap(known, sequence) {
			return
		}
	}
}

func (n *notes) wait(ctx context.Context, patience time.Duration, sequence uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return n.db.Wait(ctx, n.stream, sequence)
}

// list reads a page of a request's notes, oldest first, behind a number.
func (n *notes) list(ctx context.Context, request string, behind int64, size int) (found []note, err error) {
	if err := n.db.Fresh(ctx); err != nil {
		return nil, err
	}
	rows, err := n.db.Reader().QueryContext(ctx, "SELECT number, advisor, written_at, text FROM notes WHERE request = ? AND number > ? ORDER BY number LIMIT ?", request, behind, size)
	if err != nil {
		return nil, fmt.Errorf("notes: list those of %s: %w", request, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var row note
		var at int64
		if err := rows.Scan(&row.number, &row.advisor, &at, &row.text); err != nil {
			return nil, fmt.Errorf("notes: list those of %s: %w", request, err)
		}
		row.writtenAt = time.Unix(0, at).UTC()
		found = append(found, row)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("notes: list those of %s: %w", request, err)
	}
	return found, nil
}

// erase deletes the notes of a request from the file. What the private stream holds
// of it is erased by the hub, see Provider.finishErasures.
func (n *notes) erase(request string) error {
	return n.db.Change(func(tx *projection.Tx) error {
		_, err := tx.Exec("DELETE FROM notes WHERE request = ?", request)
		if err == nil {
			_, err = tx.Exec("DELETE FROM ends WHERE request = ?", request)
		}
		return err
	})
}
