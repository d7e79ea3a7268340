package api

import (
	"context"
	"slices"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
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

// PostMessage writes to the provider of one request.
func (s *Cases) PostMessage(ctx context.Context, req *casesv1.PostMessageRequest) (*casesv1.PostMessageResponse, error) {
	r, revision, err := s.onRequest(ctx, req.Name, req, casework.PostMessage{Text: req.Text})
	return &casesv1.PostMessageResponse{Request: r, Revision: revision}, err
}

// AnswerSupplement answers what a provider asked for.
func (s *Cases) AnswerSupplement(ctx context.Context, req *casesv1.AnswerSupplementRequest) (*casesv1.AnswerSupplementResponse, error) {
	cmd := casework.AnswerSupplement{Number: req.Number, Text: req.Text, Inputs: req.Inputs}
	if len(req.Inputs) > 0 {
		scope, err := s.myRequest(ctx, req.Name)
		if err != nil {
			return nil, err
		}
		state, err := s.View.Request(ctx, scope)
		if err != nil {
			return nil, err
		}
		if !repeats(state.GetScope(), req.RequestId) {
			if cmd.Inputs, err = s.furtherInputs(state.GetRequest(), req.Inputs); err != nil {
				return nil, err
			}
		}
	}
	r, revision, err := s.onRequest(ctx, req.Name, req, cmd)
	return &casesv1.AnswerSupplementResponse{Request: r, Revision: revision}, err
}

// furtherInputs checks answers to some of a service's questions. The others were
// answered when the service was asked for.
func (s *Cases) furtherInputs(r *casesv1.Request, inputs []*casesv1.Input) ([]*casesv1.Input, error) {
	provider, id, err := name.ParseService(r.GetService())
	if err != nil {
		return nil, err
	}
	p, ok := s.Registry.Provider(provider)
	if !ok {
		return inputs, nil
	}
	// Asked of the service also after its last day: the request is older.
	known, ok := p.Service(id)
	if !ok {
		return inputs, nil
	}
	wrong := problem.New(problem.Invalid, "ANSWER_INVALID", "the supplement cannot be answered like this; each field says what would be right")
	given := func(bad catalogue.Problem) bool {
		return slices.ContainsFunc(inputs, func(in *casesv1.Input) bool { return in.Id == bad.Field })
	}
	checked := checkInputs(known, inputs, "inputs", given, wrong)
	return checked, ifWrong(wrong)
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
