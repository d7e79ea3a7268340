package web

import (
	"context"
	"net/url"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/problem"
)

// deskStep calls the API for one step on a request; it answers the revision to
// read next, empty for a note.
func (s *server) deskStep(ctx context.Context, do, name string, v url.Values) (string, error) {
	id, etag := v.Get("request_id"), v.Get("etag")
	switch do {
	case "pickup":
		return call(ctx, s.Provider.PickUp, &providerv1.PickUpRequest{Name: name, RequestId: id})
	case "handback":
		return call(ctx, s.Provider.HandBack, &providerv1.HandBackRequest{Name: name, RequestId: id, Reason: v.Get("reason"), Etag: etag})
	case "assign":
		return call(ctx, s.Provider.Assign, &providerv1.AssignRequest{Name: name, RequestId: id, Advisor: v.Get("advisor"), Etag: etag})
	case "reply":
		return call(ctx, s.Provider.Reply, &providerv1.ReplyRequest{Name: name, RequestId: id, Text: v.Get("text")})
	case "ask":
		return call(ctx, s.Provider.AskSupplement, &providerv1.AskSupplementRequest{
			Name: name, RequestId: id, Question: v.Get("question"), DueDate: v.Get("due_date"), Etag: etag,
		})
	case "decline":
		return call(ctx, s.Provider.Decline, &providerv1.DeclineRequest{
			Name: name, RequestId: id, Text: v.Get("text"), Etag: etag,
			Reason: casesv1.DeclineReason(enumValue(casesv1.DeclineReason_value, "DECLINE_REASON_", v.Get("reason"))),
		})
	case "refer":
		return call(ctx, s.Provider.Refer, &providerv1.ReferRequest{
			Name: name, RequestId: id, Service: v.Get("service"), Text: v.Get("text"), Handover: v.Get("handover"), Etag: etag,
			Reason: casesv1.ReferralReason(enumValue(casesv1.ReferralReason_value, "REFERRAL_REASON_", v.Get("reason"))),
		})
	case "decide":
		return call(ctx, s.Provider.Decide, &providerv1.DecideRequest{Name: name, RequestId: id, Decision: decision(v), Etag: etag})
	case "complete":
		return call(ctx, s.Provider.Complete, &providerv1.CompleteRequest{Name: name, RequestId: id, Summary: v.Get("summary"), Etag: etag})
	case "contact":
		return call(ctx, s.Provider.RecordContact, contactRequest(name, id, v))
	case "correct":
		return call(ctx, s.Provider.CorrectText, &providerv1.CorrectTextRequest{
			Name: name, RequestId: id, Revision: v.Get("revision"), Field: v.Get("field"), Text: v.Get("text"), Reason: v.Get("reason"),
		})
	case "note":
		return call(ctx, s.Provider.AddNote, &providerv1.AddNoteRequest{Name: name, RequestId: id, Text: v.Get("text")})
	}
	return "", problem.New(problem.Invalid, "UNKNOWN_STEP", "the page has no step %.40q", do)
}

// decision reads the decision form. Whether it is only reported here the
// provider sets by the service.
func decision(v url.Values) *casesv1.Decision {
	d := &casesv1.Decision{
		Result:  casesv1.DecisionResult(enumValue(casesv1.DecisionResult_value, "DECISION_RESULT_", v.Get("decision.result"))),
		Title:   v.Get("decision.title"),
		Reasons: v.Get("decision.reasons"), Provisions: v.Get("decision.provisions"), Appeal: v.Get("decision.appeal"),
		Reference: v.Get("decision.reference"), DecidedOn: v.Get("decision.decided_on"), ValidTo: v.Get("decision.valid_to"),
	}
	if amount := strings.TrimSpace(v.Get("decision.amount")); amount != "" {
		d.AmountCents, _ = cents(amount) // checked with the form before
	}
	return d
}

func contactRequest(name, id string, v url.Values) *providerv1.RecordContactRequest {
	request := &providerv1.RecordContactRequest{
		Name: name, RequestId: id, Summary: v.Get("summary"),
		Kind: casesv1.ContactKind(enumValue(casesv1.ContactKind_value, "CONTACT_KIND_", v.Get("kind"))),
	}
	if when, err := localTime(v.Get("occurred_at")); err == nil {
		request.OccurredAt = timestamppb.New(when)
	}
	return request
}

// enumValue is the number of a value as forms write it; 0, which states
// nothing, for an unknown one.
func enumValue(values map[string]int32, prefix, name string) int32 {
	return values[prefix+strings.ToUpper(name)]
}
