package casework

import (
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// kinds say how each fact shows in a timeline.
func kind(f *eventsv1.Fact) casesv1.EntryKind {
	switch f.Event.(type) {
	case *eventsv1.Fact_CaseOpened:
		return casesv1.EntryKind_ENTRY_KIND_CASE_OPENED
	case *eventsv1.Fact_CaseConfirmed, *eventsv1.Fact_RequestConfirmed:
		return casesv1.EntryKind_ENTRY_KIND_CASE_CONFIRMED
	case *eventsv1.Fact_CaseLapsed:
		return casesv1.EntryKind_ENTRY_KIND_CASE_LAPSED
	case *eventsv1.Fact_RequestAdded:
		return casesv1.EntryKind_ENTRY_KIND_REQUEST_ADDED
	case *eventsv1.Fact_CompanyLinked:
		return casesv1.EntryKind_ENTRY_KIND_COMPANY_LINKED
	case *eventsv1.Fact_CaseClosing:
		return casesv1.EntryKind_ENTRY_KIND_CASE_CLOSING
	case *eventsv1.Fact_CaseClosed:
		return casesv1.EntryKind_ENTRY_KIND_CASE_CLOSED
	case *eventsv1.Fact_CaseReopened:
		return casesv1.EntryKind_ENTRY_KIND_CASE_REOPENED
	case *eventsv1.Fact_RequestMade:
		return casesv1.EntryKind_ENTRY_KIND_REQUESTED
	case *eventsv1.Fact_RequestPickedUp:
		return casesv1.EntryKind_ENTRY_KIND_PICKED_UP
	case *eventsv1.Fact_RequestHandedBack:
		return casesv1.EntryKind_ENTRY_KIND_HANDED_BACK
	case *eventsv1.Fact_RequestAssigned:
		return casesv1.EntryKind_ENTRY_KIND_ASSIGNED
	case *eventsv1.Fact_MessagePosted:
		return casesv1.EntryKind_ENTRY_KIND_MESSAGE_POSTED
	case *eventsv1.Fact_ReplySent:
		return casesv1.EntryKind_ENTRY_KIND_REPLIED
	case *eventsv1.Fact_SupplementAsked:
		return casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ASKED
	case *eventsv1.Fact_SupplementAnswered:
		return casesv1.EntryKind_ENTRY_KIND_SUPPLEMENT_ANSWERED
	case *eventsv1.Fact_RequestDeclined:
		return casesv1.EntryKind_ENTRY_KIND_DECLINED
	case *eventsv1.Fact_ReferralProposed:
		return casesv1.EntryKind_ENTRY_KIND_REFERRAL_PROPOSED
	case *eventsv1.Fact_ReferralAnswered:
		return casesv1.EntryKind_ENTRY_KIND_REFERRAL_ANSWERED
	case *eventsv1.Fact_DecisionRecorded:
		return casesv1.EntryKind_ENTRY_KIND_DECIDED
	case *eventsv1.Fact_RequestCompleted:
		return casesv1.EntryKind_ENTRY_KIND_COMPLETED
	case *eventsv1.Fact_RequestWithdrawn:
		return casesv1.EntryKind_ENTRY_KIND_WITHDRAWN
	case *eventsv1.Fact_ContactRecorded:
		return casesv1.EntryKind_ENTRY_KIND_CONTACT_RECORDED
	case *eventsv1.Fact_RequestRated:
		return casesv1.EntryKind_ENTRY_KIND_RATED
	case *eventsv1.Fact_RequestDueSoon:
		return casesv1.EntryKind_ENTRY_KIND_DUE_SOON
	case *eventsv1.Fact_RequestOverdue:
		return casesv1.EntryKind_ENTRY_KIND_OVERDUE
	case *eventsv1.Fact_ConsentGranted:
		return casesv1.EntryKind_ENTRY_KIND_CONSENT_GRANTED
	case *eventsv1.Fact_ConsentWithdrawn, *eventsv1.Fact_RequestConsentEnded:
		return casesv1.EntryKind_ENTRY_KIND_CONSENT_WITHDRAWN
	case *eventsv1.Fact_DisclosureRecorded:
		return casesv1.EntryKind_ENTRY_KIND_DISCLOSURE_RECORDED
	case *eventsv1.Fact_FactRedacted:
		return casesv1.EntryKind_ENTRY_KIND_REDACTED
	case *eventsv1.Fact_WordsCorrected:
		return casesv1.EntryKind_ENTRY_KIND_CORRECTED
	}
	return casesv1.EntryKind_ENTRY_KIND_UNSPECIFIED
}

// EntryOf shows a fact as an entry of a timeline. caseName is cases/{id};
// request the request's resource name, empty for a fact of the case itself. The
// advisor is named, not described: who reads adds the name to show.
func EntryOf(f *eventsv1.Fact, caseName, request string) *casesv1.TimelineEntry {
	e := &casesv1.TimelineEntry{
		Kind: kind(f), Time: f.Time, CaseName: caseName, Request: request, Party: f.GetActor().GetParty(),
		Representation: f.GetActor().GetRepresentation(), RepresentationRole: f.GetActor().GetRepresentationRole(),
	}
	if p := f.GetActor().GetProvider(); p != "" {
		e.Provider = "providers/" + p
		if a := f.Actor.Advisor; a != "" {
			e.Advisor = &casesv1.Advisor{Name: e.Provider + "/advisors/" + a}
		}
	}
	e.Notices = f.Notices
	if describe(e, f); e.Text != "" {
		e.TextClass = textClass(f)
	}
	return e
}

// textClass is what kind of data the words are that go with a fact.
func textClass(f *eventsv1.Fact) policyv1.DataClass {
	switch e := f.Event.(type) {
	case *eventsv1.Fact_WordsCorrected:
		if p, ok := placeOf(e.WordsCorrected.Corrects, e.WordsCorrected.Field); ok {
			return p.class
		}
	case *eventsv1.Fact_CaseOpened, *eventsv1.Fact_SupplementAnswered:
		return policyv1.DataClass_DATA_CLASS_APPLICATION
	case *eventsv1.Fact_DecisionRecorded:
		return policyv1.DataClass_DATA_CLASS_DECISION
	case *eventsv1.Fact_DisclosureRecorded:
		return policyv1.DataClass_DATA_CLASS_CASE
	}
	return policyv1.DataClass_DATA_CLASS_CONVERSATION
}

// describe adds the words and numbers that go with a fact.
func describe(e *casesv1.TimelineEntry, f *eventsv1.Fact) {
	switch v := f.Event.(type) {
	case *eventsv1.Fact_CaseOpened:
		e.Text = v.CaseOpened.NeedText
	case *eventsv1.Fact_RequestAdded:
		e.Service = serviceOf(v.RequestAdded.Request)
	case *eventsv1.Fact_CaseClosing:
		e.Text = v.CaseClosing.Reason
	case *eventsv1.Fact_CaseReopened:
		e.Text = v.CaseReopened.Reason
	case *eventsv1.Fact_RequestMade:
		e.Service = serviceOf(v.RequestMade.Request)
	case *eventsv1.Fact_RequestHandedBack:
		e.Text = v.RequestHandedBack.Reason
	case *eventsv1.Fact_RequestAssigned:
		e.Advisor = &casesv1.Advisor{Name: e.Provider + "/advisors/" + v.RequestAssigned.Advisor}
	case *eventsv1.Fact_MessagePosted:
		e.Text = v.MessagePosted.Text
	case *eventsv1.Fact_ReplySent:
		e.Text = v.ReplySent.Text
	case *eventsv1.Fact_SupplementAsked:
		e.Text, e.Number = v.SupplementAsked.Question, v.SupplementAsked.Number
	case *eventsv1.Fact_SupplementAnswered:
		e.Text, e.Number = v.SupplementAnswered.Text, v.SupplementAnswered.Number
	case *eventsv1.Fact_RequestDeclined:
		e.Text = v.RequestDeclined.Text
	case *eventsv1.Fact_ReferralProposed:
		p := v.ReferralProposed
		e.Text, e.Number, e.Service = p.Text, p.Number, "providers/"+p.Provider+"/services/"+p.Service
	case *eventsv1.Fact_ReferralAnswered:
		a := v.ReferralAnswered
		e.Number, e.Agreed = a.Number, a.Agreed
		e.Request = fmt.Sprintf("%s/requests/%s-%d", e.CaseName, a.Provider, a.RequestNumber)
		e.Service = serviceOf(a.Request)
	case *eventsv1.Fact_DecisionRecorded:
		e.Text, e.Result = v.DecisionRecorded.Decision.GetTitle(), v.DecisionRecorded.Decision.GetResult()
	case *eventsv1.Fact_RequestCompleted:
		e.Text = v.RequestCompleted.Summary
	case *eventsv1.Fact_RequestWithdrawn:
		e.Text = v.RequestWithdrawn.Reason
	case *eventsv1.Fact_ContactRecorded:
		e.Text = v.ContactRecorded.Summary
	case *eventsv1.Fact_RequestRated:
		e.Text, e.Number = v.RequestRated.Comment, v.RequestRated.Stars
	case *eventsv1.Fact_ConsentGranted:
		e.Concerns = v.ConsentGranted.GetConsent().GetProvider()
	case *eventsv1.Fact_ConsentWithdrawn:
		e.Concerns = v.ConsentWithdrawn.Provider
	case *eventsv1.Fact_DisclosureRecorded:
		d := v.DisclosureRecorded.GetDisclosure()
		e.Text, e.Concerns = d.GetReason(), d.GetProvider()
	case *eventsv1.Fact_WordsCorrected:
		e.Text, e.Number, e.Field = v.WordsCorrected.Text, v.WordsCorrected.Number, v.WordsCorrected.Field
		e.Reason = v.WordsCorrected.Reason
	}
}

// Repeated tells whether a fact on a request's scope only repeats one of the
// case's scope, so that a timeline of the whole case shows it once.
func Repeated(f *eventsv1.Fact) bool {
	switch e := f.Event.(type) {
	case *eventsv1.Fact_WordsCorrected:
		return e.WordsCorrected.Repeats > 0
	case *eventsv1.Fact_CompanyLinked, *eventsv1.Fact_ReferralAnswered, *eventsv1.Fact_RequestConfirmed, *eventsv1.Fact_RequestConsentEnded:
		return true
	}
	return false
}

// FromProvider tells whether a fact is one that a provider writes; all others
// are the hub's. A fact by the wrong author is refused by whoever reads the log.
func FromProvider(f *eventsv1.Fact) bool {
	switch f.Event.(type) {
	case *eventsv1.Fact_WordsCorrected:
		return f.GetActor().GetParty() == casesv1.Party_PARTY_PROVIDER
	case *eventsv1.Fact_RequestPickedUp, *eventsv1.Fact_RequestHandedBack, *eventsv1.Fact_RequestAssigned, *eventsv1.Fact_ReplySent,
		*eventsv1.Fact_SupplementAsked, *eventsv1.Fact_RequestDeclined, *eventsv1.Fact_ReferralProposed,
		*eventsv1.Fact_DecisionRecorded, *eventsv1.Fact_RequestCompleted, *eventsv1.Fact_ContactRecorded:
		return true
	}
	return false
}

func serviceOf(p *eventsv1.PlannedRequest) string {
	if p == nil {
		return ""
	}
	return "providers/" + p.Provider + "/services/" + p.Service
}

func scopeName(caseID string, p *eventsv1.PlannedRequest) string {
	return fmt.Sprintf("case.%s.%s.%d", caseID, p.Provider, p.Number)
}
