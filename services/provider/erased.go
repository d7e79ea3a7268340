package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/erasure"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
)

// erased are the requests of which nothing may be kept or shown any more, and what
// is left to do for them.
type erased struct {
	mutex    sync.Mutex
	requests map[string]bool
	// late are requests of which a note came after all.
	late map[string]bool
	// gone are those erased while this process runs, for who watches.
	gone []string
	// last is the sequence of the newest erasure or redaction.
	last uint64
	work chan struct{}
}

func (e *erased) is(request string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.requests[request]
}

// clear forgets all: the log is another one.
func (e *erased) clear() {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	clear(e.requests)
}

func (e *erased) add(request string, sequence uint64) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if !e.requests[request] {
		e.gone = append(e.gone, request)
	}
	e.requests[request] = true
	e.tell(sequence)
}

func (e *erased) redacted(sequence uint64) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.tell(sequence)
}

func (e *erased) again(request string) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	e.late[request] = true
	e.tell(0)
}

// tell wakes who finishes erasures. The caller holds the mutex.
func (e *erased) tell(sequence uint64) {
	e.last = max(e.last, sequence)
	select {
	case e.work <- struct{}{}:
	default:
	}
}

// since answers the requests that were erased behind a place in the list, and the
// next place.
func (e *erased) since(place int) ([]string, int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return e.gone[min(place, len(e.gone)):], len(e.gone)
}

// loadErased reads which requests are erased.
func (in *inbox) loadErased() error {
	in.erased = erased{requests: map[string]bool{}, late: map[string]bool{}, work: make(chan struct{}, 1)}
	rows, err := in.db.Reader().QueryContext(context.Background(), "SELECT request FROM erased WHERE gone = 1")
	if err != nil {
		return fmt.Errorf("inbox: read what is erased: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var request string
		if err := rows.Scan(&request); err != nil {
			return fmt.Errorf("inbox: read what is erased: %w", err)
		}
		in.erased.requests[request] = true
	}
	return rows.Err()
}

// takeErasure deletes a request whose scope was erased, and refuses what comes
// behind that, without keeping what it said. It is false for all other facts.
func (b *batch) takeErasure(scope name.Scope, ev bus.Event, author string) (bool, error) {
	request := scope.Resource()
	f, _, err := fact.Decode(ev)
	gone := f.GetScopeErased()
	switch {
	case err == nil && gone != nil && author == name.ByHub:
	case b.in.erased.is(request):
		return true, b.in.dead.DeadLetter(b.ctx, erasure.WithoutContent(ev), inboxHandler, "the request was erased before")
	default:
		return false, nil
	}
	t, err := b.load(request, ev.Sequence)
	if err != nil {
		return true, err
	}
	held, err := b.forget(t)
	if err != nil {
		return true, err
	}
	if _, err := b.tx.Exec("DELETE FROM requests WHERE name = ?", request); err != nil {
		return true, fmt.Errorf("inbox: erase %s: %w", request, err)
	}
	if err := b.owe(request, gone.Erasure, 1, held); err != nil {
		return true, err
	}
	// What this batch folded before is not written.
	delete(b.touched, request)
	b.order = slices.DeleteFunc(b.order, func(t *touched) bool { return t.name == request })
	b.in.states.drop(request)
	b.in.erased.add(request, ev.Sequence)
	return true, nil
}

// forget deletes the facts of a request and their words, and answers how many
// facts there were.
func (b *batch) forget(t *touched) (int64, error) {
	_, err := b.tx.Exec("DELETE FROM texts WHERE rowid IN (SELECT sequence FROM facts WHERE request = ?)", int64(t.id))
	if err != nil {
		return 0, fmt.Errorf("inbox: forget the words of %s: %w", t.name, err)
	}
	deleted, err := b.tx.Exec("DELETE FROM facts WHERE request = ?", int64(t.id))
	if err != nil {
		return 0, fmt.Errorf("inbox: forget the facts of %s: %w", t.name, err)
	}
	return deleted.RowsAffected()
}

// owe notes that the hub is to be told once nothing is left on disk, and takes the
// words of deleted rows out of the index: without its content it only marks them.
func (b *batch) owe(request, id string, gone, held int64) error {
	_, err := b.tx.Exec("INSERT INTO texts (texts) VALUES ('optimize')")
	if err == nil {
		_, err = b.tx.Exec(`INSERT INTO erased (request, erasure, gone, facts, done) VALUES (?, ?, ?, ?, 0)
			ON CONFLICT DO UPDATE SET facts = facts + excluded.facts, done = 0`, request, id, gone, held)
	}
	if err != nil {
		return fmt.Errorf("inbox: erase %s: %w", request, err)
	}
	return nil
}

// keepRedacted writes the facts of a request anew from what a redaction kept.
func (b *batch) keepRedacted(t *touched, ev bus.Event, f *eventsv1.Fact) error {
	kept := f.GetFactRedacted()
	if _, err := b.forget(t); err != nil {
		return err
	}
	t.last, t.folded, t.id = ev.Sequence, true, kept.Facts[0].Sequence
	for _, k := range kept.Facts {
		before := &eventsv1.Fact{}
		if err := proto.Unmarshal(k.Body, before); err != nil {
			return fmt.Errorf("inbox: redact %s: %w", t.name, err)
		}
		if err := b.keep(t, k.Sequence, k.Body, before); err != nil {
			return err
		}
	}
	shell := proto.CloneOf(f)
	shell.GetFactRedacted().Facts = nil
	body, err := deterministic.Marshal(shell)
	if err != nil {
		return fmt.Errorf("inbox: redact %s: %w", t.name, err)
	}
	if err := b.keep(t, ev.Sequence, body, shell); err != nil {
		return err
	}
	b.in.erased.redacted(ev.Sequence)
	return b.owe(t.name, kept.Erasure, 0, 1)
}

// owed is an erasure of which the hub has not been told that it is done here.
type owed struct {
	erasure.Done
	gone bool
}

// finishErasures leaves nothing on disk of what was erased or redacted, and tells
// the hub, which erases the private stream. It goes on where another start left off.
func (p *Provider) finishErasures(ctx context.Context) error {
	in := p.inbox
	for {
		in.erased.mutex.Lock()
		last, late := in.erased.last, slices.Collect(maps.Keys(in.erased.late))
		clear(in.erased.late)
		in.erased.mutex.Unlock()
		if last > 0 {
			if err := in.db.Wait(ctx, bus.StreamCases, last); err != nil {
				return err
			}
		}
		if err := p.finish(ctx, late); err != nil {
			for _, request := range late {
				in.erased.again(request)
			}
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-in.erased.work:
		}
	}
}

func (p *Provider) finish(ctx context.Context, late []string) error {
	for _, request := range late {
		if err := p.inbox.db.Change(func(tx *projection.Tx) error {
			_, err := tx.Exec("UPDATE erased SET done = 0 WHERE request = ? AND gone = 1", request)
			return err
		}); err != nil {
			return err
		}
	}
	due, err := p.inbox.owed(ctx)
	if len(due) == 0 || err != nil {
		return err
	}
	select {
	case <-p.notes.db.Ready():
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, o := range due {
		if o.gone {
			if err := p.notes.erase(o.Request); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(p.inbox.db.Shred(ctx), p.notes.db.Shred(ctx)); err != nil {
		return err
	}
	for _, o := range due {
		if err := p.confirm(ctx, o.Done); err != nil {
			return err
		}
	}
	return nil
}

func (in *inbox) owed(ctx context.Context) (due []owed, err error) {
	rows, err := in.db.Reader().QueryContext(ctx, "SELECT request, erasure, facts, gone FROM erased WHERE done = 0")
	if err != nil {
		return nil, fmt.Errorf("inbox: read what is to be erased: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o owed
		if err := rows.Scan(&o.Request, &o.Erasure, &o.Rows, &o.gone); err != nil {
			return nil, fmt.Errorf("inbox: read what is to be erased: %w", err)
		}
		due = append(due, o)
	}
	return due, rows.Err()
}

// confirm tells the hub, which answers once the private stream is done too.
func (p *Provider) confirm(ctx context.Context, done erasure.Done) error {
	question, err := done.Encode()
	if err != nil {
		return err
	}
	if _, err := p.bus.Ask(ctx, erasure.Topic, question); err != nil {
		return err
	}
	return p.inbox.db.Change(func(tx *projection.Tx) error {
		_, err := tx.Exec("UPDATE erased SET done = 1 WHERE request = ? AND erasure = ?", done.Request, done.Erasure)
		return err
	})
}
