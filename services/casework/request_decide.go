package casework

import (
	"slices"
	"strings"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// DecideRequest answers the fact that cmd leads to in state s, or a *Refusal.
// It answers nil without an error when the call is a repeat of one that the
// state has taken in: nothing is to be appended, and the state is the answer.
// The state is not changed.
func DecideRequest(s *statev1.RequestState, cmd RequestCommand, call Call) (*eventsv1.Fact, error) {
	r := s.GetRequest()
	if repeat, err := call.admit(s.GetScope(), r.GetEtag()); repeat || err != nil {
		return nil, err
	}
	if err := allowed(s, cmd, call.Actor); err != nil {
		return nil, err
	}
	f := call.fact(s.GetScope())
	var err error
	switch c := cmd.(type) {
	case MakeRequest:
		f.Event = &eventsv1.Fact_RequestMade{RequestMade: c.Made}
	case ConfirmRequest:
		f.Event = &eventsv1.Fact_RequestConfirmed{RequestConfirmed: &eventsv1.RequestConfirmed{}}
	case LinkRequest:
		f.Event = &eventsv1.Fact_CompanyLinked{CompanyLinked: &eventsv1.CompanyLinked{Company: c.Company}}
	case RecordReferralAnswer:
		f.Event = &eventsv1.Fact_ReferralAnswered{ReferralAnswered: c.Answered}
	case WarnDueSoon:
		f.Event = &eventsv1.Fact_RequestDueSoon{RequestDueSoon: &eventsv1.RequestDueSoon{DueDate: r.DueDate}}
	case MarkOverdue:
		f.Event = &eventsv1.Fact_RequestOverdue{RequestOverdue: &eventsv1.RequestOverdue{DueDate: r.DueDate}}
	case PostMessage:
		f.Event = &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: c.Text}}
	case AnswerSupplement:
		f.Event, err = decideAnswer(s, c, call.Time)
	case WithdrawRequest:
		f.Event = &eventsv1.Fact_RequestWithdrawn{RequestWithdrawn: &eventsv1.RequestWithdrawn{Reason: c.Reason, CaseEnded: c.CaseEnded}}
	case RateRequest:
		f.Event, err = decideRate(r, c)
	case PickUp:
		f.Event = &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{Languages: c.Languages}}
	case HandBack:
		f.Event = &eventsv1.Fact_RequestHandedBack{RequestHandedBack: &eventsv1.RequestHandedBack{Reason: c.Reason}}
	case Assign:
		f.Event = &eventsv1.Fact_RequestAssigned{RequestAssigned: &eventsv1.RequestAssigned{Advisor: c.Advisor, Languages: c.Languages}}
	case Reply:
		f.Event = &eventsv1.Fact_ReplySent{ReplySent: &eventsv1.ReplySent{Text: c.Text}}
	case AskSupplement:
		f.Event, err = decideAsk(s, c, call.Time)
	case Decline:
		f.Event, err = decideDecline(c)
	case Refer:
		f.Event, err = decideRefer(s, c)
	case Decide:
		f.Event, err = decideDecision(r, c, call.Time)
	case Complete:
		f.Event, err = decideComplete(r, c)
	case RecordContact:
		f.Event, err = decideContact(c, call.Time)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// allowed checks the table, and whose request it is.
func allowed(s *statev1.RequestState, cmd RequestCommand, actor *eventsv1.Actor) error {
	name, status := cmd.requestCommand(), s.GetRequest().GetStatus()
	holder := s.GetRequest().GetAdvisor().GetName()
	if !slices.Contains(requestTable[name], status) {
		if name == "PickUp" && holder != "" {
			return refuse(State, "ALREADY_PICKED_UP", "%s works on %s already; ask them, or have a lead assign it to you",
				holder, s.Request.Name).meta("advisor", holder)
		}
		return refuse(State, "STATE_FORBIDS", "%s is %s; %s is possible when it is %s", requestName(s), StatusWord(status), name,
			words(requestTable[name])).meta("status", status.String())
	}
	if actor.GetParty() != casesv1.Party_PARTY_PROVIDER || name == "PickUp" || name == "Assign" || isLead(actor) {
		return nil
	}
	if own := "providers/" + actor.Provider + "/advisors/" + actor.Advisor; holder != own {
		return refuse(Denied, "NOT_YOUR_REQUEST", "%s works on %s; ask them or a lead, or have it assigned to you", holder, s.Request.Name).meta("advisor", holder)
	}
	return nil
}

func requestName(s *statev1.RequestState) string {
	if n := s.GetRequest().GetName(); n != "" {
		return n
	}
	return "the request"
}

func decideAnswer(s *statev1.RequestState, c AnswerSupplement, now time.Time) (*eventsv1.Fact_SupplementAnswered, error) {
	for _, sup := range s.Request.Supplements {
		if sup.Number != c.Number {
			continue
		}
		if sup.AnsweredAt != nil {
			return nil, refuse(State, "SUPPLEMENT_ANSWERED", "supplement %d of %s is answered already; write a message to add to it", c.Number, s.Request.Name)
		}
		return &eventsv1.Fact_SupplementAnswered{SupplementAnswered: &eventsv1.SupplementAnswered{
			Number: c.Number, Text: c.Text, Inputs: c.Inputs, DueDate: dueAfterWaiting(s, c.Number, now),
		}}, nil
	}
	return nil, refuse(NotFound, "SUPPLEMENT_NOT_FOUND", "%s has no supplement %d; it has %d", s.Request.Name, c.Number, len(s.Request.Supplements)).field("number")
}

func decideRate(r *casesv1.Request, c RateRequest) (*eventsv1.Fact_RequestRated, error) {
	if r.Rating != nil {
		return nil, refuse(State, "ALREADY_RATED", "%s was rated already, with %d of 5", r.Name, r.Rating.Stars)
	}
	if c.Stars < 1 || c.Stars > 5 {
		return nil, refuse(Invalid, "STARS_OUT_OF_RANGE", "stars is %d; 1 (poor) to 5 (excellent) are possible", c.Stars).field("stars")
	}
	return &eventsv1.Fact_RequestRated{RequestRated: &eventsv1.RequestRated{Stars: c.Stars, Comment: c.Comment}}, nil
}

func decideAsk(s *statev1.RequestState, c AskSupplement, now time.Time) (*eventsv1.Fact_SupplementAsked, error) {
	today := now.In(Helsinki).Format(time.DateOnly)
	last := now.In(Helsinki).AddDate(1, 0, 0).Format(time.DateOnly)
	if c.DueDate < today || c.DueDate > last {
		return nil, refuse(Invalid, "DUE_DATE_OUT_OF_RANGE", "due_date is %s; it must be from %s to %s", c.DueDate, today, last).field("due_date")
	}
	return &eventsv1.Fact_SupplementAsked{SupplementAsked: &eventsv1.SupplementAsked{
		Number: int32(len(s.Request.Supplements)) + 1, Question: c.Question, DueDate: c.DueDate,
	}}, nil
}

func decideDecline(c Decline) (*eventsv1.Fact_RequestDeclined, error) {
	if c.Reason == casesv1.DeclineReason_DECLINE_REASON_UNSPECIFIED {
		return nil, refuse(Invalid, "REASON_MISSING", "reason is not stated; the company must learn why, so choose one of DeclineReason").field("reason")
	}
	return &eventsv1.Fact_RequestDeclined{RequestDeclined: &eventsv1.RequestDeclined{Reason: c.Reason, Text: c.Text}}, nil
}

func decideRefer(s *statev1.RequestState, c Refer) (*eventsv1.Fact_ReferralProposed, error) {
	if "providers/"+c.Provider == s.Request.Provider {
		return nil, refuse(Invalid, "OWN_SERVICE", "service is one of %s itself; refer to another provider, or let the company add the service", s.Request.Provider).field("service")
	}
	service := "providers/" + c.Provider + "/services/" + c.Service
	for _, ref := range s.Request.Referrals {
		if ref.AnsweredAt == nil && ref.Service == service {
			return nil, refuse(State, "REFERRAL_PENDING", "%s is proposed already and waits for the company's answer", service)
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
	today := now.In(Helsinki).Format(time.DateOnly)
	switch {
	case d.GetResult() == casesv1.DecisionResult_DECISION_RESULT_UNSPECIFIED:
		return nil, missing("result", "state what was decided")
	case strings.TrimSpace(d.Title) == "":
		return nil, missing("title", "say in one line what was decided")
	case strings.TrimSpace(d.Reasons) == "":
		return nil, missing("reasons", "a decision gives its reasons")
	case r.Official != nil && strings.TrimSpace(d.Reference) == "":
		return nil, missing("reference", "the matter is decided in "+r.Official.DisplayName+": note its reference number")
	case d.DecidedOn > today:
		return nil, refuse(Invalid, "DECISION_IN_FUTURE", "decision.decided_on is %s, after today, %s", d.DecidedOn, today).field("decision.decided_on")
	case d.AmountCents < 0:
		return nil, refuse(Invalid, "AMOUNT_NEGATIVE", "decision.amount_cents is %d; it cannot be below 0", d.AmountCents).field("decision.amount_cents")
	case d.ValidTo != "" && d.DecidedOn != "" && d.ValidTo < d.DecidedOn:
		return nil, refuse(Invalid, "VALIDITY_ENDS_EARLY", "decision.valid_to, %s, is before decided_on, %s", d.ValidTo, d.DecidedOn).field("decision.valid_to")
	}
	recorded := &casesv1.Decision{
		Result: d.Result, Title: d.Title, Reasons: d.Reasons, Provisions: d.Provisions, Appeal: d.Appeal,
		Reported: r.Official != nil, Reference: d.Reference, DecidedOn: d.DecidedOn, ValidTo: d.ValidTo, AmountCents: d.AmountCents,
	}
	if recorded.DecidedOn == "" {
		recorded.DecidedOn = today
	}
	return &eventsv1.Fact_DecisionRecorded{DecisionRecorded: &eventsv1.DecisionRecorded{Decision: recorded}}, nil
}

func decideComplete(r *casesv1.Request, c Complete) (*eventsv1.Fact_RequestCompleted, error) {
	if r.Decision == nil && slices.Contains(needsDecision, r.OutcomeType) && r.InvitedTo == "" {
		return nil, refuse(State, "DECISION_MISSING", "%s leads to a %s; record it with Decide first, or decline the request", r.Name, r.OutcomeType)
	}
	return &eventsv1.Fact_RequestCompleted{RequestCompleted: &eventsv1.RequestCompleted{Summary: c.Summary}}, nil
}

func decideContact(c RecordContact, now time.Time) (*eventsv1.Fact_ContactRecorded, error) {
	if c.Contact.GetKind() == casesv1.ContactKind_CONTACT_KIND_UNSPECIFIED {
		return nil, refuse(Invalid, "KIND_MISSING", "kind is not stated; choose one of ContactKind").field("kind")
	}
	if c.Contact.OccurredAt.AsTime().After(now) {
		return nil, refuse(Invalid, "CONTACT_IN_FUTURE", "occurred_at is %s, in the future; record a contact after it took place",
			c.Contact.OccurredAt.AsTime().Format(time.RFC3339)).field("occurred_at")
	}
	return &eventsv1.Fact_ContactRecorded{ContactRecorded: c.Contact}, nil
}
