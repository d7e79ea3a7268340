package casework

import (
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
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
				step(MakeRequest{madeFrom(c, p)})
				open++
			}
			continue
		}
		if r.Unconfirmed && c.Status != caseUnconfirmed && !over {
			step(ConfirmRequest{})
		}
		if r.Company == nil && c.Company != nil {
			step(LinkRequest{c.Company})
		}
		for _, a := range answers {
			if a.Provider != p.Provider || a.RequestNumber != p.Number {
				continue
			}
			if ref := referral(r, a.Number); ref != nil && ref.AnsweredAt == nil {
				step(RecordReferralAnswer{a})
			}
		}
		if over && !Ended(r.Status) {
			step(WithdrawRequest{CaseEnded: true})
			open++
		}
	}
	return steps, c.Status == caseClosing && open == 0
}

func madeFrom(c *casesv1.Case, p *eventsv1.PlannedRequest) *eventsv1.RequestMade {
	return &eventsv1.RequestMade{
		Request: p, Company: c.Company, CaseTitle: c.Title, NeedText: c.NeedText, Language: c.Language,
		ContactLanguage: c.ContactLanguage, Secret: c.Secret || p.GetTerms().GetSecret(), Unconfirmed: c.Status == caseUnconfirmed,
	}
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
