package provider_test

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/revision"
	"github.com/businessespoo/hub/services/provider/conformance"
)

// correcting is a call that corrects what stands at a revision.
func correcting(scope name.Scope, revision string) *providerv1.CorrectTextRequest {
	return &providerv1.CorrectTextRequest{Name: scope.Resource(), RequestId: call(), Revision: revision, Text: "Come on Thursday."}
}

// replied is a request with a reply of a1, and where the reply stands.
func replied(t *testing.T, h *conformance.Hub, d *conformance.Desk) (name.Scope, string) {
	t.Helper()
	scope := request(t, h, d, nil)
	must(d.PickUp(d.As("a1"), &providerv1.PickUpRequest{Name: scope.Resource(), RequestId: call()}))(t)
	reply := must(d.Reply(d.As("a1"), &providerv1.ReplyRequest{Name: scope.Resource(), RequestId: call(), Text: "Come on Monday."}))(t)
	return scope, reply.Revision
}

func TestWhoCorrectsWordsOfAProvider(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	scope, reply := replied(t, h, d)
	_, err := d.CorrectText(d.As("a2"), correcting(scope, reply))
	refused(t, "another advisor", err, codes.PermissionDenied, "NOT_YOUR_REQUEST")
	_, err = d.CorrectText(d.AsStranger(), correcting(scope, reply))
	refused(t, "another provider", err, codes.NotFound, "REQUEST_NOT_FOUND")
	nowhere := scope
	nowhere.Case = h.Case()
	_, none := d.CorrectText(d.AsStranger(), correcting(nowhere, reply))
	if one, other := strings.ReplaceAll(err.Error(), scope.Case, "ID"), strings.ReplaceAll(none.Error(), nowhere.Case, "ID"); one != other {
		t.Errorf("another provider gets %q for a request, and %q for none", one, other)
	}
	_, err = d.CorrectText(d.As("a1"), correcting(nowhere, reply))
	refused(t, "no request", err, codes.NotFound, "REQUEST_NOT_FOUND")
	posted := h.Write(scope, &eventsv1.Fact{
		Actor: &eventsv1.Actor{Party: casesv1.Party_PARTY_COMPANY},
		Event: &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: "When can we meet?"}},
	})
	message := revision.Encode(bus.StreamCases, posted, scope.String())
	for _, ctx := range []context.Context{d.As("a1"), d.AsLead("lead")} {
		_, err = d.CorrectText(ctx, correcting(scope, message))
		refused(t, "the company's words", err, codes.PermissionDenied, "NOT_YOUR_WORDS")
	}
	must(d.CorrectText(d.AsLead("lead"), correcting(scope, reply)))(t)
	must(d.HandBack(d.As("a1"), &providerv1.HandBackRequest{Name: scope.Resource(), RequestId: call()}))(t)
	_, err = d.CorrectText(d.As("a1"), correcting(scope, reply))
	refused(t, "who handed it back", err, codes.PermissionDenied, "NOT_YOUR_REQUEST")
}

func TestCorrectionsThatAreRefused(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	scope, reply := replied(t, h, d)
	other, theirs := replied(t, h, d)
	_, err := d.CorrectText(d.As("a1"), correcting(other, reply))
	refused(t, "the revision of another request", err, codes.InvalidArgument, "REVISION_INVALID")
	_, err = d.CorrectText(d.As("a1"), correcting(scope, "nonsense"))
	refused(t, "no revision", err, codes.InvalidArgument, "REVISION_INVALID")
	_, err = d.CorrectText(d.As("a1"), correcting(scope, revision.Encode(bus.StreamStaff, 1, scope.String())))
	refused(t, "a revision of another stream", err, codes.InvalidArgument, "REVISION_INVALID")
	elsewhere := must(revision.Decode("", theirs))(t)
	for what, sequence := range map[string]uint64{"nothing": 0, "another request's fact": elsewhere.Sequence} {
		_, err = d.CorrectText(d.As("a1"), correcting(scope, revision.Encode(bus.StreamCases, sequence, scope.String())))
		refused(t, what, err, codes.NotFound, "ENTRY_NOT_FOUND")
	}
	_, err = d.CorrectText(d.As("a1"), correcting(scope, revision.Encode(bus.StreamCases, 1<<40, scope.String())))
	refused(t, "a revision to come", err, codes.DeadlineExceeded, "REVISION_NOT_REACHED")
	field := correcting(scope, reply)
	field.Field = "reasons"
	_, err = d.CorrectText(d.As("a1"), field)
	refused(t, "words that a reply has not", err, codes.InvalidArgument, "NOT_CORRECTABLE")
	fixed := correcting(scope, reply)
	first := must(d.CorrectText(d.As("a1"), fixed))(t)
	fixed.Text = "Come on Friday."
	_, err = d.CorrectText(d.As("a1"), fixed)
	refused(t, "the same request_id with other words", err, codes.AlreadyExists, "REQUEST_ID_REUSED")
	fixed.RequestId, fixed.Etag = call(), "not this"
	_, err = d.CorrectText(d.As("a1"), fixed)
	refused(t, "an etag of before", err, codes.Aborted, "STALE_ETAG")
	_, err = d.CorrectText(d.As("a1"), correcting(scope, first.Revision))
	refused(t, "a correction", err, codes.InvalidArgument, "NOT_CORRECTABLE")
}

// A decision keeps its result and its figures; title and reasons are corrected each on its own.
func TestADecisionIsCorrected(t *testing.T) {
	t.Parallel()
	h, d := open(t)
	scope, _ := replied(t, h, d)
	decided := must(d.Decide(d.As("a1"), &providerv1.DecideRequest{Name: scope.Resource(), RequestId: call(), Decision: &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Contract aproved", Reasons: "The hours suffise", AmountCents: 1260,
	}}))(t)
	var last *providerv1.CorrectTextResponse
	for field, text := range map[string]string{"text": "Contract approved", "reasons": "The hours suffice"} {
		in := correcting(scope, decided.Revision)
		in.Field, in.Text = field, text
		last = must(d.CorrectText(d.As("a1"), in))(t)
	}
	want := decided.Request.Decision
	want.Title, want.Reasons = "Contract approved", "The hours suffice"
	if got := last.Request.Decision; !proto.Equal(got, want) {
		t.Errorf("the decision is %v, want %v", got, want)
	}
	in := correcting(scope, decided.Revision)
	in.Field = "amount_cents"
	_, err := d.CorrectText(d.As("a1"), in)
	refused(t, "its figures", err, codes.InvalidArgument, "NOT_CORRECTABLE")
}
