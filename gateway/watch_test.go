package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
)

// step is one message of a watch.
type step struct {
	revision string
	entry    *casesv1.TimelineEntry
	whole    *casesv1.Case
}

func (s step) String() string {
	if s.whole != nil {
		return fmt.Sprintf("the whole of %s with %d entries", s.whole.Name, len(s.whole.Timeline))
	}
	return fmt.Sprintf("%s %s %s %q", s.entry.Kind, s.entry.CaseName, s.entry.Request, s.entry.Text)
}

// watch is an open watch.
type watch struct {
	t      *testing.T
	next   func() (step, error)
	cancel context.CancelFunc
}

// take reads some steps of a watch.
func (w *watch) take(many int) []step {
	w.t.Helper()
	steps := make([]step, 0, many)
	for range many {
		s, err := w.next()
		must(w.t, err)
		steps = append(steps, s)
	}
	return steps
}

// end ends a watch and checks that nothing was left in it and that it ends.
func (w *watch) end() {
	w.t.Helper()
	w.cancel()
	if s, err := w.next(); err == nil {
		w.t.Errorf("there is one step more: %v", s)
	} else if status.Code(err) != codes.Canceled {
		w.t.Errorf("the watch ended with %v", err)
	}
}

func (n *node) watchCase(ctx context.Context, caseName, revision string) *watch {
	n.w.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	n.w.t.Cleanup(cancel)
	stream := get[casesv1.CaseService_WatchCaseClient](n.w.t)(n.cases.WatchCase(ctx, &casesv1.WatchCaseRequest{Name: caseName, Revision: revision}))
	return &watch{t: n.w.t, cancel: cancel, next: func() (step, error) {
		answer, err := stream.Recv()
		return step{answer.GetRevision(), answer.GetEntry(), answer.GetCase()}, err
	}}
}

func (n *node) watchEvents(ctx context.Context, revision string) *watch {
	n.w.t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	n.w.t.Cleanup(cancel)
	stream := get[casesv1.CaseService_WatchEventsClient](n.w.t)(n.cases.WatchEvents(ctx, &casesv1.WatchEventsRequest{Revision: revision}))
	return &watch{t: n.w.t, cancel: cancel, next: func() (step, error) {
		answer, err := stream.Recv()
		return step{answer.GetRevision(), answer.GetEntry(), answer.GetGained()}, err
	}}
}

func texts(steps []step) []string {
	var list []string
	for _, s := range steps {
		list = append(list, s.revision+" "+s.String())
	}
	return list
}

// stir makes things happen in a case: messages, replies, a rating.
func (n *node) stir(ctx context.Context, c *casesv1.Case, times int) {
	t := n.w.t
	t.Helper()
	for i := range times {
		r := c.Requests[i%len(c.Requests)]
		scope := scopeOf(t, r.Name)
		switch {
		case i < len(c.Requests):
			n.w.desk(scope, casework.PickUp{})
		case i%3 == 0:
			n.w.desk(scope, casework.Reply{Text: fmt.Sprint("reply ", i)})
		default:
			get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(ctx, &casesv1.PostMessageRequest{Name: r.Name, RequestId: uuid.NewString(), Text: fmt.Sprint("message ", i)}))
		}
	}
}

// A watch that is cut at any step and resumed from its revision tells the same as
// one that was not cut: nothing is skipped, nothing comes twice.
func TestWatchResumes(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me, other := w.company("p1", bakery), w.company("p2", garage)
	beginning := w.now()
	c := n.open(me, opening(bakery, "espoo-city/pilot", "omnia/apprenticeship", "chamber/co"))
	second := n.open(me, opening(bakery, "employment/vacancy"))
	theirs := n.open(other, opening(garage, "espoo-city/pilot"))
	n.stir(me, c, 20)
	n.stir(other, theirs, 7)
	n.stir(me, second, 5)
	whole := n.read(me, c.Name)
	ofCase := len(whole.Timeline)
	ofAll := ofCase + len(n.read(me, second.Name).Timeline)

	uncut := n.watchEvents(me, beginning)
	all := uncut.take(ofAll)
	uncut.end()
	single := n.watchCase(me, c.Name, beginning)
	entries := single.take(ofCase)
	single.end()
	for i, s := range entries {
		if bytesOf(t, s.entry) != bytesOf(t, whole.Timeline[i]) || s.revision != s.entry.Revision {
			t.Errorf("step %d is %v, the timeline has %v", i, s, whole.Timeline[i])
		}
	}
	random := rand.New(rand.NewPCG(7, 26))
	for range 4 {
		var got, gotCase []step
		for revision := beginning; len(got) < ofAll; revision = got[len(got)-1].revision {
			part := n.watchEvents(me, revision)
			got = append(got, part.take(min(ofAll-len(got), 1+random.IntN(9)))...)
			part.cancel()
		}
		if diff := cmp.Diff(texts(all), texts(got)); diff != "" {
			t.Errorf("WatchEvents, cut (-uncut +cut)\n%s", diff)
		}
		for revision := beginning; len(gotCase) < ofCase; revision = gotCase[len(gotCase)-1].revision {
			part := n.watchCase(me, c.Name, revision)
			gotCase = append(gotCase, part.take(min(ofCase-len(gotCase), 1+random.IntN(5)))...)
			part.cancel()
		}
		if diff := cmp.Diff(texts(entries), texts(gotCase)); diff != "" {
			t.Errorf("WatchCase, cut (-uncut +cut)\n%s", diff)
		}
	}

	// From the revision of a view, and from that of a call, goes on what came after.
	follow := n.watchCase(me, c.Name, whole.Revision)
	posted := get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: "one"}))
	if s := follow.take(1)[0]; s.revision != posted.Revision || s.entry.Text != "one" {
		t.Errorf("behind the view came %v", s)
	}
	follow.end()
	follow = n.watchCase(me, c.Name, posted.Revision)
	get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[1].Name, RequestId: uuid.NewString(), Text: "two"}))
	if s := follow.take(1)[0]; s.entry.Text != "two" {
		t.Errorf("behind the call came %v", s)
	}
	follow.end()

	// Without a revision the whole comes first, and each entry once.
	fresh := n.watchCase(me, c.Name, "")
	first := fresh.take(1)[0]
	if first.whole == nil || first.revision != first.whole.Revision {
		t.Fatalf("the watch begins with %v", first)
	}
	get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[2].Name, RequestId: uuid.NewString(), Text: "three"}))
	s := fresh.take(1)[0]
	fresh.end()
	if got, want := append(first.whole.Timeline, s.entry), n.read(me, c.Name).Timeline; len(got) != len(want) || s.entry.Text != "three" {
		t.Errorf("the whole and what followed have %d entries, the case has %d", len(got), len(want))
	}
}

// A watch that begins with the whole shows at least what its caller was shown before.
func TestAWatchGoesNotBackInTime(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	for i := range 10 {
		get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: fmt.Sprint(i)}))
		shown := n.read(me, c.Name)
		one := n.watchCase(me, c.Name, "")
		if first := one.take(1)[0]; len(first.whole.GetTimeline()) != len(shown.Timeline) {
			t.Errorf("the watch begins with %d entries, and %d had been shown", len(first.whole.GetTimeline()), len(shown.Timeline))
		}
		one.end()
	}
}

// While facts are written, a watch that begins at any moment with the whole and
// goes on tells each entry once.
func TestWatchWhileWriting(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot", "omnia/apprenticeship"))
	before := len(c.Timeline)
	const more = 30
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range more {
			_, err := n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[i%2].Name, RequestId: uuid.NewString(), Text: fmt.Sprint(i)})
			if err != nil {
				t.Error(err)
			}
		}
	}()
	var watches []*watch
	var begun [][]*casesv1.TimelineEntry
	for range 6 {
		one := n.watchCase(me, c.Name, "")
		begun = append(begun, one.take(1)[0].whole.Timeline)
		watches = append(watches, one)
	}
	<-done
	want := n.read(me, c.Name).Timeline
	if len(want) != before+more {
		t.Fatalf("the case has %d entries, want %d", len(want), before+more)
	}
	for i, one := range watches {
		got := begun[i]
		for _, s := range one.take(len(want) - len(got)) {
			got = append(got, s.entry)
		}
		one.end()
		for j := range want {
			if bytesOf(t, got[j]) != bytesOf(t, want[j]) {
				t.Fatalf("watch %d, entry %d: %v, want %v", i, j, got[j], want[j])
			}
		}
	}
}

// A case that comes to a company is sent once as a whole, as of that fact, to who
// watches and to who resumes; what came before it belongs to its opener alone.
func TestWatchGainsACase(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	beginning := w.now()
	founder, owner, colleague := w.company("founder"), w.company("founder", bakery), w.company("colleague", bakery)
	mine := n.open(colleague, opening(bakery, "chamber/co"))
	c := n.open(founder, opening("", "espoo-city/pilot"))
	n.stir(founder, c, 4)
	live := n.watchEvents(colleague, beginning)
	steps := live.take(len(mine.Timeline))
	before := n.read(founder, c.Name)

	linked := get[*casesv1.LinkCompanyResponse](t)(n.cases.LinkCompany(owner, &casesv1.LinkCompanyRequest{Name: c.Name, RequestId: uuid.NewString(), Company: &casesv1.Company{Id: bakery}}))
	w.until("the request knows the company", func(events []bus.Event) bool { return len(w.facts(events, idOf(c), isLinked)) == 2 })
	get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(colleague, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: "after"}))

	steps = append(steps, live.take(2)...)
	live.end()
	gained, after := steps[len(steps)-2], steps[len(steps)-1]
	if gained.whole == nil || gained.entry != nil || gained.whole.Name != c.Name || gained.revision != linked.Revision || gained.whole.Company.GetId() != bakery {
		t.Fatalf("on linking came %v at %s, want the whole at %s", gained, gained.revision, linked.Revision)
	}
	if got, want := len(gained.whole.Timeline), len(before.Timeline)+1; got != want {
		t.Errorf("the whole has %d entries, want %d: what was before, and the linking", got, want)
	}
	if after.entry.GetText() != "after" {
		t.Errorf("then came %v", after)
	}
	// Who resumes from the beginning, or from any step, is told the same.
	for from := -1; from < len(steps)-1; from++ {
		revision := beginning
		if from >= 0 {
			revision = steps[from].revision
		}
		again := n.watchEvents(colleague, revision)
		got := again.take(len(steps) - from - 1)
		again.end()
		if diff := cmp.Diff(texts(steps[from+1:]), texts(got)); diff != "" {
			t.Errorf("resumed behind step %d (-live +resumed)\n%s", from, diff)
		}
	}
	// The opener, who acts for the company now, saw it all along: no whole comes.
	whole := n.read(owner, c.Name)
	all := n.watchEvents(owner, beginning)
	for _, s := range all.take(len(whole.Timeline) + len(mine.Timeline)) {
		if s.whole != nil {
			t.Errorf("the opener gained what was seen before: %v", s)
		}
	}
	all.end()
	// And without the company nothing after the linking is seen.
	lost := n.watchEvents(founder, beginning)
	lost.take(len(before.Timeline))
	lost.end()
}

// Who reads slowly gets everything all the same, and keeps nobody else waiting.
func TestSlowWatcher(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	slow := n.watchCase(me, c.Name, n.read(me, c.Name).Revision)
	const many = 60
	text := strings.Repeat("leipomo ", 600)
	for range many { // 300 KB, more than a stream holds on its way
		get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: text}))
	}
	if got := n.read(me, c.Name); len(got.Timeline) != len(c.Timeline)+many {
		t.Errorf("while one watcher slept the view came to %d entries", len(got.Timeline))
	}
	slow.take(many)
	slow.end()
}

// What happens once the headers have come is sent, however soon.
func TestAWatchTellsThatItIsOn(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	for i := range 10 {
		ctx, cancel := context.WithTimeout(me, patience)
		stream := get[casesv1.CaseService_WatchEventsClient](t)(n.cases.WatchEvents(ctx, &casesv1.WatchEventsRequest{}))
		get[metadata.MD](t)(stream.Header())
		said := fmt.Sprint("message ", i)
		get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: c.Requests[0].Name, RequestId: uuid.NewString(), Text: said}))
		for text := ""; text != said; {
			text = get[*casesv1.WatchEventsResponse](t)(stream.Recv()).Entry.GetText()
		}
		cancel()
	}
}

// A watch ends when its caller goes, when its time is over and when the gateway stops.
func TestWatchEnds(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	short, cancel := context.WithTimeout(me, 50*time.Millisecond)
	defer cancel()
	stream, err := n.cases.WatchCase(short, &casesv1.WatchCaseRequest{Name: c.Name, Revision: c.Revision})
	if err == nil { // else its time was over before it was sent
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a watch whose time was over ended with %v", err)
	}
	live := get[casesv1.CaseService_WatchCaseClient](t)(n.cases.WatchCase(me, &casesv1.WatchCaseRequest{Name: c.Name}))
	get[*casesv1.WatchCaseResponse](t)(live.Recv())
	ended := make(chan error, 1)
	go func() {
		_, err := live.Recv()
		ended <- err
	}()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		n.halt()
	}()
	err = <-ended
	if errors.Is(err, io.EOF) || status.Code(err) != codes.Unavailable {
		t.Errorf("a watch on a gateway that stops ended with %v", err)
	}
	<-stopped
}
