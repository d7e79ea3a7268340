package view

import (
	"context"
	"errors"
	"fmt"
	"time"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

// replayPatience is how long a replay waits until the view has come to its event.
const replayPatience = 5 * time.Second

// errOldView is the answer to the replay of an event that only a new view takes in.
var errOldView = errors.New("this version understands the event, but the view was built by one that did not, and goes on without it: " +
	"stop the gateway, delete its view.db and start it again, which builds the view from the log; then replay this once more")

// Replay answers an operator who replays a dead letter of the view. The view cannot
// take an event in late, since what came after it was folded without it. So:
//
//   - nil, and the dead letter goes, when the view holds the event by now, because
//     it was built again by a version that understands it;
//   - the reason, when the event is still no good;
//   - what to do, when this version understands it and the view was built before.
func (v *View) Replay(ctx context.Context, e bus.Event) error {
	scope, f, hash, err := understand(e)
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, replayPatience)
	defer cancel()
	if err := v.Wait(wait, e.Sequence); err != nil {
		return err
	}
	if v.Erased(scope.Case) {
		return errErased
	}
	timeline, err := v.Timeline(ctx, scope.Case, 0, e.Sequence)
	if err != nil {
		return err
	}
	var before []Happening
	opened := false
	for _, h := range timeline {
		if h.Sequence == e.Sequence {
			return nil
		}
		opened = opened || h.Fact.GetCaseOpened() != nil
		if h.Scope == scope {
			before = append(before, h)
		}
	}
	if !scope.IsCase() && !opened {
		return fmt.Errorf("view: %s belongs to a case that was not opened", e.Subject)
	}
	evolve := evolver(scope)
	for _, h := range before {
		// What may follow depends on the facts, not on their hashes.
		if err := evolve(h.Fact, h.Sequence, nil); err != nil {
			return err
		}
	}
	if err := evolve(f, e.Sequence, hash); err != nil {
		return err
	}
	return errOldView
}

// evolver folds facts into an empty state of the scope.
func evolver(scope name.Scope) func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
	if scope.IsCase() {
		state := &statev1.CaseState{}
		return func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
			return casework.EvolveCase(state, f, scope.Resource(), sequence, hash)
		}
	}
	state := &statev1.RequestState{}
	return func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
		return casework.EvolveRequest(state, f, scope.Resource(), scope.Party, sequence, hash)
	}
}
