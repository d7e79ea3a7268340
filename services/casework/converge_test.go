package casework

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// The scopes of a case are folded each for itself: in whatever order the facts of
// different scopes arrive, the states come out the same, and no fact is changed
// by being folded, also not when several readers fold the same one.
func TestAnyInterleavingGivesTheSameStates(t *testing.T) {
	for _, life := range lives {
		tr := &transcript{world: newWorld(t, "2026-03-02")}
		life.play(tr)
		before := make([]*eventsv1.Fact, len(tr.log))
		for i, e := range tr.log {
			before[i] = proto.Clone(e.fact).(*eventsv1.Fact)
		}
		var all []*world
		for seed := range uint64(20) {
			w := newWorld(t, "2026-03-02")
			for _, e := range interleave(rand.New(rand.NewPCG(seed, 1)), tr.log) {
				if err := w.fold(e); err != nil {
					t.Fatalf("%s: seed %d: %v", life.name, seed, err)
				}
			}
			all = append(all, w)
		}
		for seed, w := range all {
			sameStates(t, fmt.Sprintf("%s: seed %d", life.name, seed), tr.world, w)
		}
		for i, e := range tr.log {
			if !proto.Equal(before[i], e.fact) {
				t.Errorf("%s: folding changed fact %d from\n%v\nto\n%v", life.name, i+1, before[i], e.fact)
			}
		}
	}
}

// interleave shuffles a log, but keeps the order within each scope, and the
// opening of the case before all else.
func interleave(r *rand.Rand, log []entry) []entry {
	scopes := map[RequestKey][]entry{}
	for _, e := range log[1:] {
		scopes[e.scope] = append(scopes[e.scope], e)
	}
	order := log[:1:1]
	for len(order) < len(log) {
		keys := slices.SortedFunc(maps.Keys(scopes), func(a, b RequestKey) int { return int(scopes[a][0].seq) - int(scopes[b][0].seq) })
		key := keys[r.IntN(len(keys))]
		order = append(order, scopes[key][0])
		if scopes[key] = scopes[key][1:]; len(scopes[key]) == 0 {
			delete(scopes, key)
		}
	}
	return order
}

func sameStates(t *testing.T, what string, want, got *world) {
	t.Helper()
	if !proto.Equal(want.c, got.c) {
		t.Errorf("%s: the case is\n%v\nwant\n%v", what, got.c, want.c)
	}
	if len(want.requests) != len(got.requests) {
		t.Errorf("%s: %d requests, want %d", what, len(got.requests), len(want.requests))
	}
	for key, s := range want.requests {
		if !proto.Equal(s, got.requests[key]) {
			t.Errorf("%s: %s is\n%v\nwant\n%v", what, requestNameOf(key), got.requests[key], s)
		}
	}
}

// owed are cases to which the hub owes something.
var owed = map[string]func(*testing.T) *world{
	"opened": func(t *testing.T) *world {
		w := newWorld(t, "2026-03-02")
		must(w.onCase(company(), openWith(planned("omnia", "apprenticeship", "contract", ""), planned("omnia", "staff-training", "certificate", ""), planned("chamber", "co", "certificate", ""))))
		return w
	},
	"confirmed": func(t *testing.T) *world {
		w := newWorld(t, "2026-03-02")
		must(w.onCase(advisor("enter-espoo", "esa"), onBehalf()))
		w.route()
		must(w.onCase(company(), ConfirmCase{consents("enter-espoo", "espoo-city")}))
		must(w.onCase(company(), LinkCompany{aCompany}))
		return w
	},
	"referrals answered": func(t *testing.T) *world {
		w := newWorld(t, "2026-03-02")
		must(w.onCase(company(), openWith(planned("omnia", "apprenticeship", "contract", "2026-03-20"))))
		w.route()
		oona := advisor("omnia", "oona")
		must(w.on(oona, "omnia", 1, PickUp{}))
		must(w.on(oona, "omnia", 1, refer()))
		must(w.on(oona, "omnia", 1, Refer{Provider: "chamber", Service: "legal-advice"}))
		refs := w.requests[RequestKey{"omnia", 1}].Request.Referrals
		must(w.onCase(company(), AnswerReferral{FromProvider: "omnia", FromNumber: 1, Referral: refs[0], Number: 1, Agree: true, Request: planned("employment", "pay-subsidy", "decision", ""), Consents: consents("employment")}))
		must(w.onCase(company(), AnswerReferral{FromProvider: "omnia", FromNumber: 1, Referral: refs[1], Number: 2}))
		return w
	},
	"closing": func(t *testing.T) *world {
		w := newWorld(t, "2026-03-02")
		open := openWith(planned("omnia", "apprenticeship", "contract", ""), planned("chamber", "co", "certificate", ""))
		open.Opened.Company = nil
		must(w.onCase(company(), open))
		w.route()
		must(w.on(advisor("omnia", "oona"), "omnia", 1, PickUp{}))
		must(w.on(advisor("omnia", "oona"), "omnia", 1, Complete{"Done"}))
		must(w.on(advisor("chamber", "kai"), "chamber", 1, PickUp{}))
		must(w.onCase(company(), LinkCompany{aCompany}))
		must(w.onCase(company(), AddRequest{Request: planned("omnia", "innoomnia", "membership", "")}))
		must(w.onCase(company(), CloseCase{"Enough"}))
		return w
	},
	"lapsed": func(t *testing.T) *world {
		w := newWorld(t, "2026-03-02")
		must(w.onCase(advisor("enter-espoo", "esa"), onBehalf()))
		w.route()
		w.now = at(t, "2026-03-17")
		must(w.onCase(hub(), LapseCase{}))
		return w
	},
}

// However often, how far and by how many at once the router's steps are done, the
// same facts come of it.
func TestReconcileConverges(t *testing.T) {
	for name, build := range owed {
		want := build(t)
		work(t, want, nil, 1)
		if steps, finish := Reconcile(want.c, want.requests, want.answers()); len(steps) > 0 || finish {
			t.Errorf("%s: done, and yet owed: %v, finish %t", name, steps, finish)
		}
		for seed := range uint64(200) {
			r := rand.New(rand.NewPCG(seed, 2))
			got := build(t)
			work(t, got, r, 1+r.IntN(3))
			sameFacts(t, fmt.Sprintf("%s: seed %d", name, seed), want, got)
		}
	}
}

// worker is a router at work: it saw the case at some time, and does the steps
// that followed from that one after another, while others do theirs.
type worker struct {
	c        *statev1.CaseState
	requests map[RequestKey]*statev1.RequestState
	steps    []Step
	finish   bool
	idle     bool
}

// work lets workers do what the hub owes until none has anything left to do.
// With r they take turns at random, and drop what they have begun now and then.
func work(t *testing.T, w *world, r *rand.Rand, workers int) {
	t.Helper()
	all := make([]*worker, workers)
	for i := range all {
		all[i] = &worker{}
	}
	for turns := 0; ; turns++ {
		if turns > 2000 {
			t.Fatal("the workers do not come to rest")
		}
		busy := all[:0:0]
		for _, one := range all {
			if !one.idle {
				busy = append(busy, one)
			}
		}
		if len(busy) == 0 {
			return
		}
		one := busy[0]
		if r != nil {
			one = busy[r.IntN(len(busy))]
			if r.IntN(10) == 0 {
				one.steps, one.finish = nil, false
			}
		}
		one.turn(t, w)
	}
}

func (one *worker) turn(t *testing.T, w *world) {
	t.Helper()
	switch {
	case len(one.steps) > 0:
		step := one.steps[0]
		one.steps = one.steps[1:]
		key := RequestKey{step.Provider, step.Number}
		call := Call{ID: fmt.Sprintf("%s %v", step.Command.requestCommand(), key), Time: w.now, Actor: hub()}
		seen := one.requests[key]
		f, err := DecideRequest(seen, step.Command, call)
		if f != nil && seen.GetScope().GetSequence() != w.request(key).GetScope().GetSequence() {
			// The append meets a newer fact: decide again on the newest state.
			f, err = DecideRequest(w.request(key), step.Command, call)
		}
		if err != nil && reasonOf(err) != "STATE_FORBIDS" {
			t.Fatal(err)
		}
		if f != nil {
			w.append(key, f)
		}
		one.requests[key] = CloneRequest(w.request(key))
	case one.finish:
		one.finish = false
		f, err := DecideCase(w.c, FinishClosing{Heads(caseID, one.c.Planned, one.requests)}, Call{ID: "finish", Time: w.now, Actor: hub()})
		if err != nil && reasonOf(err) != "STATE_FORBIDS" {
			t.Fatal(err)
		}
		if f != nil {
			w.append(hubScope, f)
		}
	default:
		one.c = proto.Clone(w.c).(*statev1.CaseState)
		one.requests = map[RequestKey]*statev1.RequestState{}
		for key, s := range w.requests {
			one.requests[key] = CloneRequest(s)
		}
		one.steps, one.finish = Reconcile(one.c, one.requests, w.answers())
		one.idle = len(one.steps) == 0 && !one.finish
	}
}

// sameFacts compares the logs scope by scope; places in the whole log may differ.
func sameFacts(t *testing.T, what string, want, got *world) {
	t.Helper()
	perScope := func(w *world) map[RequestKey][]*eventsv1.Fact {
		scopes := map[RequestKey][]*eventsv1.Fact{}
		for _, e := range w.log {
			f := proto.Clone(e.fact).(*eventsv1.Fact)
			for _, head := range f.GetCaseClosed().GetHeads() {
				head.Sequence = 0
			}
			scopes[e.scope] = append(scopes[e.scope], f)
		}
		return scopes
	}
	a, b := perScope(want), perScope(got)
	for key, facts := range a {
		if !slices.EqualFunc(facts, b[key], func(x, y *eventsv1.Fact) bool { return proto.Equal(x, y) }) {
			t.Errorf("%s: %v holds\n%v\nwant\n%v", what, key, b[key], facts)
		}
	}
	if len(a) != len(b) {
		t.Errorf("%s: %d scopes, want %d", what, len(b), len(a))
	}
}

// What lapsed or was closed unconfirmed never reaches the other providers.
func TestHeldRequestsStayAway(t *testing.T) {
	w := owed["lapsed"](t)
	w.route()
	if s := w.requests[RequestKey{"espoo-city", 1}]; s.GetRequest() != nil {
		t.Errorf("espoo-city got %v", s.Request)
	}
	w = newWorld(t, "2026-03-02")
	must(w.onCase(advisor("enter-espoo", "esa"), onBehalf()))
	must(w.onCase(company(), CloseCase{"No, thank you"}))
	w.route()
	if s := w.requests[RequestKey{"espoo-city", 1}]; s.GetRequest() != nil || w.c.Case.Status != caseClosed {
		t.Errorf("the case is %s, and espoo-city got %v", CaseStatusWord(w.c.Case.Status), s.GetRequest())
	}
	if _, err := w.onCase(company(), ReopenCase{}); reasonOf(err) != "NEVER_CONFIRMED" {
		t.Errorf("reopening what was never confirmed: %v", err)
	}
	if got := w.requests[RequestKey{"enter-espoo", 1}].Request.Status; got != casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN {
		t.Errorf("the request of the provider that opened it is %s", StatusWord(got))
	}
}
