package casework

import (
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// Step is a command that the hub owes one request.
type Step struct {
	Provider string
	Number   int
	Command  RequestCommand
}

// RequestKey finds a request within its case.
type RequestKey struct {
	Provider string
	Number   int
}

// Reconcile answers what the hub still owes to the requests of a case, and
// whether its closing can be finished now. It compares what the case says with
// where its requests stand, so doing its steps twice, or in part and then again,
// does no harm: that is what makes the router idempotent.
//
// answers are the referral answers on the case's scope, in order.
func Reconcile(s *statev1.CaseState, requests map[RequestKey]*statev1.RequestState, answers []*eventsv1.ReferralAnswered) (steps []Step, finish bool) {
	c := s.Case
	over := c.Status == caseClosing || c.Status == caseLapsed
	open := 0
	for _, p := range s.Planned {
		key := RequestKey{p.Provider, int(p.Number)}
		step := func(cmd RequestCommand) { steps = append(steps, Step{key.Provider, key.Number, cmd}) }
		r := requests[key].GetRequest()
		if r == nil {
			// A request to another provider is held until the company confirms. One
			// that was never made is made even while the case closes, and then ended:
			// so nobody can make it afterwards.
			held := c.ConfirmBy != "" && "providers/"+p.Provider != c.OpenedOnBehalfBy
			if !held && c.Status != caseClosed {
				step(MakeRequest{madeFrom(s, p)})
				open++
			}
			continue
		}
		if r.Unconfirmed && c.Status != caseUnconfirmed && !over {
			step(ConfirmRequest{})
		}
		end := endOf(s, p)
		if r.Company == nil && c.Company != nil && end == nil {
			step(LinkRequest{c.Company})
		}
		if end == nil {
			for _, c := range corrections(s, p, requests[key]) {
				step(c)
			}
		}
		for _, a := range answers {
			if a.Provider != p.Provider || a.RequestNumber != p.Number {
				continue
			}
			if ref := referral(r, a.Number); ref != nil && ref.AnsweredAt == nil {
				step(RecordReferralAnswer{a})
			}
		}
		if (over || end != nil) && !Ended(r.Status) {
			step(WithdrawRequest{CaseEnded: over, ConsentEnded: !over})
			open++
		}
		if end != nil && r.ConsentEndedAt == nil {
			step(EndConsent{Consent: end.Consent, KeptByLaw: end.KeptByLaw})
		}
	}
	return steps, c.Status == caseClosing && open == 0
}

func madeFrom(s *statev1.CaseState, p *eventsv1.PlannedRequest) *eventsv1.RequestMade {
	c := s.Case
	if endOf(s, p) != nil {
		// Made so that nobody can make it afterwards, with nothing of what it was about.
		blank := &eventsv1.PlannedRequest{Provider: p.Provider, Number: p.Number, Service: p.Service, Terms: p.Terms}
		return &eventsv1.RequestMade{Request: blank, Language: c.Language, ContactLanguage: c.ContactLanguage, Secret: c.Secret || p.GetTerms().GetSecret()}
	}
	return &eventsv1.RequestMade{
		Request: p, Company: c.Company, CaseTitle: titleFor(s, p), NeedText: c.NeedText, Language: c.Language,
		ContactLanguage: c.ContactLanguage, Secret: c.Secret || p.GetTerms().GetSecret(), Unconfirmed: c.Status == caseUnconfirmed,
		Corrected: lastCorrection(s),
	}
}

// titleFor is what the provider of a request is told that the case is called. A
// title that names a secret service tells that there is a request for it, which
// only its own provider may know; the others are told the name of their own.
func titleFor(s *statev1.CaseState, p *eventsv1.PlannedRequest) string {
	for _, q := range s.Planned {
		if q.GetTerms().GetSecret() && q.Provider != p.Provider && q.Terms.DisplayName == s.Case.Title {
			return p.GetTerms().GetDisplayName()
		}
	}
	return s.Case.Title
}

// Heads are the ends of the hash chains of a case's requests, for its closing fact.
func Heads(caseID string, planned []*eventsv1.PlannedRequest, requests map[RequestKey]*statev1.RequestState) []*eventsv1.ScopeHead {
	var heads []*eventsv1.ScopeHead
	for _, p := range planned {
		if s := requests[RequestKey{p.Provider, int(p.Number)}]; s.GetRequest() != nil {
			heads = append(heads, &eventsv1.ScopeHead{Scope: scopeName(caseID, p), Hash: s.Scope.Head, Sequence: s.Scope.Sequence})
		}
	}
	return heads
}
