package world

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/token"
)

// Company is somebody on the company's side: a person who acts for companies, an
// integrator, or the holder of one case's code. Its verbs fail the test when the
// hub refuses; use Calls for what is to be refused. Each verb reads the case first,
// as people do, so that it acts on what others have done before.
type Company struct {
	t     testing.TB
	w     *World
	auth  string
	Calls casesv1.CaseServiceClient
}

// Company answers somebody who signs in as the principal.
func (w *World) Company(t testing.TB, p token.Principal) *Company {
	t.Helper()
	return &Company{t: t, w: w, auth: w.Authorization(t, p), Calls: w.Cases(t)}
}

// Bearer answers somebody with a token that was made elsewhere.
func (w *World) Bearer(t testing.TB, token string) *Company {
	t.Helper()
	return &Company{t: t, w: w, auth: "Bearer " + token, Calls: w.Cases(t)}
}

// System answers an integrator's system with a key that was issued before.
func (w *World) System(t testing.TB, key string) *Company {
	t.Helper()
	return &Company{t: t, w: w, auth: "Key " + key, Calls: w.Cases(t)}
}

// Stranger answers somebody who does not sign in.
func (w *World) Stranger(t testing.TB) *Company {
	return &Company{t: t, w: w, Calls: w.Cases(t)}
}

// Holder answers the holder of a case's code and secret.
func (w *World) Holder(t testing.TB, code, secret string) *Company {
	return &Company{t: t, w: w, auth: "Case " + code + ":" + secret, Calls: w.Cases(t)}
}

// Context is the context of this caller's calls.
func (c *Company) Context() context.Context {
	if c.auth == "" {
		return c.t.Context()
	}
	return Authorized(c.t.Context(), c.auth)
}

// Opening says what a case is opened with. Services are written
// omnia/apprenticeship; Answers are by service and question, and what is not
// answered there but must be is answered with something that fits.
type Opening struct {
	Need     string
	Services []string
	Answers  Answers
	Language string
	Journey  string
	Needs    []string
	// Company is a Business ID; empty for no company yet.
	Company string
	Secret  bool
}

// Answers are answers to services' questions: by service, by question.
type Answers map[string]map[string]string

// Case is a case as one caller sees it.
type Case struct {
	by   *Company
	Name string
	// Code and Secret open a case without a name again.
	Code, Secret string
}

// Message makes the call that the opening means.
func (o Opening) Message(t testing.TB, w *World) *casesv1.OpenCaseRequest {
	t.Helper()
	request := &casesv1.OpenCaseRequest{
		RequestId: uuid.NewString(), NeedText: o.Need, Language: o.Language, Journey: o.Journey, NeedCodes: o.Needs, Secret: o.Secret,
	}
	if o.Company != "" {
		request.Company = BusinessID(o.Company)
	}
	for _, service := range o.Services {
		request.Services = append(request.Services, w.Choice(t, service, o.Answers[service]))
	}
	request.Consents = w.Consents(t, o.Services...)
	return request
}

// Open opens a case.
func (c *Company) Open(o Opening) *Case {
	c.t.Helper()
	answer, err := c.Calls.OpenCase(c.Context(), o.Message(c.t, c.w))
	must(c.t, err)
	opened := &Case{by: c, Name: answer.Case.Name, Code: answer.Case.Code, Secret: answer.Secret}
	c.w.saw(opened.Name, answer.Revision)
	return opened
}

// Case is a case that was opened before, as this caller sees it.
func (c *Company) Case(caseName string) *Case { return &Case{by: c, Name: caseName} }

// Suggest answers the services that are suggested for a need, the likeliest first.
func (c *Company) Suggest(language, text string) []string {
	c.t.Helper()
	answer, err := c.Calls.SuggestServices(c.Context(), &casesv1.SuggestServicesRequest{Text: text, Language: language})
	must(c.t, err)
	var services []string
	for _, s := range answer.Suggestions {
		services = append(services, short(s.Service))
	}
	return services
}

// Request is the full name of a request that is given as omnia-1.
func (c *Case) Request(key string) string { return c.Name + "/requests/" + key }

// View reads the case as it is after all that was done in it so far.
func (c *Case) View() *casesv1.Case {
	c.by.t.Helper()
	answer, err := c.by.Calls.GetCase(c.by.Context(), &casesv1.GetCaseRequest{Name: c.Name, MinRevision: c.by.w.newestOf(c.Name)})
	must(c.by.t, err)
	return answer.Case
}

// See reads one request of the case, given as omnia-1.
func (c *Case) See(key string) *casesv1.Request {
	c.by.t.Helper()
	view := c.View()
	for _, r := range view.Requests {
		if r.Name == c.Request(key) {
			return r
		}
	}
	c.by.t.Fatalf("%s has no request %s", c.Name, key)
	return nil
}

// Await waits until the case is as the condition wants it, and answers it.
func (c *Case) Await(what string, condition func(*casesv1.Case) bool) *casesv1.Case {
	c.by.t.Helper()
	var view *casesv1.Case
	Await(c.by.t, what, func() error {
		view = c.View()
		if !condition(view) {
			return Not("%s is %s", c.Name, view.Status)
		}
		return nil
	})
	return view
}

// Add adds a service, given as omnia/apprenticeship, and answers the new
// request's key, such as omnia-2.
func (c *Case) Add(service string, answers map[string]string) string {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.AddRequest(c.by.Context(), &casesv1.AddRequestRequest{
		Name: c.Name, RequestId: uuid.NewString(), Service: c.by.w.Choice(c.by.t, service, answers), Consents: c.by.w.Consents(c.by.t, service),
	})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return strings.TrimPrefix(answer.Request, c.Name+"/requests/")
}

// Write sends a message to the provider of a request.
func (c *Case) Write(key, text string) *casesv1.Request {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.PostMessage(c.by.Context(), &casesv1.PostMessageRequest{Name: c.Request(key), RequestId: uuid.NewString(), Text: text})
	must(c.by.t, err)
	return c.changed(answer.Request, answer.Revision)
}

// Supplement answers a supplement.
func (c *Case) Supplement(key string, number int32, text string, inputs ...*casesv1.Input) *casesv1.Request {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.AnswerSupplement(c.by.Context(), &casesv1.AnswerSupplementRequest{
		Name: c.Request(key), RequestId: uuid.NewString(), Number: number, Text: text, Inputs: inputs,
	})
	must(c.by.t, err)
	return c.changed(answer.Request, answer.Revision)
}

// Agree agrees to a referral, and answers the key of the request that comes of it.
func (c *Case) Agree(key string, number int32, answers map[string]string) string {
	c.by.t.Helper()
	service := ""
	for _, r := range c.See(key).Referrals {
		if r.Number == number {
			service = short(r.Service)
		}
	}
	before := len(c.View().Requests)
	answer, err := c.by.Calls.AnswerReferral(c.by.Context(), &casesv1.AnswerReferralRequest{
		Name: c.Request(key), RequestId: uuid.NewString(), Number: number, Agree: true,
		Inputs: c.by.w.Choice(c.by.t, service, answers).Inputs, Consents: c.by.w.Consents(c.by.t, service),
	})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	if len(answer.Case.Requests) != before+1 {
		c.by.t.Fatalf("agreeing to referral %d of %s led to %d requests more", number, key, len(answer.Case.Requests)-before)
	}
	return strings.TrimPrefix(answer.Case.Requests[before].Name, c.Name+"/requests/")
}

// TurnDown turns a referral down.
func (c *Case) TurnDown(key string, number int32) *casesv1.Case {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.AnswerReferral(c.by.Context(), &casesv1.AnswerReferralRequest{Name: c.Request(key), RequestId: uuid.NewString(), Number: number})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return answer.Case
}

// Withdraw withdraws a request.
func (c *Case) Withdraw(key, reason string) *casesv1.Request {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.WithdrawRequest(c.by.Context(), &casesv1.WithdrawRequestRequest{Name: c.Request(key), RequestId: uuid.NewString(), Reason: reason})
	must(c.by.t, err)
	return c.changed(answer.Request, answer.Revision)
}

// Rate rates a request that has ended.
func (c *Case) Rate(key string, stars int32, comment string) *casesv1.Request {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.RateRequest(c.by.Context(), &casesv1.RateRequestRequest{Name: c.Request(key), RequestId: uuid.NewString(), Stars: stars, Comment: comment})
	must(c.by.t, err)
	return c.changed(answer.Request, answer.Revision)
}

// Close closes the case and waits until it is closed.
func (c *Case) Close(reason string) *casesv1.Case {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.CloseCase(c.by.Context(), &casesv1.CloseCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Reason: reason})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return c.Await("the case to be closed", func(v *casesv1.Case) bool {
		return v.Status == casesv1.CaseStatus_CASE_STATUS_CLOSED && v.Timeline[len(v.Timeline)-1].Kind == casesv1.EntryKind_ENTRY_KIND_CASE_CLOSED
	})
}

// Reopen opens the closed case again.
func (c *Case) Reopen(reason string) *casesv1.Case {
	c.by.t.Helper()
	c.View()
	answer, err := c.by.Calls.ReopenCase(c.by.Context(), &casesv1.ReopenCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Reason: reason})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return answer.Case
}

// Link links the case to a company, given by its Business ID.
func (c *Case) Link(businessID, displayName string) *casesv1.Case {
	c.by.t.Helper()
	company := BusinessID(businessID)
	company.DisplayName = displayName
	answer, err := c.by.Calls.LinkCompany(c.by.Context(), &casesv1.LinkCompanyRequest{
		Name: c.Name, RequestId: uuid.NewString(), Company: company, Code: c.Code, Secret: c.Secret,
	})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return answer.Case
}

// Confirm confirms a case that was opened on behalf, with a consent for the
// provider of each service, given as omnia/apprenticeship.
func (c *Case) Confirm(services ...string) *casesv1.Case {
	c.by.t.Helper()
	answer, err := c.by.Calls.ConfirmCase(c.by.Context(), &casesv1.ConfirmCaseRequest{
		Name: c.Name, RequestId: uuid.NewString(), Consents: c.by.w.Consents(c.by.t, services...),
	})
	must(c.by.t, err)
	c.by.w.saw(c.Name, answer.Revision)
	return answer.Case
}

func (c *Case) changed(r *casesv1.Request, revision string) *casesv1.Request {
	c.by.w.saw(c.Name, revision)
	return r
}
