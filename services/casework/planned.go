package casework

import (
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
)

// Planned shows a request of case c that has not reached its provider. It never
// will once a case that nobody confirmed has ended.
func Planned(c *casesv1.Case, p *eventsv1.PlannedRequest) *casesv1.Request {
	terms := p.GetTerms()
	r := &casesv1.Request{
		Name: plannedName(c, p.Provider, p.Number), Provider: "providers/" + p.Provider, Service: serviceOf(p),
		ServiceDisplayName: terms.GetDisplayName(), Status: casesv1.RequestStatus_REQUEST_STATUS_PLANNED, Company: c.Company,
		CaseTitle: c.Title, NeedText: c.NeedText, Language: c.Language, ContactLanguage: c.ContactLanguage, Inputs: p.Inputs,
		ExpectedTime: terms.GetExpectedTime(), DueDate: terms.GetDueDate(), OutcomeType: terms.GetOutcomeType(),
		Official: terms.GetOfficial(), ReferredFrom: p.ReferredFrom, Handover: p.Handover, Secret: c.Secret || terms.GetSecret(),
		Unconfirmed: c.Status == caseUnconfirmed,
	}
	if c.Status == caseLapsed || c.Status == caseClosed {
		r.Status, r.EndedAt = withdrawn, c.ClosedAt
	}
	if p.InvitedToProvider != "" {
		r.InvitedTo = plannedName(c, p.InvitedToProvider, p.InvitedToNumber)
	}
	return r
}

func plannedName(c *casesv1.Case, provider string, number int32) string {
	return fmt.Sprintf("%s/requests/%s-%d", c.Name, provider, number)
}
