package casework

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

const (
	caseID   = "q5v2kx7mzt3hbd6wnrcpyeajfl"
	caseName = "cases/" + caseID
)

// hubScope is the key of the case's own scope.
var hubScope = RequestKey{"hub", 0}

// world plays one case on a log in memory, as the gateway, the providers and the
// router do on the real one: commands are decided, facts appended, then folded.
type world struct {
	tb       testing.TB
	now      time.Time
	c        *statev1.CaseState
	requests map[RequestKey]*statev1.RequestState
	log      []entry
}

// entry is a fact in its place in the log.
type entry struct {
	scope RequestKey
	fact  *eventsv1.Fact
	seq   uint64
	hash  []byte
}

func newWorld(tb testing.TB, date string) *world {
	return &world{tb: tb, now: at(tb, date), c: &statev1.CaseState{}, requests: map[RequestKey]*statev1.RequestState{}}
}

// at is nine o'clock in Finland on a date.
func at(tb testing.TB, date string) time.Time {
	tb.Helper()
	t, err := time.ParseInLocation(time.DateTime, date+" 09:00:00", Helsinki)
	if err != nil {
		tb.Fatal(err)
	}
	return t.UTC()
}

func stampAt(w *transcript, date string) *timestamppb.Timestamp {
	return timestamppb.New(at(w.tb, date))
}

func company() *eventsv1.Actor {
	return &eventsv1.Actor{Person: "p-7", Party: casesv1.Party_PARTY_COMPANY, Role: policyv1.Role_ROLE_COMPANY}
}

func advisor(provider, id string) *eventsv1.Actor {
	return &eventsv1.Actor{Person: "staff-" + id, Party: casesv1.Party_PARTY_PROVIDER, Provider: provider, Advisor: id, Role: policyv1.Role_ROLE_ADVISOR}
}

func lead(provider, id string) *eventsv1.Actor {
	a := advisor(provider, id)
	a.Role = policyv1.Role_ROLE_LEAD
	return a
}

func hub() *eventsv1.Actor { return &eventsv1.Actor{Party: casesv1.Party_PARTY_HUB} }

// planned asks a service that is expected to be done by due.
func planned(provider, service, outcome, due string) *eventsv1.PlannedRequest {
	return &eventsv1.PlannedRequest{
		Provider: provider, Service: service,
		Terms: &eventsv1.ServiceTerms{DisplayName: service, OutcomeType: outcome, DueDate: due},
	}
}

func consents(providers ...string) []*casesv1.Consent {
	var all []*casesv1.Consent
	for _, p := range providers {
		all = append(all, &casesv1.Consent{Provider: "providers/" + p, TextVersion: "2026-01"})
	}
	return all
}

// call is a command's call; its id follows from its place in the log.
func (w *world) call(who *eventsv1.Actor) Call {
	return Call{ID: fmt.Sprintf("fact-%d", len(w.log)+1), Time: w.now, Actor: who}
}

// onCase runs a command on the case; the error is a refusal.
func (w *world) onCase(who *eventsv1.Actor, cmd CaseCommand) (*eventsv1.Fact, error) {
	w.tb.Helper()
	before := proto.Clone(w.c)
	f, err := DecideCase(w.c, cmd, w.call(who))
	w.unchanged(before, w.c, cmd.caseCommand())
	w.refused(f, err)
	if f != nil {
		w.append(hubScope, f)
	}
	return f, err
}

// on runs a command on one request; the error is a refusal.
func (w *world) on(who *eventsv1.Actor, provider string, number int, cmd RequestCommand) (*eventsv1.Fact, error) {
	w.tb.Helper()
	key := RequestKey{provider, number}
	before := proto.Clone(w.request(key))
	f, err := DecideRequest(w.request(key), cmd, w.call(who))
	w.unchanged(before, w.request(key), cmd.requestCommand())
	w.refused(f, err)
	if f != nil {
		w.append(key, f)
	}
	return f, err
}

// refused checks that deciding answers a fact, a refusal or neither.
func (w *world) refused(f *eventsv1.Fact, err error) {
	w.tb.Helper()
	var refusal *Refusal
	if err != nil && (f != nil || !errors.As(err, &refusal) || refusal.Reason == "" || refusal.Message == "") {
		w.tb.Fatalf("deciding answers %v and the error %#v, want one refusal", f, err)
	}
}

func (w *world) unchanged(before, after proto.Message, command string) {
	w.tb.Helper()
	if !proto.Equal(before, after) {
		w.tb.Fatalf("deciding %s changed the state from\n%v\nto\n%v", command, before, after)
	}
}

func (w *world) request(key RequestKey) *statev1.RequestState {
	if w.requests[key] == nil {
		w.requests[key] = &statev1.RequestState{}
	}
	return w.requests[key]
}

// append puts a fact into the log and folds it. What was decided must fold.
func (w *world) append(scope RequestKey, f *eventsv1.Fact) {
	w.tb.Helper()
	subject := fmt.Sprintf("case.%s.%s.%d", caseID, scope.Provider, scope.Number)
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(f)
	if err != nil {
		w.tb.Fatal(err)
	}
	hash := sha256.Sum256(append([]byte(subject+"\n"), body...))
	e := entry{scope: scope, fact: f, seq: uint64(len(w.log) + 1), hash: hash[:]}
	if err := w.fold(e); err != nil {
		w.tb.Fatalf("a fact that was decided does not fold: %v", err)
	}
	w.log = append(w.log, e)
}

func (w *world) fold(e entry) error {
	if e.scope == hubScope {
		return EvolveCase(w.c, e.fact, caseName, e.seq, e.hash)
	}
	return EvolveRequest(w.request(e.scope), e.fact, requestNameOf(e.scope), e.scope.Provider, e.seq, e.hash)
}

func requestNameOf(key RequestKey) string {
	return fmt.Sprintf("%s/requests/%s-%d", caseName, key.Provider, key.Number)
}

// answers are the answers to referrals on the case's scope.
func (w *world) answers() []*eventsv1.ReferralAnswered {
	var all []*eventsv1.ReferralAnswered
	for _, e := range w.log {
		if a := e.fact.GetReferralAnswered(); a != nil && e.scope == hubScope {
			all = append(all, a)
		}
	}
	return all
}

// route does all that the hub owes.
func (w *world) route() {
	w.tb.Helper()
	for range 3 {
		steps, finish := Reconcile(w.c, w.requests, w.answers())
		for _, s := range steps {
			if _, err := w.on(hub(), s.Provider, s.Number, s.Command); err != nil {
				w.tb.Fatalf("the router's %s on %s-%d is refused: %v", s.Command.requestCommand(), s.Provider, s.Number, err)
			}
		}
		if finish {
			if _, err := w.onCase(hub(), FinishClosing{Heads(caseID, w.c.Planned, w.requests)}); err != nil {
				w.tb.Fatal(err)
			}
		}
		if len(steps) == 0 {
			return
		}
	}
	w.tb.Fatal("the router does not come to rest")
}

// must is for what the life of the test needs to go well.
func must(f *eventsv1.Fact, err error) *eventsv1.Fact {
	if err != nil || f == nil {
		panic(fmt.Sprintf("a command of the test leads to %v, %v", f, err))
	}
	return f
}

// views are the requests as they are shown, in the order of their keys.
func (w *world) views() []*casesv1.Request {
	keys := slices.SortedFunc(maps.Keys(w.requests), func(a, b RequestKey) int {
		return strings.Compare(requestNameOf(a), requestNameOf(b))
	})
	var all []*casesv1.Request
	for _, k := range keys {
		if r := w.requests[k].Request; r != nil {
			all = append(all, r)
		}
	}
	return all
}

// reasonOf is a refusal's code.
func reasonOf(err error) string {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}
