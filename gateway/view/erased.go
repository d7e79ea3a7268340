package view

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
)

// errErased is why a fact of an erased case becomes a dead letter.
var errErased = errors.New("view: the case was erased before")

// gone is a case that was erased while this process runs, and who saw it.
type gone struct {
	id, company, opener string
	sequence            uint64
}

// erased are the cases of which nothing may be kept or shown any more.
type erased struct {
	mutex sync.Mutex
	cases map[string]bool
	// gone are kept in memory alone, for who watches.
	gone []gone
	// late is told of erased cases to which a fact came after all; may be nil.
	late func(id string)
	// work wakes who writes the file anew, up to last.
	work chan struct{}
	last uint64
	// shredding lets one at a time.
	shredding sync.Mutex
}

func (v *View) loadErased() error {
	v.erased.cases, v.erased.work = map[string]bool{}, make(chan struct{}, 1)
	rows, err := v.db.Reader().QueryContext(context.Background(), `SELECT id FROM erased WHERE gone = 1`)
	if err != nil {
		return fmt.Errorf("view: read what is erased: %w", err)
	}
	ids, err := texts(rows)
	for _, id := range ids {
		v.erased.cases[id] = true
	}
	return err
}

// Erased tells whether a case was erased, as far as the log has come here.
func (v *View) Erased(id string) bool {
	v.erased.mutex.Lock()
	defer v.erased.mutex.Unlock()
	return v.erased.cases[id]
}

// OnLate sets what is told of erased cases to which a fact came after all. Call it
// before Run.
func (v *View) OnLate(tell func(id string)) { v.erased.late = tell }

func (e *erased) tellLate(id string) {
	if e.late != nil {
		e.late(id)
	}
}

// clear forgets all: the log is another one.
func (e *erased) clear() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	clear(e.cases)
}

func (e *erased) add(g gone) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if !e.cases[g.id] {
		e.gone = append(e.gone, g)
	}
	e.cases[g.id] = true
}

// tell wakes who writes the file anew.
func (e *erased) tell(sequence uint64) {
	e.mutex.Lock()
	e.last = max(e.last, sequence)
	e.mutex.Unlock()
	select {
	case e.work <- struct{}{}:
	default:
	}
}

// Gone answers the cases that the seer saw and that were erased behind a place in
// the log, up to another, oldest first.
func (v *View) Gone(seer Seer, after, last uint64) []string {
	v.erased.mutex.Lock()
	defer v.erased.mutex.Unlock()
	var ids []string
	for _, g := range v.erased.gone {
		if g.sequence > after && g.sequence <= last && seer.Sees(g.id, g.company, g.opener) {
			ids = append(ids, g.id)
		}
	}
	return ids
}

// classes is how many rowids a fact has for its texts, one for each data class.
const classes = 32

// textsOf selects the rowids of the texts of facts in the timeline.
const textsOf = `WITH RECURSIVE class (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM class WHERE n < 31) SELECT seq * 32 + n FROM timeline, class WHERE `

// erase deletes all rows of a case.
func (b *batch) erase(id string, sequence uint64) error {
	entry, err := b.caseOf(id)
	if err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM texts WHERE rowid IN (` + textsOf + `row = ?)`, `DELETE FROM shares WHERE row = ?`,
		`DELETE FROM timeline WHERE row = ?`, `DELETE FROM requests WHERE row = ?`, `DELETE FROM cases WHERE row = ?`,
	} {
		if _, err := b.tx.Exec(statement, entry.row); err != nil {
			return fmt.Errorf("view: erase case %s: %w", id, err)
		}
	}
	if err := b.soil(id, 1, sequence); err != nil {
		return err
	}
	g := gone{id: id, opener: entry.state.Opener, company: CompanyKey(entry.state.GetCase().GetCompany()), sequence: sequence}
	b.erased = append(b.erased, g)
	b.view.erased.add(g)
	// What this batch folded before is not written.
	delete(b.cases, id)
	delete(b.changed, id)
	delete(b.updated, id)
	for scope := range b.requests {
		if scope.Case == id {
			delete(b.requests, scope)
		}
	}
	return nil
}

// soil notes that the file is to be written anew.
func (b *batch) soil(id string, gone int, sequence uint64) error {
	if _, err := b.tx.Exec(`INSERT INTO erased (id, gone, dirty) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET gone = max(gone, excluded.gone), dirty = excluded.dirty`, id, gone, int64(sequence)); err != nil {
		return fmt.Errorf("view: erase case %s: %w", id, err)
	}
	b.view.erased.tell(sequence)
	return nil
}

// redact folds a scope anew from what a redaction kept, and writes its rows anew.
func (b *batch) redact(scope name.Scope, e bus.Event, f *eventsv1.Fact, hash []byte) (poison, err error) {
	entry, err := b.caseOf(scope.Case)
	if err != nil {
		return nil, err
	}
	if scope.IsCase() {
		state, poison := casework.RefoldCase(f, scope.Resource(), e.Sequence, hash)
		if poison != nil {
			return poison, nil
		}
		entry.state, b.changed[scope.Case] = state, true
	} else {
		state, poison := casework.RefoldRequest(f, scope.Resource(), scope.Party, e.Sequence, hash)
		if poison != nil {
			return poison, nil
		}
		b.requests[scope] = state
	}
	if entry.row != 0 {
		for _, statement := range []string{
			`DELETE FROM texts WHERE rowid IN (` + textsOf + `row = ?1 AND subject IN (?2, ?3))`,
			`DELETE FROM timeline WHERE row = ?1 AND subject IN (?2, ?3)`,
		} {
			if _, err := b.tx.Exec(statement, entry.row, scope.Subject(name.ByHub), scope.Subject(name.ByOwn)); err != nil {
				return nil, fmt.Errorf("view: redact %s: %w", scope, err)
			}
		}
	}
	for _, kept := range f.GetFactRedacted().Facts {
		if err := b.keepAgain(entry, scope, kept); err != nil {
			return nil, err
		}
	}
	shell := proto.CloneOf(f)
	shell.GetFactRedacted().Facts = nil
	if e.Data, err = marshal.Marshal(shell); err != nil {
		return nil, fmt.Errorf("view: redact %s: %w", scope, err)
	}
	b.updated[scope.Case] = e.Sequence
	if err := b.keep(scope.Case, entry, e, shell); err != nil {
		return nil, err
	}
	return nil, b.soil(scope.Case, 0, e.Sequence)
}

func (b *batch) keepAgain(entry *caseEntry, scope name.Scope, kept *eventsv1.KeptFact) error {
	before := &eventsv1.Fact{}
	if err := proto.Unmarshal(kept.Body, before); err != nil {
		return fmt.Errorf("view: redact %s: %w", scope, err)
	}
	if before.GetCompanyLinked() != nil && scope.IsCase() {
		entry.linked = kept.Sequence
	}
	at := bus.Event{Message: bus.Message{Subject: scope.Subject(kept.Author), Data: kept.Body}, Stream: bus.StreamCases, Sequence: kept.Sequence}
	return b.keep(scope.Case, entry, at, before)
}

// forget drops what is in memory of a case. The caller holds v.mu.
func (v *View) forget(id string) {
	prefix := "case." + id + "."
	for _, states := range []map[string]any{v.ahead, v.applied.young, v.applied.old} {
		for key := range states {
			if strings.HasPrefix(key, prefix) {
				delete(states, key)
			}
		}
	}
	delete(v.arrived.facts, id)
}

// shredErased leaves nothing on disk of what was erased or redacted, until ctx
// ends. It goes on where another start left off.
func (v *View) shredErased(ctx context.Context) error {
	for {
		v.erased.mutex.Lock()
		last := v.erased.last
		v.erased.mutex.Unlock()
		if last > 0 {
			if err := v.Wait(ctx, last); err != nil {
				return err
			}
		}
		if err := v.Shred(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.erased.work:
		}
	}
}

// Shred returns when nothing is left on disk of what was erased or redacted before.
func (v *View) Shred(ctx context.Context) error {
	v.erased.shredding.Lock()
	defer v.erased.shredding.Unlock()
	var dirty int64
	if err := v.row(ctx, []any{&dirty}, `SELECT coalesce(max(dirty), 0) FROM erased`); err != nil {
		return fmt.Errorf("view: read what is to be shredded: %w", err)
	}
	if dirty == 0 {
		return nil
	}
	if err := v.db.Shred(ctx); err != nil {
		return err
	}
	return v.db.Change(func(tx *projection.Tx) error {
		_, err := tx.Exec(`UPDATE erased SET dirty = 0 WHERE dirty <= ?`, dirty)
		return err
	})
}
