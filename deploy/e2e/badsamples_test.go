package e2e

import (
	"crypto/rand"
	"maps"
	"strings"

	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	assessmentv1 "github.com/businessespoo/hub/proto/businessespoo/assessment/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	chamberv1 "github.com/businessespoo/hub/proto/businessespoo/chamber/v1"
	companyv1 "github.com/businessespoo/hub/proto/businessespoo/company/v1"
	employmentv1 "github.com/businessespoo/hub/proto/businessespoo/employment/v1"
	identityv1 "github.com/businessespoo/hub/proto/businessespoo/identity/v1"
	omniav1 "github.com/businessespoo/hub/proto/businessespoo/omnia/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
)

// sample is what the test needs to know of an rpc that its descriptor does not tell.
type sample struct {
	// role is who calls it; "" for nobody, where no sign-in is needed.
	role string
	// valid makes a call that succeeds.
	valid func(f *fixture) proto.Message
	// state makes a call that the state does not allow; nil when it always does.
	state func(f *fixture) proto.Message
	// change makes the call another one; a text is changed when it is nil.
	change func(proto.Message)
	// otherPage makes a call with the page token of another query; nil when it has none.
	otherPage func(f *fixture) proto.Message
	// at is the provider that serves it; empty for the gateway.
	at string
	// never says why no call of it succeeds here; alone that it says nothing that
	// could be changed.
	never string
	alone bool
}

var (
	mine   = identifier.NewTestBusinessID(201)
	theirs = identifier.NewTestBusinessID(202)
)

func (s sample) public() bool { return s.role == "" || s.role == "anybody" }

func (s sample) address(w *world.World) string {
	if s.at != "" {
		return w.At.Providers[s.at]
	}
	return w.At.GRPC
}

// caller is who may make the call.
func (s sample) caller() principal {
	switch s.role {
	case "advisor":
		return world.AdvisorOf("omnia", world.FirstAdvisor)
	case "lead":
		return world.LeadOf("omnia", world.Lead)
	case "operator":
		return world.Operator()
	case "drafter":
		return world.CompanyUser("drafter", mine)
	default:
		return world.CompanyUser("owner", mine)
	}
}

// stranger is somebody in the same role to whom the resource does not belong.
func (s sample) stranger() principal {
	switch s.role {
	case "advisor":
		return world.AdvisorOf("chamber", world.FirstAdvisor)
	case "lead":
		return world.LeadOf("chamber", world.Lead)
	default:
		return world.CompanyUser("stranger", theirs)
	}
}

// samples are those of every rpc.
var samples = together(companySamples, deskSamples, accessSamples, sightSamples, keySamples, rightsSamples)

func together(parts ...map[string]sample) map[string]sample {
	all := map[string]sample{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// companySamples are those of the company's side, of operators, and of the
// services that single providers have.
var companySamples = map[string]sample{
	// CaseService
	"CaseService/SuggestServices": {valid: func(f *fixture) proto.Message {
		return &casesv1.SuggestServicesRequest{Text: "oppisopimus"}
	}},
	"CaseService/OpenCase": {role: "anybody", valid: func(f *fixture) proto.Message { return f.opening().Message(f.t, f.w) }},
	"CaseService/GetCase":  {role: "company", valid: func(f *fixture) proto.Message { return &casesv1.GetCaseRequest{Name: f.open().Name} }},
	"CaseService/ListCases": {
		role:  "company",
		valid: func(f *fixture) proto.Message { return &casesv1.ListCasesRequest{} },
		otherPage: func(f *fixture) proto.Message {
			f.open()
			c := f.owner()
			next := pageToken(f, func(r *casesv1.ListCasesRequest) (*casesv1.ListCasesResponse, error) {
				return c.Calls.ListCases(c.Context(), r)
			}, &casesv1.ListCasesRequest{PageSize: 1})
			return &casesv1.ListCasesRequest{PageSize: 1, Query: "oppi", PageToken: next}
		},
	},
	"CaseService/WatchCase":   {role: "company", valid: func(f *fixture) proto.Message { return &casesv1.WatchCaseRequest{Name: f.open().Name} }},
	"CaseService/WatchEvents": {role: "company", valid: func(f *fixture) proto.Message { return &casesv1.WatchEventsRequest{} }},
	"CaseService/PostMessage": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.PostMessageRequest{Name: f.request("new"), RequestId: newID(), Text: "Hei"}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.PostMessageRequest{Name: f.request("completed"), RequestId: newID(), Text: "Hei"}
		},
	},
	"CaseService/AnswerSupplement": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.AnswerSupplementRequest{Name: f.request("supplement"), RequestId: newID(), Number: 1, Text: "Nämä"}
		},
		state: func(f *fixture) proto.Message {
			r := f.request("supplement")
			c := f.owner().Case(strings.Split(r, "/requests/")[0])
			c.Supplement("omnia-1", 1, "Nämä")
			return &casesv1.AnswerSupplementRequest{Name: r, RequestId: newID(), Number: 1, Text: "Ja nämä"}
		},
	},
	"CaseService/AnswerReferral": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.AnswerReferralRequest{
				Name: f.request("referral"), RequestId: newID(), Number: 1, Agree: true,
				Inputs: f.inputs("chamber/training"), Consents: f.w.Consents(f.t, "chamber/training"),
			}
		},
		state: func(f *fixture) proto.Message {
			r := f.request("referral")
			f.owner().Case(strings.Split(r, "/requests/")[0]).TurnDown("omnia-1", 1)
			f.desk().Await(r, casesv1.RequestStatus_REQUEST_STATUS_IN_PROGRESS)
			return &casesv1.AnswerReferralRequest{Name: r, RequestId: newID(), Number: 1}
		},
		change: func(m proto.Message) { m.(*casesv1.AnswerReferralRequest).Agree = false },
	},
	"CaseService/AddRequest": {
		role:  "company",
		valid: func(f *fixture) proto.Message { return f.adding(f.open().Name) },
		state: func(f *fixture) proto.Message { return f.adding(f.closed().Name) },
		change: func(m proto.Message) {
			m.(*casesv1.AddRequestRequest).Service.Inputs[0].Value += " ja muuta"
		},
	},
	"CaseService/WithdrawRequest": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.WithdrawRequestRequest{Name: f.request("new"), RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.WithdrawRequestRequest{Name: f.request("completed"), RequestId: newID()}
		},
	},
	"CaseService/CloseCase": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.CloseCaseRequest{Name: strings.Split(f.request("completed"), "/requests/")[0], RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.CloseCaseRequest{Name: f.closed().Name, RequestId: newID()}
		},
	},
	"CaseService/ReopenCase": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.ReopenCaseRequest{Name: f.closed().Name, RequestId: newID()}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.ReopenCaseRequest{Name: f.open().Name, RequestId: newID()}
		},
	},
	"CaseService/ConfirmCase": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.ConfirmCaseRequest{Name: f.unconfirmed(), RequestId: newID(), Consents: f.w.Consents(f.t, service)}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.ConfirmCaseRequest{Name: f.open().Name, RequestId: newID(), Consents: f.w.Consents(f.t, service)}
		},
		change: func(m proto.Message) { m.(*casesv1.ConfirmCaseRequest).Consents[0].ValidTo = world.InDays(30) },
	},
	"CaseService/RateRequest": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.RateRequestRequest{Name: f.request("completed"), RequestId: newID(), Stars: 5}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.RateRequestRequest{Name: f.request("new"), RequestId: newID(), Stars: 5}
		},
	},
	"CaseService/SaveDraft": {role: "company", valid: func(f *fixture) proto.Message {
		return &casesv1.SaveDraftRequest{RequestId: newID(), Draft: &casesv1.Draft{Key: "luonnos", Content: "{}"}}
	}},
	"CaseService/GetDraft":   {role: "company", valid: func(f *fixture) proto.Message { return &casesv1.GetDraftRequest{Key: "kept"} }},
	"CaseService/ListDrafts": {role: "company", valid: func(*fixture) proto.Message { return &casesv1.ListDraftsRequest{} }},
	"CaseService/DeleteDraft": {
		role:   "company",
		valid:  func(*fixture) proto.Message { return &casesv1.DeleteDraftRequest{Key: "none", RequestId: newID()} },
		change: func(m proto.Message) { m.(*casesv1.DeleteDraftRequest).Key = "other" },
	},
	"CaseService/LinkCompany": {
		role: "company",
		valid: func(f *fixture) proto.Message {
			return &casesv1.LinkCompanyRequest{Name: f.companyless(), RequestId: newID(), Company: world.BusinessID(mine)}
		},
		state: func(f *fixture) proto.Message {
			return &casesv1.LinkCompanyRequest{Name: f.open().Name, RequestId: newID(), Company: world.BusinessID(mine)}
		},
		change: func(m proto.Message) { m.(*casesv1.LinkCompanyRequest).Company.DisplayName = "Toinen nimi" },
	},

	// CatalogueService
	"CatalogueService/ListProviders": {valid: func(f *fixture) proto.Message { return &cataloguev1.ListProvidersRequest{} }},
	"CatalogueService/GetProvider":   {valid: func(f *fixture) proto.Message { return &cataloguev1.GetProviderRequest{Name: "providers/omnia"} }},
	"CatalogueService/ListServices": {
		valid: func(f *fixture) proto.Message { return &cataloguev1.ListServicesRequest{Parent: "providers/omnia"} },
		otherPage: func(f *fixture) proto.Message {
			next := pageToken(f, func(r *cataloguev1.ListServicesRequest) (*cataloguev1.ListServicesResponse, error) {
				return f.w.Catalogue(f.t).ListServices(f.t.Context(), r)
			}, &cataloguev1.ListServicesRequest{PageSize: 1})
			return &cataloguev1.ListServicesRequest{Parent: "providers/omnia", PageToken: next}
		},
	},
	"CatalogueService/GetService":   {valid: func(f *fixture) proto.Message { return &cataloguev1.GetServiceRequest{Name: world.Full(service)} }},
	"CatalogueService/ListNeeds":    {valid: func(f *fixture) proto.Message { return &cataloguev1.ListNeedsRequest{} }},
	"CatalogueService/ListJourneys": {valid: func(f *fixture) proto.Message { return &cataloguev1.ListJourneysRequest{} }},

	// AdminService
	"AdminService/AddStaff": {role: "operator", valid: func(f *fixture) proto.Message {
		return &adminv1.AddStaffRequest{RequestId: newID(), Parent: "providers/enter-espoo", AdvisorId: "new", DisplayName: "Uusi", Role: policyv1.Role_ROLE_ADVISOR, Languages: []string{"fi"}}
	}},
	"AdminService/RemoveStaff": {role: "operator", alone: true, valid: func(f *fixture) proto.Message {
		id := strings.ToLower(rand.Text())
		f.w.Add(f.t, "enter-espoo", id, "Lähdössä", policyv1.Role_ROLE_ADVISOR)
		return &adminv1.RemoveStaffRequest{RequestId: newID(), Name: name.Advisor("enter-espoo", id)}
	}},
	"AdminService/ListStaff":       {role: "operator", valid: func(f *fixture) proto.Message { return &adminv1.ListStaffRequest{} }},
	"AdminService/ListDeadLetters": {role: "operator", valid: func(f *fixture) proto.Message { return &adminv1.ListDeadLettersRequest{} }},
	"AdminService/ReplayDeadLetter": {role: "operator", never: "there is no dead letter", valid: func(f *fixture) proto.Message {
		return &adminv1.ReplayDeadLetterRequest{RequestId: newID(), Sequence: 1}
	}, state: func(f *fixture) proto.Message {
		return &adminv1.ReplayDeadLetterRequest{RequestId: newID(), Sequence: 7}
	}},
	"AdminService/DropDeadLetter": {role: "operator", never: "there is no dead letter", valid: func(f *fixture) proto.Message {
		return &adminv1.DropDeadLetterRequest{RequestId: newID(), Sequence: 1, Reason: adminv1.DropReason_DROP_REASON_RUBBISH}
	}, state: func(f *fixture) proto.Message {
		return &adminv1.DropDeadLetterRequest{RequestId: newID(), Sequence: 7, Reason: adminv1.DropReason_DROP_REASON_RUBBISH}
	}},
	"AdminService/AdvanceClock": {role: "operator", never: "the hub keeps real time", valid: func(f *fixture) proto.Message {
		return &adminv1.AdvanceClockRequest{RequestId: newID(), Seconds: 60}
	}, state: func(f *fixture) proto.Message {
		return &adminv1.AdvanceClockRequest{RequestId: newID(), Seconds: 60}
	}},

	// SessionService
	"SessionService/ListSessions": {role: "company", valid: func(f *fixture) proto.Message { return &identityv1.ListSessionsRequest{} }},
	"SessionService/RevokeSession": {role: "company", valid: func(f *fixture) proto.Message {
		return &identityv1.RevokeSessionRequest{RequestId: newID(), Id: strings.Repeat("0a", 20)}
	}, change: func(m proto.Message) { m.(*identityv1.RevokeSessionRequest).Id = strings.Repeat("1b", 20) }},
	"SessionService/RevokeAllSessions": {role: "company", valid: func(f *fixture) proto.Message {
		return &identityv1.RevokeAllSessionsRequest{RequestId: newID()}
	}, change: func(m proto.Message) { m.(*identityv1.RevokeAllSessionsRequest).Person = "owner" }},

	// CompanyService
	"CompanyService/LookupCompany": {role: "company", never: "this hub asks no company register", valid: func(*fixture) proto.Message {
		return &companyv1.LookupCompanyRequest{BusinessId: theirs}
	}, state: func(*fixture) proto.Message { return &companyv1.LookupCompanyRequest{BusinessId: mine} }},

	// The providers' own services
	"ApprenticeshipService/CheckApprenticeship": {at: "omnia", valid: func(f *fixture) proto.Message {
		return &omniav1.CheckApprenticeshipRequest{WeeklyHours: "30", EmploymentContract: assessmentv1.Answer_ANSWER_YES}
	}},
	"ExportDocumentService/ListOriginEvidence":  {at: "chamber", valid: func(f *fixture) proto.Message { return &chamberv1.ListOriginEvidenceRequest{} }},
	"ExportDocumentService/CheckOriginEvidence": {at: "chamber", valid: func(f *fixture) proto.Message { return &chamberv1.CheckOriginEvidenceRequest{} }},
	"ExportDocumentService/PlanCarnet":          {at: "chamber", valid: func(f *fixture) proto.Message { return &chamberv1.PlanCarnetRequest{} }},
	"SupportService/AssessStartupGrant": {at: "employment", valid: func(f *fixture) proto.Message {
		return &employmentv1.AssessStartupGrantRequest{Founder: &employmentv1.Founder{}}
	}},
	"SupportService/AssessPaySubsidy": {at: "employment", valid: func(f *fixture) proto.Message {
		return &employmentv1.AssessPaySubsidyRequest{Hiring: &employmentv1.Hiring{}}
	}},
	"SupportService/AssessEmployment55": {at: "employment", valid: func(f *fixture) proto.Message {
		return &employmentv1.AssessEmployment55Request{Hiring: &employmentv1.Hiring{}}
	}},
}
