// Package view is the gateway's projection of all cases: what a company sees of
// its case as one, and what the router compares. It is filled from the log and
// can be thrown away.
package view

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"golang.org/x/sync/errgroup"

	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/projection"
)

// Log is what the view is filled from; *bus.Bus is one.
type Log interface {
	projection.Log
	DeadLetter(ctx context.Context, ev bus.Event, handler, reason string) error
	LastOn(ctx context.Context, stream, subject string) (bus.Event, error)
}

// Handler is the view's name among the dead letters.
const Handler = "view"

// View is safe for concurrent use.
type View struct {
	db  *projection.DB
	log Log

	// mu guards the states in memory. What they point to is never changed.
	mu      sync.RWMutex
	applied *recent
	ahead   map[string]any
	last    uint64
	arrived arrivals
	erased  erased
	read    lastRead
}

// Open opens the view's file, or makes it.
func Open(path string, log Log, logger *slog.Logger, options ...projection.Option) (*View, error) {
	v := &View{log: log, applied: newRecent(4096), ahead: map[string]any{}, arrived: newArrivals()}
	options = append([]projection.Option{projection.WithLog(logger), projection.WithArrival(bus.StreamCases, v.arrive)}, options...)
	var err error
	if v.db, err = projection.Open(path, schema, options...); err != nil {
		return v, err
	}
	return v, v.loadErased()
}

// Run fills the view until ctx ends.
func (v *View) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return v.db.Run(ctx, v.log, bus.StreamCases, v.apply) })
	group.Go(func() error { return v.shredErased(ctx) })
	return group.Wait()
}

// Close closes the file, once Run has returned.
func (v *View) Close() error { return v.db.Close() }

// Check answers nil once the view has read the log to its end.
func (v *View) Check(ctx context.Context) error { return v.db.Check(ctx) }

// Wait returns when the view shows the fact with that sequence.
func (v *View) Wait(ctx context.Context, sequence uint64) error {
	return v.db.Wait(ctx, bus.StreamCases, sequence)
}

// Ready returns when the view has been compared with the log and has read it to
// the end that it had. Until then it may show another log: one that went further,
// before a backup was restored.
func (v *View) Ready(ctx context.Context) error {
	select {
	case <-v.db.Ready():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Fresh returns when the view shows all that has arrived from the log by now.
func (v *View) Fresh(ctx context.Context) error { return v.db.Fresh(ctx) }

// Current returns when the view shows all that the log holds by now. It asks the
// log: use it where to miss a fact that has just been written does harm, as an
// erasure that left a case out would, and Fresh for what people only look at.
func (v *View) Current(ctx context.Context) error {
	last, err := v.log.LastOn(ctx, bus.StreamCases, "case.>")
	if errors.Is(err, bus.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return v.Wait(ctx, last.Sequence)
}

// Position is the sequence of the last fact that the view shows.
func (v *View) Position() uint64 { return v.db.Position(bus.StreamCases) }

// Watch says that somebody waits for every change until done is called.
func (v *View) Watch() (done func()) { return v.db.Watch() }

// Notify answers a channel that is closed at the next change.
func (v *View) Notify() <-chan struct{} { return v.db.Notify() }

// caseEntry is a case's state with its row, and the sequence of the fact that
// linked it to a company later, if one did.
type caseEntry struct {
	row    int64
	linked uint64
	state  *statev1.CaseState
}

// Case answers the newest state of a case that is known here: that of the view,
// or that of a fact which this process appended and the view has yet to read.
// It answers nil for a case that does not exist. The state must not be changed.
func (v *View) Case(ctx context.Context, id string) (*statev1.CaseState, error) {
	scope := name.CaseScope(id).String()
	v.mu.RLock()
	ahead, _ := v.ahead[scope].(*statev1.CaseState)
	v.mu.RUnlock()
	entry, err := v.caseEntry(ctx, id)
	if err != nil {
		return nil, err
	}
	if entry == nil {
		return ahead, nil
	}
	if ahead.GetScope().GetSequence() > entry.state.Scope.Sequence {
		return ahead, nil
	}
	return entry.state, nil
}

// Request answers the newest state of a request that is known here, or nil. The
// state must not be changed.
func (v *View) Request(ctx context.Context, scope name.Scope) (*statev1.RequestState, error) {
	v.mu.RLock()
	ahead, _ := v.ahead[scope.String()].(*statev1.RequestState)
	v.mu.RUnlock()
	state, err := v.requestState(ctx, scope)
	if err != nil {
		return nil, err
	}
	if state == nil || ahead.GetScope().GetSequence() > state.Scope.Sequence {
		if ahead == nil {
			return nil, nil
		}
		return ahead, nil
	}
	return state, nil
}

// Ahead keeps a state that this process has appended a fact for, until the view
// has read that fact: so that the next command need not wait for it. A later state
// that is known stays.
func (v *View) Ahead(scope name.Scope, sequence uint64, state any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if key := scope.String(); sequence > v.last && sequence > sequenceOf(v.ahead[key]) {
		v.ahead[key] = state
	}
}

// sequenceOf is the sequence of a state in memory, 0 for none.
func sequenceOf(state any) uint64 {
	switch s := state.(type) {
	case *statev1.CaseState:
		return s.Scope.Sequence
	case *statev1.RequestState:
		return s.Scope.Sequence
	}
	return 0
}

// recent keeps states that were read or changed lately, in two generations: when
// the young one is full the old one is dropped.
type recent struct {
	size       int
	young, old map[string]any
}

func newRecent(size int) *recent {
	return &recent{size: size, young: map[string]any{}, old: map[string]any{}}
}

func (r *recent) get(key string) any {
	if value, ok := r.young[key]; ok {
		return value
	}
	return r.old[key]
}

func (r *recent) put(key string, value any) {
	if len(r.young) >= r.size {
		r.young, r.old = make(map[string]any, r.size), r.young
	}
	r.young[key] = value
	delete(r.old, key)
}
