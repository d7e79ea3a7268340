package casework

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// lives are whole lives of cases, with the mistakes that people make in them.
var lives = []struct {
	name string
	play func(*transcript)
}{
	{"advice", advice},
	{"official_decision", officialDecision},
	{"supplement", supplementLife},
	{"referral", referralLife},
	{"joint_service", jointService},
	{"on_behalf_confirmed", onBehalfConfirmed},
	{"on_behalf_lapsed", onBehalfLapsed},
	{"anonymous_linked", anonymousLinked},
	{"close_and_reopen", closeAndReopen},
}

var aCompany = &casesv1.Company{Scheme: casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID, Id: "9000001-1"}

// openWith opens a case that asks for the services, with consent to all.
func openWith(requests ...*eventsv1.PlannedRequest) OpenCase {
	o := &eventsv1.CaseOpened{Company: aCompany, Title: "A case", NeedText: "We need help", Language: "en", Requests: requests}
	for _, p := range requests {
		o.Consents = append(o.Consents, consents(p.Provider)...)
	}
	return OpenCase{o}
}

func advice(tr *transcript) {
	aino, ville, liisa := advisor("yritysespoo", "aino"), advisor("yritysespoo", "ville"), lead("yritysespoo", "liisa")
	tr.title("Advice: picked up once, messages, a contact, handed back, assigned, completed, rated.")
	tr.do(company(), OpenCase{&eventsv1.CaseOpened{}})
	tr.do(company(), OpenCase{&eventsv1.CaseOpened{Requests: []*eventsv1.PlannedRequest{planned("yritysespoo", "start-advice", "advice", "")}}})
	tr.to(aino, "yritysespoo", 1, PickUp{})
	tr.do(company(), openWith(planned("yritysespoo", "start-advice", "advice", "2026-03-16")))
	tr.do(company(), openWith(planned("yritysespoo", "start-advice", "advice", "2026-03-16")))
	tr.hubWorks()
	tr.to(aino, "yritysespoo", 1, Reply{"Hello"})
	tr.to(lead("yritysespoo", ""), "yritysespoo", 1, PickUp{})
	tr.to(aino, "yritysespoo", 1, PickUp{[]string{"fi"}})
	tr.to(aino, "yritysespoo", 1, PickUp{[]string{"fi"}})
	tr.to(ville, "yritysespoo", 1, PickUp{[]string{"fi", "sv"}})
	tr.to(ville, "yritysespoo", 1, Reply{"I can help"})
	tr.day("2026-03-03")
	tr.to(company(), "yritysespoo", 1, PostMessage{"Which form of company?"})
	tr.to(company(), "yritysespoo", 1, PostMessage{"And what does it cost?"})
	tr.to(aino, "yritysespoo", 1, RecordContact{&eventsv1.ContactRecorded{}})
	tr.to(aino, "yritysespoo", 1, RecordContact{&eventsv1.ContactRecorded{Kind: casesv1.ContactKind_CONTACT_KIND_CALL, OccurredAt: stampAt(tr, "2026-03-04")}})
	tr.to(aino, "yritysespoo", 1, RecordContact{&eventsv1.ContactRecorded{Kind: casesv1.ContactKind_CONTACT_KIND_CALL, Summary: "Went through the forms"}})
	tr.to(aino, "yritysespoo", 1, HandBack{"On leave from tomorrow"})
	tr.to(ville, "yritysespoo", 1, Assign{"ville", []string{"fi", "sv"}})
	tr.to(liisa, "yritysespoo", 1, Assign{"", nil})
	tr.to(liisa, "yritysespoo", 1, Assign{"ville", []string{"fi", "sv"}})
	tr.day("2026-03-12")
	tr.to(hub(), "yritysespoo", 1, WarnDueSoon{})
	tr.to(hub(), "yritysespoo", 1, WarnDueSoon{})
	tr.to(hub(), "yritysespoo", 1, MarkOverdue{})
	tr.day("2026-03-17")
	tr.to(hub(), "yritysespoo", 1, MarkOverdue{})
	tr.to(ville, "yritysespoo", 1, Complete{"A limited company suits you. See the plan that we made."})
	tr.to(ville, "yritysespoo", 1, Reply{"One more thing"})
	tr.to(ville, "yritysespoo", 1, PickUp{})
	tr.asks()
	tr.to(company(), "yritysespoo", 1, RateRequest{Stars: 6})
	tr.to(company(), "yritysespoo", 1, RateRequest{Stars: 5})
	tr.to(company(), "yritysespoo", 1, RateRequest{Stars: 1})
	tr.asks()
}

func officialDecision(tr *transcript) {
	aino := advisor("employment", "aino")
	grant := planned("employment", "startup-grant", "decision", "2026-04-13")
	grant.Terms.Official = &casesv1.Official{DisplayName: "Job Market Finland E-services", Url: "https://tyomarkkinatori.fi"}
	tr.title("A start-up grant: decided in the official service, recorded here as reported.")
	tr.do(company(), openWith(grant))
	tr.hubWorks()
	tr.asks()
	tr.to(aino, "employment", 1, PickUp{})
	tr.to(aino, "employment", 1, Complete{"Done"})
	tr.day("2026-04-01")
	d := &casesv1.Decision{}
	try := func() { tr.to(aino, "employment", 1, Decide{d}) }
	try()
	d.Result = casesv1.DecisionResult_DECISION_RESULT_GRANTED
	try()
	d.Title = "Start-up grant for 6 months"
	try()
	d.Reasons = "The terms of the act are met."
	try()
	d.Reference, d.DecidedOn = "TM-2026-114", "2026-04-02"
	try()
	d.DecidedOn = "1.4.2026"
	try()
	d.DecidedOn, d.ValidTo = "2026-03-31", "2026-03-30"
	try()
	d.ValidTo, d.AmountCents = "2026-09-30", -1
	try()
	d.AmountCents = 483730
	try()
	try()
	tr.to(aino, "employment", 1, Complete{"Claim the payment monthly."})
	tr.asks()
}

func supplementLife(tr *transcript) {
	aino := advisor("espoo-city", "aino")
	tr.title("Supplements: while the company is waited for, the clock stands still and the due date moves.")
	tr.do(company(), openWith(planned("espoo-city", "permit-advice", "advice", "2026-03-16")))
	tr.hubWorks()
	tr.to(aino, "espoo-city", 1, PickUp{})
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 1, Text: "Here"})
	tr.to(aino, "espoo-city", 1, AskSupplement{"Which address?", "2026-03-01"})
	tr.to(aino, "espoo-city", 1, AskSupplement{"Which address?", "soon"})
	tr.day("2026-03-06")
	tr.to(aino, "espoo-city", 1, AskSupplement{"Which address?", "2026-03-20"})
	tr.to(aino, "espoo-city", 1, AskSupplement{"How many square metres?", "2026-03-20"})
	tr.asks()
	tr.to(aino, "espoo-city", 1, Complete{"Done"})
	tr.day("2026-03-17")
	tr.to(hub(), "espoo-city", 1, MarkOverdue{})
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 3, Text: "Here"})
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 2, Text: "120"})
	tr.day("2026-03-18")
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 1, Text: "Otakaari 1"})
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 1, Text: "Otakaari 2"})
	tr.day("2026-03-29")
	tr.to(hub(), "espoo-city", 1, WarnDueSoon{})
	tr.to(hub(), "espoo-city", 1, MarkOverdue{})
	tr.to(aino, "espoo-city", 1, AskSupplement{"Which floor?", "2026-04-10"})
	tr.to(aino, "espoo-city", 1, HandBack{"Changed work"})
	tr.to(hub(), "espoo-city", 1, MarkOverdue{})
	tr.day("2026-04-02")
	tr.to(company(), "espoo-city", 1, AnswerSupplement{Number: 3, Text: "The second"})
	tr.to(hub(), "espoo-city", 1, WarnDueSoon{})
	tr.to(company(), "espoo-city", 1, WithdrawRequest{Reason: "We found another place"})
	tr.asks()
}

func referralLife(tr *transcript) {
	aino, eero := advisor("yritysespoo", "aino"), advisor("employment", "eero")
	tr.title("Referrals: nothing reaches the other provider before the company agrees; one is turned down.")
	tr.do(company(), openWith(planned("yritysespoo", "start-advice", "advice", "2026-03-16")))
	tr.hubWorks()
	tr.to(aino, "yritysespoo", 1, PickUp{})
	tr.to(aino, "yritysespoo", 1, Refer{Provider: "yritysespoo", Service: "plan-review", Text: "Have the plan read"})
	tr.to(aino, "yritysespoo", 1, Refer{Provider: "employment", Service: "startup-grant", Text: "Apply before you start", Handover: "The plan is ready."})
	tr.to(aino, "yritysespoo", 1, Refer{Provider: "employment", Service: "startup-grant", Text: "Apply before you start"})
	tr.to(aino, "yritysespoo", 1, Refer{Provider: "chamber", Service: "trade-advice", Text: "You may want to export"})
	tr.hubWorks()
	tr.asks()
	tr.day("2026-03-05")
	answer := func(number int32, agree bool, asked *eventsv1.PlannedRequest, given []*casesv1.Consent) {
		var ref *casesv1.Referral
		for _, r := range tr.requests[RequestKey{"yritysespoo", 1}].Request.Referrals {
			if r.Number == number {
				ref = r
			}
		}
		tr.do(company(), AnswerReferral{FromProvider: "yritysespoo", FromNumber: 1, Referral: ref, Number: number, Agree: agree, Request: asked, Consents: given})
	}
	grant := planned("employment", "startup-grant", "decision", "2026-04-16")
	grant.ReferredFrom, grant.Handover = requestNameOf(RequestKey{"yritysespoo", 1}), "The plan is ready."
	answer(3, true, grant, nil)
	answer(1, true, grant, nil)
	answer(1, true, grant, consents("employment"))
	tr.hubWorks()
	tr.day("2026-03-06")
	answer(2, false, nil, nil)
	answer(1, false, nil, nil)
	tr.hubWorks()
	tr.to(eero, "employment", 1, PickUp{})
	tr.to(aino, "yritysespoo", 1, Refer{Provider: "omnia", Service: "innoomnia", Text: "A place to work"})
	tr.to(aino, "yritysespoo", 1, Decline{})
	tr.to(aino, "yritysespoo", 1, Decline{casesv1.DeclineReason_DECLINE_REASON_WRONG_PROVIDER, "InnoOmnia is Omnia's matter"})
	tr.asks()
	answer(3, true, planned("omnia", "innoomnia", "membership", ""), consents("omnia"))
	tr.hubWorks()
	tr.asks()
}

func jointService(tr *transcript) {
	oona, eero := advisor("omnia", "oona"), advisor("employment", "eero")
	tr.title("A joint service: one request with the lead, the other provider invited.")
	tr.do(company(), openWith(planned("employment", "vacancy", "placement", "2026-03-05")))
	tr.hubWorks()
	training, invitation := planned("omnia", "recruit-training", "placement", "2026-05-11"), planned("employment", "recruit-training", "placement", "2026-05-11")
	invitation.InvitedToProvider = "omnia"
	tr.do(company(), AddRequest{})
	tr.do(company(), AddRequest{Request: training, Invitation: invitation})
	tr.do(company(), AddRequest{Request: training, Invitation: invitation, Consents: consents("omnia")})
	tr.hubWorks()
	tr.to(oona, "omnia", 1, PickUp{})
	tr.to(eero, "employment", 2, PickUp{})
	tr.to(eero, "employment", 2, Complete{"Candidates chosen"})
	tr.to(oona, "omnia", 1, Complete{"Eight people trained"})
}

// onBehalf opens a case on 2 March that is to be confirmed within 14 days.
func onBehalf() OpenCase {
	return OpenCase{&eventsv1.CaseOpened{
		Title: "Found at a fair", Language: "fi", OnBehalfBy: "enter-espoo", ConfirmBy: "2026-03-16",
		Requests: []*eventsv1.PlannedRequest{planned("enter-espoo", "soft-landing", "advice", "2026-03-09"), planned("espoo-city", "premises", "advice", "2026-03-09")},
	}}
}

func onBehalfConfirmed(tr *transcript) {
	esa := advisor("enter-espoo", "esa")
	tr.title("Opened on behalf of a company: stays with that provider until the company confirms.")
	tr.do(esa, onBehalf())
	tr.hubWorks()
	tr.asks()
	tr.to(esa, "enter-espoo", 1, PickUp{})
	tr.do(company(), AddRequest{Request: planned("chamber", "trade-advice", "advice", ""), Consents: consents("chamber")})
	tr.do(hub(), LapseCase{})
	tr.day("2026-03-10")
	tr.do(company(), ConfirmCase{consents("espoo-city")})
	tr.do(company(), ConfirmCase{consents("espoo-city", "enter-espoo")})
	tr.hubWorks()
	tr.do(company(), ConfirmCase{consents("espoo-city", "enter-espoo")})
	tr.asks()
}

func onBehalfLapsed(tr *transcript) {
	esa := advisor("enter-espoo", "esa")
	tr.title("Opened on behalf of a company, and not confirmed in time.")
	tr.do(esa, onBehalf())
	tr.hubWorks()
	tr.to(esa, "enter-espoo", 1, PickUp{})
	tr.day("2026-03-17")
	tr.do(company(), ConfirmCase{consents("espoo-city", "enter-espoo")})
	tr.do(hub(), LapseCase{})
	tr.hubWorks()
	tr.to(esa, "enter-espoo", 1, Reply{"Hello?"})
	tr.do(company(), ReopenCase{"We were away"})
	tr.asks()
}

func anonymousLinked(tr *transcript) {
	aino := advisor("yritysespoo", "aino")
	tr.title("Opened without a name, and linked to a company later without losing anything.")
	open := openWith(planned("yritysespoo", "company-advice", "advice", "2026-03-16"))
	open.Opened.Company, open.Opened.Code, open.Opened.SecretHash = nil, "KX7M-ZT3H", []byte("hash")
	nobody := &eventsv1.Actor{Party: casesv1.Party_PARTY_COMPANY}
	tr.do(nobody, open)
	tr.hubWorks()
	tr.to(aino, "yritysespoo", 1, PickUp{})
	tr.to(nobody, "yritysespoo", 1, PostMessage{"Can you help without knowing who I am?"})
	tr.day("2026-03-09")
	tr.do(company(), LinkCompany{})
	tr.do(company(), LinkCompany{aCompany})
	tr.hubWorks()
	tr.do(company(), LinkCompany{&casesv1.Company{Id: "9000002-8"}})
	tr.to(aino, "yritysespoo", 1, Complete{"Here is what you can do."})
	tr.do(company(), CloseCase{})
	tr.hubWorks()
}

func closeAndReopen(tr *transcript) {
	aino, oona := advisor("yritysespoo", "aino"), advisor("omnia", "oona")
	tr.title("Closing ends what is open, also what never reached its provider; reopening asks again.")
	tr.do(company(), openWith(planned("yritysespoo", "start-advice", "advice", "2026-03-16"), planned("omnia", "apprenticeship", "contract", "2026-03-23")))
	tr.hubWorks()
	tr.to(aino, "yritysespoo", 1, PickUp{})
	tr.to(aino, "yritysespoo", 1, Complete{"Done."})
	tr.to(oona, "omnia", 1, PickUp{})
	tr.to(oona, "omnia", 1, AskSupplement{"Who is the instructor?", "2026-03-20"})
	tr.do(company(), AddRequest{Request: planned("omnia", "staff-training", "certificate", ""), Consents: consents("omnia")})
	tr.do(company(), CloseCase{"We gave up the idea"})
	tr.do(company(), CloseCase{"Again"})
	tr.do(company(), AddRequest{Request: planned("omnia", "staff-training", "certificate", "")})
	tr.asks()
	tr.hubWorks()
	tr.hubWorks()
	tr.to(company(), "omnia", 1, AnswerSupplement{Number: 1, Text: "Matti"})
	tr.asks()
	tr.day("2026-04-01")
	tr.do(company(), ReopenCase{"The idea came back"})
	tr.hubWorks()
	tr.do(company(), ReopenCase{"Again"})
	tr.do(company(), AddRequest{Request: planned("omnia", "apprenticeship", "contract", "2026-04-22")})
	tr.hubWorks()
}
