package conformance

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
)

func unmarshal(ev bus.Event, f *eventsv1.Fact) error { return proto.Unmarshal(ev.Data, f) }

// goesOn checks that a request can still be worked on.
func goesOn(t *testing.T, d *Desk, scope name.Scope) {
	t.Helper()
	must[*providerv1.ReplyResponse](t)(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "We go on."}))
}

// setAside checks that exactly these facts became dead letters of the inbox.
func setAside(t *testing.T, h *Hub, key string, reasons map[uint64]string) {
	t.Helper()
	letters := h.Letters(key)
	for sequence, want := range reasons {
		if got := letters[sequence]; !strings.HasPrefix(got, "inbox: ") || !strings.Contains(got, want) {
			t.Errorf("fact %d: dead letter %q, want one that says %q", sequence, got, want)
		}
		delete(letters, sequence)
	}
	if len(letters) > 0 {
		t.Errorf("these became dead letters too: %v", letters)
	}
}

// duplicate: the same message twice in the log counts once.
func duplicate(t *testing.T, s suite) {
	h, d := s.open(t)
	scope := s.request(t, h, d)
	pickUp(t, d, scope)
	f := &eventsv1.Fact{
		RequestId: uuid.NewString(), CommandDigest: []byte("digest"), Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_COMPANY},
		Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "When can we meet?"}},
	}
	h.Write(scope, f)
	last, err := h.Bus.LastOn(t.Context(), bus.StreamCases, scope.String()+".>")
	if err != nil {
		t.Fatal(err)
	}
	again := h.Put(last.Subject, last.Data)
	d.Await(t, "a1", scope, again)
	got := read(t, d, scope, "")
	if diff := cmp.Diff([]string{"REQUESTED", "PICKED_UP", "MESSAGE_POSTED"}, kinds(got.Timeline)); diff != "" || got.Request.UnansweredMessages != 1 {
		t.Errorf("%d messages wait, timeline (-want +got):\n%s", got.Request.UnansweredMessages, diff)
	}
	setAside(t, h, s.key, map[uint64]string{again: "repeats the call"})
	goesOn(t, d, scope)
}

// unknown: a fact of a later version stands in the log; this version goes on
// around it, and an operator finds it.
func unknown(t *testing.T, s suite) {
	h, d := s.open(t)
	scope := s.request(t, h, d)
	pickUp(t, d, scope)
	body := must[[]byte](t)(proto.Marshal(&eventsv1.Fact{Id: uuid.NewString()}))
	body = protowire.AppendTag(body, 500, protowire.BytesType)
	body = protowire.AppendBytes(body, []byte("from the future"))
	later := h.Put(scope.Subject(name.ByHub), body)
	d.Await(t, "a1", scope, later)
	setAside(t, h, s.key, map[uint64]string{later: "no event that this version knows"})
	goesOn(t, d, scope)
	letters, err := h.Bus.DeadLetters(t.Context(), s.key, 0, 10)
	if err != nil || len(letters) != 1 {
		t.Fatalf("%d dead letters, %v", len(letters), err)
	}
	// Handed over again, this version knows it no better, and it is kept.
	if err := h.Bus.Replay(t.Context(), letters[0].Sequence); err == nil || !strings.Contains(err.Error(), "start a version") {
		t.Errorf("a replay to the same version: %v, want that it says what to do", err)
	}
	setAside(t, h, s.key, map[uint64]string{later: "no event that this version knows"})
}

// poison: what can be read by no version, what the wrong author wrote and what
// comes before the request, all in one inbox that goes on.
func poison(t *testing.T, s suite) {
	h, d := s.open(t)
	scope := s.request(t, h, d)
	pickUp(t, d, scope)
	picked := &eventsv1.Fact{Id: uuid.NewString(), Event: &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{}}}
	message := &eventsv1.Fact{Id: uuid.NewString(), Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "Hello"}}}
	opened := &eventsv1.Fact{Id: uuid.NewString(), Event: &eventsv1.Fact_CaseOpened{CaseOpened: &eventsv1.CaseOpened{}}}
	bytesOfFact := func(f *eventsv1.Fact) []byte {
		f.Time = timestamppb.New(h.Now())
		return must[[]byte](t)(proto.Marshal(f))
	}
	answered := &eventsv1.Fact{Id: uuid.NewString(), Event: &eventsv1.Fact_SupplementAnswered{
		SupplementAnswered: &eventsv1.SupplementAnswered{Number: 9, Text: "Nobody asked"},
	}}
	nowhere := name.Scope{Case: h.Case(), Party: s.key, Number: 1}
	want := map[uint64]string{
		h.Put(scope.Subject(name.ByOwn), []byte("\xff\xff\xff")):                            "no fact",
		h.Put(scope.Subject(name.ByHub), bytesOfFact(&eventsv1.Fact{Id: uuid.NewString()})): "no fact",
		h.Put(scope.Subject(name.ByHub), bytesOfFact(picked)):                               "may not be written by",
		h.Put(scope.Subject(name.ByOwn), bytesOfFact(message)):                              "may not be written by",
		h.Put(scope.Subject(name.ByHub), bytesOfFact(opened)):                               "cannot stand",
		h.Put(scope.Subject(name.ByHub), bytesOfFact(answered)):                             "",
		h.Put(nowhere.Subject(name.ByHub), bytesOfFact(message)):                            "before it was made",
		h.Put("case."+h.Case()+"."+s.key+".x.own", bytesOfFact(picked)):                     "no request",
	}
	next, sequence := h.Request(s.key, s.service, nil)
	d.Await(t, "a1", next, sequence)
	setAside(t, h, s.key, want)
	goesOn(t, d, scope)
	if diff := cmp.Diff([]string{"REQUESTED", "PICKED_UP"}, kinds(read(t, d, scope, "").Timeline)[:2]); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	// One that reads all of it at once, the good facts right behind the bad, sees the same.
	late := h.Open(s.definition, t.TempDir(), 1)
	late.Await(t, "a1", next, sequence)
	if diff := cmp.Diff(read(t, d, scope, ""), read(t, late, scope, ""), protocmp.Transform()); diff != "" {
		t.Errorf("read live and read at once (-live +at once):\n%s", diff)
	}
	_, err := d.GetRequest(d.As("a1"), &providerv1.GetRequestRequest{Name: nowhere.Resource()})
	refused(t, "a request that was never made", err, "REQUEST_NOT_FOUND")
}

// restart: what was done stays done, what happened meanwhile is read once, and a
// call that is repeated across the restart is known.
func restart(t *testing.T, s suite) {
	h := Start(t)
	h.Hire(s.key, "a1", policyv1.Role_ROLE_ADVISOR, "fi")
	dir := t.TempDir()
	d := h.Open(s.definition, dir, 0)
	scope := s.request(t, h, d)
	pickUp(t, d, scope)
	reply := &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "On our way"}
	must[*providerv1.ReplyResponse](t)(d.Reply(d.As("a1"), reply))
	d.Stop()
	while, sequence := h.Request(s.key, s.service, nil)
	h.Write(scope, &eventsv1.Fact{
		RequestId: uuid.NewString(), Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_COMPANY},
		Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "Thank you"}},
	})
	again := h.Open(s.definition, dir, 0)
	again.Await(t, "a1", while, sequence)
	repeated := must[*providerv1.ReplyResponse](t)(again.Reply(again.As("a1"), reply))
	got := read(t, again, scope, repeated.Revision)
	if diff := cmp.Diff([]string{"REQUESTED", "PICKED_UP", "REPLIED", "MESSAGE_POSTED"}, kinds(got.Timeline)); diff != "" {
		t.Errorf("timeline (-want +got):\n%s", diff)
	}
	list := must[*providerv1.ListRequestsResponse](t)(again.ListRequests(again.As("a1"), &providerv1.ListRequestsRequest{Parent: name.Provider(s.key)}))
	if list.TotalSize != 2 || len(list.Requests) != 2 {
		t.Errorf("%d requests in the inbox, want both once", list.TotalSize)
	}
	if len(h.Letters(s.key)) > 0 {
		t.Errorf("dead letters: %v", h.Letters(s.key))
	}
}

// confidential: a note is on the private stream and in the notes, and nowhere else.
func confidential(t *testing.T, s suite) {
	const secret = "zebrafinch-in-the-attic"
	h := Start(t)
	h.Hire(s.key, "a1", policyv1.Role_ROLE_ADVISOR, "fi")
	dir := t.TempDir()
	d := h.Open(s.definition, dir, 0)
	scope := s.request(t, h, d)
	note := &providerv1.AddNoteRequest{Name: scope.Resource(), RequestId: call(), Text: secret}
	first := must[*providerv1.AddNoteResponse](t)(d.AddNote(d.As("a1"), note))
	same(t, "a note added twice", first, must[*providerv1.AddNoteResponse](t)(d.AddNote(d.As("a1"), note)))
	other := proto.CloneOf(note)
	other.Text = "another"
	_, err := d.AddNote(d.As("a1"), other)
	refused(t, "another note with the same request_id", err, "REQUEST_ID_REUSED")
	second := must[*providerv1.AddNoteResponse](t)(d.AddNote(d.As("a1"), &providerv1.AddNoteRequest{Name: scope.Resource(), RequestId: call(), Text: "second"}))
	notes := must[*providerv1.ListNotesResponse](t)(d.ListNotes(d.As("a1"), &providerv1.ListNotesRequest{Parent: scope.Resource()}))
	same(t, "the notes", &providerv1.ListNotesResponse{Notes: []*providerv1.Note{first.Note, second.Note}}, notes)
	_, err = d.ListNotes(d.AsStranger(), &providerv1.ListNotesRequest{Parent: scope.Resource()})
	refused(t, "another provider's advisor", err, "REQUEST_NOT_FOUND")
	pickUp(t, d, scope)
	if found := must[*providerv1.ListRequestsResponse](t)(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{Parent: name.Provider(s.key), Query: "zebrafinch"})); found.TotalSize != 0 {
		t.Error("a search of the inbox finds a note")
	}
	holds := func(stream string) bool {
		for _, ev := range h.Facts(stream) {
			if bytes.Contains(ev.Data, []byte(secret)) {
				return true
			}
		}
		return false
	}
	for _, stream := range []string{bus.StreamCases, bus.StreamDead, bus.StreamCompany, bus.StreamStaff, bus.StreamCatalogue} {
		if holds(stream) {
			t.Errorf("stream %s holds the note", stream)
		}
	}
	if !holds(bus.PrivateStream(s.key)) {
		t.Error("the private stream lacks the note")
	}
	d.Stop()
	files, err := filepath.Glob(filepath.Join(dir, "inbox.db*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of the inbox: %v, %v", files, err)
	}
	for _, file := range files {
		if content := must[[]byte](t)(os.ReadFile(file)); bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s holds the note", filepath.Base(file))
		}
	}
}
