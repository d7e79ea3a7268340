package e2e

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
)

// firstEmployee is the journey first-employee: the vacancy, advice on the
// contract, the pay subsidy decided before the contract starts, and an
// apprenticeship with its instructor.
func firstEmployee(t *testing.T, w *world.World) {
	owner := w.Company(t, world.CompanyUser("olli", workshop))
	const need = "Palkkaan ensimmäisen työntekijän pajalle, voisiko hän olla oppisopimuksella ja saanko palkkatukea"
	suggested := owner.Suggest("fi", need)
	for _, service := range []string{"omnia/apprenticeship", "employment/pay-subsidy"} {
		if !slices.Contains(suggested, service) {
			t.Errorf("%q suggests %v, and not %s", need, suggested, service)
		}
	}
	c := owner.Open(world.Opening{
		Need: need, Journey: "first-employee", Company: workshop,
		Services: []string{"employment/vacancy", "espoon-yrittajat/member-advice", "espoon-yrittajat/templates", "chamber/legal-advice"},
		Answers:  world.Answers{"employment/vacancy": {"job": "Levyseppä", "openings": "1"}},
	})

	// Three providers work on it at once; the chamber has no member of that name.
	employment := w.Advisor(t, "employment", world.FirstAdvisor)
	yrittajat := w.Advisor(t, "espoon-yrittajat", world.FirstAdvisor)
	chamber := w.Advisor(t, "chamber", world.FirstAdvisor)
	employment.PickUp(c.Request("employment-1"))
	yrittajat.PickUp(c.Request("espoon-yrittajat-1"))
	yrittajat.PickUp(c.Request("espoon-yrittajat-2"))
	chamber.PickUp(c.Request("chamber-1"))
	declined := chamber.Decline(c.Request("chamber-1"), casesv1.DeclineReason_DECLINE_REASON_NOT_ELIGIBLE, "Palvelu on jäsenille.")
	if declined.Status != casesv1.RequestStatus_REQUEST_STATUS_DECLINED || declined.EndText != "Palvelu on jäsenille." {
		t.Errorf("declined as %v", declined)
	}
	yrittajat.Complete(c.Request("espoon-yrittajat-2"), "Työsopimusmalli on liitteenä.")
	yrittajat.Reply(c.Request("espoon-yrittajat-1"), "Sovi koeajasta kirjallisesti.")
	c.Write("espoon-yrittajat-1", "Kiitos, selvä.")
	yrittajat.Complete(c.Request("espoon-yrittajat-1"), "Sopimus on kunnossa.")
	employment.Reply(c.Request("employment-1"), "Kolme ehdokasta.")
	employment.Complete(c.Request("employment-1"), "Ehdokas löytyi.")

	subsidy, training := subsidisedApprenticeship(t, w, c)
	decideBeforeStart(t, w, c, subsidy, training)
	instructorTraining(t, w, c)

	view := c.View()
	holdsJourney(t, w, view, "first-employee")
	if ended := slices.IndexFunc(view.Requests, func(r *casesv1.Request) bool { return r.EndedAt == nil }); ended >= 0 {
		t.Errorf("%s has not ended", view.Requests[ended].Name)
	}
	c.Rate("employment-1", 4, "")
	c.Rate("chamber-1", 2, "En saanut apua.")
	closed := c.Close("Työntekijä aloitti.")
	if closed.Status != casesv1.CaseStatus_CASE_STATUS_CLOSED {
		t.Errorf("the case is %s", closed.Status)
	}
	// A year later he hires again, in the same case.
	if reopened := c.Reopen("Toinen työntekijä"); reopened.Status != casesv1.CaseStatus_CASE_STATUS_OPEN {
		t.Errorf("reopened as %s", reopened.Status)
	}
	again := c.Add("employment/vacancy", map[string]string{"job": "Hitsaaja", "openings": "1"})
	if again != "employment-3" {
		t.Errorf("the request after reopening is %s", again)
	}
	employment.PickUp(c.Request(again))
	if w := c.Withdraw(again, "Löysin tekijän itse."); w.Status != casesv1.RequestStatus_REQUEST_STATUS_WITHDRAWN {
		t.Errorf("withdrawn as %s", w.Status)
	}
}

// subsidisedApprenticeship asks for the pay subsidy, and for an apprenticeship
// by a referral that hands the candidate over. It answers both keys.
func subsidisedApprenticeship(t *testing.T, w *world.World, c *world.Case) (subsidy, training string) {
	subsidy = c.Add("employment/pay-subsidy", map[string]string{
		"job": "Levyseppä", "weekly_hours": "37.5", "monthly_pay": "2500", "planned_start": world.InDays(10), "candidate_found": "yes",
	})
	// The decision may take four weeks, and he plans to begin in ten days.
	if early := notices(c.View(), "ORDER_SUBSIDY_BEFORE_WORK"); len(early) != 1 || early[0].Blocking || early[0].Source == "" {
		t.Errorf("a start before the expected decision is noticed as %v", c.View().Notices)
	}
	employment := w.Advisor(t, "employment", world.FirstAdvisor)
	request := c.Request(subsidy)
	employment.PickUp(request)
	employment.Refer(request, "omnia/apprenticeship", "Oppisopimus sopii tähän.", "Ehdokas täyttää palkkatuen ehdot.")
	training = c.Agree(subsidy, 1, map[string]string{"weekly_hours": "37.5", "instructor_named": "yes", "pay_subsidy": "yes", "start_date": world.InDays(40)})
	if ahead := notices(c.View(), "CUMULATION_SUBSIDY_TRAINING"); len(ahead) != 1 || ahead[0].Blocking || len(ahead[0].Requests) != 2 {
		t.Errorf("two supports for one employment are noticed as %v", c.View().Notices)
	}
	employment.Ask(request, "Päätös ei ehdi kymmenessä päivässä. Mikä on uusi aloituspäivä?")
	c.Supplement(subsidy, 1, "Aloitus 40 päivän päästä.", &casesv1.Input{Id: "planned_start", Value: world.InDays(40)})
	return subsidy, training
}

// decideBeforeStart: the subsidy first, then the agreement; together they stay
// within the payroll costs.
func decideBeforeStart(t *testing.T, w *world.World, c *world.Case, subsidy, training string) {
	employment, omnia := w.Advisor(t, "employment", world.FirstAdvisor), w.Advisor(t, "omnia", world.FirstAdvisor)
	received := omnia.PickUp(c.Request(training))
	if received.Handover != "Ehdokas täyttää palkkatuen ehdot." || received.ReferredFrom != c.Request(subsidy) {
		t.Errorf("omnia receives %q from %s", received.Handover, received.ReferredFrom)
	}
	granted := employment.Decide(c.Request(subsidy), &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Palkkatuki 50 %", Reasons: "Edellytykset täyttyvät.",
		Reference: "PT-2026-118", AmountCents: 6 * 125_000, ValidTo: world.InDays(40 + 182),
	})
	if !granted.Decision.Reported || granted.Decision.DecidedOn >= world.InDays(40) {
		t.Errorf("decided as %v", granted.Decision)
	}
	if late := notices(c.View(), "ORDER_SUBSIDY_BEFORE_WORK"); len(late) != 0 {
		t.Errorf("decided before the start, and still %v", late)
	}
	omnia.Decide(c.Request(training), &casesv1.Decision{
		Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Koulutuskorvaus", Reasons: "Oppisopimus on tehty.", AmountCents: 20_000,
	})
	if sum := notices(c.View(), "CUMULATION_SUBSIDY_TRAINING"); len(sum) != 0 {
		t.Errorf("1250 € and 200 € of 2500 € are noticed as %v", sum)
	}
	employment.Complete(c.Request(subsidy), "Palkkatuki on myönnetty kuudeksi kuukaudeksi.")
	omnia.Complete(c.Request(training), "Oppisopimus alkaa.")
}

// instructorTraining is assigned by a lead, handed back, and taken by another.
func instructorTraining(t *testing.T, w *world.World, c *world.Case) {
	request := c.Request(c.Add("omnia/instructor-training", nil))
	lead, ville, maija := w.LeadOf(t, "omnia"), w.Advisor(t, "omnia", world.FirstAdvisor), w.Advisor(t, "omnia", world.SecondAdvisor)
	lead.Receives(request)
	if r := lead.Assign(request, world.FirstAdvisor); r.Advisor.GetName() != ville.Name() {
		t.Errorf("assigned to %v", r.Advisor)
	}
	_, err := maija.Calls.Reply(maija.Context(), &providerv1.ReplyRequest{Name: request, RequestId: uuid.NewString(), Text: "Hei"})
	world.Refused(t, err, codes.PermissionDenied, "NOT_YOUR_REQUEST")
	if r := ville.HandBack(request, "Jään lomalle."); r.Status != casesv1.RequestStatus_REQUEST_STATUS_NEW || r.Advisor != nil {
		t.Errorf("handed back as %s of %v", r.Status, r.Advisor)
	}
	maija.PickUp(request)
	maija.Decide(request, &casesv1.Decision{Result: casesv1.DecisionResult_DECISION_RESULT_GRANTED, Title: "Työpaikkaohjaajan todistus", Reasons: "Koulutus on suoritettu."})
	maija.Complete(request, "Ohjaaja on koulutettu.")
}
