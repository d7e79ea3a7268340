package provider

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
	"github.com/businessespoo/hub/services/kit/sight"
)

// inboxHandler is the handler that dead letters of the inbox name.
const inboxHandler = "inbox"

// noDueDate stands for an empty due date, so that dated requests come first.
const noDueDate = "9999-99-99"

// inboxSchema is the file of an inbox. A request's id is the sequence of the
// fact that made it, so that a rebuilt file has the same rows, and a text's rowid
// the sequence of its fact. Few indexes: every fact would have to keep them, and a
// provider's open requests are soon sorted; those that have ended are many. Bump the version when what is written
// changes.
var inboxSchema = projection.Schema{
	Version: 6,
	SQL: `
CREATE TABLE requests (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	status INTEGER NOT NULL,
	open INTEGER NOT NULL,
	advisor TEXT NOT NULL,
	service TEXT NOT NULL,
	contact_language TEXT NOT NULL,
	due_date TEXT NOT NULL,
	overdue INTEGER NOT NULL,
	requested_at INTEGER NOT NULL,
	sequence INTEGER NOT NULL,
	last_sequence INTEGER NOT NULL,
	state BLOB NOT NULL
) STRICT;
CREATE INDEX requests_due ON requests (due_date, requested_at, id, overdue) WHERE open = 1;
CREATE INDEX requests_status ON requests (status, due_date, requested_at, id);
CREATE INDEX requests_advisor ON requests (advisor, open, due_date, requested_at, id);
CREATE INDEX requests_ended ON requests (sequence, id) WHERE open = 0;
CREATE TABLE facts (sequence INTEGER PRIMARY KEY, request INTEGER NOT NULL, body BLOB NOT NULL) STRICT;
CREATE INDEX facts_request ON facts (request, sequence);
CREATE VIRTUAL TABLE texts USING fts5(text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2');
INSERT INTO texts (texts, rank) VALUES ('secure-delete', 1);
CREATE TABLE erased (
	request TEXT NOT NULL,
	erasure TEXT NOT NULL,
	gone INTEGER NOT NULL, -- 1 when all of the request was erased, 0 when words of a fact were redacted
	facts INTEGER NOT NULL, -- how many facts the inbox held
	done INTEGER NOT NULL, -- whether the hub has been told that nothing is left of it here
	PRIMARY KEY (request, erasure)
) STRICT, WITHOUT ROWID;
`,
	Streams: []string{bus.StreamCases},
}

// deadLetters keeps what a handler could not take in; *bus.Bus is one.
type deadLetters interface {
	DeadLetter(ctx context.Context, ev bus.Event, handler, reason string) error
}

// inbox folds the facts of the provider's requests into rows.
type inbox struct {
	key    string
	db     *projection.DB
	states *states
	dead   deadLetters
	// kept are the classes that stay when the consent to serve is withdrawn.
	kept sight.Set
	// position is the last sequence of the cases that was applied.
	position uint64
	// spoiled are the requests of which facts that wait to be written hold one that
	// arrive has passed over: their states are folded anew.
	spoiled spoiled
	erased  erased
	// following is shared by those who watch, and counted by those who list.
	following following
	counted   counted
}

// touched is a request that a batch of facts changes.
type touched struct {
	held
	name string
	row  bool // whether the inbox has a row for it
	// shared tells that the state is the remembered one: clone it before folding on.
	shared bool
	// skipped tells that the scope's end moved by a fact that was not folded.
	folded, skipped bool
}

// batch is the requests that the facts of one transaction change, each read and
// written once.
type batch struct {
	in      *inbox
	ctx     context.Context
	tx      *projection.Tx
	touched map[string]*touched
	order   []*touched
}

// applyCases folds facts into the inbox.
func (in *inbox) applyCases(ctx context.Context) func(tx *projection.Tx, events []bus.Event) error {
	return func(tx *projection.Tx, events []bus.Event) error {
		if events[0].Sequence <= in.position {
			in.states.clear() // the log is read again, and may be another one
			in.spoiled.settle(math.MaxUint64)
		}
		b := &batch{in: in, ctx: ctx, tx: tx, touched: map[string]*touched{}}
		for _, ev := range events {
			if err := b.take(ev); err != nil {
				return err
			}
		}
		if err := b.write(); err != nil {
			return err
		}
		in.position = events[len(events)-1].Sequence
		in.spoiled.settle(in.position)
		return nil
	}
}

// arrive folds facts that are on their way into the inbox into the remembered
// states, so that a request can be picked up the moment it is made. A state that
// is not remembered is left to the inbox, and so is a fact that cannot be folded,
// or not right behind what is remembered: with all that come behind it.
func (in *inbox) arrive(events []bus.Event) {
	if len(events) == 0 { // the log is another one
		in.states.clear()
		in.spoiled.settle(math.MaxUint64)
		in.erased.clear()
	}
	for _, ev := range events {
		scope, author, err := name.ParseSubject(ev.Subject)
		if err != nil {
			continue
		}
		request := scope.Resource()
		known, ok := in.states.get(request)
		if in.spoiled.extend(request, ev.Sequence) || ok && known.last >= ev.Sequence {
			continue
		}
		next, err := in.ahead(known, ok, ev, scope, author)
		if err != nil {
			in.spoiled.add(request, ev.Sequence)
			in.states.drop(request)
			continue
		}
		in.states.put(request, next)
	}
}

// spoiled are requests, each with the last of its facts that waits to be written.
type spoiled struct {
	mutex sync.Mutex
	last  map[string]uint64
}

func (s *spoiled) add(request string, sequence uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.last == nil {
		s.last = map[string]uint64{}
	}
	s.last[request] = sequence
}

// extend adds another fact of a request that is spoiled, and tells whether it is.
func (s *spoiled) extend(request string, sequence uint64) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, is := s.last[request]
	if is {
		s.last[request] = sequence
	}
	return is
}

func (s *spoiled) has(request string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_, is := s.last[request]
	return is
}

// settle forgets the requests whose facts up to a sequence, and no others, waited.
func (s *spoiled) settle(sequence uint64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	maps.DeleteFunc(s.last, func(_ string, last uint64) bool { return last <= sequence })
}

// errBehind tells that a fact is not the next one of what is remembered.
var errBehind = errors.New("inbox: the fact does not follow what is remembered")

// ahead folds one fact that has arrived behind what is remembered.
func (in *inbox) ahead(known held, remembered bool, ev bus.Event, scope name.Scope, author string) (held, error) {
	f, hash, err := fact.Decode(ev)
	if err != nil {
		return held{}, err
	}
	next := held{state: &statev1.RequestState{}, id: ev.Sequence, last: ev.Sequence}
	if remembered {
		next.state, next.id = casework.CloneRequest(known.state), known.id
	}
	if f.GetScopeErased() != nil || f.GetFactRedacted() != nil {
		return held{}, errBehind // the rows are made anew first
	}
	// A fact names the one before it by its hash: none is missed between the two.
	follows := bytes.Equal(f.PreviousHash, next.state.GetScope().GetHead()) && remembered == (f.GetRequestMade() == nil)
	if !follows || casework.FromProvider(f) != (author == name.ByOwn) || repeats(next.state, f) {
		return held{}, errBehind
	}
	err = casework.EvolveRequest(next.state, f, scope.Resource(), in.key, ev.Sequence, hash)
	in.drop(next.state)
	return next, err
}

// take folds one fact, or puts it among the dead letters and goes on.
func (b *batch) take(ev bus.Event) error {
	scope, author, err := name.ParseSubject(ev.Subject)
	if err != nil || scope.Party != b.in.key {
		return b.in.dead.DeadLetter(b.ctx, ev, inboxHandler, fmt.Sprintf("subject %s is no request of %s", ev.Subject, b.in.key))
	}
	if done, err := b.takeErasure(scope, ev, author); done || err != nil {
		return err
	}
	t, err := b.load(scope.Resource(), ev.Sequence)
	if err != nil {
		return err
	}
	f, why := b.fold(t, ev, author)
	if why != "" {
		t.last, t.skipped = max(t.last, ev.Sequence), true
		return b.in.dead.DeadLetter(b.ctx, ev, inboxHandler, why)
	}
	if f.GetFactRedacted() != nil {
		if err := b.keepRedacted(t, ev, f); err != nil || !ended(t.state) {
			return err
		}
		return b.forgetWords(t)
	}
	t.last, t.folded = max(t.last, ev.Sequence), true
	if f.GetRequestMade() != nil {
		t.id = ev.Sequence
	}
	if err := b.keep(t, ev.Sequence, ev.Data, f); err != nil || !ended(t.state) {
		return err
	}
	return b.forgetWords(t)
}

// keep writes a fact of a request and the words that a search finds it by.
func (b *batch) keep(t *touched, sequence uint64, body []byte, f *eventsv1.Fact) error {
	if _, err := b.tx.Exec("INSERT INTO facts (sequence, request, body) VALUES (?, ?, ?)", int64(sequence), int64(t.id), body); err != nil {
		return fmt.Errorf("inbox: keep fact %d: %w", sequence, err)
	}
	if text := searchable(f); text != "" {
		if _, err := b.tx.Exec("INSERT INTO texts (rowid, text) VALUES (?, ?)", int64(sequence), text); err != nil {
			return fmt.Errorf("inbox: keep the words of fact %d: %w", sequence, err)
		}
	}
	return nil
}

// fold takes a fact into a state, unless the state holds it already: what this
// process appended or was told of on arrival is folded once. It answers why not
// when the fact cannot stand there; the state is then as before. The reason holds
// no text of the fact.
func (b *batch) fold(t *touched, ev bus.Event, author string) (*eventsv1.Fact, string) {
	f, hash, err := fact.Decode(ev)
	if err != nil {
		return nil, "it is no fact that this version knows: " + err.Error()
	}
	if casework.FromProvider(f) != (author == name.ByOwn) {
		return nil, fmt.Sprintf("%s may not be written by %q", fact.Type(f), author)
	}
	if ev.Sequence <= t.last {
		return f, ""
	}
	if t.shared {
		t.state, t.shared = casework.CloneRequest(t.state), false
	}
	if repeats(t.state, f) {
		return nil, "it repeats the call of an earlier fact"
	}
	if f.GetFactRedacted() != nil {
		state, err := casework.RefoldRequest(f, t.name, b.in.key, ev.Sequence, hash)
		if err != nil {
			return nil, err.Error()
		}
		t.state = state
		return f, ""
	}
	if err := casework.EvolveRequest(t.state, f, t.name, b.in.key, ev.Sequence, hash); err != nil {
		return nil, err.Error()
	}
	b.in.drop(t.state)
	return f, ""
}

// repeats tells whether a fact comes of a call that the state has taken in.
func repeats(s *statev1.RequestState, f *eventsv1.Fact) bool {
	return f.RequestId != "" && slices.ContainsFunc(s.GetScope().GetSeen(), func(seen *statev1.Seen) bool { return seen.RequestId == f.RequestId })
}

// load reads the row of a request once per batch, unless the remembered state
// holds the fact at sequence already.
func (b *batch) load(request string, sequence uint64) (*touched, error) {
	if t, ok := b.touched[request]; ok {
		return t, nil
	}
	if h, ok := b.in.states.get(request); ok && h.last >= sequence && !b.in.spoiled.has(request) {
		t := &touched{name: request, held: h, row: true, shared: true}
		b.touched[request] = t
		b.order = append(b.order, t)
		return t, nil
	}
	t := &touched{name: request, held: held{state: &statev1.RequestState{}}}
	var body []byte
	err := b.tx.Get([]any{&t.id, &t.last, &body}, "SELECT id, last_sequence, state FROM requests WHERE name = ?", request)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return nil, fmt.Errorf("inbox: read request %s: %w", request, err)
	default:
		t.row = true
		if err := proto.Unmarshal(body, t.state); err != nil {
			return nil, fmt.Errorf("inbox: read the state of request %s: %w", request, err)
		}
	}
	b.touched[request] = t
	b.order = append(b.order, t)
	return t, nil
}

const writeRequest = `
INSERT INTO requests (id, name, status, open, advisor, service, contact_language, due_date, overdue, requested_at, sequence, last_sequence, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET status = excluded.status, open = excluded.open, advisor = excluded.advisor,
	contact_language = excluded.contact_language, due_date = excluded.due_date, overdue = excluded.overdue,
	sequence = excluded.sequence, last_sequence = excluded.last_sequence, state = excluded.state`

// write writes the rows of all requests that changed.
func (b *batch) write() error {
	for _, t := range b.order {
		r := t.state.GetRequest()
		switch {
		case t.folded:
			if err := b.writeRow(t, r); err != nil {
				return err
			}
		case t.skipped && t.row:
			if _, err := b.tx.Exec("UPDATE requests SET last_sequence = ? WHERE id = ?", int64(t.last), int64(t.id)); err != nil {
				return fmt.Errorf("inbox: move the end of request %s: %w", t.name, err)
			}
		default:
			continue // a fact before the request was made: nothing to show
		}
		b.in.states.put(t.name, t.held)
	}
	return nil
}

func (b *batch) writeRow(t *touched, r *casesv1.Request) error {
	body, err := deterministic.Marshal(t.state)
	if err != nil {
		return fmt.Errorf("inbox: write the state of request %s: %w", t.name, err)
	}
	due := r.DueDate
	if due == "" {
		due = noDueDate
	}
	_, err = b.tx.Exec(writeRequest, int64(t.id), t.name, int64(r.Status), flag(!casework.Ended(r.Status)), r.GetAdvisor().GetName(), r.Service,
		r.ContactLanguage, due, flag(r.Overdue), r.RequestedAt.AsTime().UnixNano(), int64(t.state.Scope.Sequence), int64(t.last), body)
	if err != nil {
		return fmt.Errorf("inbox: write request %s: %w", t.name, err)
	}
	return nil
}

// replay answers an operator who hands a dead letter to the inbox again. The
// inbox takes facts in their order only, so a fact is taken in by building the
// inbox again, which a version that knows it does when it starts.
func (in *inbox) replay(ctx context.Context, ev bus.Event) error {
	if err := in.db.Fresh(ctx); err != nil {
		return err
	}
	var found bool
	row := in.db.Reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM facts WHERE sequence = ?)", int64(ev.Sequence))
	if err := row.Scan(&found); err != nil {
		return fmt.Errorf("inbox: look for fact %d: %w", ev.Sequence, err)
	}
	if ev.Stream != bus.StreamCases || !found {
		return fmt.Errorf("inbox: fact %d of %s is not taken in; start a version of the provider that knows it, which builds the inbox again", ev.Sequence, ev.Stream)
	}
	return nil
}

// deterministic writes equal messages as equal bytes.
var deterministic = proto.MarshalOptions{Deterministic: true}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
