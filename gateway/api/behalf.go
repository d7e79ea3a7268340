package api

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/fact"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
)

// The topics on which providers ask the hub.
const (
	// TopicOpenCase opens a case on behalf of a company.
	TopicOpenCase = "open-case"
	// TopicCatalogueVersion answers the version of the asker's published catalogue.
	TopicCatalogueVersion = "catalogue-version"
	// TopicOffered answers whether a service can be asked for.
	TopicOffered = "offered"
)

const (
	// confirmDays is how long a company has to confirm a case that was opened on its behalf.
	confirmDays = 14
	// mostServices is how many services a case is opened with at most.
	mostServices = 20
)

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
func (s *Cases) AnswerCatalogueVersion(ctx context.Context, party string, _ []byte) ([]byte, error) {
	if err := s.Registry.Ready(ctx); err != nil {
		return nil, err
	}
	_, version := s.Registry.Published(party)
	return []byte(version), nil
}

// AnswerOffered answers why a service, given by its resource name, cannot be asked
// for; nothing when it can. A provider refers to services that only the hub knows.
func (s *Cases) AnswerOffered(ctx context.Context, _ string, data []byte) ([]byte, error) {
	if err := s.Registry.Ready(ctx); err != nil {
		return nil, err
	}
	_, _, why := s.offered(string(data))
	return []byte(why), nil
}

func (s *Cases) openOnBehalf(ctx context.Context, party string, ask *providerv1.OpenOnBehalfAsk) (*providerv1.OpenCaseOnBehalfResponse, error) {
	req := ask.Request
	if req.GetParent() != name.Provider(party) {
		return nil, problem.New(problem.Denied, "OTHER_PROVIDER", "%s may open cases for itself only", party)
	}
	if _, err := uuid.Parse(req.RequestId); err != nil {
		return nil, problem.New(problem.Invalid, "CASE_INVALID", "request_id is no UUID").Field("request_id", "is no UUID")
	}
	digest, err := fact.Digest(req)
	if err != nil {
		return nil, err
	}
	made, err := s.identify(ctx, "provider:"+party, req.RequestId)
	if err != nil {
		return nil, err
	}
	call := casework.Call{
		Actor: onBehalfActor(party, ask.Actor), RequestID: req.RequestId, Digest: digest,
		Basis: &eventsv1.Basis{Kind: "contact", Reference: req.Kind.String()},
	}
	state, err := s.Writer.Case(ctx, made.ID, call, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if now != nil {
			return casework.OpenCase{}, nil // opened by this very request_id
		}
		opened, err := s.openedOnBehalf(ctx, party, req)
		return casework.OpenCase{Opened: opened}, err
	})
	if err != nil {
		return nil, err
	}
	answer := &providerv1.OpenCaseOnBehalfResponse{
		CaseName: name.Case(made.ID), Revision: revisionOf(name.CaseScope(made.ID), state.Scope),
		// A repeat may come when the case has been confirmed.
		ConfirmBy: orElse(state.Case.ConfirmBy, casework.Today(state.Case.OpenedAt.AsTime().AddDate(0, 0, confirmDays))),
	}
	for _, p := range state.Planned {
		if p.Provider == party {
			answer.Request = name.Request(made.ID, p.Provider, int(p.Number))
			break
		}
	}
	return answer, nil
}

// onBehalfActor is who opens: somebody of the party that asks, whatever else the
// question says.
func onBehalfActor(party string, told *eventsv1.Actor) *eventsv1.Actor {
	actor := &eventsv1.Actor{
		Person: told.GetPerson(), Party: casesv1.Party_PARTY_PROVIDER, Provider: party, Advisor: told.GetAdvisor(),
		Role: policyv1.Role_ROLE_ADVISOR, LegalEntity: told.GetLegalEntity(), Representation: "staff_assisted",
	}
	switch role := told.GetRole(); role {
	case policyv1.Role_ROLE_LEAD, policyv1.Role_ROLE_PROVIDER_SYSTEM:
		actor.Role = role
	}
	return actor
}

// openedOnBehalf makes the fact. The question came over the bus, where nothing has
// held it to the contract, so what would do harm is checked here.
func (s *Cases) openedOnBehalf(ctx context.Context, party string, req *providerv1.OpenCaseOnBehalfRequest) (*eventsv1.CaseOpened, error) {
	wrong := problem.New(problem.Invalid, "CASE_INVALID", "the case cannot be opened as it is; each field says what would be right")
	for field, text := range map[string]struct {
		value string
		most  int
	}{"title": {req.Title, 120}, "need_text": {req.NeedText, 2000}, "language": {req.Language, 2}, "contact_language": {req.ContactLanguage, 3}} {
		if utf8.RuneCountInString(text.value) > text.most {
			wrong.Field(field, fmt.Sprintf("is longer than %d characters", text.most))
		}
	}
	if len(req.Services) > mostServices {
		return nil, wrong.Field("services", fmt.Sprintf("names %d services; at most %d fit", len(req.Services), mostServices))
	}
	language := orElse(req.Language, "fi")
	opened := &eventsv1.CaseOpened{
		Title: strings.TrimSpace(req.Title), NeedText: req.NeedText, Language: language, ContactLanguage: orElse(req.ContactLanguage, language), OnBehalfBy: party,
		ConfirmBy: casework.Today(s.Writer.Now().AddDate(0, 0, confirmDays)), Company: s.company(ctx, req.Company, "company", wrong),
	}
	own := false
	for i, choice := range req.Services {
		planned, invitation := s.plan(choice.Service, choice.Inputs, language, fmt.Sprintf("services[%d].", i), wrong)
		opened.Requests = appendPlanned(opened.Requests, planned, invitation)
		own = own || planned.GetProvider() == party
	}
	if !own && len(wrong.Violations) == 0 {
		wrong.Field("services", "none is of "+name.Provider(party)+"; the case stays with this provider until the company confirms, so name a service of its own too")
	}
	if err := ifWrong(wrong); err != nil {
		return nil, err
	}
	if opened.Title == "" {
		opened.Title = opened.Requests[0].Terms.DisplayName
	}
	return opened, nil
}
