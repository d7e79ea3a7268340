package api

import (
	"context"
	"fmt"
	"strings"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
)

// Consents is the service where a company says who may see its case.
type Consents struct {
	consentv1.UnsafeConsentServiceServer
	*Cases
}

// ListConsents lists who may see what of a case.
func (s *Consents) ListConsents(ctx context.Context, req *consentv1.ListConsentsRequest) (*consentv1.ListConsentsResponse, error) {
	if _, err := s.reach(ctx, req.Parent, req.MinRevision); err != nil {
		return nil, err
	}
	id, err := s.mine(ctx, req.Parent)
	if err != nil {
		return nil, err
	}
	state, err := s.View.Case(ctx, id)
	if err != nil {
		return nil, err
	}
	if state == nil {
		return nil, notFound(req.Parent)
	}
	language := orElse(req.Language, state.Case.Language)
	return &consentv1.ListConsentsResponse{
		Consents: state.Case.Consents, Disclosures: state.Case.Disclosures,
		TextVersion: SharingTextVersion, Text: sharingText[language], WithdrawalText: withdrawalText[language],
	}, nil
}

// GrantConsent lets a provider see what the others do in a case.
func (s *Consents) GrantConsent(ctx context.Context, req *consentv1.GrantConsentRequest) (*consentv1.GrantConsentResponse, error) {
	id, err := s.mine(ctx, req.Parent)
	if err != nil {
		return nil, err
	}
	_, state, err := s.onCase(ctx, id, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		if repeats(now.GetScope(), req.RequestId) {
			return casework.GrantConsent{}, nil
		}
		wrong := problem.New(problem.Invalid, "CONSENT_INVALID", "the consent cannot be given as it is; each field says what would be right")
		cmd := casework.GrantConsent{Consent: s.sharing(req.Consent, now.GetCase().GetLanguage(), wrong)}
		return cmd, ifWrong(wrong)
	})
	if err != nil {
		return nil, err
	}
	answer := &consentv1.GrantConsentResponse{Revision: revisionOf(name.CaseScope(id), state.Scope)}
	for _, c := range state.Case.Consents {
		if c.Provider == req.Consent.Provider && c.Purpose == req.Consent.Purpose {
			answer.Consent = c
		}
	}
	return answer, nil
}

// sharing checks a consent to see the others' parts, and completes it.
func (s *Consents) sharing(given *casesv1.Consent, language string, wrong *problem.Problem) *casesv1.Consent {
	today := catalogue.DateOf(s.Writer.Now())
	last := today.AddMonths(consentMonths)
	validTo := catalogue.Date(orElse(given.ValidTo, string(last)))
	if given.TextVersion != SharingTextVersion {
		wrong.Field("consent.text_version", fmt.Sprintf("is %q; the text that is asked today is version %s, see ListConsents", given.TextVersion, SharingTextVersion))
	}
	if validTo < today || validTo > last {
		wrong.Field("consent.valid_to", fmt.Sprintf("is %s; it must be from %s to %s", validTo, today, last))
	}
	// The header and the steps come with every such consent; the rest must be named.
	may := s.Sight.ByRule(sight.Consented, sight.ByConsent)
	named := sight.Of(given.DataClasses...)
	if more := named &^ may &^ s.Sight.ByRule(sight.Consented, sight.Yes); more != 0 {
		wrong.Field("consent.data_classes", fmt.Sprintf("names %v; a consent can open %v", more.Classes(), may.Classes()))
	}
	if decision := sight.Of(policyv1.DataClass_DATA_CLASS_DECISION); named&decision != 0 {
		named |= sight.Of(policyv1.DataClass_DATA_CLASS_RESULT)
	}
	return &casesv1.Consent{
		Provider: given.Provider, Purpose: given.Purpose, DataClasses: (named & may).Classes(), TextVersion: given.TextVersion,
		ValidTo: string(validTo), Language: orElse(given.Language, language), Channel: orElse(given.Channel, "api"),
	}
}

// WithdrawConsent takes a consent back.
func (s *Consents) WithdrawConsent(ctx context.Context, req *consentv1.WithdrawConsentRequest) (*consentv1.WithdrawConsentResponse, error) {
	parent, _, found := strings.Cut(req.Name, "/consents/")
	if !found {
		const right = "is not of the form cases/{id}/consents/{n}"
		return nil, problem.New(problem.Invalid, "NAME_INVALID", "name %q %s", req.Name, right).Field("name", right)
	}
	id, err := s.mine(ctx, parent)
	if err != nil {
		return nil, err
	}
	_, state, err := s.onCase(ctx, id, req, func(now *statev1.CaseState) (casework.CaseCommand, error) {
		provider := casework.ConsentNamed(now.GetCase(), req.Name).GetProvider()
		return casework.WithdrawConsent{Consent: req.Name, KeptByLaw: s.isAuthority(provider)}, nil
	})
	if err != nil {
		return nil, err
	}
	return &consentv1.WithdrawConsentResponse{
		Consent: casework.ConsentNamed(state.Case, req.Name), Revision: revisionOf(name.CaseScope(id), state.Scope),
	}, nil
}

// isAuthority tells whether the legal entity behind a provider, providers/{provider},
// is an authority today: its catalogue says so.
func (s *Cases) isAuthority(provider string) bool {
	p, ok := s.Registry.Provider(strings.TrimPrefix(provider, "providers/"))
	if !ok {
		return false
	}
	entity, ok := p.LegalEntityOn(catalogue.DateOf(s.Writer.Now()))
	return ok && entity.Authority
}
