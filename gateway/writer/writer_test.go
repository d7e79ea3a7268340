package writer_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/writer"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

var id = strings.Repeat("c", name.CaseIDLength)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// writers are some writers on one log, each with a view of its own.
func writers(t *testing.T, many int, wrap func(*bus.Bus) writer.Log) []*writer.Writer {
	t.Helper()
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: slog.New(slog.DiscardHandler)})
	must(t, err)
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	must(t, err)
	t.Cleanup(hub.Close)
	must(t, hub.EnsureTopology(t.Context()))
	var list []*writer.Writer
	for range many {
		v, err := view.Open(filepath.Join(t.TempDir(), "view.db"), hub, slog.New(slog.DiscardHandler))
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
		list = append(list, writer.New(wrap(hub), v, func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) },
			func() casework.Limits { return casework.Limits{} }))
	}
	return list
}

func plain(b *bus.Bus) writer.Log { return b }

func person() casework.Call {
	return casework.Call{Actor: &eventsv1.Actor{Person: "p1", Party: casesv1.Party_PARTY_COMPANY}, RequestID: uuid.NewString(), Digest: []byte("x")}
}

func open(t *testing.T, w *writer.Writer, id string) name.Scope {
	t.Helper()
	opened := &eventsv1.CaseOpened{
		Requests: []*eventsv1.PlannedRequest{{Provider: "omnia", Service: "any"}}, Consents: []*casesv1.Consent{{Provider: "providers/omnia"}},
	}
	_, err := w.Case(t.Context(), id, person(), func(*statev1.CaseState) (casework.CaseCommand, error) {
		return casework.OpenCase{Opened: opened}, nil
	})
	must(t, err)
	scope := name.Scope{Case: id, Party: "omnia", Number: 1}
	opened.Requests[0].Number = 1
	_, err = w.Request(t.Context(), scope, w.HubCall("cause"), casework.MakeRequest{Made: &eventsv1.RequestMade{Request: opened.Requests[0]}})
	must(t, err)
	return scope
}

// Many who write to one request at once, through two gateways, are all heard, in
// one chain.
func TestManyAtOnce(t *testing.T) {
	two := writers(t, 2, plain)
	scope := open(t, two[0], id)
	const each = 15
	var all sync.WaitGroup
	for i, w := range two {
		all.Go(func() {
			for j := range each {
				for {
					_, err := w.Request(t.Context(), scope, person(), casework.PostMessage{Text: fmt.Sprint(i, j)})
					if problem.KindOf(err) == problem.Conflict {
						continue // BUSY: the other was faster six times
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	all.Wait()
	for i, w := range two {
		_, err := w.CatchUp(t.Context(), scope)
		must(t, err)
		state, err := w.Request(t.Context(), scope, w.HubCall(""), casework.LinkRequest{Company: &casesv1.Company{Id: "x"}})
		must(t, err)
		if state.Request.UnansweredMessages != 2*each {
			t.Errorf("gateway %d has %d messages, want %d", i, state.Request.UnansweredMessages, 2*each)
		}
	}
}

// What one gateway has just written the other knows before it refuses.
func TestRefusesOnTheNewestState(t *testing.T) {
	two := writers(t, 2, plain)
	for i := range 10 {
		call, id := person(), id[1:]+string(rune('a'+i))
		scope := open(t, two[0], id)
		_, err := two[1].Request(t.Context(), scope, call, casework.PostMessage{Text: "Hei"})
		if err != nil {
			t.Fatalf("the other gateway refuses: %v", err)
		}
	}
}

// flaky is a log whose answers get lost: the fact is in the log, the caller does
// not learn of it.
type flaky struct {
	*bus.Bus
	lose *int
}

func (f flaky) Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error) {
	sequence, err := f.Bus.Append(ctx, m, scope, expected)
	if err == nil && *f.lose > 0 {
		*f.lose--
		return 0, errors.New("the answer was lost")
	}
	return sequence, err
}

// After an answer that got lost the same call again finds what it did.
func TestLostAnswer(t *testing.T) {
	lose := 0
	w := writers(t, 1, func(b *bus.Bus) writer.Log { return flaky{b, &lose} })[0]
	scope := open(t, w, id)
	call := person()
	lose = 1
	_, err := w.Request(t.Context(), scope, call, casework.PostMessage{Text: "Hei"})
	if p := problem.From(err); p == nil || p.Reason != "LOG_UNAVAILABLE" || p.RetryAfter == 0 || strings.Contains(p.Message, "lost") {
		t.Fatalf("the call ended with %v", err)
	}
	for range 2 {
		state, err := w.Request(t.Context(), scope, call, casework.PostMessage{Text: "Hei"})
		must(t, err)
		if state.Request.UnansweredMessages != 1 {
			t.Errorf("the message is there %d times", state.Request.UnansweredMessages)
		}
	}
	call.Digest = []byte("y")
	if _, err := w.Request(t.Context(), scope, call, casework.PostMessage{Text: "Moi"}); problem.From(err).Reason != "REQUEST_ID_REUSED" {
		t.Errorf("another body: %v", err)
	}
}

// A build that fails ends the call with its error, and writes nothing.
func TestBuildFails(t *testing.T) {
	w := writers(t, 1, plain)[0]
	open(t, w, id)
	wrong := errors.New("wrong")
	if _, err := w.Case(t.Context(), id, person(), func(*statev1.CaseState) (casework.CaseCommand, error) { return nil, wrong }); !errors.Is(err, wrong) {
		t.Errorf("the call ended with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Case(ctx, id, person(), func(*statev1.CaseState) (casework.CaseCommand, error) { return casework.CloseCase{}, nil })
	if kind := problem.KindOf(err); kind != problem.Canceled {
		t.Errorf("a call that was given up ended as %s: %v", kind, err)
	}
}
