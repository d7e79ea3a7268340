package view

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/erasure"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
)

// deadLetterPatience is how long the log may take to keep a dead letter.
const deadLetterPatience = 10 * time.Second

var marshal = proto.MarshalOptions{Deterministic: true}

// batch folds the events of one transaction: each scope is read once, changed in
// memory and written once.
type batch struct {
	view     *View
	tx       *projection.Tx
	cases    map[string]*caseEntry
	changed  map[string]bool // cases whose own scope changed
	updated  map[string]uint64
	requests map[name.Scope]*statev1.RequestState
	erased   []gone
}

// apply writes one batch. A fact that cannot be understood becomes a dead
// letter, and the others go on.
func (v *View) apply(tx *projection.Tx, events []bus.Event) error {
	v.prepare(events[0].Sequence)
	b := &batch{
		view: v, tx: tx, cases: map[string]*caseEntry{}, changed: map[string]bool{}, updated: map[string]uint64{},
		requests: map[name.Scope]*statev1.RequestState{},
	}
	for _, e := range events {
		poison, err := b.take(e)
		if err != nil {
			return err
		}
		if poison != nil {
			if scope, _, err := name.ParseSubject(e.Subject); err == nil && v.Erased(scope.Case) {
				e = erasure.WithoutContent(e)
				v.erased.tellLate(scope.Case)
			}
			ctx, cancel := context.WithTimeout(context.Background(), deadLetterPatience)
			err := v.log.DeadLetter(ctx, e, Handler, poison.Error())
			cancel()
			if err != nil {
				return err
			}
		}
	}
	if err := b.write(); err != nil {
		return err
	}
	b.publish(events[len(events)-1].Sequence)
	return nil
}

// prepare forgets what has arrived as far as the file shows it, and the states of a
// transaction that was undone after all.
func (v *View) prepare(first uint64) {
	position := v.Position()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.prune(position)
	if first <= v.last {
		v.applied, v.last = newRecent(v.applied.size), 0
	}
}

// take folds one event. poison says why the event is no good; err ends the batch.
// An event that is no good leaves no trace here: whoever appends to its scope next
// learns its sequence from the log's refusal (see writer).
func (b *batch) take(e bus.Event) (poison, err error) {
	scope, f, hash, poison := understand(e)
	switch {
	case poison != nil:
		return poison, nil
	case f.GetScopeErased() != nil:
		return nil, b.erase(scope.Case, e.Sequence)
	case b.view.Erased(scope.Case):
		return errErased, nil
	case f.GetFactRedacted() != nil:
		return b.redact(scope, e, f, hash)
	}
	entry, err := b.caseOf(scope.Case)
	if err != nil {
		return nil, err
	}
	if scope.IsCase() {
		if poison = casework.EvolveCase(entry.state, f, scope.Resource(), e.Sequence, hash); poison != nil {
			return poison, nil
		}
		if f.GetCompanyLinked() != nil {
			entry.linked = e.Sequence
		}
		b.changed[scope.Case] = true
	} else {
		if entry.state.Case == nil {
			return fmt.Errorf("view: %s belongs to a case that was not opened", e.Subject), nil
		}
		state, err := b.requestOf(entry.row, scope)
		if err != nil {
			return nil, err
		}
		if poison = casework.EvolveRequest(state, f, scope.Resource(), scope.Party, e.Sequence, hash); poison != nil {
			return poison, nil
		}
	}
	b.updated[scope.Case] = e.Sequence
	return nil, b.keep(scope.Case, entry, e, f)
}

// understand reads an event of the case stream: where it stands, its fact and
// the fact's hash. It fails on one that no version could have written.
func understand(e bus.Event) (name.Scope, *eventsv1.Fact, []byte, error) {
	scope, author, err := name.ParseSubject(e.Subject)
	if err == nil {
		_, err = name.ParseCase(name.Case(scope.Case))
	}
	if err != nil {
		return name.Scope{}, nil, nil, err
	}
	f, hash, err := fact.Decode(e)
	if err != nil {
		return name.Scope{}, nil, nil, err
	}
	if casework.FromProvider(f) != (author == name.ByOwn) {
		return name.Scope{}, nil, nil, fmt.Errorf("view: %s is not a fact that %s may write", fact.Type(f), author)
	}
	return scope, f, hash, nil
}

// keep writes the event into the timeline and its words into the index. A case
// that is new gets its row first.
func (b *batch) keep(id string, entry *caseEntry, e bus.Event, f *eventsv1.Fact) error {
	if entry.row == 0 {
		result, err := b.tx.Exec(`INSERT INTO cases (id, company, opener, linked, code, status, confirm_by, updated, secret, state) VALUES (?, '', '', 0, '', 0, '', 0, 0, x'')`, id)
		if err != nil {
			return fmt.Errorf("view: insert case %s: %w", id, err)
		}
		if entry.row, err = result.LastInsertId(); err != nil {
			return fmt.Errorf("view: insert case %s: %w", id, err)
		}
	}
	if _, err := b.tx.Exec(`INSERT INTO timeline (seq, row, subject, body) VALUES (?, ?, ?, ?)`, int64(e.Sequence), entry.row, e.Subject, e.Data); err != nil {
		return fmt.Errorf("view: keep %s at %d: %w", e.Subject, e.Sequence, err)
	}
	for class, words := range wordsOf(f) {
		if words == "" {
			continue
		}
		if _, err := b.tx.Exec(`INSERT INTO texts (rowid, body, row, class) VALUES (?, ?, ?, ?)`, int64(e.Sequence)*classes+int64(class), words, entry.row, int64(class)); err != nil {
			return fmt.Errorf("view: index %s at %d: %w", e.Subject, e.Sequence, err)
		}
	}
	return nil
}

// wordsOf are the words of a fact that a search finds, by what kind of data they are:
// nobody finds a case by words that they may not read.
func wordsOf(f *eventsv1.Fact) map[policyv1.DataClass]string {
	if opened := f.GetCaseOpened(); opened != nil {
		return map[policyv1.DataClass]string{
			policyv1.DataClass_DATA_CLASS_CASE: opened.Title, policyv1.DataClass_DATA_CLASS_APPLICATION: opened.NeedText,
		}
	}
	if made := f.GetRequestMade(); made != nil {
		return map[policyv1.DataClass]string{policyv1.DataClass_DATA_CLASS_PROGRESS: made.Request.GetTerms().GetDisplayName()}
	}
	entry := casework.EntryOf(f, "", "")
	return map[policyv1.DataClass]string{entry.TextClass: entry.Text}
}

// caseOf answers the case to change: a copy of the state, or an empty one.
func (b *batch) caseOf(id string) (*caseEntry, error) {
	if entry, ok := b.cases[id]; ok {
		return entry, nil
	}
	entry := &caseEntry{state: &statev1.CaseState{}}
	if known, ok := b.view.cached(name.CaseScope(id).String()).(*caseEntry); ok {
		entry = &caseEntry{row: known.row, linked: known.linked, state: proto.CloneOf(known.state)}
	} else {
		var blob []byte
		err := b.tx.Get([]any{&entry.row, &entry.linked, &blob}, `SELECT row, linked, state FROM cases WHERE id = ?`, id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("view: read case %s: %w", id, err)
		}
		if err == nil {
			if err := proto.Unmarshal(blob, entry.state); err != nil {
				return nil, fmt.Errorf("view: read case %s: %w", id, err)
			}
		}
	}
	b.cases[id] = entry
	return entry, nil
}

// requestOf answers the request to change: a copy of the state, or an empty one.
func (b *batch) requestOf(row int64, scope name.Scope) (*statev1.RequestState, error) {
	if state, ok := b.requests[scope]; ok {
		return state, nil
	}
	state := &statev1.RequestState{}
	if known, ok := b.view.cached(scope.String()).(*statev1.RequestState); ok {
		state = proto.CloneOf(known)
	} else {
		var blob []byte
		err := b.tx.Get([]any{&blob}, `SELECT state FROM requests WHERE row = ? AND provider = ? AND n = ?`, row, scope.Party, scope.Number)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, fmt.Errorf("view: read %s: %w", scope, err)
		}
		if err == nil {
			if err := proto.Unmarshal(blob, state); err != nil {
				return nil, fmt.Errorf("view: read %s: %w", scope, err)
			}
		}
	}
	b.requests[scope] = state
	return state, nil
}
