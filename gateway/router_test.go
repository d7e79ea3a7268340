package gateway_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/businessespoo/hub/gateway/router"
	"github.com/businessespoo/hub/gateway/view"
	"github.com/businessespoo/hub/gateway/writer"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

// frail is a log that fails for good after some appends, and tells of it: the
// process dies there.
type frail struct {
	*bus.Bus
	die  context.CancelFunc
	mu   sync.Mutex
	left int
}

var errDead = errors.New("the process is dead")

func (f *frail) Append(ctx context.Context, m bus.Message, scope string, expected uint64) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left == 0 {
		f.die()
		return 0, errDead
	}
	sequence, err := f.Bus.Append(ctx, m, scope, expected)
	if err == nil {
		f.left--
	}
	return sequence, err
}

// again is a log whose worker gets everything once more in each life, and all of
// it twice at once: at least once, taken seriously.
type again struct{ *bus.Bus }

func (a again) Work(ctx context.Context, worker bus.Worker, handle func(ctx context.Context, e bus.Event) error) error {
	return a.Follow(ctx, worker.Stream, 1, 50, func(ctx context.Context, events []bus.Event) error {
		group, ctx := errgroup.WithContext(ctx)
		for _, e := range events {
			if strings.HasSuffix(e.Subject, ".hub.0.hub") {
				group.Go(func() error { return handle(ctx, e) })
				group.Go(func() error { return handle(ctx, e) })
			}
		}
		return group.Wait()
	})
}

// routeUntil runs a view and a router, both new, until the log fails after some
// appends or ctx ends.
func (w *world) routeUntil(ctx context.Context, appends int) {
	w.t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v, err := view.Open(filepath.Join(w.t.TempDir(), "view.db"), w.hub, quiet())
	if err != nil {
		w.t.Error(err) // not by its own goroutine, so it does not end the test
		return
	}
	r := router.New(again{w.hub}, v, writer.New(&frail{Bus: w.hub, die: cancel, left: appends}, v, w.clock.Now, noLimits), quiet(), time.Hour)
	var both sync.WaitGroup
	both.Go(func() { _ = v.Run(ctx) })
	both.Go(func() {
		defer cancel()
		_ = r.Run(ctx)
	})
	both.Wait()
	if err := v.Close(); err != nil {
		w.t.Error(err)
	}
}

// A router that dies between any two of its steps leaves the rest to the next one:
// each request is made once, linked once and ended once, and the case gets closed.
func TestRouterDiesAnywhere(t *testing.T) {
	w := newWorld(t)
	v, err := view.Open(filepath.Join(t.TempDir(), "view.db"), w.hub, quiet())
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- v.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("the view ended with %v", err)
		}
		must(t, v.Close())
	})
	const id = "abcdefghijklmnopqrstuvwxyz"
	company := writer.New(w.hub, v, w.clock.Now, noLimits)
	do := func(cmd casework.CaseCommand) {
		t.Helper()
		call := casework.Call{Actor: &eventsv1.Actor{Person: "p1", Party: casesv1.Party_PARTY_COMPANY}, RequestID: uuid.NewString()}
		_, err := company.Case(t.Context(), id, call, func(*statev1.CaseState) (casework.CaseCommand, error) { return cmd, nil })
		must(t, err)
	}
	random := rand.New(rand.NewPCG(3, 4))
	routed := func(fits func(*eventsv1.Fact) bool, many int) {
		t.Helper()
		for lives := 1; ; lives++ {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			died := make(chan struct{})
			go func() {
				defer close(died)
				w.routeUntil(ctx, 1+random.IntN(3))
			}()
			done := false
			select {
			case <-died:
			case <-w.holds(ctx, func(events []bus.Event) bool { return len(w.facts(events, id, fits)) >= many }):
				done = true
			}
			cancel()
			<-died
			if done {
				break
			}
			if lives > 50 {
				t.Fatalf("after %d routers the log holds %v", lives, kinds(w.record.all()))
			}
		}
	}
	opened := &eventsv1.CaseOpened{Title: "Leipomo", Language: "fi", ContactLanguage: "fi"}
	for _, provider := range name.Providers {
		opened.Requests = append(opened.Requests, &eventsv1.PlannedRequest{Provider: provider, Service: "any"})
		opened.Consents = append(opened.Consents, consent(provider))
	}
	do(casework.OpenCase{Opened: opened})
	routed(isMade, 7)
	do(casework.LinkCompany{Company: &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: bakery}})
	routed(isLinked, 8)
	do(casework.CloseCase{})
	routed(isClosed, 1)

	for what, fits := range map[string]func(*eventsv1.Fact) bool{"made": isMade, "linked": isLinked, "withdrawn": isWithdrawn} {
		times := map[string]int{}
		for _, e := range w.facts(w.record.all(), id, fits) {
			times[e.Subject]++
		}
		for subject, n := range times {
			if n != 1 {
				t.Errorf("%s was %s %d times", subject, what, n)
			}
		}
		if len(times) < 7 {
			t.Errorf("%d requests were %s", len(times), what)
		}
	}
	headsMatch(t, w, id, 7)
	chained(t, w)
}

// holds is closed once what the log holds fits, or ctx ends.
func (w *world) holds(ctx context.Context, fits func(events []bus.Event) bool) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		for {
			w.record.mu.Lock()
			events, moved := slices.Clone(w.record.events), w.record.moved
			w.record.mu.Unlock()
			if fits(events) {
				close(done)
				return
			}
			select {
			case <-moved:
			case <-ctx.Done():
				return
			}
		}
	}()
	return done
}

// noLimits leaves out the rules that count with a figure of law.
func noLimits() casework.Limits { return casework.Limits{} }
