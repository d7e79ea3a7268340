package e2e

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/revision"
)

func TestWatchesOneProcess(t *testing.T)    { watches(t, world.Single(t, &binaries)) }
func TestWatchesNineProcesses(t *testing.T) { watches(t, world.Apart(t, &binaries)) }

// watches: a company and a provider watch while things happen, leave in the
// middle, and go on behind the last step they saw, after everything was killed and
// started again. Together they have seen exactly what happened.
func watches(t *testing.T, w *world.World) {
	w.Hire(t)
	mine := identifier.NewTestBusinessID(130)
	owner := w.Company(t, world.CompanyUser("inka", mine))
	rival := w.Company(t, world.CompanyUser("rival", identifier.NewTestBusinessID(131)))
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	apprentice := world.Opening{Need: "oppisopimus", Company: mine, Services: []string{"omnia/apprenticeship", "chamber/training"}}
	one := owner.Open(apprentice)
	desk.PickUp(one.Request("omnia-1"))

	theCase := watchCase(t, owner, one.Name, "")
	begun := one.View().Revision
	theEvents := watchEvents(t, owner, begun)
	theInbox := watchRequests(t, desk, "")
	whole := theCase.next(t)
	if whole.snapshot == nil || whole.snapshot.Name != one.Name {
		t.Fatalf("a watch begins with %v", whole)
	}
	begin := theInbox.next(t)
	if begin.request != one.Request("omnia-1") || begin.entry != nil {
		t.Fatalf("the inbox's watch begins with %v", begin)
	}

	two := owner.Open(apprentice)
	desk.PickUp(two.Request("omnia-1"))
	one.Write("omnia-1", "Milloin voi aloittaa?")
	desk.Reply(one.Request("omnia-1"), "Helmikuussa.")
	foreign := apprentice
	foreign.Company = identifier.NewTestBusinessID(131)
	desk.PickUp(rival.Open(foreign).Request("omnia-1"))

	first := []step{whole, theCase.next(t), theCase.next(t)}
	events := []step{theEvents.next(t), theEvents.next(t), theEvents.next(t)}
	inbox := []step{theInbox.next(t), theInbox.next(t)}
	theCase.leave()
	theEvents.leave()
	theInbox.leave()

	desk.Ask(two.Request("omnia-1"), "Mitkä työtehtävät?")
	for _, part := range []string{"gateway", "omnia"} {
		if w.Process(part).Alive() {
			w.Kill(t, part)
			w.Start(t, part)
		}
	}
	two.Supplement("omnia-1", 1, "Asiakaspalvelu.")
	desk.Await(two.Request("omnia-1"), casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS)
	desk.Decide(two.Request("omnia-1"), &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Sopimus", Reasons: "Ehdot täyttyvät."})
	desk.Complete(two.Request("omnia-1"), "Sopimus on tehty.")
	one.Withdraw("chamber-1", "Ei tarvita.")

	// What happened, as the views tell it.
	happened := timeline(t, one.View().Timeline, two.View().Timeline)
	t.Run("case", func(t *testing.T) {
		again := watchCase(t, owner, one.Name, first[len(first)-1].revision)
		want := behind(one.View().Timeline, whole.revision)
		compare(t, append(first[1:], again.take(t, len(want)-len(first)+1)...), want)
		again.quiet(t)
	})
	t.Run("events", func(t *testing.T) {
		again := watchEvents(t, owner, events[len(events)-1].revision)
		want := behind(happened, begun)
		compare(t, append(events, again.take(t, len(want)-len(events))...), want)
		again.quiet(t)
	})
	t.Run("inbox", func(t *testing.T) {
		again := watchRequests(t, desk, inbox[len(inbox)-1].revision)
		var want []*casesv1.TimelineEntry
		for _, request := range desk.Inbox() {
			want = append(want, desk.Read(request).Timeline...)
		}
		want = timeline(t, want, desk.Read(two.Request("omnia-1")).Timeline)
		want = behind(want, begin.revision)
		compare(t, append(inbox, again.take(t, len(want)-len(inbox))...), want)
		again.quiet(t)
	})
	t.Run("another company's case", func(t *testing.T) {
		refused := watchCase(t, rival, one.Name, "")
		if err := refused.ends(t); world.Read(err).Code != codes.NotFound {
			t.Errorf("a rival who watches gets %v", err)
		}
	})
	t.Run("an orderly stop", func(t *testing.T) {
		stopped := watchCase(t, owner, one.Name, "")
		stopped.next(t)
		w.Stop(t, "gateway")
		if err := stopped.ends(t); world.Read(err).Reason != "RESTARTING" {
			t.Errorf("a watch of a gateway that stops ends with %v", err)
		}
	})
}

// step is one step of a watch.
type step struct {
	revision string
	entry    *casesv1.TimelineEntry
	snapshot *casesv1.Case
	// request is the one that changed, for a provider's watch.
	request string
	// gone is what was erased.
	gone string
}

// watch reads a stream in the background.
type watch struct {
	steps chan step
	end   chan error
	leave context.CancelFunc
}

// streamPatience is how long the next step may take.
const streamPatience = time.Minute

// read begins a watch, and returns once it is on.
func read[Answer any](t *testing.T, ctx context.Context, open func(context.Context) (grpc.ServerStreamingClient[Answer], error), as func(*Answer) step) *watch {
	t.Helper()
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	stream, err := open(ctx)
	if err == nil {
		_, err = stream.Header() // none when the watch is refused, which Recv tells
	}
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{steps: make(chan step, 100), end: make(chan error, 1), leave: cancel}
	go func() {
		for {
			answer, err := stream.Recv()
			if err != nil {
				w.end <- err
				return
			}
			w.steps <- as(answer)
		}
	}()
	return w
}

func watchCase(t *testing.T, c *world.Company, name, after string) *watch {
	return read(t, c.Context(), func(ctx context.Context) (grpc.ServerStreamingClient[casesv1.WatchCaseResponse], error) {
		return c.Calls.WatchCase(ctx, &casesv1.WatchCaseRequest{Name: name, Revision: after})
	}, func(a *casesv1.WatchCaseResponse) step {
		s := step{revision: a.Revision, entry: a.Entry, snapshot: a.Case}
		if a.Gone {
			s.gone = "true"
		}
		return s
	})
}

func watchEvents(t *testing.T, c *world.Company, after string) *watch {
	return read(t, c.Context(), func(ctx context.Context) (grpc.ServerStreamingClient[casesv1.WatchEventsResponse], error) {
		return c.Calls.WatchEvents(ctx, &casesv1.WatchEventsRequest{Revision: after})
	}, func(a *casesv1.WatchEventsResponse) step {
		return step{revision: a.Revision, entry: a.Entry, snapshot: a.Gained, gone: a.Gone}
	})
}

func watchRequests(t *testing.T, a *world.Advisor, after string) *watch {
	return read(t, a.Context(), func(ctx context.Context) (grpc.ServerStreamingClient[providerv1.WatchRequestsResponse], error) {
		return a.Calls.WatchRequests(ctx, &providerv1.WatchRequestsRequest{Parent: a.Provider(), Revision: after})
	}, func(a *providerv1.WatchRequestsResponse) step {
		return step{revision: a.Revision, entry: a.Entry, request: a.Request.GetName(), gone: a.Gone}
	})
}

func (w *watch) next(t *testing.T) step {
	t.Helper()
	select {
	case s := <-w.steps:
		return s
	case err := <-w.end:
		t.Fatalf("the watch ended: %v", err)
	case <-time.After(streamPatience):
		t.Fatalf("the watch sent nothing for %s", streamPatience)
	}
	return step{}
}

func (w *watch) take(t *testing.T, n int) []step {
	t.Helper()
	var steps []step
	for range n {
		steps = append(steps, w.next(t))
	}
	return steps
}

// quiet fails the test when the watch sends more than was expected.
func (w *watch) quiet(t *testing.T) {
	t.Helper()
	select {
	case s := <-w.steps:
		t.Errorf("the watch sends %v too", s)
	case <-time.After(200 * time.Millisecond):
	}
}

// ends waits until the stream ends.
func (w *watch) ends(t *testing.T) error {
	t.Helper()
	select {
	case err := <-w.end:
		if errors.Is(err, io.EOF) {
			return nil
		}
		return err
	case <-time.After(streamPatience):
		t.Fatal("the watch does not end")
		return nil
	}
}

// sequence is the place of a revision in the log.
func sequence(t *testing.T, text string) uint64 {
	t.Helper()
	r, err := revision.Decode("revision", text)
	if err != nil {
		t.Fatal(err)
	}
	return r.Sequence
}

// timeline puts entries into the order of the log.
func timeline(t *testing.T, entries ...[]*casesv1.TimelineEntry) []*casesv1.TimelineEntry {
	t.Helper()
	all := slices.Concat(entries...)
	slices.SortFunc(all, func(a, b *casesv1.TimelineEntry) int {
		return int(sequence(t, a.Revision)) - int(sequence(t, b.Revision))
	})
	return slices.CompactFunc(all, func(a, b *casesv1.TimelineEntry) bool { return a.Revision == b.Revision })
}

// behind are the entries behind a revision.
func behind(entries []*casesv1.TimelineEntry, after string) []*casesv1.TimelineEntry {
	r, err := revision.Decode("revision", after)
	if err != nil {
		return nil
	}
	var later []*casesv1.TimelineEntry
	for _, e := range entries {
		if at, err := revision.Decode("revision", e.Revision); err == nil && at.Sequence > r.Sequence {
			later = append(later, e)
		}
	}
	return later
}

func compare(t *testing.T, steps []step, want []*casesv1.TimelineEntry) {
	t.Helper()
	var got []*casesv1.TimelineEntry
	for _, s := range steps {
		got = append(got, s.entry)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("the watch did not tell what happened (-happened +told):\n%s", diff)
	}
}
