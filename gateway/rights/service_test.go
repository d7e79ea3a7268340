package rights

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/writer"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/bus/embedded"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start makes the service on a log of its own, and what opens cases of person p1.
func start(t *testing.T) (*Service, func(n int)) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	server, err := embedded.Start(embedded.Options{Dir: t.TempDir(), Log: quiet})
	must(t, err)
	t.Cleanup(server.Shutdown)
	hub, err := bus.Connect(t.Context(), server.BusOptions(bus.Hub))
	must(t, err)
	t.Cleanup(hub.Close)
	must(t, hub.EnsureTopology(t.Context()))
	v, err := view.Open(filepath.Join(t.TempDir(), "view.db"), hub, quiet)
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
	kept, err := hub.Bucket(t.Context(), bus.BucketHub)
	must(t, err)
	drafts, err := hub.Bucket(t.Context(), bus.BucketDrafts)
	must(t, err)
	now := func() time.Time { return time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC) }
	eraser, err := Open(t.Context(), Options{Bus: hub, View: v, Hub: kept, Drafts: drafts, Now: now, Log: quiet, File: filepath.Join(t.TempDir(), "erasures.json")})
	must(t, err)
	w := writer.New(hub, v, now, func() casework.Limits { return casework.Limits{} })
	return &Service{Eraser: eraser}, func(n int) {
		id := strings.Repeat(string(rune('a'+n)), name.CaseIDLength)
		opened := &eventsv1.CaseOpened{
			Requests: []*eventsv1.PlannedRequest{{Provider: "omnia", Service: "any"}}, Consents: []*casesv1.Consent{{Provider: "providers/omnia"}},
		}
		call := casework.Call{Actor: &eventsv1.Actor{Person: "p1", Party: casesv1.Party_PARTY_COMPANY}, RequestID: uuid.NewString(), Digest: []byte("x")}
		_, err := w.Case(t.Context(), id, call, func(*statev1.CaseState) (casework.CaseCommand, error) { return casework.OpenCase{Opened: opened}, nil })
		must(t, err)
	}
}

var why = &rightsv1.Ground{Law: "GDPR", Section: "17(1)(b)", Reason: "The consent was withdrawn."}

// An erasure by person takes the cases that they opened and no others. More than one
// order can take are refused, and not cut short.
func TestEraseByPerson(t *testing.T) {
	s, open := start(t)
	open(0)
	open(1)
	answer, err := s.Erase(t.Context(), &rightsv1.EraseRequest{RequestId: uuid.NewString(), Person: "p1", Ground: why})
	must(t, err)
	if len(answer.Erasure.Cases) != 2 {
		t.Errorf("the order names %v", answer.Erasure.Cases)
	}
	other, err := s.Erase(t.Context(), &rightsv1.EraseRequest{RequestId: uuid.NewString(), Person: "p2", Ground: why})
	must(t, err)
	if len(other.Erasure.Cases) != 0 {
		t.Errorf("the order for somebody else names %v", other.Erasure.Cases)
	}
	before := mostCases
	mostCases = 1
	defer func() { mostCases = before }()
	_, err = s.Erase(t.Context(), &rightsv1.EraseRequest{RequestId: uuid.NewString(), Person: "p1", Ground: why})
	if p := problem.From(err); err == nil || p.Reason != "TOO_MANY_CASES" {
		t.Errorf("too many cases are answered %v", err)
	}
}

// Each protocol is on one page, the newest first.
func TestListErasuresByPages(t *testing.T) {
	s, _ := start(t)
	made := map[string]bool{}
	for i := range 5 {
		answer, err := s.Erase(t.Context(), &rightsv1.EraseRequest{RequestId: uuid.NewString(), Person: fmt.Sprint("p", i), Ground: why})
		must(t, err)
		made[answer.Erasure.Name] = true
	}
	token, pages := "", 0
	for {
		page, err := s.ListErasures(t.Context(), &rightsv1.ListErasuresRequest{PageSize: 2, PageToken: token})
		must(t, err)
		pages++
		for _, e := range page.Erasures {
			if !made[e.Name] {
				t.Errorf("%s is listed twice, or was never ordered", e.Name)
			}
			delete(made, e.Name)
		}
		if token = page.NextPageToken; token == "" {
			break
		}
	}
	if pages != 3 || len(made) != 0 {
		t.Errorf("%d pages lack %v", pages, made)
	}
}
