package api

import (
	"context"
	"slices"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// onCase decides a command on a case, built from its newest state, and answers the
// case as it is shown after it, and its state.
func (s *Cases) onCase(ctx context.Context, id string, req mutation,
	build func(now *statev1.CaseState) (casework.CaseCommand, error),
) (*casesv1.Case, *statev1.CaseState, error) {
	call, err := s.call(ctx, req)
	if err != nil {
		return nil, nil, err
	}
	state, err := s.Writer.Case(ctx, id, call, build)
	if err != nil {
		return nil, nil, err
	}
	whole, err := s.View.Whole(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if whole == nil {
		return nil, nil, notFound(name.Case(id)) // erased in this very moment
	}
	whole.State = state
	return s.render(whole), state, nil
}

// onMine decides a command on a case that the caller may see.
func (s *Cases) onMine(ctx context.Context, resource string, req mutation,
	build func(now *statev1.CaseState) (casework.CaseCommand, error),
) (*casesv1.Case, string, error) {
	id, err := s.mineToChange(ctx, resource)
	if err != nil {
		return nil, "", err
	}
	c, state, err := s.onCase(ctx, id, req, build)
	return c, revisionOf(name.CaseScope(id), state.GetScope()), err
}

// plainly is a command that needs nothing of the state.
func plainly(cmd casework.CaseCommand) func(*statev1.CaseState) (casework.CaseCommand, error) {
	return func(*statev1.CaseState) (casework.CaseCommand, error) { return cmd, nil }
}

// CloseCase closes a case.
func (s *Cases) CloseCase(ctx context.Context, req *casesv1.CloseCaseRequest) (*casesv1.CloseCaseResponse, error) {
	c, revision, err := s.onMine(ctx, req.Name, req, plainly(casework.CloseCase{Reason: req.Reason}))
	return &casesv1.CloseCaseResponse{Case: c, Revision: revision}, err
}

// ReopenCase opens a closed case again.
func (s *Cases) ReopenCase(ctx context.Context, req *casesv1.ReopenCaseRequest) (*casesv1.ReopenCaseResponse, error) {
	c, revision, err := s.onMine(ctx, req.Name, req, plainly(casework.ReopenCase{Reason: req.Reason}))
	return &casesv1.ReopenCaseResponse{Case: c, Revision: revision}, err
}

// ConfirmCase confirms a case that was opened on the company's behalf.
func (s *Cases) ConfirmCase(ctx context.Context, req *casesv1.ConfirmCaseRequest) (*casesv1.ConfirmCaseResponse, error) {
	c, revision, err := s.onMine(ctx, req.Name, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if repeats(now.GetScope(), req.RequestId) {
			return casework.ConfirmCase{}, nil
		}
		wrong := problem.New(problem.Invalid, "CONSENT_INVALID", "the case cannot be confirmed with these consents; each field says what would be right")
		cmd := casework.ConfirmCase{Consents: s.consents(req.Consents, wrong)}
		return cmd, ifWrong(wrong)
	})
	return &casesv1.ConfirmCaseResponse{Case: c, Revision: revision}, err
}

// ifWrong is the problem when it names a field, else nil.
func ifWrong(p *problem.Problem) error {
	if len(p.Violations) == 0 {
		return nil
	}
	return p
}

// AddRequest adds a service to a case.
func (s *Cases) AddRequest(ctx context.Context, req *casesv1.AddRequestRequest) (*casesv1.AddRequestResponse, error) {
	id, err := s.mineToChange(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	before := -1
	c, state, err := s.onCase(ctx, id, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if before = -1; repeats(now.GetScope(), req.RequestId) {
			return casework.AddRequest{}, nil
		}
		before = len(now.GetPlanned())
		wrong := problem.New(problem.Invalid, "REQUEST_INVALID", "the service cannot be added as it is; each field says what would be right")
		cmd := casework.AddRequest{Consents: s.consents(req.Consents, wrong)}
		cmd.Request, cmd.Invitation = s.plan(req.Service.GetService(), req.Service.GetInputs(), now.GetCase().GetLanguage(), "service.", wrong)
		return cmd, ifWrong(wrong)
	})
	if err != nil {
		return nil, err
	}
	answer := &casesv1.AddRequestResponse{Case: c, Revision: revisionOf(name.CaseScope(id), state.Scope)}
	if before >= 0 {
		answer.Request = c.Requests[before].Name
		return answer, nil
	}
	answer.Request, err = s.addedBy(ctx, id, state.Scope, req.RequestId)
	return answer, err
}

// addedBy answers the request that an earlier call with this request_id added.
func (s *Cases) addedBy(ctx context.Context, id string, scope *statev1.Scope, requestID string) (string, error) {
	i := slices.IndexFunc(scope.Seen, func(seen *statev1.Seen) bool { return seen.RequestId == requestID })
	sequence := scope.Seen[i].Sequence
	wait, cancel := context.WithTimeout(ctx, readPatience)
	defer cancel()
	if err := s.View.Wait(wait, sequence); err != nil {
		return "", err
	}
	facts, err := s.View.Timeline(ctx, id, sequence-1, sequence)
	if err != nil || len(facts) == 0 {
		return "", err
	}
	p := facts[0].Fact.GetRequestAdded().GetRequest()
	return name.Request(id, p.GetProvider(), int(p.GetNumber())), nil
}

// AnswerReferral agrees to a referral or turns it down.
func (s *Cases) AnswerReferral(ctx context.Context, req *casesv1.AnswerReferralRequest) (*casesv1.AnswerReferralResponse, error) {
	scope, err := s.myRequest(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	c, state, err := s.onCase(ctx, scope.Case, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if repeats(now.GetScope(), req.RequestId) {
			return casework.AnswerReferral{}, nil
		}
		return s.referralAnswer(ctx, scope, req)
	})
	return &casesv1.AnswerReferralResponse{Case: c, Revision: revisionOf(name.CaseScope(scope.Case), state.GetScope())}, err
}

// referralAnswer makes the command from the request in which it was proposed.
func (s *Cases) referralAnswer(ctx context.Context, scope name.Scope, req *casesv1.AnswerReferralRequest) (casework.CaseCommand, error) {
	cmd := casework.AnswerReferral{FromProvider: scope.Party, FromNumber: scope.Number, Number: req.Number, Agree: req.Agree}
	from, err := s.withReferral(ctx, scope, req.Number)
	if from == nil || err != nil {
		return cmd, err // without a referral the rules refuse it
	}
	cmd.Referral = from.Request.Referrals[req.Number-1]
	if !req.Agree || cmd.Referral.AnsweredAt != nil {
		return cmd, nil
	}
	if _, _, offered := s.Registry.Service(cmd.Referral.Service); !offered {
		return nil, problem.New(problem.State, "SERVICE_ENDED", "%s, which referral %d proposes, is no longer offered; turn the referral down", cmd.Referral.Service, req.Number)
	}
	wrong := problem.New(problem.Invalid, "REFERRAL_INVALID", "the referral cannot be agreed to as it is; each field says what would be right")
	var planned *eventsv1.PlannedRequest
	planned, cmd.Invitation = s.plan(cmd.Referral.Service, req.Inputs, from.Request.Language, "", wrong)
	cmd.Consents = s.consents(req.Consents, wrong)
	if err := ifWrong(wrong); err != nil {
		return nil, err
	}
	planned.ReferredFrom, planned.Handover = req.Name, cmd.Referral.Handover
	cmd.Request = planned
	return cmd, nil
}

// withReferral answers the state of a request that has a referral with that number,
// or nil. The caller may have seen it before it came to this view.
func (s *Cases) withReferral(ctx context.Context, scope name.Scope, number int32) (*statev1.RequestState, error) {
	holds := func(state *statev1.RequestState) bool {
		return number >= 1 && int(number) <= len(state.GetRequest().GetReferrals())
	}
	state, err := s.View.Request(ctx, scope)
	if err != nil || holds(state) {
		return state, err
	}
	if _, err := s.Writer.CatchUp(ctx, scope); err != nil {
		return nil, err
	}
	if state, err = s.View.Request(ctx, scope); err != nil || !holds(state) {
		return nil, err
	}
	return state, nil
}

// LinkCompany links a case that has no company to one that the caller acts for.
func (s *Cases) LinkCompany(ctx context.Context, req *casesv1.LinkCompanyRequest) (*casesv1.LinkCompanyResponse, error) {
	id, err := name.ParseCase(req.Name)
	if err != nil {
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "%s", err).Field("name", err.Error())
	}
	state, err := s.View.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	seen := state != nil && s.seer(ctx).Sees(id, view.CompanyKey(state.Case.Company), state.Opener)
	held := state != nil && req.Code != "" && identity.ReadCode(req.Code) == state.Case.Code && identity.Opens(req.Secret, state.SecretHash)
	if !seen && !held {
		return nil, notFound(req.Name)
	}
	c, state, err := s.onCase(ctx, id, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if repeats(now.GetScope(), req.RequestId) {
			return casework.LinkCompany{}, nil
		}
		wrong := problem.New(problem.Invalid, "COMPANY_INVALID", "the case cannot be linked to this company")
		cmd := casework.LinkCompany{Company: s.company(ctx, req.Company, "company", wrong)}
		return cmd, ifWrong(wrong)
	})
	s.show(ctx, view.CompanyKey(state.GetCase().GetCompany()))
	return &casesv1.LinkCompanyResponse{Case: c, Revision: revisionOf(name.CaseScope(id), state.GetScope())}, err
}
