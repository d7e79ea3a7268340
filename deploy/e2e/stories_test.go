package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// onBehalf: a company calls Omnia, which opens the case for it. What is asked of
// others waits until the company confirms.
func onBehalf(t *testing.T, w *world.World) {
	company := identifier.NewTestBusinessID(110)
	ville := w.Advisor(t, "omnia", world.FirstAdvisor)
	call := world.OnBehalf(t, w, "omnia", company, "Soitti ja kysyi oppisopimuksesta ja palkkatuesta", "omnia/apprenticeship", "employment/pay-subsidy")
	opened, err := ville.Calls.OpenCaseOnBehalf(ville.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ville.Calls.OpenCaseOnBehalf(ville.Context(), call)
	if err != nil || again.CaseName != opened.CaseName || again.Request != opened.Request {
		t.Errorf("the same call again answers %v %v", again, err)
	}
	if opened.ConfirmBy != world.InDays(14) {
		t.Errorf("to be confirmed by %s", opened.ConfirmBy)
	}
	got := ville.PickUp(opened.Request)
	if !got.Unconfirmed {
		t.Errorf("omnia does not see that it is unconfirmed: %v", got)
	}
	owner := w.Company(t, world.CompanyUser("kaisa", company))
	c := owner.Case(opened.CaseName)
	view := c.View()
	if view.Status != casesv1.CaseStatus_CASE_STATUS_UNCONFIRMED || view.OpenedOnBehalfBy != "providers/omnia" || view.Asks[0].Kind != casesv1.AskKind_ASK_KIND_CONFIRM_CASE {
		t.Errorf("the company sees %s by %q, asked %v", view.Status, view.OpenedOnBehalfBy, view.Asks)
	}
	employment := w.Advisor(t, "employment", world.FirstAdvisor)
	held := c.Request("employment-1")
	_, err = employment.Calls.GetRequest(employment.Context(), &providerv1.GetRequestRequest{Name: held})
	world.Refused(t, err, codes.NotFound, "REQUEST_NOT_FOUND")
	_, err = owner.Calls.ConfirmCase(owner.Context(), &casesv1.ConfirmCaseRequest{Name: c.Name, RequestId: uuid.NewString(), Consents: w.Consents(t, "omnia/apprenticeship")})
	if refused := world.Refused(t, err, codes.InvalidArgument, "CONSENT_MISSING"); refused.Meta["provider"] != "providers/employment" {
		t.Errorf("the missing consent is that for %q", refused.Meta["provider"])
	}

	c.Confirm("omnia/apprenticeship", "employment/pay-subsidy")
	employment.PickUp(held)
	c.Await("the requests to be confirmed", func(v *casesv1.Case) bool {
		return !slices.ContainsFunc(v.Requests, func(r *casesv1.Request) bool { return r.Unconfirmed })
	})
	world.Await(t, "omnia to see it as confirmed", func() error {
		if ville.See(opened.Request).Unconfirmed {
			return world.Not("it is unconfirmed")
		}
		return nil
	})
}

// jointService: Omnia leads a recruitment training, and the employment area takes
// part. The company asks once.
func jointService(t *testing.T, w *world.World) {
	company := identifier.NewTestBusinessID(111)
	owner := w.Company(t, world.CompanyUser("sanna", company))
	ask := world.Opening{Need: "Tarvitsemme kymmenen hitsaajaa", Company: company, Services: []string{"omnia/recruit-training"}}.Message(t, w)
	both := ask.Consents
	ask.Consents = both[:1]
	_, err := owner.Calls.OpenCase(owner.Context(), ask)
	world.Refused(t, err, codes.InvalidArgument, "CONSENT_MISSING")
	ask.Consents = both
	ask.Services[0].Service = world.Full("employment/recruit-training")
	_, err = owner.Calls.OpenCase(owner.Context(), ask)
	world.Refused(t, err, codes.InvalidArgument, "CASE_INVALID")

	c := owner.Open(world.Opening{Need: "Tarvitsemme kymmenen hitsaajaa", Company: company, Services: []string{"omnia/recruit-training"}})
	lead, invited := c.Request("omnia-1"), c.Request("employment-1")
	omnia, employment := w.Advisor(t, "omnia", world.FirstAdvisor), w.Advisor(t, "employment", world.FirstAdvisor)
	omnia.PickUp(lead)
	if r := employment.PickUp(invited); r.InvitedTo != lead || len(r.Inputs) != len(omnia.See(lead).Inputs) {
		t.Errorf("employment is invited to %q with %v", r.InvitedTo, r.Inputs)
	}
	employment.Complete(invited, "Hakijat on haastateltu.")
	omnia.Complete(lead, "Koulutus alkaa.")
	view := c.View()
	if len(view.Requests) != 2 || view.Requests[0].Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED || view.Requests[1].Status != casesv1.RequestStatus_REQUEST_STATUS_COMPLETED {
		t.Errorf("the company sees %v", view.Requests)
	}
}

// integrator: a bank's system opens a case for its customer and follows it.
func integrator(t *testing.T, w *world.World) {
	mine, theirs := identifier.NewTestBusinessID(112), identifier.NewTestBusinessID(113)
	bank := w.Company(t, world.Integrator("bank-system", mine))
	c := bank.Open(world.Opening{Need: "Need advice on growth", Language: "en", Company: mine, Services: []string{"espoo-city/growth", "enter-espoo/visibility"}})
	w.Advisor(t, "espoo-city", world.FirstAdvisor).PickUp(c.Request("espoo-city-1"))
	found, err := bank.Calls.ListCases(bank.Context(), &casesv1.ListCasesRequest{Query: "grow", CompanyId: mine, Provider: "providers/espoo-city", MinRevision: c.View().Revision})
	if err != nil || len(found.Cases) != 1 || found.Cases[0].Name != c.Name || len(found.Cases[0].Timeline) != 0 {
		t.Errorf("found %v %v", found, err)
	}
	if r := c.See("espoo-city-1"); r.ServiceDisplayName == "" || r.Advisor.GetDisplayName() != "Ville Virtanen" {
		t.Errorf("the bank sees %v", r)
	}
	// The company sees what its bank has opened; another bank does not.
	if view := w.Company(t, world.CompanyUser("laura", mine)).Case(c.Name).View(); view.Name != c.Name {
		t.Errorf("the company sees %v", view)
	}
	rival := w.Company(t, world.Integrator("rival-system", theirs))
	_, err = rival.Calls.GetCase(rival.Context(), &casesv1.GetCaseRequest{Name: c.Name})
	world.Refused(t, err, codes.NotFound, "NOT_FOUND")
	_, err = bank.Calls.OpenCase(bank.Context(), world.Opening{Need: "x", Company: theirs, Services: []string{"espoo-city/growth"}}.Message(t, w))
	if refused := world.Refused(t, err, codes.InvalidArgument, "CASE_INVALID"); !refused.Names("company.id") {
		t.Errorf("opening for a company that it does not act for names %v", refused.Fields)
	}
	_, err = bank.Calls.RateRequest(bank.Context(), &casesv1.RateRequestRequest{Name: c.Request("espoo-city-1"), RequestId: uuid.NewString(), Stars: 5})
	world.Refused(t, err, codes.PermissionDenied, "ROLE_NOT_ALLOWED")
}

// tooMuchSupport: what is granted together is more than the pay, and the work
// began before the decision. The case says so, with reason and source.
func tooMuchSupport(t *testing.T, w *world.World) {
	company := identifier.NewTestBusinessID(114)
	owner := w.Company(t, world.CompanyUser("risto", company))
	c := owner.Open(world.Opening{
		Need: "I hire an apprentice", Language: "en", Company: company, Services: []string{"employment/pay-subsidy", "omnia/apprenticeship"},
		Answers: world.Answers{
			"employment/pay-subsidy": {"monthly_pay": "2000", "planned_start": world.InDays(-1)},
			"omnia/apprenticeship":   {"pay_subsidy": "yes"},
		},
	})
	begun := c.Await("the notice", func(v *casesv1.Case) bool { return len(notices(v, "ORDER_SUBSIDY_BEFORE_WORK")) == 1 })
	if n := notices(begun, "ORDER_SUBSIDY_BEFORE_WORK")[0]; !n.Blocking || !strings.Contains(n.Text, "Postpone") || n.Source == "" {
		t.Errorf("work that began is noticed as %v", n)
	}
	for key, cents := range map[string]int64{"employment": 100_000, "omnia": 150_000} {
		desk := w.Advisor(t, key, world.FirstAdvisor)
		desk.PickUp(c.Request(key + "-1"))
		desk.Decide(c.Request(key+"-1"), &casesv1.Decision{
			Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Granted", Reasons: "Fulfilled", Reference: "X-1", AmountCents: cents,
		})
	}
	view := c.View()
	if sum := notices(view, "CUMULATION_SUBSIDY_TRAINING"); len(sum) != 1 || !sum[0].Blocking || len(sum[0].Requests) != 2 || sum[0].Source == "" {
		t.Errorf("1000 € and 1500 € of 2000 € are noticed as %v", view.Notices)
	}
	if late := notices(view, "ORDER_SUBSIDY_BEFORE_WORK"); len(late) != 1 || !late[0].Blocking {
		t.Errorf("a decision after the start is noticed as %v", view.Notices)
	}
	big := c.Add("employment/work-conditions", nil)
	desk := w.Advisor(t, "employment", world.FirstAdvisor)
	desk.PickUp(c.Request(big))
	decideOfficially(t, desk, c.Request(big), "X-2", 30_000_001)
	if aid := notices(c.View(), "DE_MINIMIS"); len(aid) != 1 || aid[0].Blocking {
		t.Errorf("more than the limit of de minimis aid is noticed as %v", c.View().Notices)
	}
}
