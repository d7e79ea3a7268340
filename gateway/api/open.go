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
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

// consentMonths is how long a consent holds when no end is given.
const consentMonths = 12

// OpenCase opens a case and answers it with its requests planned.
func (s *Cases) OpenCase(ctx context.Context, req *casesv1.OpenCaseRequest) (*casesv1.OpenCaseResponse, error) {
	who := token.From(ctx)
	opened, err := s.opened(ctx, req)
	if err != nil {
		return nil, err
	}
	call, err := s.call(ctx, req)
	if err != nil {
		return nil, err
	}
	made, err := s.identify(ctx, who.Subject, req.RequestId)
	if err != nil {
		return nil, err
	}
	anonymous := who.Subject == ""
	if anonymous {
		if opened.Company != nil {
			const right = "sign in to act for a company, or leave the company out to open the case without a name"
			return nil, problem.New(problem.Unauthenticated, "COMPANY_NEEDS_SIGN_IN", "company is %s, and nobody is signed in; %s", opened.Company.Id, right).
				Field("company", right)
		}
		opened.Code, opened.SecretHash = made.Code, identity.HashSecret(made.Secret)
	}
	state, err := s.Writer.Case(ctx, made.ID, call, func(*statev1.CaseState) (casework.CaseCommand, error) {
		return casework.OpenCase{Opened: opened}, nil
	})
	if err != nil {
		return nil, err
	}
	answer := &casesv1.OpenCaseResponse{
		Case:     s.render(made.ID, &view.Whole{State: state}),
		Revision: revisionOf(name.CaseScope(made.ID), state.Scope),
	}
	if anonymous {
		answer.Secret = made.Secret
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
		ContactLanguage: orElse(req.ContactLanguage, language), Secret: req.Secret, Journey: req.Journey,
	}
	if req.Company != nil {
		opened.Company = s.company(ctx, req.Company, "company", wrong)
	}
	for _, code := range req.NeedCodes {
		if !slices.ContainsFunc(s.Registry.Needs(), func(n catalogue.Need) bool { return n.ID == code }) {
			wrong = wrong.Field("need_codes", fmt.Sprintf("%q is no need code; CatalogueService.ListNeeds lists them", code))
		}
	}
	for i, choice := range req.Services {
		planned, invitation := s.plan(choice.Service, choice.Inputs, language, fmt.Sprintf("services[%d]", i), "inputs", wrong)
		opened.Requests = appendPlanned(opened.Requests, planned, invitation)
	}
	opened.Consents = s.consents(req.Consents, "consents", wrong)
	if len(wrong.Violations) > 0 {
		return nil, wrong
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

// plan makes a request for a service, and the invitation that a joint service
// brings along. What is wrong is added to wrong.
func (s *Cases) plan(service string, inputs []*casesv1.Input, language, field, inputsField string, wrong *problem.Problem) (planned, invitation *eventsv1.PlannedRequest) {
	p, known, ok := s.Registry.Service(service)
	if !ok {
		wrong.Field(field+".service", fmt.Sprintf("%q is not offered today; CatalogueService.ListServices lists what is", service))
		return nil, nil
	}
	if known.Joint != nil && known.Joint.Role == catalogue.JointInvited {
		wrong.Field(field+".service", fmt.Sprintf("%q is a joint service led by %s; ask for %s instead", service, known.Joint.With, name.Service(known.Joint.With, known.ID)))
		return nil, nil
	}
	values := make(map[string]string, len(inputs))
	for _, in := range inputs {
		if _, twice := values[in.Id]; twice {
			wrong.Field(field+"."+inputsField, fmt.Sprintf("%q is answered twice; answer each question once", in.Id))
		}
		values[in.Id] = in.Value
	}
	clean, problems := known.CheckInputs(values, catalogue.Checks{BusinessID: identifier.ParseBusinessID, CompanyID: anyCompany})
	for _, bad := range problems {
		wrong.Field(fmt.Sprintf("%s.%s[%s]", field, inputsField, bad.Field), bad.What+"; "+bad.Right)
	}
	planned = &eventsv1.PlannedRequest{Provider: p.Key, Service: known.ID, Terms: s.Registry.Terms(p, known, language)}
	for _, q := range known.Inputs {
		if value, ok := clean[q.ID]; ok && value != "" {
			planned.Inputs = append(planned.Inputs, &casesv1.Input{Id: q.ID, Value: value})
		}
	}
	if known.Joint != nil {
		if invited, other, ok := s.Registry.Service(name.Service(known.Joint.With, known.ID)); ok {
			invitation = &eventsv1.PlannedRequest{
				Provider: invited.Key, Service: other.ID, Terms: s.Registry.Terms(invited, other, language),
				Inputs: planned.Inputs, InvitedToProvider: p.Key,
			}
		}
	}
	return planned, invitation
}

// anyCompany reads a company's identifier of any scheme.
func anyCompany(value string) (string, error) {
	for _, parse := range []func(string) (string, error){identifier.ParseBusinessID, identifier.ParseLEI, identifier.ParseVAT, identifier.ParseEUID} {
		if canonical, err := parse(value); err == nil {
			return canonical, nil
		}
	}
	return "", fmt.Errorf("%q is no Business ID, LEI, VAT number or EUID; such as 9000001-1", value)
}

// company reads a company into its canonical form and checks that the caller
// acts for it.
func (s *Cases) company(ctx context.Context, c *casesv1.Company, field string, wrong *problem.Problem) *casesv1.Company {
	scheme, ok := map[casesv1.CompanyScheme]string{
		casesv1.CompanyScheme_COMPANY_SCHEME_UNSPECIFIED: identifier.SchemeBusinessID,
		casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID: identifier.SchemeBusinessID,
		casesv1.CompanyScheme_COMPANY_SCHEME_VAT:         identifier.SchemeVAT,
		casesv1.CompanyScheme_COMPANY_SCHEME_LEI:         identifier.SchemeLEI,
		casesv1.CompanyScheme_COMPANY_SCHEME_EUID:        identifier.SchemeEUID,
	}[c.Scheme]
	if !ok {
		wrong.Field(field+".scheme", "is not one of CompanyScheme")
		return nil
	}
	id, err := identifier.ParseCompany(scheme, c.Id)
	if err != nil {
		wrong.Field(field+".id", err.Error())
		return nil
	}
	canonical := &casesv1.Company{Scheme: c.Scheme, Id: id, DisplayName: c.DisplayName}
	if c.Scheme == casesv1.CompanyScheme_COMPANY_SCHEME_UNSPECIFIED {
		canonical.Scheme = casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID
	}
	who := token.From(ctx)
	acts := who.Role == policyv1.Role_ROLE_COMPANY || who.Role == policyv1.Role_ROLE_INTEGRATOR
	if acts && !who.ActsFor(view.CompanyKey(canonical)) {
		wrong.Field(field+".id", fmt.Sprintf("you do not act for %s; you act for %s", id, orElse(strings.Join(who.Companies, ", "), "no company")))
		return nil
	}
	return canonical
}

// consents checks consents and gives each an end.
func (s *Cases) consents(given []*casesv1.Consent, field string, wrong *problem.Problem) []*casesv1.Consent {
	today := catalogue.DateOf(s.Writer.Now())
	var list []*casesv1.Consent
	for i, c := range given {
		if c == nil {
			continue
		}
		at := fmt.Sprintf("%s[%d]", field, i)
		if c.TextVersion != ConsentTextVersion {
			wrong.Field(at+".text_version", fmt.Sprintf("is %q; the text that is asked today is version %s, see SuggestServices", c.TextVersion, ConsentTextVersion))
		}
		last := today.AddMonths(consentMonths)
		validTo := catalogue.Date(orElse(c.ValidTo, string(last)))
		if validTo < today || validTo > last {
			wrong.Field(at+".valid_to", fmt.Sprintf("is %s; it must be from %s to %s", validTo, today, last))
		}
		list = append(list, &casesv1.Consent{Provider: c.Provider, DataClasses: c.DataClasses, TextVersion: c.TextVersion, ValidTo: string(validTo)})
	}
	return list
}

func orElse(text, fallback string) string {
	if text == "" {
		return fallback
	}
	return text
}
