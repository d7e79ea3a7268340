package view_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

var day = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// startLog runs the real log, empty, and answers the hub's connection.
func startLog(t *testing.T) *bus.Bus {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	must(t, err)
	t.Cleanup(hub.Close)
	must(t, hub.EnsureTopology(t.Context()))
	return hub
}

// run opens a view and fills it from a log until the test ends.
func run(t *testing.T, log view.Log) *view.View {
	t.Helper()
	v, err := view.Open(filepath.Join(t.TempDir(), "view.db"), log, slog.New(slog.DiscardHandler))
	must(t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the view ended with %v", err)
		}
		must(t, v.Close())
	})
	return v
}

func caseID(i int) string { return strings.Repeat("a", 25) + string(rune('a'+i)) }

func wait(t *testing.T, v *view.View, sequence uint64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	must(t, v.Wait(ctx, sequence))
}

// lives writes the interleaved lives of some cases, with events that are no good
// among them, and answers the last sequence. It tells of each event.
func lives(t *testing.T, hub *bus.Bus, cases int, tell func(id string, sequence uint64, good bool)) uint64 {
	t.Helper()
	var last uint64
	heads := map[name.Scope][]byte{}
	put := func(scope name.Scope, author string, f *eventsv1.Fact) {
		f.Id, f.Time, f.PreviousHash = uuid.NewString(), timestamppb.New(day), heads[scope]
		m, err := fact.Encode(scope.Subject(author), name.Hub, f)
		must(t, err)
		last, err = hub.Publish(t.Context(), m)
		must(t, err)
		good := f.GetSupplementAsked().GetNumber() != 7
		if good {
			heads[scope] = fact.Hash(m.Subject, m.Data)
		}
		tell(scope.Case, last, good)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for step := range 9 {
		for _, i := range random.Perm(cases) {
			id := caseID(i)
			city, omnia := name.Scope{Case: id, Party: "espoo-city", Number: 1}, name.Scope{Case: id, Party: "omnia", Number: 1}
			switch step {
			case 0:
				opened := &eventsv1.CaseOpened{Title: fmt.Sprint("Case ", i), NeedText: "leipomo", Language: "fi"}
				for _, p := range []string{"espoo-city", "omnia"} {
					opened.Requests = append(opened.Requests, &eventsv1.PlannedRequest{Provider: p, Number: 1, Service: "any", Terms: &eventsv1.ServiceTerms{DueDate: "2026-12-01"}})
				}
				if i%2 == 0 {
					opened.Company = &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1"}
				}
				put(name.CaseScope(id), name.ByHub, &eventsv1.Fact{Actor: &eventsv1.Actor{Person: "p1"}, Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened}})
			case 1, 2:
				scope := []name.Scope{city, omnia}[step-1]
				planned := &eventsv1.PlannedRequest{Provider: scope.Party, Number: 1, Service: "any", Terms: &eventsv1.ServiceTerms{DueDate: "2026-12-01"}}
				put(scope, name.ByHub, &eventsv1.Fact{Event: &eventsv1.Fact_RequestMade{RequestMade: &eventsv1.RequestMade{Request: planned}}})
			case 3:
				var err error
				last, err = hub.Publish(t.Context(), bus.Message{Subject: city.Subject(name.ByOwn), Data: []byte{0xff}})
				must(t, err)
				tell(id, last, false)
			case 4:
				put(city, name.ByOwn, &eventsv1.Fact{Actor: &eventsv1.Actor{Advisor: "a1"}, Event: &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{}}})
			case 5:
				put(city, name.ByOwn, &eventsv1.Fact{Event: &eventsv1.Fact_SupplementAsked{SupplementAsked: &eventsv1.SupplementAsked{Number: 1, Question: "Mitä?"}}})
			case 6:
				put(omnia, name.ByOwn, &eventsv1.Fact{Event: &eventsv1.Fact_SupplementAsked{SupplementAsked: &eventsv1.SupplementAsked{Number: 7, Question: "no good"}}})
			case 7:
				if i%2 == 1 {
					company := &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1"}
					put(name.CaseScope(id), name.ByHub, &eventsv1.Fact{Event: &eventsv1.Fact_CompanyLinked{CompanyLinked: &eventsv1.CompanyLinked{Company: company}}})
				}
			case 8:
				put(omnia, name.ByHub, &eventsv1.Fact{Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "Hei"}}})
			}
		}
	}
	return last
}

func silent(string, uint64, bool) {}

// What has arrived is shown as it is once it is written, and nothing that is no
// good: by a view that has seen all of a case arrive, and by one that knows what was
// written before only from its file.
func TestArrivedIsShownAsWritten(t *testing.T) {
	const cases = 6
	hub := startLog(t)
	warm := run(t, hub)
	path, quiet := filepath.Join(t.TempDir(), "cold.db"), slog.New(slog.DiscardHandler)
	good := map[string][]uint64{}
	shown := func(what string, v *view.View, id string, reached uint64) []any {
		whole, err := v.Whole(t.Context(), id)
		must(t, err)
		timeline, err := v.Timeline(t.Context(), id, 0, reached)
		must(t, err)
		var sequences []uint64
		for _, h := range timeline {
			sequences = append(sequences, h.Sequence)
		}
		if diff := cmp.Diff(good[id], sequences); diff != "" {
			t.Fatalf("%s at %d: the timeline has other facts than those that are good (-good +shown):\n%s", what, reached, diff)
		}
		return []any{whole, timeline}
	}
	compare := func(what string, v *view.View, id string, sequence uint64) {
		reached, err := v.Reach(t.Context(), id, sequence)
		must(t, err)
		if reached < sequence {
			t.Fatalf("%s: reached %d, want %d", what, reached, sequence)
		}
		arrived := shown(what, v, id, reached)
		wait(t, v, sequence)
		if diff := cmp.Diff(shown(what, v, id, reached), arrived, protocmp.Transform()); diff != "" {
			t.Fatalf("%s: event %d (-written +arrived):\n%s", what, sequence, diff)
		}
	}
	events := 0
	lives(t, hub, cases, func(id string, sequence uint64, isGood bool) {
		if isGood {
			good[id] = append(good[id], sequence)
		}
		compare("warm", warm, id, sequence)
		if events++; events%5 > 0 {
			return
		}
		cold, err := view.Open(path, hub, quiet)
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- cold.Run(ctx) }()
		must(t, cold.Ready(ctx))
		compare("cold", cold, id, sequence)
		// What is no good arrives in a case that is not in memory.
		scope := name.Scope{Case: id, Party: "chamber", Number: 1}
		m, err := fact.Encode(scope.Subject(name.ByOwn), "chamber", &eventsv1.Fact{
			Id: uuid.NewString(), Time: timestamppb.New(day), Event: &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{}},
		})
		must(t, err)
		bad, err := hub.Publish(t.Context(), m)
		must(t, err)
		compare("cold", cold, id, bad)
		compare("warm", warm, id, bad)
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("the cold view ended with %v", err)
		}
		must(t, cold.Close())
	})
}

// A writer that is told late of its own fact does not take back what came behind it.
func TestALateWriterTakesNothingBack(t *testing.T) {
	hub := startLog(t)
	v := run(t, hub)
	older := map[name.Scope]*statev1.RequestState{}
	lives(t, hub, 1, func(id string, sequence uint64, _ bool) {
		_, err := v.Reach(t.Context(), id, sequence)
		must(t, err)
		before, err := v.Whole(t.Context(), id)
		must(t, err)
		for scope, request := range older {
			v.Ahead(scope, request.Scope.Sequence, request)
		}
		after, err := v.Whole(t.Context(), id)
		must(t, err)
		if diff := cmp.Diff(before, after, protocmp.Transform()); diff != "" {
			t.Errorf("event %d (-before +after a late writer):\n%s", sequence, diff)
		}
		for key, request := range before.Requests {
			if scope := (name.Scope{Case: id, Party: key.Provider, Number: key.Number}); older[scope] == nil {
				older[scope] = request
			}
		}
	})
}

// inParts hands the events of a log over in parts of random sizes, and keeps dead
// letters to itself.
type inParts struct {
	*bus.Bus
	random  *rand.Rand
	letters map[uint64]string
}

func (l *inParts) Follow(ctx context.Context, stream string, from uint64, max int, handle func(context.Context, []bus.Event) error) error {
	return l.Bus.Follow(ctx, stream, from, max, func(ctx context.Context, events []bus.Event) error {
		if len(events) == 0 {
			return handle(ctx, nil) // it has caught up
		}
		for len(events) > 0 {
			part := 1 + l.random.IntN(len(events))
			if err := handle(ctx, events[:part]); err != nil {
				return err
			}
			events = events[part:]
		}
		return nil
	})
}

func (l *inParts) DeadLetter(_ context.Context, e bus.Event, handler, reason string) error {
	l.letters[e.Sequence] = handler + ": " + reason
	return nil
}

// allEvents are those of all spans of the log.
func allEvents(ctx context.Context, v *view.View, who view.Seer, last uint64) (all []view.Happening, err error) {
	for after := uint64(0); after < last && err == nil; {
		var some []view.Happening
		some, after, err = v.Events(ctx, who, after, last)
		all = append(all, some...)
	}
	return all, err
}

// everything is all that a view answers.
func everything(t *testing.T, v *view.View, cases int, last uint64) map[string]any {
	t.Helper()
	all := map[string]any{}
	keep := func(what string, value any, err error) {
		must(t, err)
		all[what] = value
	}
	for _, who := range []view.Seer{{Companies: []string{"9000001-1"}}, {Person: "p1"}, {CaseID: caseID(3)}} {
		for what, f := range map[string]view.Filter{
			"all": {}, "asks": {AsksMe: true}, "words": {Words: view.Words("leip")}, "omnia": {Provider: "omnia"},
		} {
			f.Limit = 1000
			ids, changed, err := v.List(t.Context(), who, f)
			keep(fmt.Sprint(who, " lists ", what), []any{ids, changed}, err)
		}
		events, err := allEvents(t.Context(), v, who, last)
		keep(fmt.Sprint(who, " watches"), events, err)
	}
	for i := range cases {
		id := caseID(i)
		whole, err := v.Whole(t.Context(), id)
		keep("case "+id, whole, err)
		timeline, err := v.Timeline(t.Context(), id, 0, last)
		keep("timeline "+id, timeline, err)
	}
	due, err := v.DueBy(t.Context(), "2026-12-05", "2026-12-07", 1000)
	keep("due", due, err)
	counts, err := v.Counts(t.Context())
	keep("counts", counts, err)
	return all
}

// However the events fall into transactions, the view and the dead letters are the same.
func TestBatchesDoNotMatter(t *testing.T) {
	const cases = 12
	hub := startLog(t)
	last := lives(t, hub, cases, silent)
	whole := &inParts{Bus: hub, random: rand.New(rand.NewPCG(0, 0)), letters: map[uint64]string{}}
	v := run(t, whole)
	wait(t, v, last)
	want := everything(t, v, cases, last)
	if len(whole.letters) != 2*cases {
		t.Errorf("%d dead letters, want %d", len(whole.letters), 2*cases)
	}
	if due := want["due"].([]view.Due); len(due) != cases { // the city waits for the company
		t.Errorf("%d requests are due, want %d", len(due), cases)
	}
	for seed := range uint64(3) {
		parts := &inParts{Bus: hub, random: rand.New(rand.NewPCG(seed, 9)), letters: map[uint64]string{}}
		v := run(t, parts)
		wait(t, v, last)
		if diff := cmp.Diff(want, everything(t, v, cases, last), protocmp.Transform()); diff != "" {
			t.Errorf("seed %d (-whole +in parts)\n%s", seed, diff)
		}
		if diff := cmp.Diff(whole.letters, parts.letters); diff != "" {
			t.Errorf("seed %d, dead letters\n%s", seed, diff)
		}
	}
}

// A state ahead of the view is what commands see, until the view has it.
func TestAhead(t *testing.T) {
	hub := startLog(t)
	v := run(t, hub)
	last := lives(t, hub, 1, silent)
	wait(t, v, last)
	id := caseID(0)
	now, err := v.Case(t.Context(), id)
	must(t, err)
	next := proto.CloneOf(now)
	next.Case.Title, next.Scope.Sequence = "ahead", last+1
	v.Ahead(name.CaseScope(id), last+1, next)
	if got, err := v.Case(t.Context(), id); err != nil || got.Case.Title != "ahead" {
		t.Errorf("the case is %v, %v", got, err)
	}
	if whole, err := v.Whole(t.Context(), id); err != nil || whole.State.Case.Title != "ahead" || len(whole.Requests) != 2 {
		t.Errorf("the whole is %v, %v", whole, err)
	}
	// The view's own reading ends it.
	f := &eventsv1.Fact{Id: uuid.NewString(), Time: timestamppb.New(day), Event: &eventsv1.Fact_CaseClosing{CaseClosing: &eventsv1.CaseClosing{}}}
	m, err := fact.Encode(name.CaseScope(id).Subject(name.ByHub), name.Hub, f)
	must(t, err)
	sequence, err := hub.Publish(t.Context(), m)
	must(t, err)
	if sequence != last+1 {
		t.Fatalf("published at %d, want %d", sequence, last+1)
	}
	wait(t, v, sequence)
	if got, err := v.Case(t.Context(), id); err != nil || got.Case.Title == "ahead" || got.Case.Status != casesv1.CaseStatus_CASE_STATUS_CLOSING {
		t.Errorf("the case is %v, %v", got, err)
	}
	// What the view has passed is not kept.
	v.Ahead(name.CaseScope(id), last+1, next)
	if got, err := v.Case(t.Context(), id); err != nil || got.Case.Title == "ahead" {
		t.Errorf("a state of the past is kept: %v, %v", got, err)
	}
	// A scope that the view does not know at all.
	scope := name.Scope{Case: id, Party: "chamber", Number: 1}
	if got, err := v.Request(t.Context(), scope); got != nil || err != nil {
		t.Errorf("a request that does not exist: %v, %v", got, err)
	}
	fresh := casework.CloneRequest(must2(v.Request(t.Context(), name.Scope{Case: id, Party: "omnia", Number: 1})))
	fresh.Scope.Sequence = sequence + 1
	v.Ahead(scope, sequence+1, fresh)
	if got, err := v.Request(t.Context(), scope); err != nil || got.GetScope().GetSequence() != sequence+1 {
		t.Errorf("a request ahead: %v, %v", got, err)
	}
}

func must2[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestSees(t *testing.T) {
	for what, test := range map[string]struct {
		who             view.Seer
		company, opener string
		want            bool
	}{
		"own company":            {view.Seer{Companies: []string{"a", "b"}, Person: "p"}, "b", "x", true},
		"another company":        {view.Seer{Companies: []string{"a"}, Person: "p"}, "b", "p", false},
		"opened, no company":     {view.Seer{Person: "p"}, "", "p", true},
		"another opened":         {view.Seer{Person: "p"}, "", "x", false},
		"nobody's":               {view.Seer{}, "", "", false},
		"a company without name": {view.Seer{Companies: []string{""}}, "", "x", false},
		"the holder":             {view.Seer{CaseID: "id"}, "a", "x", true},
		"another's holder":       {view.Seer{CaseID: "other", Companies: []string{"a"}, Person: "x"}, "a", "x", false},
	} {
		if got := test.who.Sees("id", test.company, test.opener); got != test.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}
