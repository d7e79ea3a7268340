package e2e

import (
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
)

// deskSamples are those of the advisors' service.
var deskSamples = map[string]sample{
	"ProviderService/ListRequests": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return &providerv1.ListRequestsRequest{Parent: "providers/omnia"} },
		otherPage: func(f *fixture) proto.Message {
			f.open()
			desk := f.desk()
			next := pageToken(f, func(r *providerv1.ListRequestsRequest) (*providerv1.ListRequestsResponse, error) {
				return desk.Calls.ListRequests(desk.Context(), r)
			}, &providerv1.ListRequestsRequest{Parent: "providers/omnia", PageSize: 1})
			return &providerv1.ListRequestsRequest{Parent: "providers/omnia", Unassigned: true, PageToken: next}
		},
	},
	"ProviderService/GetRequest": {role: "advisor", valid: func(f *fixture) proto.Message {
		return &providerv1.GetRequestRequest{Name: f.request("new")}
	}},
	"ProviderService/PickUp": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.PickUpRequest{Name: f.request("new"), RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.PickUpRequest{Name: f.request("mine"), RequestId: newID()}
		},
		alone: true,
	},
	"ProviderService/HandBack": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.HandBackRequest{Name: f.request("mine"), RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.HandBackRequest{Name: f.request("completed"), RequestId: newID()}
		},
	},
	"ProviderService/Assign": {
		role: "lead",
		valid: func(f *fixture) proto.Message {
			return &providerv1.AssignRequest{Name: f.request("new"), RequestId: newID(), Advisor: name.Advisor("omnia", world.SecondAdvisor)}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.AssignRequest{Name: f.request("completed"), RequestId: newID(), Advisor: name.Advisor("omnia", world.SecondAdvisor)}
		},
		change: func(m proto.Message) {
			m.(*providerv1.AssignRequest).Advisor = name.Advisor("omnia", world.FirstAdvisor)
		},
	},
	"ProviderService/Reply": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.ReplyRequest{Name: f.request("mine"), RequestId: newID(), Text: "Hei"}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.ReplyRequest{Name: f.request("new"), RequestId: newID(), Text: "Hei"}
		},
	},
	"ProviderService/AskSupplement": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.AskSupplementRequest{Name: f.request("mine"), RequestId: newID(), Question: "Mitä?", DueDate: world.InDays(7)}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.AskSupplementRequest{Name: f.request("completed"), RequestId: newID(), Question: "Mitä?", DueDate: world.InDays(7)}
		},
	},
	"ProviderService/Decline": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.DeclineRequest{Name: f.request("mine"), RequestId: newID(), Reason: casesv1.DeclineReason_DECLINE_REASON_OTHER, Text: "Ei käy"}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.DeclineRequest{Name: f.request("completed"), RequestId: newID(), Reason: casesv1.DeclineReason_DECLINE_REASON_OTHER, Text: "Ei käy"}
		},
	},
	"ProviderService/Refer": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return f.referring(f.request("mine")) },
		state: func(f *fixture) proto.Message { return f.referring(f.request("completed")) },
	},
	"ProviderService/Decide": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return f.deciding(f.request("mine")) },
		state: func(f *fixture) proto.Message { return f.deciding(f.request("completed")) },
	},
	"ProviderService/Complete": {
		role: "advisor",
		valid: func(f *fixture) proto.Message {
			return &providerv1.CompleteRequest{Name: f.request("mine"), RequestId: newID(), Summary: "Valmis"}
		},
		state: func(f *fixture) proto.Message {
			return &providerv1.CompleteRequest{Name: f.request("supplement"), RequestId: newID(), Summary: "Valmis"}
		},
	},
	"ProviderService/AddNote": {role: "advisor", valid: func(f *fixture) proto.Message {
		return &providerv1.AddNoteRequest{Name: f.request("new"), RequestId: newID(), Text: "Muista tämä"}
	}},
	"ProviderService/ListNotes": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return &providerv1.ListNotesRequest{Parent: f.request("new")} },
		otherPage: func(f *fixture) proto.Message {
			request, other, desk := f.request("new"), f.request("new"), f.desk()
			desk.Note(request, "Yksi")
			desk.Note(request, "Kaksi")
			next := pageToken(f, func(r *providerv1.ListNotesRequest) (*providerv1.ListNotesResponse, error) {
				return desk.Calls.ListNotes(desk.Context(), r)
			}, &providerv1.ListNotesRequest{Parent: request, PageSize: 1})
			return &providerv1.ListNotesRequest{Parent: other, PageToken: next}
		},
	},
	"ProviderService/RecordContact": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return f.recording(f.request("mine")) },
		state: func(f *fixture) proto.Message { return f.recording(f.request("new")) },
	},
	"ProviderService/CorrectText": {role: "advisor", valid: func(f *fixture) proto.Message {
		return f.correctingReply(f.request("mine"))
	}},
	"ProviderService/OpenCaseOnBehalf": {role: "advisor", valid: func(f *fixture) proto.Message {
		return world.OnBehalf(f.t, f.w, "omnia", mine, "Soitti", service)
	}},
	"ProviderService/WatchRequests": {role: "advisor", valid: func(f *fixture) proto.Message {
		return &providerv1.WatchRequestsRequest{Parent: "providers/omnia"}
	}},
	"ProviderService/ListAdvisors": {
		role:  "advisor",
		valid: func(f *fixture) proto.Message { return &providerv1.ListAdvisorsRequest{Parent: "providers/omnia"} },
		otherPage: func(f *fixture) proto.Message {
			desk := f.desk()
			next := pageToken(f, func(r *providerv1.ListAdvisorsRequest) (*providerv1.ListAdvisorsResponse, error) {
				return desk.Calls.ListAdvisors(desk.Context(), r)
			}, &providerv1.ListAdvisorsRequest{Parent: "providers/omnia", PageSize: 1})
			return &providerv1.ListAdvisorsRequest{Parent: "providers/omnia", Language: "fi", PageToken: next}
		},
	},
	"ProviderService/ListTextBlocks": {role: "advisor", valid: func(*fixture) proto.Message {
		return &providerv1.ListTextBlocksRequest{Parent: "providers/omnia"}
	}},
	"ProviderService/SetTextBlock": {
		role: "lead", valid: func(*fixture) proto.Message { return settingTextBlock() },
		change: func(m proto.Message) { m.(*providerv1.SetTextBlockRequest).Title = "Moi" },
	},
	"ProviderService/DeleteTextBlock": {role: "lead", change: func(m proto.Message) { m.(*providerv1.DeleteTextBlockRequest).Id = newID() }, valid: func(f *fixture) proto.Message {
		block := settingTextBlock()
		ctx := f.w.As(f.t, world.LeadOf("omnia", world.Lead))
		answer, err := f.w.Desks(f.t).SetTextBlock(ctx, block)
		f.mustCall(answer, err)
		return &providerv1.DeleteTextBlockRequest{Parent: "providers/omnia", RequestId: newID(), Id: answer.GetTextBlock().GetId()}
	}},
}

func settingTextBlock() *providerv1.SetTextBlockRequest {
	return &providerv1.SetTextBlockRequest{Parent: "providers/omnia", RequestId: newID(), Title: "Hei", Fi: "Hei, {company}", Sv: "Hej, {company}", En: "Hello, {company}"}
}

func (f *fixture) referring(request string) *providerv1.ReferRequest {
	return &providerv1.ReferRequest{
		Name: request, RequestId: newID(), Service: world.Full("chamber/training"), Text: "Koulutus auttaa",
		Reason: casesv1.ReferralReason_REFERRAL_REASON_EXPERTISE,
	}
}

func (f *fixture) deciding(request string) *providerv1.DecideRequest {
	return &providerv1.DecideRequest{Name: request, RequestId: newID(), Decision: &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Sopimus", Reasons: "Ehdot täyttyvät",
	}}
}

// correctingReply corrects a reply that it has sent.
func (f *fixture) correctingReply(request string) *providerv1.CorrectTextRequest {
	f.t.Helper()
	desk := f.desk()
	answer, err := desk.Calls.Reply(desk.Context(), &providerv1.ReplyRequest{Name: request, RequestId: newID(), Text: "Maanantaina"})
	f.mustCall(answer, err)
	return &providerv1.CorrectTextRequest{Name: request, RequestId: newID(), Revision: answer.GetRevision(), Text: "Torstaina", Reason: "Väärä päivä"}
}

func (f *fixture) recording(request string) *providerv1.RecordContactRequest {
	return &providerv1.RecordContactRequest{Name: request, RequestId: newID(), Kind: casesv1.ContactKind_CONTACT_KIND_CALL, Summary: "Sovittiin"}
}
