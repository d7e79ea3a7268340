package casework

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// newTitle corrects the title of the case as it was opened.
func newTitle(text string) CorrectText {
	return CorrectText{Sequence: 1, Of: &eventsv1.Fact{Event: &eventsv1.Fact_CaseOpened{CaseOpened: opened("")}}, Field: "title", Text: text}
}

// A corrected title reaches the requests that were made with the old one, once, and
// those that are made later have it from the start.
func TestACorrectedTitleReachesTheRequests(t *testing.T) {
	w := newWorld(t, "2026-04-01")
	must(w.onCase(company(), OpenCase{opened("")}))
	w.route()
	must(w.onCase(company(), newTitle("First employees")))
	must(w.onCase(company(), AddRequest{Request: planned("omnia", "staff-training", "certificate", "")}))
	w.route()
	before := len(w.log)
	w.route()
	if len(w.log) != before {
		t.Errorf("routing again appended %d facts", len(w.log)-before)
	}
	if w.c.Case.Title != "First employees" {
		t.Errorf("the case is called %q", w.c.Case.Title)
	}
	for n := 1; n <= 2; n++ {
		if title := w.requests[RequestKey{"omnia", n}].GetRequest().GetCaseTitle(); title != "First employees" {
			t.Errorf("request %d calls the case %q", n, title)
		}
	}
	repeated := 0
	for _, e := range w.log {
		if c := e.fact.GetWordsCorrected(); c.GetRepeats() > 0 {
			repeated++
		}
	}
	if repeated != 1 {
		t.Errorf("%d requests were told, and one was made before", repeated)
	}
}

// Nothing is sent to a provider whose consent was withdrawn, also no better words.
func TestNoCorrectionWithoutConsent(t *testing.T) {
	w := requestIn(t, inProgress, "")
	must(w.on(hub(), "omnia", 1, EndConsent{Consent: caseName + "/consents/1"}))
	if _, err := w.on(company(), "omnia", 1, CorrectText{Of: posted(), Text: "New"}); reasonOf(err) != "CONSENT_ENDED" {
		t.Errorf("correcting answers %v", err)
	}
	if _, err := w.on(lead("omnia", "liisa"), "omnia", 1, CorrectText{Of: posted(), Text: "New"}); reasonOf(err) != "CONSENT_ENDED" {
		t.Errorf("correcting by its provider answers %v", err)
	}
}

// Only whoever wrote words corrects them, and what is no words is not corrected.
func TestWhoCorrectsWhat(t *testing.T) {
	aino := advisor("omnia", "aino")
	reply := &eventsv1.Fact{Actor: aino, Event: &eventsv1.Fact_ReplySent{ReplySent: &eventsv1.ReplySent{Text: "On Monday."}}}
	decided := &eventsv1.Fact{Actor: aino, Event: &eventsv1.Fact_DecisionRecorded{DecisionRecorded: &eventsv1.DecisionRecorded{Decision: decision()}}}
	declined := &eventsv1.Fact{Actor: aino, Event: &eventsv1.Fact_RequestDeclined{RequestDeclined: &eventsv1.RequestDeclined{Text: "No."}}}
	ended := &eventsv1.Fact{Actor: hub(), Event: &eventsv1.Fact_RequestWithdrawn{RequestWithdrawn: &eventsv1.RequestWithdrawn{CaseEnded: true}}}
	of := made()
	of.Request.Inputs = []*casesv1.Input{{Id: "hours", Value: "20"}}
	asked := &eventsv1.Fact{Actor: hub(), Event: &eventsv1.Fact_RequestMade{RequestMade: of}}
	for _, c := range []struct {
		who  *eventsv1.Actor
		cmd  CorrectText
		want string
	}{
		{company(), CorrectText{Of: posted(), Text: "New"}, ""},
		{aino, CorrectText{Of: posted(), Text: "New"}, "NOT_YOUR_WORDS"},
		{company(), CorrectText{Of: reply, Text: "New"}, "NOT_YOUR_WORDS"},
		{aino, CorrectText{Of: reply, Text: "New"}, ""},
		{advisor("omnia", "ville"), CorrectText{Of: reply, Text: "New"}, "NOT_YOUR_REQUEST"},
		{lead("omnia", "liisa"), CorrectText{Of: reply, Text: "New"}, ""},
		{aino, CorrectText{Of: decided, Field: "reasons", Text: "New"}, ""},
		{aino, CorrectText{Of: decided, Field: "result", Text: "granted"}, "NOT_CORRECTABLE"},
		{company(), CorrectText{Of: ended, Text: "New"}, "NOT_YOUR_WORDS"},
		{company(), CorrectText{Of: asked, Field: "input.hours", Text: "25"}, ""},
		{company(), CorrectText{Of: asked, Field: "input.days", Text: "25"}, "NOT_CORRECTABLE"},
		{company(), CorrectText{Of: asked, Field: "title", Text: "New"}, "NOT_CORRECTABLE"},
		{company(), CorrectText{Of: posted(), Text: " "}, "TEXT_LENGTH"},
		{company(), CorrectText{Text: "New"}, "ENTRY_NOT_FOUND"},
		{aino, CorrectText{Of: declined, Text: strings.Repeat("x", 2000)}, ""},
		{aino, CorrectText{Of: declined, Text: strings.Repeat("x", 2001)}, "TEXT_LENGTH"},
	} {
		w := requestIn(t, inProgress, "")
		if _, err := w.on(c.who, "omnia", 1, c.cmd); reasonOf(err) != c.want {
			t.Errorf("%s corrects %s %q: %v, want %q", c.who.Party, kind(c.cmd.Of), c.cmd.Field, err, c.want)
		}
	}
}

// What was handed back is nobody's, so a lead corrects what the provider said before.
func TestWordsOfARequestThatNobodyWorksOn(t *testing.T) {
	aino := advisor("omnia", "aino")
	reply := &eventsv1.Fact{Actor: aino, Event: &eventsv1.Fact_ReplySent{ReplySent: &eventsv1.ReplySent{Text: "On Monday."}}}
	w := requestIn(t, inProgress, "")
	must(w.on(aino, "omnia", 1, HandBack{}))
	if _, err := w.on(aino, "omnia", 1, CorrectText{Of: reply, Text: "New"}); reasonOf(err) != "NOT_YOUR_REQUEST" || !strings.HasPrefix(err.Error(), "nobody works on") {
		t.Errorf("who handed it back is answered %v", err)
	}
	must(w.on(lead("omnia", "liisa"), "omnia", 1, CorrectText{Of: reply, Text: "New"}))
}

// A fact in which one side changes the other's words does not fold, whoever wrote it.
func TestNobodyForgesACorrection(t *testing.T) {
	w := requestIn(t, decided, "")
	state := w.requests[RequestKey{"omnia", 1}]
	before := proto.Clone(state)
	for _, forged := range []*eventsv1.WordsCorrected{
		{Corrects: casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED, Field: "text", Text: "I withdraw"},
		{Corrects: casesv1.EntryKind_ENTRY_KIND_REQUESTED, Field: "need_text", Text: "Nothing", Repeats: 3},
		{Corrects: casesv1.EntryKind_ENTRY_KIND_DECIDED, Field: "result", Text: "DECLINED"},
		{Corrects: casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, Field: "title", Text: "Mine"},
	} {
		f := Call{Actor: advisor("omnia", "aino"), Time: w.now}.fact(state.Scope)
		f.Event = &eventsv1.Fact_WordsCorrected{WordsCorrected: forged}
		if err := EvolveRequest(state, f, requestNameOf(RequestKey{"omnia", 1}), "omnia", 99, nil); err == nil || !proto.Equal(before, state) {
			t.Errorf("a provider's %v was taken in", forged)
		}
	}
}
