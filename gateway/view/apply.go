package view

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
	"google.golang.org/protobuf/proto"
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
}

// apply writes one batch. A fact that cannot be understood becomes a dead
// letter, and the others go on.
func (v *View) apply(tx *projection.Tx, events []bus.Event) error {
	v.forgetAfterRebuild(events[0].Sequence)
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

// forgetAfterRebuild drops the states in memory when the log is read anew.
func (v *View) forgetAfterRebuild(first uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if first <= v.last {
		v.applied, v.last = newRecent(v.applied.size), 0
	}
}

// take folds one event. poison says why the event is no good; err ends the batch.
func (b *batch) take(e bus.Event) (poison, err error) {
	scope, author, poison := name.ParseSubject(e.Subject)
	if poison != nil {
		return poison, nil
	}
	f, hash, poison := fact.Decode(e)
	if poison == nil && casework.FromProvider(f) != (author == name.ByOwn) {
		poison = fmt.Errorf("view: %s is not a fact that %s may write", fact.Type(f), author)
	}
	entry, err := b.caseOf(scope.Case)
	if err != nil {
		return nil, err
	}
	if scope.IsCase() {
		if poison == nil {
			poison = casework.EvolveCase(entry.state, f, scope.Resource(), e.Sequence, hash)
		}
		if poison != nil {
			b.pass(scope, entry.state.Scope, e.Sequence)
			return poison, nil
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
		if poison == nil {
			poison = casework.EvolveRequest(state, f, scope.Resource(), scope.Party, e.Sequence, hash)
		}
		if poison != nil {
			b.pass(scope, state.Scope, e.Sequence)
			return poison, nil
		}
	}
	b.updated[scope.Case] = e.Sequence
	return nil, b.keep(entry, e, f)
}

// pass moves a scope past an event that is no good: it stays in the log, so
// whoever appends next must expect its sequence.
// A scope that does not exist yet has nothing to move: it cannot be begun any more.
func (b *batch) pass(scope name.Scope, state *statev1.Scope, sequence uint64) {
	if state == nil {
		return
	}
	state.Sequence = sequence
	if scope.IsCase() {
		b.changed[scope.Case] = true
	}
	b.updated[scope.Case] = sequence
}

// keep writes the event into the timeline and its words into the index. A case
// that is new gets its row first.
func (b *batch) keep(entry *caseEntry, e bus.Event, f *eventsv1.Fact) error {
	if entry.row == 0 {
		c := entry.state.Case
		id, _ := name.ParseCase(c.Name)
		result, err := b.tx.Exec(`INSERT INTO cases (id, company, opener, code, status, confirm_by, updated, state) VALUES (?, '', '', '', 0, '', 0, x'')`, id)
		if err != nil {
			return fmt.Errorf("view: insert %s: %w", c.Name, err)
		}
		if entry.row, err = result.LastInsertId(); err != nil {
			return fmt.Errorf("view: insert %s: %w", c.Name, err)
		}
	}
	if _, err := b.tx.Exec(`INSERT INTO timeline (seq, row, subject, body) VALUES (?, ?, ?, ?)`, int64(e.Sequence), entry.row, e.Subject, e.Data); err != nil {
		return fmt.Errorf("view: keep %s at %d: %w", e.Subject, e.Sequence, err)
	}
	if words := wordsOf(f); words != "" {
		if _, err := b.tx.Exec(`INSERT INTO texts (body, row) VALUES (?, ?)`, words, entry.row); err != nil {
			return fmt.Errorf("view: index %s at %d: %w", e.Subject, e.Sequence, err)
		}
	}
	return nil
}

// wordsOf are the words of a fact that a search finds.
func wordsOf(f *eventsv1.Fact) string {
	if opened := f.GetCaseOpened(); opened != nil {
		return opened.Title + "\n" + opened.NeedText
	}
	if made := f.GetRequestMade(); made != nil {
		return made.Request.GetTerms().GetDisplayName()
	}
	return casework.EntryOf(f, "", "").Text
}

// caseOf answers the case to change: a copy of the state, or an empty one.
func (b *batch) caseOf(id string) (*caseEntry, error) {
	if entry, ok := b.cases[id]; ok {
		return entry, nil
	}
	entry := &caseEntry{state: &statev1.CaseState{}}
	if known, ok := b.view.cached(name.CaseScope(id).String()).(*caseEntry); ok {
		entry = &caseEntry{row: known.row, state: proto.CloneOf(known.state)}
	} else {
		var blob []byte
		err := b.tx.Get([]any{&entry.row, &blob}, `SELECT row, state FROM cases WHERE id = ?`, id)
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

// write writes each touched scope once.
func (b *batch) write() error {
	for id, updated := range b.updated {
		entry := b.cases[id]
		if !b.changed[id] {
			if _, err := b.tx.Exec(`UPDATE cases SET updated = ? WHERE row = ?`, int64(updated), entry.row); err != nil {
				return fmt.Errorf("view: touch case %s: %w", id, err)
			}
			continue
		}
		blob, err := marshal.Marshal(entry.state)
		if err != nil {
			return fmt.Errorf("view: write case %s: %w", id, err)
		}
		c := entry.state.Case
		opener := entry.state.Opener
		if _, err := b.tx.Exec(`UPDATE cases SET company = ?, opener = ?, code = ?, status = ?, confirm_by = ?, updated = ?, state = ? WHERE row = ?`,
			CompanyKey(c.Company), opener, c.Code, int64(c.Status), confirmBy(c), int64(updated), blob, entry.row); err != nil {
			return fmt.Errorf("view: write case %s: %w", id, err)
		}
	}
	for scope, state := range b.requests {
		if state.Request == nil {
			continue // nothing but poison
		}
		blob, err := marshal.Marshal(state)
		if err != nil {
			return fmt.Errorf("view: write %s: %w", scope, err)
		}
		due, told := dueOf(state)
		if _, err := b.tx.Exec(`INSERT INTO requests (row, provider, n, status, asks, due, told, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET status = excluded.status, asks = excluded.asks, due = excluded.due, told = excluded.told, state = excluded.state`,
			b.cases[scope.Case].row, scope.Party, scope.Number, int64(state.Request.Status), pressing(state), due, told, blob); err != nil {
			return fmt.Errorf("view: write %s: %w", scope, err)
		}
	}
	return nil
}

// publish shows the changed states to readers and forgets what is no longer ahead.
func (b *batch) publish(last uint64) {
	v := b.view
	v.mu.Lock()
	defer v.mu.Unlock()
	v.last = last
	for id := range b.updated {
		scope := name.CaseScope(id).String()
		v.applied.put(scope, b.cases[id])
		v.overtake(scope, b.cases[id].state.Scope.Sequence)
	}
	for scope, state := range b.requests {
		if state.Request != nil {
			v.applied.put(scope.String(), state)
			v.overtake(scope.String(), state.Scope.Sequence)
		}
	}
}

// overtake drops what was ahead in a scope once the view is as far.
func (v *View) overtake(scope string, sequence uint64) {
	switch ahead := v.ahead[scope].(type) {
	case *statev1.CaseState:
		if ahead.Scope.Sequence <= sequence {
			delete(v.ahead, scope)
		}
	case *statev1.RequestState:
		if ahead.Scope.Sequence <= sequence {
			delete(v.ahead, scope)
		}
	}
}

// confirmBy is the date that the ticker minds; empty when nothing waits for it.
func confirmBy(c *casesv1.Case) string {
	if c.Status == casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED {
		return c.ConfirmBy
	}
	return ""
}

// dueOf is the date that the ticker minds, and what was told about it.
func dueOf(s *statev1.RequestState) (due string, told int) {
	r := s.Request
	running := r.Status == casesv1.RequestStatus_REQUEST_STATUS_NEW || r.Status == casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS
	if running && s.WaitingSince == nil {
		due = r.DueDate
	}
	switch {
	case r.Overdue:
		told = 2
	case s.DueSoon:
		told = 1
	}
	return due, told
}

// pressing counts what waits for the company's answer in a request.
func pressing(s *statev1.RequestState) int {
	n := 0
	for _, a := range casework.Asks(&casesv1.Case{}, []*casesv1.Request{s.Request}) {
		if casework.Pressing(a) {
			n++
		}
	}
	return n
}

// CompanyKey is how a company is compared: its Business ID, or scheme:value.
func CompanyKey(c *casesv1.Company) string {
	switch c.GetScheme() {
	case casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID:
		return c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_VAT:
		return "vat:" + c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_LEI:
		return "lei:" + c.Id
	case casesv1.CompanyScheme_COMPANY_SCHEME_EUID:
		return "euid:" + c.Id
	}
	return ""
}
