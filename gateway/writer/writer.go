// Package writer appends the company's and the hub's facts: it reads a state,
// decides, appends with the expected sequence, and decides again when somebody
// was faster.
package writer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/host"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

const (
	// tries is how often a command is decided when others write to its scope too.
	tries = 6
	// patience is how long the view may take to pass a conflicting fact.
	patience = 2 * time.Second
)

// Log is where facts are appended; *bus.Bus is one.
type Log interface {
	Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error)
	LastOn(ctx context.Context, stream, subject string) (bus.Event, error)
}

// Writer is safe for concurrent use.
type Writer struct {
	log    Log
	view   *view.View
	now    func() time.Time
	limits func() casework.Limits
}

// New makes a writer that tells the time by now, and takes the figures of the day
// for the rules over the whole case from limits.
func New(log Log, v *view.View, now func() time.Time, limits func() casework.Limits) *Writer {
	return &Writer{log: log, view: v, now: now, limits: limits}
}

// Now is the hub's time.
func (w *Writer) Now() time.Time { return w.now() }

// HubCall is a call of the hub itself, caused by the fact or call with id causation.
func (w *Writer) HubCall(causation string) casework.Call {
	return casework.Call{
		Actor:     &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB},
		Causation: causation,
	}
}

// Case decides cmd on a case and appends the fact. build makes the command from
// the newest state, which is nil for a case that does not exist; it is called
// again when somebody was faster. The answer is the state after the fact, or the
// state as it is when the call repeats an earlier one.
func (w *Writer) Case(ctx context.Context, id string, call casework.Call,
	build func(*statev1.CaseState) (casework.CaseCommand, error),
) (*statev1.CaseState, error) {
	scope := name.CaseScope(id)
	var after *statev1.CaseState
	err := w.attempt(ctx, func() (*eventsv1.Fact, uint64, error) {
		state, err := w.view.Case(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		cmd, err := build(state)
		if err != nil {
			return nil, 0, err
		}
		after = state
		f, err := casework.DecideCase(state, cmd, w.stamp(call))
		if f != nil {
			err = w.recordNotices(ctx, id, state, f)
		}
		return f, state.GetScope().GetSequence(), err
	}, scope, func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
		next := &statev1.CaseState{}
		if after != nil {
			next = proto.CloneOf(after)
		}
		after = next
		if err := casework.EvolveCase(after, f, scope.Resource(), sequence, hash); err != nil {
			return err
		}
		w.view.Ahead(scope, sequence, after)
		return nil
	})
	return after, err
}

// Request decides cmd on a request and appends the fact, like Case.
func (w *Writer) Request(ctx context.Context, scope name.Scope, call casework.Call, cmd casework.RequestCommand) (*statev1.RequestState, error) {
	var after *statev1.RequestState
	// A request that is to be made is not looked for at first: who makes it has seen
	// that there is none, and if there is one after all the log says so.
	_, unseen := cmd.(casework.MakeRequest)
	err := w.attempt(ctx, func() (*eventsv1.Fact, uint64, error) {
		var state *statev1.RequestState
		if !unseen {
			var err error
			if state, err = w.view.Request(ctx, scope); err != nil {
				return nil, 0, err
			}
		}
		unseen = false
		after = state
		f, err := casework.DecideRequest(state, cmd, w.stamp(call))
		return f, state.GetScope().GetSequence(), err
	}, scope, func(f *eventsv1.Fact, sequence uint64, hash []byte) error {
		next := &statev1.RequestState{}
		if after != nil {
			next = proto.CloneOf(after)
		}
		after = next
		if err := casework.EvolveRequest(after, f, scope.Resource(), scope.Party, sequence, hash); err != nil {
			return err
		}
		w.view.Ahead(scope, sequence, after)
		return nil
	})
	return after, err
}

// recordNotices puts into a case's fact what the rules over the whole case say once
// it stands: what the company is shown in answer can be shown again years later.
func (w *Writer) recordNotices(ctx context.Context, id string, state *statev1.CaseState, f *eventsv1.Fact) error {
	after, made := &statev1.CaseState{}, map[casework.RequestKey]*statev1.RequestState{}
	if state != nil {
		whole, err := w.view.Whole(ctx, id)
		if err != nil || whole == nil {
			return err // erased in this very moment: the log will refuse the fact
		}
		after, made = proto.CloneOf(state), whole.Requests
	}
	if err := casework.EvolveCase(after, f, name.Case(id), 0, nil); err != nil {
		return err
	}
	var requests []*casesv1.Request
	for _, p := range after.Planned {
		request := made[casework.RequestKey{Provider: p.Provider, Number: int(p.Number)}].GetRequest()
		if request == nil {
			request = casework.Planned(after.Case, p)
		}
		requests = append(requests, request)
	}
	f.Notices = casework.Notices(after.Case, requests, f.Time.AsTime(), w.limits())
	return nil
}

// stamp completes a call for one try. A fact that nothing caused begins a chain of
// causes, which is known by that fact's id.
func (w *Writer) stamp(call casework.Call) casework.Call {
	call.ID, call.Time = uuid.NewString(), w.now().UTC()
	call.Correlation = cmp.Or(call.Correlation, call.Causation, call.ID)
	return call
}

// attempt decides and appends until the fact is in the log or refused.
//
// A scope may end in events that are no good: they are in no state, so the first
// try expects too low a sequence. Once the view has passed what the log tells of,
// and the state ends before it, what lies between is such, and is expected too.
//
// A refusal counts only on the newest state: what the caller has seen elsewhere
// may not have come to this view.
func (w *Writer) attempt(ctx context.Context, decide func() (*eventsv1.Fact, uint64, error), scope name.Scope,
	evolve func(*eventsv1.Fact, uint64, []byte) error,
) error {
	var passed uint64
	for range tries {
		if w.view.Erased(scope.Case) {
			return errErased
		}
		f, expected, err := decide()
		if _, refused := errors.AsType[*casework.Refusal](err); refused {
			last, failure := w.CatchUp(ctx, scope)
			if failure != nil {
				return failure
			}
			if last > max(expected, passed) {
				passed = last
				continue
			}
		}
		if f == nil || err != nil {
			return err
		}
		m, err := fact.Encode(scope.Subject(name.ByHub), name.Hub, f)
		if err != nil {
			return err
		}
		sequence, err := w.log.Append(ctx, m, scope.String(), max(expected, passed))
		if err == nil {
			if f.Actor.GetParty() != casesv1.Party_PARTY_HUB {
				host.FactStands(ctx)
			}
			return evolve(f, sequence, fact.Hash(m.Subject, m.Data))
		}
		conflict, ok := errors.AsType[*bus.ConflictError](err)
		if !ok {
			return unavailable(scope, err)
		}
		if err := w.catchUp(ctx, conflict.Last); err != nil {
			return err
		}
		passed = conflict.Last
	}
	return problem.New(problem.Conflict, "BUSY", "%s is being changed by others at this moment; try again", scope.Resource()).Retry(100 * time.Millisecond)
}

// errErased is the answer to a command on a case that was erased. Only whoever
// opened it, by the same call, gets to see it: to others there is no such case.
var errErased = problem.New(problem.State, "CASE_ERASED", "the case that this call led to was erased; take a new request_id to open another case")

// CatchUp waits until the view shows all that the log holds in a scope, and answers
// the sequence of its last event; 0 when it holds none.
func (w *Writer) CatchUp(ctx context.Context, scope name.Scope) (uint64, error) {
	last, err := w.log.LastOn(ctx, bus.StreamCases, scope.String()+".>")
	if errors.Is(err, bus.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, unavailable(scope, err)
	}
	return last.Sequence, w.catchUp(ctx, last.Sequence)
}

func (w *Writer) catchUp(ctx context.Context, sequence uint64) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return w.view.Wait(ctx, sequence)
}

// unavailable says that the log did not answer. Whether the fact was written is
// not known, which is what request_id is for.
func unavailable(scope name.Scope, err error) error {
	if problem.KindOf(err) == problem.Canceled || problem.KindOf(err) == problem.Deadline {
		return err
	}
	return problem.New(problem.Unavailable, "LOG_UNAVAILABLE",
		"the change to %s could not be written now; try again with the same request_id", scope.Resource()).
		Retry(time.Second).Because(fmt.Errorf("writer: append to %s: %w", scope, err))
}
