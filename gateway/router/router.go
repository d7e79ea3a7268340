// Package router brings requests to their providers. For every fact of a case it
// compares the case with its requests and does what is owed: make a request,
// tell it of the company, end it. Doing so twice does no harm, so that any number
// of gateways can route, each fact at least once.
package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/writer"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

const (
	// workerName is the router's name at the log and among the dead letters.
	workerName = "router"
	// concurrency is how many cases are routed at once.
	concurrency = 32
	// patience is how often a fact is tried before it becomes a dead letter: for
	// hours, since a view that is being built again needs its time.
	patience = 1000
	// viewPatience is how long the view may take to show the fact to route.
	viewPatience = 10 * time.Second
	// rounds is how often a case is compared anew after steps were done: once to
	// make or end its requests, once to finish, and some for those who interfere.
	rounds = 8
)

// Bus is what the router takes its work from; *bus.Bus is one.
type Bus interface {
	Work(ctx context.Context, w bus.Worker, handle func(ctx context.Context, ev bus.Event) error) error
}

// Router routes. Its zero value is of no use; see New.
type Router struct {
	bus    Bus
	view   *view.View
	writer *writer.Writer
	log    *slog.Logger
	tick   time.Duration
}

// New makes a router that looks for due dates every tick.
func New(b Bus, v *view.View, w *writer.Writer, log *slog.Logger, tick time.Duration) *Router {
	return &Router{bus: b, view: v, writer: w, log: log, tick: tick}
}

// Run routes until ctx ends.
func (r *Router) Run(ctx context.Context) error {
	// A view that is ahead of the log shows requests that are not there, and a case
	// that seems to owe nothing would never be routed.
	if err := r.view.Ready(ctx); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		return r.bus.Work(ctx, bus.Worker{
			Name: workerName, Stream: bus.StreamCases, Filter: "case.*." + name.Hub + ".0." + name.ByHub, Concurrency: concurrency, MaxDeliver: patience,
		}, r.handle)
	})
	group.Go(func() error { return r.watchDates(ctx) })
	return group.Wait()
}

// handle routes the case of an event. An event that is no good changes nothing in
// the case; the view keeps it among the dead letters, once.
func (r *Router) handle(ctx context.Context, e bus.Event) error {
	scope, _, err := name.ParseSubject(e.Subject)
	if err != nil {
		return nil
	}
	f, _, err := fact.Decode(e)
	if err != nil {
		return nil
	}
	if err := r.await(ctx, scope.Case, e.Sequence); err != nil {
		return err
	}
	return r.reconcile(ctx, scope.Case, f)
}

// await returns when the state of a case is known up to a fact of it: at once
// where this gateway appended the fact itself.
func (r *Router) await(ctx context.Context, id string, sequence uint64) error {
	state, err := r.view.Case(ctx, id)
	if err != nil || state.GetScope().GetSequence() >= sequence {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, viewPatience)
	defer cancel()
	_, err = r.view.Reach(ctx, id, sequence)
	return err
}

// reconcile does what the case owes its requests until nothing is owed.
func (r *Router) reconcile(ctx context.Context, id string, cause *eventsv1.Fact) error {
	call := r.writer.HubCall(cause.Id)
	call.Correlation, call.TraceParent = cause.CorrelationId, cause.TraceParent
	for range rounds {
		whole, err := r.view.Whole(ctx, id)
		if err != nil {
			return err
		}
		if whole == nil {
			return nil // what begins its scope is no good
		}
		answers, err := r.answers(ctx, id, whole.State)
		if err != nil {
			return err
		}
		steps, finish := casework.Reconcile(whole.State, whole.Requests, answers)
		if len(steps) > 0 {
			if err := r.do(ctx, id, steps, call); err != nil {
				return err
			}
			continue
		}
		if !finish {
			return nil
		}
		heads := casework.Heads(id, whole.State.Planned, whole.Requests)
		_, err = r.writer.Case(ctx, id, call, func(*statev1.CaseState) (casework.CaseCommand, error) {
			return casework.FinishClosing{Heads: heads}, nil
		})
		return passRefusal(err)
	}
	return fmt.Errorf("router: case %s owes something after %d rounds", id, rounds)
}

// do takes the steps: those of one request in their order, and the requests at
// once, since each is a scope of its own.
func (r *Router) do(ctx context.Context, id string, steps []casework.Step, call casework.Call) error {
	byRequest := map[name.Scope][]casework.RequestCommand{}
	for _, step := range steps {
		scope := name.Scope{Case: id, Party: step.Provider, Number: step.Number}
		byRequest[scope] = append(byRequest[scope], step.Command)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for scope, commands := range byRequest {
		group.Go(func() error {
			for _, cmd := range commands {
				if _, err := r.writer.Request(ctx, scope, call, cmd); passRefusal(err) != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// passRefusal drops a refusal: the state has moved on since the comparison, and
// the next one sees how.
func passRefusal(err error) error {
	var refusal *casework.Refusal
	if errors.As(err, &refusal) {
		return nil
	}
	return err
}

// answers are the referral answers of a case, from its own facts, which the state
// may be ahead of.
func (r *Router) answers(ctx context.Context, id string, state *statev1.CaseState) ([]*eventsv1.ReferralAnswered, error) {
	if len(state.AnsweredReferrals) == 0 {
		return nil, nil
	}
	wait, cancel := context.WithTimeout(ctx, viewPatience)
	defer cancel()
	if err := r.view.Wait(wait, state.Scope.Sequence); err != nil {
		return nil, err
	}
	timeline, err := r.view.Timeline(ctx, id, 0, r.view.Position())
	if err != nil {
		return nil, err
	}
	var answers []*eventsv1.ReferralAnswered
	for _, h := range timeline {
		if answered := h.Fact.GetReferralAnswered(); answered != nil && h.Scope.IsCase() {
			answers = append(answers, answered)
		}
	}
	return answers, nil
}
