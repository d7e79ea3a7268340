package e2e

import (
	"slices"
	"strings"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
)

// entry answers the first entry of a kind in the case's timeline, of one request or any.
func (p *personal) entry(kind casesv1.EntryKind, request string) *casesv1.TimelineEntry {
	p.t.Helper()
	for _, e := range p.c.View().Timeline {
		if e.Kind == kind && strings.HasSuffix(e.Request, request) {
			return e
		}
	}
	p.t.Fatalf("the timeline has no %s of %q", kind, request)
	return nil
}

// correct corrects words of the company.
func (p *personal) correct(e *casesv1.TimelineEntry, field, text string, removeOld bool) (*rightsv1.CorrectTextResponse, error) {
	return p.rights().CorrectText(p.owner.Context(), &rightsv1.CorrectTextRequest{
		RequestId: newID(), Case: p.c.Name, Revision: e.Revision, Field: field, Text: text, Reason: "It was wrong.", RemoveOld: removeOld,
	})
}

// corrected: the company corrects what it wrote, also in a request that has ended, and
// everybody reads the new words. Nobody corrects what another wrote.
func (p *personal) corrected() {
	t := p.t
	t.Helper()
	_, err := p.correct(p.entry(casesv1.EntryKind_ENTRY_KIND_REPLIED, "omnia-1"), "", "I said nothing", false)
	world.Refused(t, err, codes.PermissionDenied, "NOT_YOUR_WORDS")
	opening := p.entry(casesv1.EntryKind_ENTRY_KIND_CASE_OPENED, "")
	_, err = p.correct(opening, "title", "A title", true)
	world.Refused(t, err, codes.FailedPrecondition, "OTHER_WORDS")

	title := world.NewMarker("corrected title")
	answer, err := p.correct(opening, "title", title.Word(), false)
	if err != nil {
		t.Fatal(err)
	}
	p.markers = append(p.markers, title)
	asked := p.entry(casesv1.EntryKind_ENTRY_KIND_REQUESTED, "chamber-1")
	question := p.write("corrected answer to a question")
	if _, err := p.correct(asked, "input.question", question, false); err != nil {
		t.Fatal(err)
	}
	view := p.c.View()
	answered := func(in *casesv1.Input) bool { return in.Id == "question" && in.Value == question }
	if view.Title != title.Word() || !slices.ContainsFunc(view.Requests[1].Inputs, answered) {
		t.Errorf("the case is called %q, and the question is answered %v", view.Title, view.Requests[1].Inputs)
	}
	found, err := p.owner.Calls.ListCases(p.owner.Context(), &casesv1.ListCasesRequest{Query: title.Word(), MinRevision: answer.Revision})
	if err != nil || len(found.Cases) != 1 {
		t.Errorf("a search for the new title finds %v, %v", found, err)
	}
	world.Await(t, "the advisor to read the new title", func() error {
		got, err := p.desk.Calls.GetRequest(p.desk.Context(), &providerv1.GetRequestRequest{Name: p.c.Request("omnia-1")})
		if err != nil || got.Request.CaseTitle != title.Word() {
			return world.Not("%v, %v", got.GetRequest().GetCaseTitle(), err)
		}
		return nil
	})
	p.correctedMessage()
}

// correctedMessage: the old words of a message are removed with its correction.
func (p *personal) correctedMessage() {
	t := p.t
	t.Helper()
	wrong := world.NewMarker("message with a mistake")
	p.c.Write("omnia-1", wrong.Text())
	var entry *casesv1.TimelineEntry
	for _, e := range p.c.View().Timeline {
		if e.Text == wrong.Text() {
			entry = e
		}
	}
	if entry == nil {
		t.Fatal("the message is not in the timeline")
	}
	right := p.write("message without a mistake")
	in := &rightsv1.CorrectTextRequest{RequestId: newID(), Case: p.c.Name, Revision: entry.Revision, Text: right, RemoveOld: true}
	answer, err := p.rights().CorrectText(p.owner.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.rights().CorrectText(p.owner.Context(), in); err != nil || again.Erasure.GetName() != answer.Erasure.GetName() {
		t.Errorf("a repeat is answered %v, %v", again, err)
	}
	p.done(answer.Erasure.Name)
	p.foundNowhere("after the correction", wrong)
	p.notes = append(p.notes, wrong)
	shown := 0
	for _, e := range p.c.View().Timeline {
		switch {
		case e.Revision == entry.Revision:
			shown++
			if e.Text != "" || e.CorrectedAt == nil {
				t.Errorf("the old entry shows %q, corrected at %v", e.Text, e.CorrectedAt)
			}
		case e.Corrects == entry.Revision:
			shown++
			if e.Text != right || e.Kind != casesv1.EntryKind_ENTRY_KIND_CORRECTED {
				t.Errorf("the correction shows %v", e)
			}
		}
	}
	if shown != 2 {
		t.Errorf("%d entries tell of the message and its correction", shown)
	}
}
