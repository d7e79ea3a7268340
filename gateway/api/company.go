package api

import (
	"context"
	"fmt"
	"strings"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/token"
)

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
	if c == nil {
		wrong.Field(field, "is missing; name the company by its Business ID or another identifier")
		return nil
	}
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
	if acts && !s.mayOpenFor(ctx, canonical, field, wrong) {
		return nil
	}
	return canonical
}

// companyKeys are the keys under which a company is kept that has this identifier,
// of whatever scheme; a scheme before it, as in lei:549300A0JPRWG1KI7U06, names one.
func companyKeys(text string) ([]string, error) {
	var keys []string
	for scheme, named := range map[casesv1.CompanyScheme]string{
		casesv1.CompanyScheme_COMPANY_SCHEME_BUSINESS_ID: identifier.SchemeBusinessID,
		casesv1.CompanyScheme_COMPANY_SCHEME_VAT:         identifier.SchemeVAT,
		casesv1.CompanyScheme_COMPANY_SCHEME_LEI:         identifier.SchemeLEI,
		casesv1.CompanyScheme_COMPANY_SCHEME_EUID:        identifier.SchemeEUID,
	} {
		if id, err := identifier.ParseCompany(named, strings.TrimPrefix(text, named+":")); err == nil {
			keys = append(keys, view.CompanyKey(&casesv1.Company{Scheme: scheme, Id: id}))
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	_, err := anyCompany(text)
	return nil, err
}
