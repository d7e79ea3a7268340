package api

import (
	"context"
	"slices"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
	"google.golang.org/protobuf/proto"
)

// onRequest decides cmd on the request that the caller names.
func (s *Cases) onRequest(ctx context.Context, resource string, req mutation, cmd casework.RequestCommand) (*casesv1.Request, string, error) {
	scope, err := s.myRequest(ctx, resource)
	if err != nil {
		return nil, "", err
	}
	call, err := s.call(ctx, req)
	if err != nil {
		return nil, "", err
	}
	state, err := s.Writer.Request(ctx, scope, call, cmd)
	if err != nil {
		return nil, "", err
	}
	request := proto.CloneOf(state.Request)
	s.Directory.Name(request.Advisor)
	return request, revisionOf(scope, state.Scope), nil
}

// onCase decides a command on the case that the caller names, built from its
// newest state.
func (s *Cases) onCase(ctx context.Context, id string, req mutation, build func(*statev1.CaseState) (casework.CaseCommand, error)) (*casesv1.Case, string, error) {
	call, err := s.call(ctx, req)
	if err != nil {
		return nil, "", err
	}
	state, err := s.Writer.Case(ctx, id, call, build)
	if err != nil {
		return nil, "", err
	}
	whole, err := s.View.Whole(ctx, id)
	if err != nil {
		return nil, "", err
	}
	if whole == nil {
		whole = &view.Whole{}
	}
	whole.State = state
	return s.render(id, whole), revisionOf(name.CaseScope(id), state.Scope), nil
}

// PostMessage writes to the provider of one request.
func (s *Cases) PostMessage(ctx context.Context, req *casesv1.PostMessageRequest) (*casesv1.PostMessageResponse, error) {
	r, revision, err := s.onRequest(ctx, req.Name, req, casework.PostMessage{Text: req.Text})
	return &casesv1.PostMessageResponse{Request: r, Revision: revision}, err
}

// AnswerSupplement answers what a provider asked for.
func (s *Cases) AnswerSupplement(ctx context.Context, req *casesv1.AnswerSupplementRequest) (*casesv1.AnswerSupplementResponse, error) {
	r, revision, err := s.onRequest(ctx, req.Name, req, casework.AnswerSupplement{Number: req.Number, Text: req.Text, Inputs: req.Inputs})
	return &casesv1.AnswerSupplementResponse{Request: r, Revision: revision}, err
}

// WithdrawRequest ends a request.
func (s *Cases) WithdrawRequest(ctx context.Context, req *casesv1.WithdrawRequestRequest) (*casesv1.WithdrawRequestResponse, error) {
	r, revision, err := s.onRequest(ctx, req.Name, req, casework.WithdrawRequest{Reason: req.Reason})
	return &casesv1.WithdrawRequestResponse{Request: r, Revision: revision}, err
}

// RateRequest says what the company thought of a request.
func (s *Cases) RateRequest(ctx context.Context, req *casesv1.RateRequestRequest) (*casesv1.RateRequestResponse, error) {
	r, revision, err := s.onRequest(ctx, req.Name, req, casework.RateRequest{Stars: req.Stars, Comment: req.Comment})
	return &casesv1.RateRequestResponse{Request: r, Revision: revision}, err
}

// AddRequest adds a service to a case.
func (s *Cases) AddRequest(ctx context.Context, req *casesv1.AddRequestRequest) (*casesv1.AddRequestResponse, error) {
	id, state, err := s.mine(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	wrong := problem.New(problem.Invalid, "REQUEST_INVALID", "the service cannot be added as it is; each field says what would be right")
	planned, invitation := s.plan(req.Service.GetService(), req.Service.GetInputs(), state.Case.Language, "service", "inputs", wrong)
	consents := s.consents([]*casesv1.Consent{req.Consent}, "consent", wrong)
	if len(wrong.Violations) > 0 {
		return nil, wrong
	}
	var before int
	c, revision, err := s.onCase(ctx, id, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		before = len(now.Planned)
		return casework.AddRequest{Request: planned, Invitation: invitation, Consents: consents}, nil
	})
	if err != nil {
		return nil, err
	}
	// A repeat added nothing now: its request is the last one for that service.
	added := len(c.Requests) - 1
	if before < len(c.Requests) {
		added = before
	} else {
		for added > 0 && c.Requests[added].Service != req.Service.Service {
			added--
		}
	}
	return &casesv1.AddRequestResponse{Case: c, Request: c.Requests[added].Name, Revision: revision}, nil
}

// AnswerReferral agrees to a referral or turns it down.
func (s *Cases) AnswerReferral(ctx context.Context, req *casesv1.AnswerReferralRequest) (*casesv1.AnswerReferralResponse, error) {
	scope, err := s.myRequest(ctx, req.Name)
	if err != nil {
		return nil, err
	}
	from, err := s.View.Request(ctx, scope)
	if err != nil {
		return nil, err
	}
	cmd := casework.AnswerReferral{FromProvider: scope.Party, FromNumber: scope.Number, Number: req.Number, Agree: req.Agree}
	if i := slices.IndexFunc(from.Request.Referrals, func(r *casesv1.Referral) bool { return r.Number == req.Number }); i >= 0 {
		cmd.Referral = from.Request.Referrals[i]
	}
	if req.Agree && cmd.Referral != nil {
		wrong := problem.New(problem.Invalid, "REFERRAL_INVALID", "the referral cannot be agreed to as it is; each field says what would be right")
		cmd.Request, cmd.Invitation = s.plan(cmd.Referral.Service, req.Inputs, from.Request.Language, "referral", "inputs", wrong)
		cmd.Consents = s.consents([]*casesv1.Consent{req.Consent}, "consent", wrong)
		if len(wrong.Violations) > 0 {
			return nil, wrong
		}
		cmd.Request.ReferredFrom, cmd.Request.Handover = req.Name, cmd.Referral.Handover
	}
	c, revision, err := s.onCase(ctx, scope.Case, req, func(*statev1.CaseState) (casework.CaseCommand, error) { return cmd, nil })
	return &casesv1.AnswerReferralResponse{Case: c, Revision: revision}, err
}

// CloseCase closes a case.
func (s *Cases) CloseCase(ctx context.Context, req *casesv1.CloseCaseRequest) (*casesv1.CloseCaseResponse, error) {
	c, revision, err := s.plainly(ctx, req.Name, req, casework.CloseCase{Reason: req.Reason})
	return &casesv1.CloseCaseResponse{Case: c, Revision: revision}, err
}

// ReopenCase opens a closed case again.
func (s *Cases) ReopenCase(ctx context.Context, req *casesv1.ReopenCaseRequest) (*casesv1.ReopenCaseResponse, error) {
	c, revision, err := s.plainly(ctx, req.Name, req, casework.ReopenCase{Reason: req.Reason})
	return &casesv1.ReopenCaseResponse{Case: c, Revision: revision}, err
}

// ConfirmCase confirms a case that was opened on the company's behalf.
func (s *Cases) ConfirmCase(ctx context.Context, req *casesv1.ConfirmCaseRequest) (*casesv1.ConfirmCaseResponse, error) {
	wrong := problem.New(problem.Invalid, "CONSENT_INVALID", "the case cannot be confirmed with these consents; each field says what would be right")
	consents := s.consents(req.Consents, "consents", wrong)
	if len(wrong.Violations) > 0 {
		return nil, wrong
	}
	c, revision, err := s.plainly(ctx, req.Name, req, casework.ConfirmCase{Consents: consents})
	return &casesv1.ConfirmCaseResponse{Case: c, Revision: revision}, err
}

// plainly decides a command that needs nothing of the state.
func (s *Cases) plainly(ctx context.Context, resource string, req mutation, cmd casework.CaseCommand) (*casesv1.Case, string, error) {
	id, _, err := s.mine(ctx, resource)
	if err != nil {
		return nil, "", err
	}
	return s.onCase(ctx, id, req, func(*statev1.CaseState) (casework.CaseCommand, error) { return cmd, nil })
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
	seen := state != nil && seer(token.From(ctx)).Sees(id, view.CompanyKey(state.Case.Company), state.Opener)
	held := state != nil && req.Code != "" && req.Code == state.Case.Code && identity.Opens(req.Secret, state.SecretHash)
	if !seen && !held {
		return nil, notFound(req.Name)
	}
	wrong := problem.New(problem.Invalid, "COMPANY_INVALID", "the case cannot be linked to this company")
	company := s.company(ctx, req.Company, "company", wrong)
	if len(wrong.Violations) > 0 {
		return nil, wrong
	}
	c, revision, err := s.onCase(ctx, id, req, func(*statev1.CaseState) (casework.CaseCommand, error) {
		return casework.LinkCompany{Company: company}, nil
	})
	return &casesv1.LinkCompanyResponse{Case: c, Revision: revision}, err
}
