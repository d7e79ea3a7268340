package casework

import (
	"slices"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// DecideRequest answers the fact that cmd leads to in state s, or a *Refusal.
// It answers nil without an error when the call is a repeat of one that the
// state has taken in, or when the hub tells what the state knows already:
// nothing is to be appended, and the state is the answer. The state is not changed.
func DecideRequest(s *statev1.RequestState, cmd RequestCommand, call Call) (*eventsv1.Fact, error) {
	r := s.GetRequest()
	if repeat, err := call.admit(s.GetScope(), r.GetEtag()); repeat || err != nil {
		return nil, err
	}
	if err := allowed(s, cmd, call.Actor); err != nil {
		return nil, err
	}
	if known(s, cmd) {
		return nil, nil
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
		f.Event, err = decideDueSoon(s)
	case MarkOverdue:
		f.Event, err = decideOverdue(s, call.Time)
	case PostMessage:
		f.Event = &eventsv1.Fact_MessagePosted{MessagePosted: &eventsv1.MessagePosted{Text: c.Text}}
	case AnswerSupplement:
		f.Event, err = decideAnswer(s, c, call.Time)
	case WithdrawRequest:
		f.Event = &eventsv1.Fact_RequestWithdrawn{RequestWithdrawn: &eventsv1.RequestWithdrawn{Reason: c.Reason, CaseEnded: c.CaseEnded, ConsentEnded: c.ConsentEnded}}
	case EndConsent:
		f.Event = &eventsv1.Fact_RequestConsentEnded{RequestConsentEnded: &eventsv1.RequestConsentEnded{Consent: c.Consent, KeptByLaw: c.KeptByLaw}}
	case CorrectText:
		f.Event, err = decideRequestCorrection(r, c, call.Actor)
	case RepeatCorrection:
		f.Event = &eventsv1.Fact_WordsCorrected{WordsCorrected: &eventsv1.WordsCorrected{
			Corrects: casesv1.EntryKind_ENTRY_KIND_REQUESTED, Field: c.Field, Text: c.Text, Repeats: c.From,
		}}
	case RateRequest:
		f.Event, err = decideRate(r, c)
	case PickUp:
		if call.Actor.GetAdvisor() == "" {
			return nil, refuse(Denied, "NOT_AN_ADVISOR", "only an advisor can pick up %s; have a lead assign it to one", r.Name)
		}
		f.Event = &eventsv1.Fact_RequestPickedUp{RequestPickedUp: &eventsv1.RequestPickedUp{Languages: c.Languages}}
	case HandBack:
		f.Event = &eventsv1.Fact_RequestHandedBack{RequestHandedBack: &eventsv1.RequestHandedBack{Reason: c.Reason}}
	case Assign:
		f.Event, err = decideAssign(c)
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
		if name == "PickUp" && holder != "" && !Ended(status) {
			if holder == advisorName(actor) {
				return refuse(State, "ALREADY_PICKED_UP", "you work on %s already; go on with it", s.Request.Name).meta("advisor", holder)
			}
			return refuse(State, "ALREADY_PICKED_UP", "%s works on %s already; ask them, or have a lead assign it to you",
				holder, s.Request.Name).meta("advisor", holder)
		}
		return refuse(State, "STATE_FORBIDS", "%s is %s; %s is possible when it is %s", requestName(s), StatusWord(status), name,
			words(requestTable[name])).meta("status", status.String())
	}
	if err := rightParty(s, name, actor.GetParty()); err != nil {
		return err
	}
	if actor.GetParty() != casesv1.Party_PARTY_PROVIDER || name == "PickUp" || isLead(actor) {
		return nil
	}
	if name == "Assign" {
		return refuse(Denied, "NOT_A_LEAD", "only a lead assigns %s; ask one to, or pick it up yourself when it is new", s.Request.Name)
	}
	if holder == "" { // it was handed back
		return refuse(Denied, "NOT_YOUR_REQUEST", "nobody works on %s; pick it up, or ask a lead", s.Request.Name)
	}
	if holder != advisorName(actor) {
		return refuse(Denied, "NOT_YOUR_REQUEST", "%s works on %s; ask them or a lead, or have it assigned to you", holder, s.Request.Name).meta("advisor", holder)
	}
	return nil
}

// rightParty refuses a provider what is the company's or the hub's to do, and the
// company what is not its own.
func rightParty(s *statev1.RequestState, name string, party casesv1.Party) error {
	if name == "CorrectText" {
		return nil // whose the words are says who may
	}
	company, hub := slices.Contains(companyCommands, name), slices.Contains(hubCommands, name)
	switch {
	case party == casesv1.Party_PARTY_PROVIDER && company:
		return refuse(Denied, "WRONG_PARTY", "%s is the company's to do; reply to the company about %s instead", name, requestName(s))
	case party == casesv1.Party_PARTY_COMPANY && !company && !hub:
		return refuse(Denied, "WRONG_PARTY", "%s is the provider's to do; send a message about %s instead", name, requestName(s))
	case hub && (party == casesv1.Party_PARTY_PROVIDER || party == casesv1.Party_PARTY_COMPANY):
		return refuse(Denied, "WRONG_PARTY", "%s is the hub's to do; it does so by itself", name)
	}
	return nil
}

func advisorName(a *eventsv1.Actor) string {
	return "providers/" + a.GetProvider() + "/advisors/" + a.GetAdvisor()
}

// known tells whether the hub tells a request what it knows already: a router or
// a ticker that lost a race, or runs again, then appends nothing.
func known(s *statev1.RequestState, cmd RequestCommand) bool {
	r := s.GetRequest()
	switch c := cmd.(type) {
	case ConfirmRequest:
		return !r.Unconfirmed
	case LinkRequest:
		return r.Company != nil
	case RecordReferralAnswer:
		ref := referral(r, c.Answered.GetNumber())
		return ref == nil || ref.AnsweredAt != nil
	case WarnDueSoon:
		return s.DueSoon || r.Overdue
	case MarkOverdue:
		return r.Overdue
	case RepeatCorrection:
		return s.Corrected >= c.From
	case EndConsent:
		return r.ConsentEndedAt != nil
	}
	return false
}

func requestName(s *statev1.RequestState) string {
	if n := s.GetRequest().GetName(); n != "" {
		return n
	}
	return "the request"
}
