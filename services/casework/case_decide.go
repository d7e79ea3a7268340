package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// MaxRequests is how many requests one case can hold.
const MaxRequests = 200

// DecideCase answers the fact that cmd leads to in state s, or a *Refusal. It
// answers nil without an error when the call is a repeat. The state is not changed.
func DecideCase(s *statev1.CaseState, cmd CaseCommand, call Call) (*eventsv1.Fact, error) {
	c := s.GetCase()
	if repeat, err := call.admit(s.GetScope(), c.GetEtag()); repeat || err != nil {
		return nil, err
	}
	if name := cmd.caseCommand(); !slices.Contains(caseTable[name], c.GetStatus()) {
		return nil, refuse(State, "STATE_FORBIDS", "the case is %s; %s is possible when it is %s", CaseStatusWord(c.GetStatus()), name,
			caseWords(caseTable[name])).meta("status", c.GetStatus().String())
	}
	f := call.fact(s.GetScope())
	var err error
	switch cmd := cmd.(type) {
	case OpenCase:
		f.Event, err = decideOpen(cmd, call.Time)
	case ConfirmCase:
		if today := Today(call.Time); c.ConfirmBy != "" && today > c.ConfirmBy {
			return nil, refuse(State, "CONFIRMATION_LATE", "the case had to be confirmed by %s, and today is %s; open a new case", c.ConfirmBy, today)
		}
		if err = consented(s.Planned, nil, cmd.Consents, "", call.Time); err == nil {
			f.Event = &eventsv1.Fact_CaseConfirmed{CaseConfirmed: &eventsv1.CaseConfirmed{Consents: cmd.Consents}}
		}
	case LapseCase:
		if today := Today(call.Time); today <= c.ConfirmBy {
			return nil, refuse(State, "LAPSES_LATER", "the case can be confirmed until the end of %s, and today is %s; it lapses after that", c.ConfirmBy, today)
		}
		f.Event = &eventsv1.Fact_CaseLapsed{CaseLapsed: &eventsv1.CaseLapsed{}}
	case AddRequest:
		f.Event, err = decideAdd(s, cmd, call.Time)
	case AnswerReferral:
		f.Event, err = decideReferral(s, cmd, call.Time)
	case LinkCompany:
		f.Event, err = decideLink(c, cmd)
	case CloseCase:
		f.Event = &eventsv1.Fact_CaseClosing{CaseClosing: &eventsv1.CaseClosing{Reason: cmd.Reason}}
	case GrantConsent:
		f.Event, err = decideGrant(cmd)
	case WithdrawConsent:
		f.Event, err = decideWithdrawConsent(c, cmd)
	case RecordDisclosure:
		f.Event, err = decideDisclosure(cmd)
	case CorrectText:
		f.Event, err = decideCorrection(cmd, call.Actor)
	case FinishClosing:
		f.Event = &eventsv1.Fact_CaseClosed{CaseClosed: &eventsv1.CaseClosed{Heads: cmd.Heads}}
	case ReopenCase:
		if c.ConfirmBy != "" {
			return nil, refuse(State, "NEVER_CONFIRMED", "the case was closed before the company confirmed it; open a new case")
		}
		f.Event = &eventsv1.Fact_CaseReopened{CaseReopened: &eventsv1.CaseReopened{Reason: cmd.Reason}}
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func decideOpen(cmd OpenCase, now time.Time) (*eventsv1.Fact_CaseOpened, error) {
	if len(cmd.Opened.GetRequests()) == 0 {
		return nil, refuse(Invalid, "NO_SERVICE", "services is empty; a case asks for at least one service").field("services")
	}
	if err := room(nil, len(cmd.Opened.Requests)); err != nil {
		return nil, err
	}
	opened := proto.Clone(cmd.Opened).(*eventsv1.CaseOpened)
	if err := consented(opened.Requests, nil, opened.Consents, opened.OnBehalfBy, now); err != nil {
		return nil, err
	}
	number(nil, opened.Requests...)
	return &eventsv1.Fact_CaseOpened{CaseOpened: opened}, nil
}

func decideAdd(s *statev1.CaseState, cmd AddRequest, now time.Time) (*eventsv1.Fact_RequestAdded, error) {
	added := &eventsv1.RequestAdded{Consents: cmd.Consents}
	var err error
	added.Request, added.Invitation, err = plan(s, cmd.Request, cmd.Invitation, cmd.Consents, now)
	return &eventsv1.Fact_RequestAdded{RequestAdded: added}, err
}

func decideReferral(s *statev1.CaseState, cmd AnswerReferral, now time.Time) (*eventsv1.Fact_ReferralAnswered, error) {
	key := referralKey(cmd.FromProvider, cmd.FromNumber, cmd.Number)
	switch {
	case cmd.Referral == nil:
		return nil, refuse(NotFound, "REFERRAL_NOT_FOUND", "the request %s-%d has no referral %d; take the number from its referrals", cmd.FromProvider, cmd.FromNumber, cmd.Number).field("number")
	case slices.Contains(s.AnsweredReferrals, key):
		return nil, refuse(State, "REFERRAL_ANSWERED", "referral %d of %s-%d is answered already; to ask for a service after all, add it to the case", cmd.Number, cmd.FromProvider, cmd.FromNumber)
	}
	answered := &eventsv1.ReferralAnswered{
		Provider: cmd.FromProvider, RequestNumber: int32(cmd.FromNumber), Number: cmd.Number, Agreed: cmd.Agree, Consents: cmd.Consents,
	}
	if !cmd.Agree {
		answered.Consents = nil
		return &eventsv1.Fact_ReferralAnswered{ReferralAnswered: answered}, nil
	}
	var err error
	answered.Request, answered.Invitation, err = plan(s, cmd.Request, cmd.Invitation, cmd.Consents, now)
	return &eventsv1.Fact_ReferralAnswered{ReferralAnswered: answered}, err
}

func decideLink(c *casesv1.Case, cmd LinkCompany) (*eventsv1.Fact_CompanyLinked, error) {
	if c.Company != nil {
		return nil, refuse(State, "COMPANY_LINKED", "the case belongs to %s already; open a new case for another company", c.Company.Id)
	}
	if cmd.Company.GetId() == "" {
		return nil, refuse(Invalid, "COMPANY_MISSING", "company is empty; name the company by its Business ID or another identifier").field("company")
	}
	return &eventsv1.Fact_CompanyLinked{CompanyLinked: &eventsv1.CompanyLinked{Company: cmd.Company}}, nil
}

// plan numbers a request and its invitation, and checks consent for both.
func plan(s *statev1.CaseState, request, invitation *eventsv1.PlannedRequest, consents []*casesv1.Consent, now time.Time) (*eventsv1.PlannedRequest, *eventsv1.PlannedRequest, error) {
	if request == nil {
		return nil, nil, refuse(Invalid, "NO_SERVICE", "service is empty; name the service that is asked for").field("service")
	}
	asked := []*eventsv1.PlannedRequest{proto.Clone(request).(*eventsv1.PlannedRequest)}
	if invitation != nil {
		asked = append(asked, proto.Clone(invitation).(*eventsv1.PlannedRequest))
	}
	if err := room(s.Planned, len(asked)); err != nil {
		return nil, nil, err
	}
	if err := consented(asked, s.Case.Consents, consents, "", now); err != nil {
		return nil, nil, err
	}
	number(s.Planned, asked...)
	if invitation == nil {
		return asked[0], nil, nil
	}
	return asked[0], asked[1], nil
}

// room checks that a case can hold more requests.
func room(planned []*eventsv1.PlannedRequest, more int) error {
	if len(planned)+more > MaxRequests {
		return refuse(State, "TOO_MANY_REQUESTS", "the case holds %d requests and would hold %d; it can hold %d, so open a new case for the rest",
			len(planned), len(planned)+more, MaxRequests)
	}
	return nil
}

// number gives each asked request the next number at its provider. An invitation
// refers to the nearest request of its lead before it.
func number(planned []*eventsv1.PlannedRequest, asked ...*eventsv1.PlannedRequest) {
	last := lastNumbers(planned)
	for _, p := range asked {
		last[p.Provider]++
		p.Number = last[p.Provider]
		if p.InvitedToProvider != "" {
			p.InvitedToNumber = last[p.InvitedToProvider]
		}
	}
}

func lastNumbers(planned []*eventsv1.PlannedRequest) map[string]int32 {
	last := map[string]int32{}
	for _, p := range planned {
		last[p.Provider] = max(last[p.Provider], p.Number)
	}
	return last
}

// consented checks that each provider that is asked may see what it needs: under a
// consent that holds now, or one that is given with the call. What
// a provider opens on behalf of a company it may see without: the company told it.
func consented(asked []*eventsv1.PlannedRequest, given, added []*casesv1.Consent, onBehalfBy string, now time.Time) error {
	if onBehalfBy != "" {
		return nil
	}
	for _, p := range asked {
		name := "providers/" + p.Provider
		has := func(c *casesv1.Consent) bool { return c.GetProvider() == name }
		if Effective(given, name, toServe, now) == nil && !slices.ContainsFunc(added, has) {
			return refuse(Invalid, "CONSENT_MISSING", "consents lacks one for %s; nothing is sent to a provider without the company's consent", name).
				field("consents").meta("provider", name)
		}
	}
	return nil
}

func referralKey(provider string, request int, number int32) string {
	return fmt.Sprintf("%s-%d-%d", provider, request, number)
}

// CaseStatusWord is a case's state in English, for messages.
func CaseStatusWord(s casesv1.CaseStatus) string {
	if s == caseNone {
		return "not opened yet"
	}
	return strings.ToLower(strings.TrimPrefix(s.String(), "CASE_STATUS_"))
}

func caseWords(states []casesv1.CaseStatus) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = CaseStatusWord(s)
	}
	return either(names)
}
