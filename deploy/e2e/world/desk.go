package world

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// Advisor is somebody at a provider's desk. Its verbs fail the test when the hub
// refuses; use Calls for what is to be refused. Each verb reads the request first,
// as people do, so that it acts on what others have done before. Requests are given
// by full name.
type Advisor struct {
	t     testing.TB
	w     *World
	auth  string
	key   string
	id    string
	Calls providerv1.ProviderServiceClient
}

// Advisor answers an advisor of a provider, who calls through the gateway.
func (w *World) Advisor(t testing.TB, provider, id string) *Advisor {
	t.Helper()
	return w.Desk(t, AdvisorOf(provider, id), w.At.GRPC)
}

// LeadOf answers the lead whom Hire added.
func (w *World) LeadOf(t testing.TB, provider string) *Advisor {
	t.Helper()
	return w.Desk(t, LeadOf(provider, Lead), w.At.GRPC)
}

// Desk answers somebody of a provider who calls an address: the gateway's, the
// provider's own, or a replica's.
func (w *World) Desk(t testing.TB, p token.Principal, address string) *Advisor {
	t.Helper()
	return &Advisor{
		t: t, w: w, auth: w.Authorization(t, p), key: p.Provider, id: p.Advisor,
		Calls: providerv1.NewProviderServiceClient(w.Conn(t, address)),
	}
}

// BearerDesk answers an advisor with a token that was made elsewhere.
func (w *World) BearerDesk(t testing.TB, provider, id, token string) *Advisor {
	t.Helper()
	return &Advisor{t: t, w: w, auth: "Bearer " + token, key: provider, id: id, Calls: w.Desks(t)}
}

// Provider is the resource name of the advisor's provider.
func (a *Advisor) Provider() string { return name.Provider(a.key) }

// Name is the advisor's resource name.
func (a *Advisor) Name() string { return name.Advisor(a.key, a.id) }

// Context is the context of this caller's calls.
func (a *Advisor) Context() context.Context { return Authorized(a.t.Context(), a.auth) }

// Open waits until the desk can be reached.
func (a *Advisor) Open() {
	a.t.Helper()
	Await(a.t, "the desk of "+a.key+" to open", func() error {
		_, err := a.Calls.ListRequests(a.Context(), &providerv1.ListRequestsRequest{Parent: a.Provider(), PageSize: 1})
		return err
	})
}

// Receives waits until the request is in the inbox, and answers it.
func (a *Advisor) Receives(request string) *casesv1.Request {
	a.t.Helper()
	var got *casesv1.Request
	Await(a.t, request+" to reach its inbox", func() error {
		answer, err := a.Calls.GetRequest(a.Context(), &providerv1.GetRequestRequest{Name: request})
		if err != nil && Read(err).Code != codes.NotFound {
			must(a.t, err)
		}
		got = answer.GetRequest()
		return err
	})
	return got
}

// Await waits until the request is in a state that the hub brings it to.
func (a *Advisor) Await(request string, status casesv1.RequestStatus) *casesv1.Request {
	a.t.Helper()
	var got *casesv1.Request
	Await(a.t, request+" to be "+status.String(), func() error {
		if got = a.See(request); got.Status != status {
			return Not("it is %s", got.Status)
		}
		return nil
	})
	return got
}

// See reads a request as it is after all that was done in its case so far.
func (a *Advisor) See(request string) *casesv1.Request {
	a.t.Helper()
	return a.Read(request).Request
}

// Read reads a request with what happened in it.
func (a *Advisor) Read(request string) *providerv1.GetRequestResponse {
	a.t.Helper()
	answer, err := a.Calls.GetRequest(a.Context(), &providerv1.GetRequestRequest{Name: request, MinRevision: a.w.newestOf(caseOf(request))})
	must(a.t, err)
	return answer
}

// Inbox lists the names of the provider's open requests.
func (a *Advisor) Inbox() []string {
	a.t.Helper()
	var names []string
	for page := ""; ; {
		answer, err := a.Calls.ListRequests(a.Context(), &providerv1.ListRequestsRequest{Parent: name.Provider(a.key), PageToken: page})
		must(a.t, err)
		for _, r := range answer.Requests {
			names = append(names, r.Name)
		}
		if page = answer.NextPageToken; page == "" {
			return names
		}
	}
}

// PickUp waits for the request and takes it.
func (a *Advisor) PickUp(request string) *casesv1.Request {
	a.t.Helper()
	a.Receives(request)
	answer, err := a.Calls.PickUp(a.Context(), &providerv1.PickUpRequest{Name: request, RequestId: uuid.NewString()})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// HandBack puts the request back into the inbox.
func (a *Advisor) HandBack(request, reason string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.HandBack(a.Context(), &providerv1.HandBackRequest{Name: request, RequestId: uuid.NewString(), Reason: reason})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Assign gives the request to an advisor of the provider.
func (a *Advisor) Assign(request, advisor string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Assign(a.Context(), &providerv1.AssignRequest{Name: request, RequestId: uuid.NewString(), Advisor: name.Advisor(a.key, advisor)})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Reply writes to the company.
func (a *Advisor) Reply(request, text string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Reply(a.Context(), &providerv1.ReplyRequest{Name: request, RequestId: uuid.NewString(), Text: text})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Ask asks for a supplement, which is needed in a fortnight.
func (a *Advisor) Ask(request, question string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.AskSupplement(a.Context(), &providerv1.AskSupplementRequest{
		Name: request, RequestId: uuid.NewString(), Question: question, DueDate: InDays(14),
	})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Refer proposes another provider's service, given as omnia/apprenticeship.
func (a *Advisor) Refer(request, service, text, handover string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Refer(a.Context(), &providerv1.ReferRequest{
		Name: request, RequestId: uuid.NewString(), Service: Full(service), Text: text, Handover: handover,
		Reason: casesv1.ReferralReason_REFERRAL_REASON_NEXT_STEP,
	})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Decline ends the request with a reason.
func (a *Advisor) Decline(request string, reason casesv1.DeclineReason, text string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Decline(a.Context(), &providerv1.DeclineRequest{Name: request, RequestId: uuid.NewString(), Reason: reason, Text: text})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Decide records a decision.
func (a *Advisor) Decide(request string, decision *casesv1.Decision) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Decide(a.Context(), &providerv1.DecideRequest{Name: request, RequestId: uuid.NewString(), Decision: decision})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Complete ends the request.
func (a *Advisor) Complete(request, summary string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.Complete(a.Context(), &providerv1.CompleteRequest{Name: request, RequestId: uuid.NewString(), Summary: summary})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Contact records a contact with the company.
func (a *Advisor) Contact(request string, kind casesv1.ContactKind, summary string) *casesv1.Request {
	a.t.Helper()
	a.See(request)
	answer, err := a.Calls.RecordContact(a.Context(), &providerv1.RecordContactRequest{Name: request, RequestId: uuid.NewString(), Kind: kind, Summary: summary})
	return a.changed(answer.GetRequest(), answer.GetRevision(), err)
}

// Note adds a confidential note.
func (a *Advisor) Note(request, text string) *providerv1.Note {
	a.t.Helper()
	answer, err := a.Calls.AddNote(a.Context(), &providerv1.AddNoteRequest{Name: request, RequestId: uuid.NewString(), Text: text})
	must(a.t, err)
	return answer.Note
}

// Notes lists the confidential notes of a request.
func (a *Advisor) Notes(request string) []*providerv1.Note {
	a.t.Helper()
	answer, err := a.Calls.ListNotes(a.Context(), &providerv1.ListNotesRequest{Parent: request})
	must(a.t, err)
	return answer.Notes
}

// OpenOnBehalf opens a case for a company that called, and answers it.
func (a *Advisor) OpenOnBehalf(businessID, need string, services ...string) *providerv1.OpenCaseOnBehalfResponse {
	a.t.Helper()
	answer, err := a.Calls.OpenCaseOnBehalf(a.Context(), OnBehalf(a.t, a.w, a.key, businessID, need, services...))
	must(a.t, err)
	a.w.saw(answer.CaseName, answer.Revision)
	return answer
}

// OnBehalf makes the call with which a provider opens a case for a company that called.
func OnBehalf(t testing.TB, w *World, provider, businessID, need string, services ...string) *providerv1.OpenCaseOnBehalfRequest {
	t.Helper()
	request := &providerv1.OpenCaseOnBehalfRequest{
		Parent: name.Provider(provider), RequestId: uuid.NewString(), Company: BusinessID(businessID), NeedText: need,
		Kind: casesv1.ContactKind_CONTACT_KIND_CALL,
	}
	for _, service := range services {
		choice := w.Choice(t, service, nil)
		request.Services = append(request.Services, &providerv1.Choice{Service: choice.Service, Inputs: choice.Inputs})
	}
	return request
}

func (a *Advisor) changed(r *casesv1.Request, revision string, err error) *casesv1.Request {
	a.t.Helper()
	must(a.t, err)
	a.w.saw(caseOf(r.Name), revision)
	return r
}

// caseOf is the case of a request.
func caseOf(request string) string {
	caseName, _, _ := strings.Cut(request, "/requests/")
	return caseName
}
