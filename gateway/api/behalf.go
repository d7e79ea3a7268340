package api

import (
	"context"
	"fmt"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"google.golang.org/protobuf/proto"
)

// The topics on which providers ask the hub.
const (
	// TopicOpenCase opens a case on behalf of a company.
	TopicOpenCase = "open-case"
	// TopicCatalogueVersion answers the version of the asker's published catalogue.
	TopicCatalogueVersion = "catalogue-version"
)

// confirmDays is how long a company has to confirm a case that was opened on its behalf.
const confirmDays = 14

// AnswerOpenCase answers a provider that opens a case on behalf of a company.
// party is who the log says is asking.
func (s *Cases) AnswerOpenCase(ctx context.Context, party string, data []byte) ([]byte, error) {
	ask := &providerv1.OpenOnBehalfAsk{}
	if err := proto.Unmarshal(data, ask); err != nil {
		return nil, fmt.Errorf("the question is no OpenOnBehalfAsk")
	}
	answer := &providerv1.OpenOnBehalfAnswer{}
	response, err := s.openOnBehalf(ctx, party, ask)
	if err != nil {
		p := problem.From(err)
		if p.Kind == problem.Internal || p.Kind == problem.Unavailable {
			s.Log.WarnContext(ctx, "a case could not be opened on behalf", "provider", party, "error", err)
		}
		if answer.Status, err = proto.Marshal(p.GRPCStatus().Proto()); err != nil {
			return nil, err
		}
	}
	answer.Response = response
	return proto.Marshal(answer)
}

// AnswerCatalogueVersion answers the version of the asker's published catalogue.
func (s *Cases) AnswerCatalogueVersion(_ context.Context, party string, _ []byte) ([]byte, error) {
	if !s.Registry.Ready() {
		return nil, fmt.Errorf("the published catalogues are still being read; ask again")
	}
	return []byte(s.Registry.Version(party)), nil
}

func (s *Cases) openOnBehalf(ctx context.Context, party string, ask *providerv1.OpenOnBehalfAsk) (*providerv1.OpenCaseOnBehalfResponse, error) {
	req := ask.Request
	if req.GetParent() != name.Provider(party) {
		return nil, problem.New(problem.Denied, "OTHER_PROVIDER", "%s may open cases for itself only", party)
	}
	wrong := problem.New(problem.Invalid, "CASE_INVALID", "the case cannot be opened as it is; each field says what would be right")
	language := orElse(req.Language, "fi")
	opened := &eventsv1.CaseOpened{
		Title: req.Title, NeedText: req.NeedText, Language: language, ContactLanguage: orElse(req.ContactLanguage, language), OnBehalfBy: party,
		ConfirmBy: casework.Today(s.Writer.Now().AddDate(0, 0, confirmDays)), Company: s.company(ctx, req.Company, "company", wrong),
	}
	own := false
	for i, choice := range req.Services {
		planned, invitation := s.plan(choice.Service, choice.Inputs, language, fmt.Sprintf("services[%d]", i), "inputs", wrong)
		opened.Requests = appendPlanned(opened.Requests, planned, invitation)
		own = own || planned.GetProvider() == party
	}
	if !own && len(wrong.Violations) == 0 {
		wrong.Field("services", "none is of "+name.Provider(party)+"; the case stays with this provider until the company confirms, so name a service of its own too")
	}
	if len(wrong.Violations) > 0 {
		return nil, wrong
	}
	if opened.Title == "" {
		opened.Title = opened.Requests[0].Terms.DisplayName
	}
	digest, err := digestOf(req)
	if err != nil {
		return nil, err
	}
	made, err := s.identify(ctx, "provider:"+party, req.RequestId)
	if err != nil {
		return nil, err
	}
	actor := proto.CloneOf(ask.Actor)
	actor.Provider, actor.Party, actor.Representation = party, casesv1.Party_PARTY_PROVIDER, "staff_assisted"
	call := casework.Call{
		Actor: actor, RequestID: req.RequestId, Digest: digest,
		Basis: &eventsv1.Basis{Kind: "contact", Reference: req.Kind.String()},
	}
	state, err := s.Writer.Case(ctx, made.ID, call, func(*statev1.CaseState) (casework.CaseCommand, error) {
		return casework.OpenCase{Opened: opened}, nil
	})
	if err != nil {
		return nil, err
	}
	answer := &providerv1.OpenCaseOnBehalfResponse{
		CaseName: name.Case(made.ID), ConfirmBy: state.Case.ConfirmBy, Revision: revisionOf(name.CaseScope(made.ID), state.Scope),
	}
	for _, p := range state.Planned {
		if p.Provider == party {
			answer.Request = name.Request(made.ID, p.Provider, int(p.Number))
			break
		}
	}
	return answer, nil
}
