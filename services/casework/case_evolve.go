package casework

import (
	"fmt"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// EvolveCase folds one fact into s, in place. name is the case's resource name.
// It fails, and changes nothing, on a fact that cannot stand in a case's scope.
func EvolveCase(s *statev1.CaseState, f *eventsv1.Fact, name string, sequence uint64, hash []byte) error {
	if err := f.GetTime().CheckValid(); err != nil {
		return fmt.Errorf("casework: %s has a fact without a right time: %w", name, err)
	}
	if opened := f.GetCaseOpened(); opened != nil {
		if s.Case != nil {
			return fmt.Errorf("casework: %s was opened already", name)
		}
		if err := numbered(nil, opened.Requests...); err != nil {
			return fmt.Errorf("casework: %s cannot open like this: %w", name, err)
		}
		s.Scope = &statev1.Scope{}
		openState(s, opened, f, name)
	} else if s.Case == nil {
		return fmt.Errorf("casework: %s has a fact before it was opened", name)
	} else if err := caseFits(s, f); err != nil {
		return fmt.Errorf("casework: %T cannot follow in %s: %w", f.Event, name, err)
	} else if err := applyCase(s, f, sequence); err != nil {
		return err
	}
	s.Case.UpdatedAt = f.Time
	fold(s.Scope, f, sequence, hash)
	s.Case.Etag = etagOf(hash)
	return nil
}

// caseFits checks what must hold whoever wrote a fact, for the state to make
// sense. It does not ask the table: that may grow stricter, and old facts stay true.
func caseFits(s *statev1.CaseState, f *eventsv1.Fact) error {
	status := s.Case.Status
	over := status == caseClosed || status == caseLapsed
	fits := true
	switch e := f.Event.(type) {
	case *eventsv1.Fact_CaseConfirmed, *eventsv1.Fact_CaseLapsed:
		fits = status == caseUnconfirmed
	case *eventsv1.Fact_CaseClosing, *eventsv1.Fact_CaseClosed:
		fits = !over
	case *eventsv1.Fact_CaseReopened:
		fits = status == caseClosed
	case *eventsv1.Fact_RequestAdded:
		return numbered(s.Planned, e.RequestAdded.GetRequest(), e.RequestAdded.GetInvitation())
	case *eventsv1.Fact_ConsentGranted:
		fits = e.ConsentGranted.GetConsent() != nil
	case *eventsv1.Fact_ConsentWithdrawn:
		consent := ConsentNamed(s.Case, e.ConsentWithdrawn.GetConsent())
		if consent == nil || consent.WithdrawnAt != nil {
			return fmt.Errorf("%q does not hold", e.ConsentWithdrawn.GetConsent())
		}
	case *eventsv1.Fact_DisclosureRecorded:
		fits = e.DisclosureRecorded.GetDisclosure() != nil
	case *eventsv1.Fact_WordsCorrected:
		return correctionFits(e.WordsCorrected, f.Actor, true)
	case *eventsv1.Fact_ReferralAnswered:
		return numbered(s.Planned, e.ReferralAnswered.GetRequest(), e.ReferralAnswered.GetInvitation())
	}
	if !fits {
		return fmt.Errorf("the case is %s", CaseStatusWord(status))
	}
	return nil
}

// numbered checks that new requests carry the next numbers at their providers.
func numbered(planned []*eventsv1.PlannedRequest, more ...*eventsv1.PlannedRequest) error {
	last := lastNumbers(planned)
	for _, p := range more {
		if p == nil {
			continue
		}
		if p.Number != last[p.Provider]+1 {
			return fmt.Errorf("request %d of %q follows on %d", p.Number, p.Provider, last[p.Provider])
		}
		last[p.Provider]++
	}
	return nil
}

func openState(s *statev1.CaseState, o *eventsv1.CaseOpened, f *eventsv1.Fact, name string) {
	s.Case = &casesv1.Case{
		Name: name, Company: o.Company, Title: o.Title, NeedText: o.NeedText, NeedCodes: o.NeedCodes, Status: caseOpen,
		Language: o.Language, ContactLanguage: o.ContactLanguage, OpenedAt: f.Time, Secret: o.Secret,
		Anonymous: len(o.SecretHash) > 0, Code: o.Code, Journey: o.Journey,
	}
	addConsents(s.Case, o.Consents, f)
	// The fact's list is copied: appending to it later must not write into the fact.
	s.Planned, s.Opener, s.SecretHash = slices.Clone(o.Requests), f.Actor.GetPerson(), o.SecretHash
	if o.OnBehalfBy != "" {
		s.Case.Status, s.Case.OpenedOnBehalfBy, s.Case.ConfirmBy = caseUnconfirmed, "providers/"+o.OnBehalfBy, o.ConfirmBy
		s.Opener = ""
	}
}

func applyCase(s *statev1.CaseState, f *eventsv1.Fact, sequence uint64) error {
	c := s.Case
	switch e := f.Event.(type) {
	case *eventsv1.Fact_CaseConfirmed:
		for i, p := range s.Planned {
			s.Planned[i] = afterHolding(c, p, f.Time.AsTime())
		}
		c.Status, c.ConfirmBy = caseOpen, ""
		addConsents(c, e.CaseConfirmed.Consents, f)
		if s.Opener == "" {
			s.Opener = f.Actor.GetPerson()
		}
	case *eventsv1.Fact_CaseLapsed:
		c.Status, c.ClosedAt = caseLapsed, f.Time
	case *eventsv1.Fact_RequestAdded:
		s.Planned = appendPlanned(s.Planned, e.RequestAdded.Request, e.RequestAdded.Invitation)
		addConsents(c, e.RequestAdded.Consents, f)
	case *eventsv1.Fact_ReferralAnswered:
		a := e.ReferralAnswered
		s.AnsweredReferrals = append(s.AnsweredReferrals, referralKey(a.Provider, int(a.RequestNumber), a.Number))
		s.Planned = appendPlanned(s.Planned, a.Request, a.Invitation)
		addConsents(c, a.Consents, f)
	case *eventsv1.Fact_CompanyLinked:
		c.Company = e.CompanyLinked.Company
	case *eventsv1.Fact_CaseClosing:
		c.Status = caseClosing
	case *eventsv1.Fact_CaseClosed:
		c.Status, c.ClosedAt = caseClosed, f.Time
	case *eventsv1.Fact_CaseReopened:
		c.Status, c.ClosedAt = caseOpen, nil
	case *eventsv1.Fact_ConsentGranted:
		addConsents(c, []*casesv1.Consent{e.ConsentGranted.GetConsent()}, f)
	case *eventsv1.Fact_ConsentWithdrawn:
		withdrawConsent(s, e.ConsentWithdrawn, f)
	case *eventsv1.Fact_DisclosureRecorded:
		addDisclosure(c, e.DisclosureRecorded.GetDisclosure(), f)
	case *eventsv1.Fact_WordsCorrected:
		correctCase(s, e.WordsCorrected, sequence)
	case *eventsv1.Fact_FactRedacted: // see RefoldCase
	default:
		return fmt.Errorf("casework: %T cannot stand in a case's scope (%s)", f.Event, c.Name)
	}
	return nil
}

// afterHolding moves the due date of a request that was held back until the
// company confirmed: its provider could not begin before.
func afterHolding(c *casesv1.Case, p *eventsv1.PlannedRequest, now time.Time) *eventsv1.PlannedRequest {
	if "providers/"+p.Provider == c.OpenedOnBehalfBy || p.GetTerms().GetDueDate() == "" {
		return p
	}
	moved := proto.Clone(p).(*eventsv1.PlannedRequest)
	moved.Terms.DueDate = addDays(p.Terms.DueDate, daysBetween(c.OpenedAt.AsTime(), now))
	return moved
}

func appendPlanned(planned []*eventsv1.PlannedRequest, more ...*eventsv1.PlannedRequest) []*eventsv1.PlannedRequest {
	for _, p := range more {
		if p != nil {
			planned = append(planned, p)
		}
	}
	return planned
}
