package conformance

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// corrects: the words of a provider are corrected at whichever replica, also after the
// end, once for each call; both show the new ones, find them, and keep the old.
func corrects(t *testing.T, s suite) {
	h, first := s.open(t)
	second := h.Open(s.definition, t.TempDir(), 1)
	scope := s.request(t, h, first)
	pickUp(t, first, scope)
	replied := must[*providerv1.ReplyResponse](t)(first.Reply(first.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "Come on Monday."}))
	// The second replica may not have read the reply yet.
	reply := &providerv1.CorrectTextRequest{Name: scope.Resource(), RequestId: call(), Revision: replied.Revision, Text: "Come on Thursday.", Reason: "Wrong day"}
	corrected := must[*providerv1.CorrectTextResponse](t)(second.CorrectText(second.As("a1"), reply))
	again := must[*providerv1.CorrectTextResponse](t)(first.CorrectText(first.As("a1"), reply))
	same(t, "a repeat at the other replica", corrected, again)
	done := must[*providerv1.CompleteResponse](t)(first.Complete(first.As("a1"), &providerv1.CompleteRequest{Name: scope.Resource(), RequestId: call(), Summary: "All is sad."}))
	last := must[*providerv1.CorrectTextResponse](t)(second.CorrectText(second.AsLead("lead"), &providerv1.CorrectTextRequest{
		Name: scope.Resource(), RequestId: call(), Revision: done.Revision, Field: "text", Text: "All is said.",
	}))
	if last.Request.Summary != "All is said." || last.Request.Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED {
		t.Errorf("the corrected request is %s with %q", last.Request.Status, last.Request.Summary)
	}
	one, two := read(t, first, scope, last.Revision), read(t, second, scope, last.Revision)
	same(t, "the corrected request at two replicas", one, two)
	same(t, "the request after CorrectText and as read", last.Request, one.Request)
	if diff := cmp.Diff([]string{"REQUESTED", "PICKED_UP", "REPLIED", "CORRECTED", "COMPLETED", "CORRECTED"}, kinds(one.Timeline)); diff != "" {
		t.Fatalf("timeline (-want +got):\n%s", diff)
	}
	wrong, right := one.Timeline[2], one.Timeline[3]
	if wrong.Text != "Come on Monday." || !wrong.CorrectedAt.AsTime().Equal(h.Now()) {
		t.Errorf("the old words are %q, corrected at %v", wrong.Text, wrong.CorrectedAt)
	}
	if right.Text != "Come on Thursday." || right.Reason != "Wrong day" || right.Corrects != wrong.Revision || right.Advisor.GetDisplayName() != "Advisor a1" {
		t.Errorf("the correction is %v", right)
	}
	if by := one.Timeline[5].Advisor.GetName(); by != name.Advisor(s.key, "lead") {
		t.Errorf("the closing words were corrected by %q", by)
	}
	for _, d := range []*Desk{first, second} {
		found := must[*providerv1.ListRequestsResponse](t)(d.ListRequests(d.As("a1"), &providerv1.ListRequestsRequest{
			Parent: name.Provider(s.key), Query: "thursday", MinRevision: last.Revision,
			Statuses: []casesv1.RequestStatus{casesv1.RequestStatus_REQUEST_STATUS_COMPLETED},
		}))
		if len(found.Requests) != 1 {
			t.Errorf("the new words find %d requests", len(found.Requests))
		}
	}
}
