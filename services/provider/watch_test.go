package provider_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/provider/conformance"
)

// watcher is a watch under way.
type watcher struct {
	t      testing.TB
	steps  chan *providerv1.WatchRequestsResponse
	failed chan error
	cancel context.CancelFunc
}

func watch(t testing.TB, d *conformance.Desk, revision string) *watcher {
	t.Helper()
	ctx, cancel := context.WithCancel(d.As("a1"))
	stream, err := d.WatchRequests(ctx, &providerv1.WatchRequestsRequest{Parent: parent, Revision: revision})
	if err != nil {
		t.Fatal(err)
	}
	w := &watcher{t: t, steps: make(chan *providerv1.WatchRequestsResponse, 1000), failed: make(chan error, 1), cancel: cancel}
	go func() {
		for {
			step, err := stream.Recv()
			if err != nil {
				w.failed <- err
				return
			}
			w.steps <- step
		}
	}()
	t.Cleanup(cancel)
	return w
}

// next waits for n steps.
func (w *watcher) next(n int) []*providerv1.WatchRequestsResponse {
	w.t.Helper()
	var taken []*providerv1.WatchRequestsResponse
	for len(taken) < n {
		select {
		case step := <-w.steps:
			taken = append(taken, step)
		case err := <-w.failed:
			w.t.Fatalf("after %d of %d steps: %v", len(taken), n, err)
		case <-time.After(20 * time.Second):
			w.t.Fatalf("only %d of %d steps came", len(taken), n)
		}
	}
	return taken
}

// brief is a step in one line: the request, what happened, and the number of
// the reply that happened.
func brief(steps []*providerv1.WatchRequestsResponse) []string {
	var all []string
	for _, s := range steps {
		line := s.Request.CaseTitle
		if s.Entry != nil {
			line += " " + s.Entry.Kind.String()[len("ENTRY_KIND_"):] + " " + s.Entry.Text
		}
		all = append(all, line)
	}
	return all
}

func titled(title string) func(*eventsv1.RequestMade) {
	return func(made *eventsv1.RequestMade) { made.CaseTitle = title }
}

func TestAWatchBeginsWithWhatIsOpenAndGoesOn(t *testing.T) {
	h, d := open(t)
	a := request(t, h, d, titled("a"))
	b := request(t, h, d, titled("b"))
	c := request(t, h, d, titled("c"))
	for _, scope := range []name.Scope{a, c} { // a changed last but one, c has ended
		must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	}
	ended := must(d.Complete(d.As("a1"), &providerv1.CompleteRequest{Name: c.Resource(), RequestId: call(), Summary: "Done"}))(t)
	must(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: parent, MinRevision: ended.Revision}))(t)
	w := watch(t, d, "")
	beginning := w.next(2)
	must(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: a.Resource(), RequestId: call(), Text: "1"}))(t)
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: b.Resource(), RequestId: call()}))(t)
	got := append(brief(beginning), brief(w.take(2))...)
	if diff := cmp.Diff([]string{"b", "a", "a REPLIED 1", "b PICKED_UP "}, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	if beginning[1].Request.Advisor.GetDisplayName() != "Advisor a1" {
		t.Errorf("a watch shows the advisor as %v", beginning[1].Request.Advisor)
	}
	// Broken off within its beginning, a watch that resumes shows the rest.
	rest := brief(watch(t, d, beginning[0].Revision).take(6))
	want := []string{"c REQUESTED ", "a PICKED_UP ", "c PICKED_UP ", "c COMPLETED Done", "a REPLIED 1", "b PICKED_UP "}
	if diff := cmp.Diff(want, rest); diff != "" {
		t.Errorf("resumed behind the first step (-want +got):\n%s", diff)
	}
}

// take waits for n steps and ends the watch.
func (w *watcher) take(n int) []*providerv1.WatchRequestsResponse {
	w.t.Helper()
	defer w.cancel()
	return w.next(n)
}

// While requests change, watches that resume from every place see just what
// comes behind it.
func TestAWatchResumesAnywhere(t *testing.T) {
	const changes = 300 // more than are read from the inbox at once
	h, d := open(t)
	start, sequence := h.Request(key, "apprenticeship", titled("first"))
	d.Await(t, "a1", start, sequence)
	scopes := []name.Scope{start, request(t, h, d, titled("second"))}
	for _, scope := range scopes {
		must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	}
	origin := revision.Encode(bus.StreamCases, sequence, start.String())
	live := watch(t, d, origin)
	failed := make(chan error, 1)
	ctx := d.As("a1")
	go func() {
		for i := range changes {
			_, err := d.Reply(ctx, &providerv1.ReplyRequest{Name: scopes[i%2].Resource(), RequestId: call(), Text: strconv.Itoa(i)})
			if err != nil {
				failed <- err
				return
			}
		}
		failed <- nil
	}()
	all := live.take(3 + changes) // the second request, two pick-ups, and the replies
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	for i := range changes {
		if got := all[3+i].Entry.Text; got != strconv.Itoa(i) {
			t.Fatalf("step %d is reply %s", i, got)
		}
	}
	for _, from := range []int{0, 1, 2, 3, 100, changes, changes + 1} {
		rest := watch(t, d, all[from].Revision).take(len(all) - from - 1)
		var want, got []string
		for _, s := range all[from+1:] {
			want = append(want, s.Revision)
		}
		for _, s := range rest {
			got = append(got, s.Revision)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("resumed behind step %d (-want +got):\n%s", from, diff)
		}
	}
}

func TestWatchesThatAreRefusedOrEnd(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	scope := request(t, h, d, nil)
	fails := func(what, revision string, code codes.Code, reason string) {
		t.Helper()
		w := watch(t, d, revision)
		select {
		case err := <-w.failed:
			refused(t, what, err, code, reason)
		case <-time.After(20 * time.Second):
			t.Errorf("%s: the watch goes on", what)
		}
	}
	fails("no revision", "yesterday", codes.InvalidArgument, "REVISION_INVALID")
	fails("a place of another provider", revision.Encode(bus.StreamCases, 1, "case."+h.Case()+".chamber.1"), codes.InvalidArgument, "REVISION_OF_ANOTHER_WATCH")
	fails("a place behind the end of the log", revision.Encode(bus.StreamCases, 1_000_000, scope.String()), codes.DeadlineExceeded, "REVISION_NOT_REACHED")
	d.Provider.CheckWatchesEvery(10 * time.Millisecond)
	w := watch(t, d, "")
	w.next(1)
	h.Dismiss(key, "a1")
	select {
	case err := <-w.failed:
		refused(t, "somebody who has left", err, codes.PermissionDenied, "STAFF_UNKNOWN")
	case <-time.After(20 * time.Second):
		t.Error("a watch goes on after its caller has left")
	}
}
