package gateway_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
)

// put publishes any bytes as a party, as no well-behaved writer would.
func (w *world) put(b *bus.Bus, subject string, body []byte) uint64 {
	w.t.Helper()
	sequence, err := b.Publish(w.t.Context(), bus.Message{Subject: subject, Data: body})
	must(w.t, err)
	return sequence
}

func (w *world) putFact(b *bus.Bus, subject string, f *eventsv1.Fact) uint64 {
	w.t.Helper()
	f.Id, f.Time = uuid.NewString(), timestamppb.New(w.clock.Now())
	m, err := fact.Encode(subject, b.Party(), f)
	must(w.t, err)
	return w.put(b, subject, m.Data)
}

// letters are the dead letters of the hub by the sequence of their event.
func (n *node) letters() map[uint64]*adminv1.DeadLetter {
	n.w.t.Helper()
	found := map[uint64]*adminv1.DeadLetter{}
	answer := get[*adminv1.ListDeadLettersResponse](n.w.t)(n.admin.ListDeadLetters(n.w.operator(), &adminv1.ListDeadLettersRequest{}))
	for _, l := range answer.DeadLetters {
		if before := found[l.EventSequence]; before != nil && before.Stream == l.Stream {
			n.w.t.Errorf("event %d is a dead letter twice: of %s and %s", l.EventSequence, before.Handler, l.Handler)
		}
		found[l.EventSequence] = l
	}
	return found
}

// newer is a fact with an event that a later version may add.
func newer(w *world) []byte {
	body, err := proto.Marshal(&eventsv1.Fact{Id: uuid.NewString(), Time: timestamppb.New(w.clock.Now())})
	must(w.t, err)
	return append(body, 0xba, 0x3e, 0x01, 0x00) // field 999
}

func TestPoisonIsSetAside(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot", "omnia/apprenticeship"))
	id := idOf(c)
	city, omnia := scopeOf(t, c.Requests[0].Name), scopeOf(t, c.Requests[1].Name)
	unknown := name.Scope{Case: strings.Repeat("b", 26), Party: "omnia", Number: 1}
	fresh := name.Scope{Case: id, Party: "omnia", Number: 2}

	poison := map[uint64]string{ // what the reason of the dead letter says
		w.put(w.parties["omnia"], omnia.Subject(name.ByOwn), []byte{0xff, 0xff}):                                                               "decode",
		w.put(w.hub, name.CaseScope(id).Subject(name.ByHub), newer(w)):                                                                         "no event that this version knows",
		w.put(w.parties["espoo-city"], city.Subject(name.ByOwn), newer(w)):                                                                     "no event that this version knows",
		w.putFact(w.parties["omnia"], omnia.Subject(name.ByOwn), withdrawn()):                                                                  "may write",
		w.putFact(w.parties["omnia"], fresh.Subject(name.ByOwn), pickedUp()):                                                                   "before it was made",
		w.putFact(w.parties["omnia"], unknown.Subject(name.ByOwn), pickedUp()):                                                                 "not opened",
		w.putFact(w.hub, unknown.Subject(name.ByHub), &eventsv1.Fact{Event: &eventsv1.Fact_RequestMade{RequestMade: &eventsv1.RequestMade{}}}): "not opened",
		w.putFact(w.hub, name.CaseScope(id).Subject(name.ByHub), withdrawn()):                                                                  "cannot stand in a case's scope",
		w.putFact(w.hub, "case.x.hub.0.hub", &eventsv1.Fact{Event: &eventsv1.Fact_CaseOpened{CaseOpened: &eventsv1.CaseOpened{}}}):             "is no case",
		w.put(w.hub, "case."+id+".nobody.1.own", []byte("x")):                                                                                  "names no known party",
	}
	// Each scope can be written to behind its poison, a new one too.
	w.desk(city, casework.PickUp{})
	w.desk(omnia, casework.PickUp{})
	get[*casesv1.PostMessageResponse](t)(n.cases.PostMessage(me, &casesv1.PostMessageRequest{Name: omnia.Resource(), RequestId: uuid.NewString(), Text: "Hei"}))
	add := &casesv1.AddRequestRequest{Name: c.Name, RequestId: uuid.NewString(), Service: &casesv1.ServiceChoice{Service: serviceName("omnia/apprenticeship")}}
	added := get[*casesv1.AddRequestResponse](t)(n.cases.AddRequest(me, add))
	if added.Request != fresh.Resource() {
		t.Fatalf("the new request is %s, want the one whose scope begins with poison, %s", added.Request, fresh.Resource())
	}
	w.made(id, 3)
	w.desk(fresh, casework.PickUp{})
	shown := n.read(me, c.Name)
	for _, r := range shown.Requests {
		if r.Status != casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS {
			t.Errorf("%s is %s", r.Name, r.Status)
		}
	}
	w.eventually("the poison is set aside", func() bool { return len(n.letters()) >= len(poison) })
	got := n.letters()
	if len(got) != len(poison) {
		t.Errorf("%d dead letters, want %d", len(got), len(poison))
	}
	for sequence, reason := range poison {
		if l := got[sequence]; l.GetHandler() != "view" || !strings.Contains(l.GetReason(), reason) || l.GetStream() != bus.StreamCases || l.GetSize() == 0 {
			t.Errorf("event %d: %v, want a dead letter of the view that says %q", sequence, l, reason)
		}
	}

	// A scope of a case that begins with poison before anybody opens it.
	req := opening(bakery, "espoo-city/pilot")
	probe := get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req))
	w.made(idOf(probe.Case), 1)
}

// Opening works also where the scope of the case has been spoilt before.
func TestOpenBehindPoison(t *testing.T) {
	// The id is known beforehand from a hub with the same key.
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	req := opening(bakery, "espoo-city/pilot")
	id := idOf(get[*casesv1.OpenCaseResponse](t)(n.cases.OpenCase(me, req)).Case)
	bucket := get[*bus.Bucket](t)(w.hub.Bucket(t.Context(), bus.BucketHub))
	keys := get[bus.Entry](t)(bucket.Get(t.Context(), "case-id-keys"))

	w2 := newWorld(t)
	bucket = get[*bus.Bucket](t)(w2.hub.Bucket(t.Context(), bus.BucketHub))
	get[uint64](t)(bucket.Create(t.Context(), "case-id-keys", keys.Value))
	w2.put(w2.hub, name.CaseScope(id).Subject(name.ByHub), []byte{0xff})
	w2.put(w2.hub, name.CaseScope(id).Subject(name.ByHub), newer(w2))
	n = w2.start()
	c := n.open(w2.company("p1", bakery), req)
	if idOf(c) != id {
		t.Fatalf("opened %s, want %s", idOf(c), id)
	}
	n.stop()
	n = w2.startIn(n.dir)
	if again := n.read(w2.company("p1", bakery), c.Name); bytesOf(t, again) != bytesOf(t, c) {
		t.Errorf("after a restart\n%v\nwas\n%v", again, c)
	}
}

func withdrawn() *eventsv1.Fact {
	return &eventsv1.Fact{Event: &eventsv1.Fact_RequestWithdrawn{RequestWithdrawn: &eventsv1.RequestWithdrawn{}}}
}

func pickedUp() *eventsv1.Fact {
	return &eventsv1.Fact{Actor: &eventsv1.Actor{Advisor: "a1"}, Event: &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{}}}
}

func (n *node) replay(sequence uint64, requestID string) error {
	_, err := n.admin.ReplayDeadLetter(n.w.operator(), &adminv1.ReplayDeadLetterRequest{RequestId: requestID, Sequence: sequence})
	return err
}

func TestReplay(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	me := w.company("p1", bakery)
	c := n.open(me, opening(bakery, "espoo-city/pilot"))
	scope := scopeOf(t, c.Requests[0].Name)

	// No good, now and later: refused with the reason, as often as it is tried.
	w.put(w.parties["espoo-city"], scope.Subject(name.ByOwn), []byte{0xff})
	staff := w.put(w.parties["omnia"], "staff.omnia.a9", []byte{0xff})
	catalogue := w.put(w.parties["omnia"], "catalogue.omnia", []byte{0xff})
	w.eventually("three dead letters", func() bool { return len(n.letters()) == 3 })
	handlers := map[string]uint64{}
	for _, l := range n.letters() {
		handlers[l.Handler] = l.Sequence
		for range 2 {
			refused(t, n.replay(l.Sequence, uuid.NewString()), codes.FailedPrecondition, "REPLAY_FAILED")
		}
	}
	if handlers["view"] == 0 || handlers["directory"] == 0 || handlers["registry"] == 0 {
		t.Fatalf("handlers %v", handlers)
	}
	if staff == 0 || catalogue == 0 {
		t.Fatal("nothing was published")
	}

	// What the view holds by now, since it was built again, is dealt with. A letter of
	// an older version is played by one for a fact that is good.
	picked := w.desk(scope, casework.PickUp{})
	event := get[bus.Event](t)(w.hub.Get(t.Context(), bus.StreamCases, picked))
	must(t, w.hub.DeadLetter(t.Context(), event, "view", "an older version did not know it"))
	id := uuid.NewString()
	letter := n.letters()[picked].GetSequence()
	must(t, n.replay(letter, id))
	must(t, n.replay(letter, id)) // the same call again
	refused(t, n.replay(letter, uuid.NewString()), codes.NotFound, "NOT_FOUND")

	// What this version understands and the view does not hold asks for a new view.
	missed := event
	missed.Sequence, missed.Data = picked+1, reply(w, event)
	w.put(w.parties["espoo-city"], scope.Subject(name.ByOwn), []byte{0xff}) // takes that sequence
	w.eventually("the view has passed it", func() bool { return n.letters()[picked+1] != nil })
	must(t, w.hub.DropDeadLetter(t.Context(), n.letters()[picked+1].Sequence))
	must(t, w.hub.DeadLetter(t.Context(), missed, "view", "an older version did not know it"))
	err := n.replay(n.letters()[picked+1].Sequence, uuid.NewString())
	refused(t, err, codes.FailedPrecondition, "REPLAY_FAILED")
	if !strings.Contains(err.Error(), "delete its view.db") {
		t.Errorf("the refusal does not say what to do: %v", err)
	}

	// A catalogue that is good now is taken in, unless a newer one came.
	good := get[bus.Event](t)(w.hub.Get(t.Context(), bus.StreamCatalogue, 1))
	must(t, w.hub.DeadLetter(t.Context(), good, "registry", "an older version did not know it"))
	must(t, n.replay(n.letters()[1].GetSequence(), uuid.NewString()))

	// A handler that does not run says so.
	must(t, w.parties["omnia"].DeadLetter(t.Context(), event, "inbox", "no good"))
	var away uint64
	for _, l := range get[*adminv1.ListDeadLettersResponse](t)(n.admin.ListDeadLetters(w.operator(), &adminv1.ListDeadLettersRequest{})).DeadLetters {
		if l.Party == "omnia" {
			away = l.Sequence
		}
	}
	refused(t, n.replay(away, uuid.NewString()), codes.Unavailable, "HANDLER_AWAY")
	// The same request_id for another letter is another call.
	refused(t, n.replay(away, id), codes.AlreadyExists, "REQUEST_ID_REUSED")
}

// reply is a good fact of the provider behind the one given.
func reply(w *world, before bus.Event) []byte {
	m, err := fact.Encode(before.Subject, "espoo-city", &eventsv1.Fact{
		Id: uuid.NewString(), Time: timestamppb.New(w.clock.Now()), PreviousHash: fact.Hash(before.Subject, before.Data),
		Event: &eventsv1.Fact_ReplySent{ReplySent: &eventsv1.ReplySent{Text: "Hei"}},
	})
	must(w.t, err)
	return m.Data
}

func TestListDeadLettersInPages(t *testing.T) {
	w := newWorld(t)
	n := w.start()
	const many = 7
	for range many {
		w.put(w.parties["omnia"], "staff.omnia.a9", []byte{0xff})
	}
	w.eventually("all dead letters", func() bool { return len(n.letters()) == many })
	seen := map[uint64]bool{}
	req := &adminv1.ListDeadLettersRequest{PageSize: 3}
	for pages := 1; ; pages++ {
		answer := get[*adminv1.ListDeadLettersResponse](t)(n.admin.ListDeadLetters(w.operator(), req))
		for _, l := range answer.DeadLetters {
			if seen[l.Sequence] {
				t.Errorf("dead letter %d is on two pages", l.Sequence)
			}
			seen[l.Sequence] = true
		}
		if req.PageToken = answer.NextPageToken; req.PageToken == "" {
			if pages != 3 {
				t.Errorf("%d pages, want 3", pages)
			}
			break
		}
	}
	if len(seen) != many {
		t.Errorf("%d dead letters on all pages, want %d", len(seen), many)
	}
	_, err := n.admin.ListDeadLetters(w.company("p1", bakery), req)
	refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
}
