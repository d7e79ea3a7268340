package casework

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// EvolveRequest folds one fact into s, in place. name is the request's resource
// name, provider its provider's key, sequence the fact's place in the log and
// hash its hash. It fails, and changes nothing, on a fact that cannot stand in a
// request's scope: the caller puts it among the dead letters.
func EvolveRequest(s *statev1.RequestState, f *eventsv1.Fact, name, provider string, sequence uint64, hash []byte) error {
	if err := f.GetTime().CheckValid(); err != nil {
		return fmt.Errorf("casework: %s has a fact without a right time: %w", name, err)
	}
	if made := f.GetRequestMade(); made != nil {
		if s.Request != nil {
			return fmt.Errorf("casework: %s was made already", name)
		}
		s.Scope = &statev1.Scope{}
		s.Request, s.Corrected = newRequest(made, f, name, provider), made.Corrected
	} else if s.Request == nil {
		return fmt.Errorf("casework: %s has a fact before it was made", name)
	} else if err := fits(s.Request, f); err != nil {
		return fmt.Errorf("casework: %T cannot follow in %s: %w", f.Event, name, err)
	} else if err := applyRequest(s, f); err != nil {
		return err
	}
	r := s.Request
	r.UpdatedAt = f.Time
	settle(s, f)
	fold(s.Scope, f, sequence, hash)
	r.Etag = etagOf(hash)
	return nil
}

// fits checks what must hold whoever wrote a fact, for the state to make sense:
// numbers follow one another, what is answered was asked, and an end is the end.
// It does not ask the table: that may grow stricter, and old facts stay true.
func fits(r *casesv1.Request, f *eventsv1.Fact) error {
	switch e := f.Event.(type) {
	case *eventsv1.Fact_SupplementAsked:
		return follows("supplement", e.SupplementAsked.GetNumber(), len(r.Supplements))
	case *eventsv1.Fact_ReferralProposed:
		return follows("referral", e.ReferralProposed.GetNumber(), len(r.Referrals))
	case *eventsv1.Fact_SupplementAnswered:
		number := e.SupplementAnswered.GetNumber()
		if sup := supplement(r, number); sup == nil || sup.AnsweredAt != nil {
			return fmt.Errorf("supplement %d does not wait for an answer", number)
		}
	case *eventsv1.Fact_ReferralAnswered:
		number := e.ReferralAnswered.GetNumber()
		if ref := referral(r, number); ref == nil || ref.AnsweredAt != nil {
			return fmt.Errorf("referral %d does not wait for an answer", number)
		}
	case *eventsv1.Fact_WordsCorrected:
		return correctionFits(e.WordsCorrected, f.Actor, false)
	case *eventsv1.Fact_RequestDeclined, *eventsv1.Fact_RequestCompleted, *eventsv1.Fact_RequestWithdrawn:
		if Ended(r.Status) {
			return fmt.Errorf("it has ended: it is %s", StatusWord(r.Status))
		}
	}
	return nil
}

func follows(what string, number int32, have int) error {
	if int(number) != have+1 {
		return fmt.Errorf("%s %d follows on %d", what, number, have)
	}
	return nil
}

func newRequest(made *eventsv1.RequestMade, f *eventsv1.Fact, name, provider string) *casesv1.Request {
	planned, terms := made.Request, made.Request.GetTerms()
	r := &casesv1.Request{
		Name: name, Provider: "providers/" + provider, Service: "providers/" + provider + "/services/" + planned.GetService(),
		ServiceDisplayName: terms.GetDisplayName(), Status: fresh, Company: made.Company, CaseTitle: made.CaseTitle,
		NeedText: made.NeedText, Language: made.Language, ContactLanguage: made.ContactLanguage, Inputs: planned.GetInputs(),
		RequestedAt: f.Time, ExpectedTime: terms.GetExpectedTime(), DueDate: terms.GetDueDate(), OutcomeType: terms.GetOutcomeType(),
		Official: terms.GetOfficial(), ReferredFrom: planned.GetReferredFrom(), Handover: planned.GetHandover(),
		Secret: made.Secret, Unconfirmed: made.Unconfirmed,
	}
	if lead := planned.GetInvitedToProvider(); lead != "" {
		r.InvitedTo = fmt.Sprintf("%s/requests/%s-%d", caseOf(name), lead, planned.GetInvitedToNumber())
	}
	return r
}

// caseOf cuts a request's name down to its case's.
func caseOf(request string) string {
	return request[:min(len(request), len("cases/")+26)]
}

func applyRequest(s *statev1.RequestState, f *eventsv1.Fact) error {
	r := s.Request
	switch e := f.Event.(type) {
	case *eventsv1.Fact_RequestConfirmed:
		r.Unconfirmed = false
	case *eventsv1.Fact_CompanyLinked:
		r.Company = e.CompanyLinked.Company
	case *eventsv1.Fact_MessagePosted:
		r.UnansweredMessages++
	case *eventsv1.Fact_SupplementAnswered:
		a := e.SupplementAnswered
		sup := supplement(r, a.Number)
		sup.Answer, sup.Inputs, sup.AnsweredAt = a.Text, a.Inputs, f.Time
		moveDue(s, a.DueDate, f.Time.AsTime())
	case *eventsv1.Fact_ReferralAnswered:
		a := e.ReferralAnswered
		ref := referral(r, a.Number)
		ref.AnsweredAt, ref.Agreed = f.Time, a.Agreed
		if a.Request != nil {
			ref.CreatedRequest = fmt.Sprintf("%s/requests/%s-%d", caseOf(r.Name), a.Request.Provider, a.Request.Number)
		}
		moveDue(s, dueAfterWaiting(s, 0, f.Time.AsTime()), f.Time.AsTime())
	case *eventsv1.Fact_RequestWithdrawn:
		r.Status, r.EndText, r.EndedAt = withdrawn, e.RequestWithdrawn.Reason, f.Time
	case *eventsv1.Fact_RequestRated:
		r.Rating = &casesv1.Rating{Stars: e.RequestRated.Stars, Comment: e.RequestRated.Comment, RatedAt: f.Time}
	case *eventsv1.Fact_RequestDueSoon:
		s.DueSoon = true
	case *eventsv1.Fact_RequestOverdue:
		r.Overdue = true
	case *eventsv1.Fact_RequestPickedUp:
		take(r, f, f.Actor.GetAdvisor(), e.RequestPickedUp.Languages)
	case *eventsv1.Fact_RequestHandedBack:
		r.Advisor = nil
	case *eventsv1.Fact_RequestAssigned:
		take(r, f, e.RequestAssigned.Advisor, e.RequestAssigned.Languages)
	case *eventsv1.Fact_ReplySent:
		r.UnansweredMessages = 0
	case *eventsv1.Fact_SupplementAsked:
		a := e.SupplementAsked
		r.Supplements = append(r.Supplements, &casesv1.Supplement{Number: a.Number, Question: a.Question, DueDate: a.DueDate, AskedAt: f.Time})
		r.UnansweredMessages = 0
	case *eventsv1.Fact_RequestDeclined:
		r.Status, r.DeclineReason, r.EndText, r.EndedAt = declined, e.RequestDeclined.Reason, e.RequestDeclined.Text, f.Time
	case *eventsv1.Fact_ReferralProposed:
		p := e.ReferralProposed
		r.Referrals = append(r.Referrals, &casesv1.Referral{
			Number: p.Number, Service: "providers/" + p.Provider + "/services/" + p.Service, Reason: p.Reason,
			Text: p.Text, Handover: p.Handover, ProposedAt: f.Time,
		})
	case *eventsv1.Fact_DecisionRecorded:
		r.Decision = e.DecisionRecorded.Decision
	case *eventsv1.Fact_RequestCompleted:
		r.Status, r.Summary, r.EndedAt = completed, e.RequestCompleted.Summary, f.Time
		r.UnansweredMessages = 0
	case *eventsv1.Fact_ContactRecorded:
		r.UnansweredMessages = 0
	case *eventsv1.Fact_RequestConsentEnded:
		r.ConsentEndedAt, r.KeptByLaw = f.Time, e.RequestConsentEnded.KeptByLaw
	case *eventsv1.Fact_WordsCorrected:
		correctRequest(s, e.WordsCorrected)
	case *eventsv1.Fact_FactRedacted: // see RefoldRequest
	default:
		return fmt.Errorf("casework: %T cannot stand in a request's scope (%s)", f.Event, r.Name)
	}
	return nil
}

// moveDue sets the due date. A warning was about the old one: when the new one
// is still to come, the ticker may warn again.
func moveDue(s *statev1.RequestState, due string, now time.Time) {
	if due == s.Request.DueDate {
		return
	}
	s.Request.DueDate, s.DueSoon = due, false
	s.Request.Overdue = s.Request.Overdue && due != "" && Today(now) > due
}

// take gives the request to an advisor of its provider.
func take(r *casesv1.Request, f *eventsv1.Fact, advisor string, languages []string) {
	r.Advisor = &casesv1.Advisor{Name: r.Provider + "/advisors/" + advisor, Languages: languages}
	if r.PickedUpAt == nil {
		r.PickedUpAt = f.Time
	}
}

// settle works out where a request that has not ended stands, and since when it
// waits for the company.
func settle(s *statev1.RequestState, f *eventsv1.Fact) {
	r := s.Request
	if !Ended(r.Status) {
		switch {
		case r.Advisor == nil:
			r.Status = fresh
		case r.Decision != nil:
			r.Status = decided
		case openAsks(r, 0) > 0:
			r.Status = waiting
		default:
			r.Status = inProgress
		}
	}
	// Nobody is told to hurry about what has been done.
	if Ended(r.Status) {
		r.Overdue = r.Overdue && r.Status == completed
	}
	if waits := !Ended(r.Status) && openAsks(r, 0) > 0; !waits {
		s.WaitingSince = nil
	} else if s.WaitingSince == nil {
		s.WaitingSince = f.Time
	}
}

func supplement(r *casesv1.Request, number int32) *casesv1.Supplement {
	if number < 1 || int(number) > len(r.GetSupplements()) {
		return nil
	}
	return r.Supplements[number-1]
}

func referral(r *casesv1.Request, number int32) *casesv1.Referral {
	if number < 1 || int(number) > len(r.GetReferrals()) {
		return nil
	}
	return r.Referrals[number-1]
}

// CloneRequest copies a state, for who wants to fold ahead of the log.
func CloneRequest(s *statev1.RequestState) *statev1.RequestState {
	return proto.Clone(s).(*statev1.RequestState)
}
