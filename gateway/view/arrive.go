package view

import (
	"bytes"
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

// arrivals are facts that have come from the log and wait to be written, so that
// one case can be shown before the file has it.
type arrivals struct {
	// last is the sequence of the last event that has arrived.
	last uint64
	// facts are those of each case, oldest first. A list is never changed, but
	// replaced.
	facts map[string][]Happening
	// unknown are the cases of which a fact has arrived that does not follow on what
	// is in memory, each with its last such fact: only the file can show them.
	unknown map[string]uint64
	// changed is closed at the next arrival.
	changed chan struct{}
}

func newArrivals() arrivals {
	return arrivals{facts: map[string][]Happening{}, unknown: map[string]uint64{}, changed: make(chan struct{})}
}

// arrive folds facts that wait to be written into the states in memory. An event
// that is no good is left to apply, and so is one that does not follow on what is
// in memory.
func (v *View) arrive(events []bus.Event) {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer close(v.arrived.changed)
	if len(events) == 0 { // the log is another one
		v.applied, v.ahead, v.last, v.arrived = newRecent(v.applied.size), map[string]any{}, 0, newArrivals()
		v.erased.clear()
		return
	}
	for _, e := range events {
		scope, f, hash, poison := understand(e)
		if poison != nil {
			continue
		}
		if f.GetScopeErased() != nil || f.GetFactRedacted() != nil {
			v.forget(scope.Case) // the rows are made anew first
			v.arrived.unknown[scope.Case] = e.Sequence
			continue
		}
		known, poison := v.foldAhead(scope, f, e.Sequence, hash)
		if poison != nil {
			continue
		}
		if !known {
			v.arrived.unknown[scope.Case] = e.Sequence
		}
		v.arrived.facts[scope.Case] = append(v.arrived.facts[scope.Case], Happening{Sequence: e.Sequence, Scope: scope, Fact: f})
	}
	v.arrived.last = events[len(events)-1].Sequence
	v.arrived.changed = make(chan struct{})
}

// foldAhead folds a fact into the newest state of its scope in memory. It is false
// where that state is not in memory, or not the one before the fact. poison says
// why the fact is no good. The caller holds v.mu.
func (v *View) foldAhead(scope name.Scope, f *eventsv1.Fact, sequence uint64, hash []byte) (known bool, poison error) {
	key := scope.String()
	if scope.IsCase() {
		state, ok := v.ahead[key].(*statev1.CaseState)
		if entry, applied := v.applied.get(key).(*caseEntry); applied && (!ok || entry.state.Scope.Sequence > state.Scope.Sequence) {
			state, ok = entry.state, true
		}
		switch {
		case ok && state.Scope.Sequence >= sequence:
			return true, nil
		case !follows(f, state.GetScope(), ok, f.GetCaseOpened() != nil):
			return false, nil
		}
		next := &statev1.CaseState{}
		if ok {
			next = proto.CloneOf(state)
		}
		if poison := casework.EvolveCase(next, f, scope.Resource(), sequence, hash); poison != nil {
			return false, poison
		}
		v.ahead[key] = next
		return true, nil
	}
	state, ok := v.ahead[key].(*statev1.RequestState)
	if applied, is := v.applied.get(key).(*statev1.RequestState); is && (!ok || applied.Scope.Sequence > state.Scope.Sequence) {
		state, ok = applied, true
	}
	switch {
	case ok && state.Scope.Sequence >= sequence:
		return true, nil
	case !follows(f, state.GetScope(), ok, f.GetRequestMade() != nil) || !ok && !v.knows(scope.Case):
		return false, nil
	}
	next := &statev1.RequestState{}
	if ok {
		next = casework.CloneRequest(state)
	}
	if poison := casework.EvolveRequest(next, f, scope.Resource(), scope.Party, sequence, hash); poison != nil {
		return false, poison
	}
	v.ahead[key] = next
	return true, nil
}

// knows tells whether a case is in memory. The caller holds v.mu.
func (v *View) knows(id string) bool {
	key := name.CaseScope(id).String()
	return v.ahead[key] != nil || v.applied.get(key) != nil
}

// follows tells whether a fact is the next one of a scope: it names the one before
// it by its hash, and only the first has none.
func follows(f *eventsv1.Fact, scope *statev1.Scope, known, first bool) bool {
	return known != first && bytes.Equal(f.PreviousHash, scope.GetHead())
}

// prune forgets the facts that the file shows. The caller holds v.mu.
func (v *View) prune(position uint64) {
	for id, facts := range v.arrived.facts {
		first := slices.IndexFunc(facts, func(h Happening) bool { return h.Sequence > position })
		if first < 0 {
			delete(v.arrived.facts, id)
		} else if first > 0 {
			v.arrived.facts[id] = slices.Clone(facts[first:])
		}
	}
	for id, sequence := range v.arrived.unknown {
		if sequence <= position {
			delete(v.arrived.unknown, id)
		}
	}
}

// Reach returns when Whole and Timeline show all that has arrived of a case, and
// the event with that sequence has arrived, and answers how far the log has
// arrived then. It fails like Wait when ctx ends first.
func (v *View) Reach(ctx context.Context, id string, sequence uint64) (uint64, error) {
	for {
		v.mu.RLock()
		last, changed, unknown := v.arrived.last, v.arrived.changed, v.arrived.unknown[id]
		v.mu.RUnlock()
		if unknown > 0 {
			if err := v.Wait(ctx, unknown); err != nil {
				return 0, err
			}
		}
		written := v.db.Notify()
		if last >= sequence || v.db.Shows(bus.StreamCases, sequence) {
			return max(last, v.Position()), nil
		}
		select {
		case <-changed:
		case <-written:
		case <-ctx.Done():
			if err := v.Wait(ctx, sequence); err != nil { // which says why
				return 0, err
			}
		}
	}
}
