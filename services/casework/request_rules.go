package casework

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// decideDueSoon leaves it to the ticker how soon is soon.
func decideDueSoon(s *statev1.RequestState) (*eventsv1.Fact_RequestDueSoon, error) {
	if err := clockRuns(s); err != nil {
		return nil, err
	}
	return &eventsv1.Fact_RequestDueSoon{RequestDueSoon: &eventsv1.RequestDueSoon{DueDate: s.Request.DueDate}}, nil
}

func decideOverdue(s *statev1.RequestState, now time.Time) (*eventsv1.Fact_RequestOverdue, error) {
	if err := clockRuns(s); err != nil {
		return nil, err
	}
	if today := Today(now); today <= s.Request.DueDate {
		return nil, refuse(State, "NOT_OVERDUE", "%s is due on %s, and today is %s; it is overdue after that", s.Request.Name, s.Request.DueDate, today)
	}
	return &eventsv1.Fact_RequestOverdue{RequestOverdue: &eventsv1.RequestOverdue{DueDate: s.Request.DueDate}}, nil
}

// clockRuns refuses to hurry a provider that has no date to keep, or that waits
// for the company.
func clockRuns(s *statev1.RequestState) error {
	if s.Request.DueDate == "" {
		return refuse(State, "NO_DUE_DATE", "%s has no due date; nothing is to be told about it", s.Request.Name)
	}
	if s.WaitingSince != nil {
		return refuse(State, "CLOCK_STANDS_STILL", "%s waits for the company, and its clock stands still meanwhile; it goes on when the company has answered", s.Request.Name)
	}
	return nil
}

func decideAssign(c Assign) (*eventsv1.Fact_RequestAssigned, error) {
	if c.Advisor == "" {
		return nil, refuse(Invalid, "ADVISOR_MISSING", "advisor is empty; name the advisor who is to work on the request").field("advisor")
	}
	return &eventsv1.Fact_RequestAssigned{RequestAssigned: &eventsv1.RequestAssigned{Advisor: c.Advisor, Languages: c.Languages}}, nil
}

func decideAnswer(s *statev1.RequestState, c AnswerSupplement, now time.Time) (*eventsv1.Fact_SupplementAnswered, error) {
	for _, sup := range s.Request.Supplements {
		if sup.Number != c.Number {
			continue
		}
		if sup.AnsweredAt != nil {
			return nil, refuse(State, "SUPPLEMENT_ANSWERED", "supplement %d of %s is answered already; send a message to add to the answer", c.Number, s.Request.Name)
		}
		return &eventsv1.Fact_SupplementAnswered{SupplementAnswered: &eventsv1.SupplementAnswered{
			Number: c.Number, Text: c.Text, Inputs: c.Inputs, DueDate: dueAfterWaiting(s, c.Number, now),
		}}, nil
	}
	have := "it has none"
	if n := len(s.Request.Supplements); n > 0 {
		have = fmt.Sprintf("number is from 1 to %d", n)
	}
	return nil, refuse(NotFound, "SUPPLEMENT_NOT_FOUND", "%s has no supplement %d; %s", s.Request.Name, c.Number, have).field("number")
}

func decideRate(r *casesv1.Request, c RateRequest) (*eventsv1.Fact_RequestRated, error) {
	if r.Rating != nil {
		return nil, refuse(State, "ALREADY_RATED", "%s was rated already, with %d of 5; it is rated once", r.Name, r.Rating.Stars)
	}
	if c.Stars < 1 || c.Stars > 5 {
		return nil, refuse(Invalid, "STARS_OUT_OF_RANGE", "stars is %d; give 1 (poor) to 5 (excellent)", c.Stars).field("stars")
	}
	return &eventsv1.Fact_RequestRated{RequestRated: &eventsv1.RequestRated{Stars: c.Stars, Comment: c.Comment}}, nil
}

func decideAsk(s *statev1.RequestState, c AskSupplement, now time.Time) (*eventsv1.Fact_SupplementAsked, error) {
	today := Today(now)
	last := now.In(Helsinki).AddDate(1, 0, 0).Format(time.DateOnly)
	if !isDate(c.DueDate) || c.DueDate < today || c.DueDate > last {
		return nil, refuse(Invalid, "DUE_DATE_OUT_OF_RANGE", "due_date is %q; give a date from today, %s, to %s", c.DueDate, today, last).field("due_date")
	}
	return &eventsv1.Fact_SupplementAsked{SupplementAsked: &eventsv1.SupplementAsked{
		Number: int32(len(s.Request.Supplements)) + 1, Question: c.Question, DueDate: c.DueDate,
	}}, nil
}

func decideDecline(c Decline) (*eventsv1.Fact_RequestDeclined, error) {
	if c.Reason == casesv1.DeclineReason_DECLINE_REASON_UNSPECIFIED {
		return nil, refuse(Invalid, "REASON_MISSING", "reason is empty; the company must learn why, so choose one of DeclineReason").field("reason")
	}
	return &eventsv1.Fact_RequestDeclined{RequestDeclined: &eventsv1.RequestDeclined{Reason: c.Reason, Text: c.Text}}, nil
}

func decideRefer(s *statev1.RequestState, c Refer) (*eventsv1.Fact_ReferralProposed, error) {
	service := "providers/" + c.Provider + "/services/" + c.Service
	if "providers/"+c.Provider == s.Request.Provider {
		return nil, refuse(Invalid, "OWN_SERVICE", "service %s is one of your own; refer to another provider's service, or let the company add this one to the case", service).field("service")
	}
	for _, ref := range s.Request.Referrals {
		if ref.AnsweredAt == nil && ref.Service == service {
			return nil, refuse(State, "REFERRAL_PENDING", "%s is proposed already; wait for the company's answer before you propose it again", service)
		}
	}
	return &eventsv1.Fact_ReferralProposed{ReferralProposed: &eventsv1.ReferralProposed{
		Number: int32(len(s.Request.Referrals)) + 1, Provider: c.Provider, Service: c.Service,
		Reason: c.Reason, Text: c.Text, Handover: c.Handover,
	}}, nil
}

// needsDecision are the outcomes that exist only once somebody has decided.
var needsDecision = []string{"decision", "permit", "certificate", "statement"}

func decideDecision(r *casesv1.Request, c Decide, now time.Time) (*eventsv1.Fact_DecisionRecorded, error) {
	d := c.Decision
	missing := func(field, what string) error {
		return refuse(Invalid, "DECISION_INCOMPLETE", "decision.%s is empty; %s", field, what).field("decision." + field)
	}
	wrongDate := func(field, value string) error {
		return refuse(Invalid, "NOT_A_DATE", "decision.%s is %q; give a date as YYYY-MM-DD", field, value).field("decision." + field)
	}
	today := Today(now)
	switch {
	case d.GetResult() == casesv1.DecisionResult_DECISION_RESULT_UNSPECIFIED:
		return nil, missing("result", "choose one of DecisionResult")
	case strings.TrimSpace(d.Title) == "":
		return nil, missing("title", "say in one line what was decided")
	case strings.TrimSpace(d.Reasons) == "":
		return nil, missing("reasons", "say why, as a decision must give its reasons")
	case r.Official != nil && strings.TrimSpace(d.Reference) == "":
		return nil, missing("reference", "the matter is decided in "+r.Official.DisplayName+", so note the reference number given there")
	case d.DecidedOn != "" && !isDate(d.DecidedOn):
		return nil, wrongDate("decided_on", d.DecidedOn)
	case d.ValidTo != "" && !isDate(d.ValidTo):
		return nil, wrongDate("valid_to", d.ValidTo)
	case d.DecidedOn > today:
		return nil, refuse(Invalid, "DECISION_IN_FUTURE", "decision.decided_on is %s, and today is %s; record a decision once it has been made", d.DecidedOn, today).field("decision.decided_on")
	case d.AmountCents < 0:
		return nil, refuse(Invalid, "AMOUNT_NEGATIVE", "decision.amount_cents is %d; give 0 or more", d.AmountCents).field("decision.amount_cents")
	case d.ValidTo != "" && d.ValidTo < cmp.Or(d.DecidedOn, today):
		return nil, refuse(Invalid, "VALIDITY_ENDS_EARLY", "decision.valid_to is %s; give a date from the day of the decision, %s, or leave it empty",
			d.ValidTo, cmp.Or(d.DecidedOn, today)).field("decision.valid_to")
	}
	recorded := &casesv1.Decision{
		Result: d.Result, Title: d.Title, Reasons: d.Reasons, Provisions: d.Provisions, Appeal: d.Appeal,
		Reported: r.Official != nil, Reference: d.Reference, DecidedOn: cmp.Or(d.DecidedOn, today), ValidTo: d.ValidTo, AmountCents: d.AmountCents,
	}
	return &eventsv1.Fact_DecisionRecorded{DecisionRecorded: &eventsv1.DecisionRecorded{Decision: recorded}}, nil
}

func decideComplete(r *casesv1.Request, c Complete) (*eventsv1.Fact_RequestCompleted, error) {
	if r.Decision == nil && slices.Contains(needsDecision, r.OutcomeType) && r.InvitedTo == "" {
		return nil, refuse(State, "DECISION_MISSING", "%s leads to a %s, and none is recorded; record it with Decide first, or decline the request", r.Name, r.OutcomeType)
	}
	return &eventsv1.Fact_RequestCompleted{RequestCompleted: &eventsv1.RequestCompleted{Summary: c.Summary}}, nil
}

func decideContact(c RecordContact, now time.Time) (*eventsv1.Fact_ContactRecorded, error) {
	if c.Contact.GetKind() == casesv1.ContactKind_CONTACT_KIND_UNSPECIFIED {
		return nil, refuse(Invalid, "KIND_MISSING", "kind is empty; choose one of ContactKind").field("kind")
	}
	recorded := proto.Clone(c.Contact).(*eventsv1.ContactRecorded)
	if recorded.OccurredAt == nil {
		recorded.OccurredAt = timestamppb.New(now)
	}
	if at := recorded.OccurredAt.AsTime(); at.After(now) {
		return nil, refuse(Invalid, "CONTACT_IN_FUTURE", "occurred_at is %s, and now it is %s; record a contact after it took place",
			at.Format(time.RFC3339), now.UTC().Format(time.RFC3339)).field("occurred_at")
	}
	return &eventsv1.Fact_ContactRecorded{ContactRecorded: recorded}, nil
}
