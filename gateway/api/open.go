package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/businessespoo/hub/gateway/identity"
	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// OpenCase opens a case and answers it with its requests planned.
func (s *Cases) OpenCase(ctx context.Context, req *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
	who := token.From(ctx)
	anonymous := who.Subject == ""
	if anonymous && req.Company != nil {
		const right = "sign in to act for a company, or leave the company out to open the case without a name"
		return nil, problem.New(problem.Unauthenticated, "COMPANY_NEEDS_SIGN_IN", "company is %s, and nobody is signed in; %s", req.Company.Id, right).
			Field("company", right)
	}
	made, err := s.identify(ctx, who.Subject, req.RequestId)
	if err != nil {
		return nil, err
	}
	c, state, err := s.onCase(ctx, made.ID, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if now != nil {
			return casework.OpenCase{}, nil // opened by this very request_id
		}
		opened, err := s.opened(ctx, req)
		if err == nil && anonymous {
			opened.Code, opened.SecretHash = made.Code, identity.HashSecret(made.Secret)
		}
		return casework.OpenCase{Opened: opened}, err
	})
	if err != nil {
		return nil, err
	}
	if !anonymous && !s.seer(ctx).Sees(made.ID, view.CompanyKey(state.Case.Company), state.Opener) {
		return nil, notFound(name.Case(made.ID)) // a repeat, when its caller acts for the company no longer
	}
	s.show(ctx, view.CompanyKey(state.Case.Company))
	answer := &casesv1.OpenCaseResponse{Case: c, Revision: revisionOf(name.CaseScope(made.ID), state.Scope)}
	if anonymous {
		answer.Secret = made.Secret
		// Its holder is looked up by the code in the view, before a call can say
		// which revision it wants.
		if err := s.await(ctx, "revision", answer.Revision); err != nil {
			s.Log.WarnContext(ctx, "a case without a name is open and its code not known yet", "case", made.ID, "error", err)
		}
	}
	return answer, nil
}

// identify answers the id that a call leads to: that of the case which the same
// call opened under an older key, or one under the newest.
func (s *Cases) identify(ctx context.Context, opener, requestID string) (identity.Case, error) {
	made := s.Keys.Cases(opener, requestID)
	for _, older := range made[1:] {
		if state, err := s.View.Case(ctx, older.ID); state != nil || err != nil {
			return older, err
		}
	}
	return made[0], nil
}

// opened checks what only the catalogue and the identifiers know, and makes the
// fact of it. All that is wrong is told at once.
func (s *Cases) opened(ctx context.Context, req *casesv1.OpenCaseRequest) (*eventsv1.CaseOpened, error) {
	wrong := problem.New(problem.Invalid, "CASE_INVALID", "the case cannot be opened as it is; each field says what would be right")
	language := orElse(req.Language, "fi")
	opened := &eventsv1.CaseOpened{
		Title: strings.TrimSpace(req.Title), NeedText: req.NeedText, NeedCodes: req.NeedCodes, Language: language,
		ContactLanguage: orElse(req.ContactLanguage, language), Secret: req.Secret || s.Journeys.Secret(req.Journey, req.NeedCodes), Journey: req.Journey,
	}
	if req.Company != nil {
		opened.Company = s.company(ctx, req.Company, "company", wrong)
	}
	for _, code := range req.NeedCodes {
		if !slices.ContainsFunc(s.Registry.Needs(), func(n catalogue.Need) bool { return n.ID == code }) {
			wrong.Field("need_codes", fmt.Sprintf("%q is no need code; CatalogueService.ListNeeds lists them", code))
		}
	}
	for i, choice := range req.Services {
		planned, invitation := s.plan(choice.Service, choice.Inputs, language, fmt.Sprintf("services[%d].", i), wrong)
		opened.Requests = appendPlanned(opened.Requests, planned, invitation)
	}
	if _, known := s.Journeys.Journey(req.Journey); req.Journey != "" && !known {
		wrong.Field("journey", fmt.Sprintf("%q is no journey; CatalogueService.ListJourneys lists them", req.Journey))
	}
	opened.Consents = s.consents(req.Consents, wrong)
	if err := ifWrong(wrong); err != nil {
		return nil, err
	}
	if opened.Title == "" {
		opened.Title = opened.Requests[0].Terms.DisplayName
	}
	return opened, nil
}

func appendPlanned(list []*eventsv1.PlannedRequest, more ...*eventsv1.PlannedRequest) []*eventsv1.PlannedRequest {
	for _, p := range more {
		if p != nil {
			list = append(list, p)
		}
	}
	return list
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
