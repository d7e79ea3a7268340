package api

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/businessespoo/hub/gateway/view"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
	"github.com/businessespoo/hub/services/kit/bus"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/paging"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/sight"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// ListIntegrators lists whom a company can give access to.
func (s *Keys) ListIntegrators(ctx context.Context, _ *keysv1.ListIntegratorsRequest) (*keysv1.ListIntegratorsResponse, error) {
	if err := s.caughtUp(ctx, bus.StreamKeys); err != nil {
		return nil, err
	}
	return &keysv1.ListIntegratorsResponse{Integrators: s.integrators()}, nil
}

// ownCompany refuses a company that the caller does not act for.
func ownCompany(ctx context.Context, company string) error {
	who := token.From(ctx)
	if who.ActsFor(company) {
		return nil
	}
	return problem.New(problem.Denied, "OTHER_COMPANY", "you do not act for %.60q; you act for %s", company, orElse(strings.Join(who.Companies, ", "), "no company")).
		Field("company", "is none that you act for")
}

// GrantAccess gives an integrator access.
func (s *Keys) GrantAccess(ctx context.Context, req *keysv1.GrantAccessRequest) (*keysv1.GrantAccessResponse, error) {
	if err := ownCompany(ctx, req.Company); err != nil {
		return nil, err
	}
	known, err := s.repeated(ctx, req, bus.StreamCompany)
	if err != nil {
		return nil, err
	}
	scopes, err := systemkey.CheckScopes(req.Scopes, systemkey.IntegratorScopes())
	if err != nil {
		return nil, err
	}
	granted := &eventsv1.AccessGranted{Company: req.Company, Organisation: req.Organisation, Scopes: scopes, ValidTo: req.ValidTo}
	if granted.ValidTo == "" {
		granted.ValidTo = string(catalogue.DateOf(s.Now()).AddMonths(keyMonths))
	}
	if !known {
		if err := s.grant(ctx, req, granted); err != nil {
			return nil, err
		}
	}
	for _, g := range s.Book.Grants() {
		if g.Company == req.Company && g.Organisation == req.Organisation {
			return &keysv1.GrantAccessResponse{Grant: grantOf(g)}, nil
		}
	}
	// A repeat that comes when the grant is over is answered as it was.
	return &keysv1.GrantAccessResponse{Grant: &keysv1.Grant{Company: req.Company, Organisation: req.Organisation, Scopes: scopes, ValidTo: granted.ValidTo}}, nil
}

func (s *Keys) grant(ctx context.Context, req *keysv1.GrantAccessRequest, granted *eventsv1.AccessGranted) error {
	if err := s.withinAYear(granted.ValidTo); err != nil {
		return err
	}
	if err := s.caughtUp(ctx, bus.StreamKeys); err != nil {
		return err
	}
	if !slices.ContainsFunc(s.integrators(), func(i *keysv1.Integrator) bool { return i.Organisation == req.Organisation }) {
		return problem.New(problem.Invalid, "ORGANISATION_UNKNOWN", "organisation %s has no key; ListIntegrators lists those that do", req.Organisation).
			Field("organisation", "has no key; ListIntegrators lists those that do")
	}
	return s.publish(ctx, req, granted.Company, &eventsv1.Fact{Event: &eventsv1.Fact_AccessGranted{AccessGranted: granted}})
}

// publish adds a fact about a company whatever came before it: the last one holds.
func (s *Keys) publish(ctx context.Context, req mutation, company string, f *eventsv1.Fact) error {
	m, err := s.message(ctx, req, name.CompanySubject(company, name.Hub), f)
	if err != nil {
		return err
	}
	sequence, err := s.Bus.Publish(ctx, m)
	if err != nil {
		return err
	}
	return s.Book.Wait(ctx, bus.StreamCompany, sequence)
}

// WithdrawGrant ends a grant. One that has ended stays so.
func (s *Keys) WithdrawGrant(ctx context.Context, req *keysv1.WithdrawGrantRequest) (*keysv1.WithdrawGrantResponse, error) {
	if err := ownCompany(ctx, req.Company); err != nil {
		return nil, err
	}
	known, err := s.repeated(ctx, req, bus.StreamCompany)
	if err != nil || known {
		return &keysv1.WithdrawGrantResponse{}, err
	}
	if !slices.ContainsFunc(s.Book.Grants(), func(g systemkey.Grant) bool { return g.Company == req.Company && g.Organisation == req.Organisation }) {
		return nil, problem.New(problem.NotFound, "NOT_FOUND", "%s has granted %s nothing that holds today; ListGrants lists what does", req.Company, req.Organisation)
	}
	return &keysv1.WithdrawGrantResponse{}, s.publish(ctx, req, req.Company, &eventsv1.Fact{Event: &eventsv1.Fact_AccessWithdrawn{
		AccessWithdrawn: &eventsv1.AccessWithdrawn{Company: req.Company, Organisation: req.Organisation},
	}})
}

// ListGrants lists the grants that hold today.
func (s *Keys) ListGrants(ctx context.Context, req *keysv1.ListGrantsRequest) (*keysv1.ListGrantsResponse, error) {
	who := token.From(ctx)
	if err := s.caughtUp(ctx, bus.StreamCompany); err != nil {
		return nil, err
	}
	place, err := paging.Decode(req, req.PageToken, 2)
	if err != nil {
		return nil, err
	}
	size, answer := paging.Size(req.PageSize, 50), &keysv1.ListGrantsResponse{}
	for _, g := range s.Book.Grants() {
		mine := who.ActsFor(g.Company)
		if who.Role == policyv1.Role_ROLE_INTEGRATOR {
			mine = g.Organisation == who.Organisation
		}
		before := place != nil && slices.Compare([]string{g.Company, g.Organisation}, place) <= 0
		if !mine || before || req.Company != "" && req.Company != g.Company {
			continue
		}
		if len(answer.Grants) == size {
			last := answer.Grants[size-1]
			answer.NextPageToken, err = paging.Encode(req, last.Company, last.Organisation)
			return answer, err
		}
		answer.Grants = append(answer.Grants, grantOf(g))
	}
	return answer, nil
}

func grantOf(g systemkey.Grant) *keysv1.Grant {
	return &keysv1.Grant{Company: g.Company, Organisation: g.Organisation, Scopes: g.Scopes, GrantedAt: timestamppb.New(g.GrantedAt), ValidTo: string(g.ValidTo)}
}

// caller is who calls, an integrator with what companies grant it at this moment:
// a stream outlives grants.
func (s *Cases) caller(ctx context.Context) token.Principal {
	who := token.From(ctx)
	if s.Book == nil {
		return who
	}
	return s.Book.Refresh(who)
}

// scopesFor are what an integrator may do for the company of a case; for a case that
// has none yet, what its key may.
func scopesFor(who token.Principal, company string) []string {
	if company == "" {
		return who.Scopes
	}
	return who.Granted[company]
}

// sees answers what an integrator sees of a case of this company.
func (s *Cases) sees(who token.Principal, company string) sight.Set {
	return s.Sight.Sees(sight.Integrator, sight.Given{Scopes: scopesFor(who, company)})
}

// show says what an integrator sees of the case of this company that is answered
// next. Of everybody else their role says it.
func (s *Cases) show(ctx context.Context, company string) {
	if who := s.caller(ctx); who.Role == policyv1.Role_ROLE_INTEGRATOR {
		sight.Show(ctx, s.sees(who, company))
	}
}

// showOf is show for a case by its id.
func (s *Cases) showOf(ctx context.Context, id string) error {
	if token.From(ctx).Role != policyv1.Role_ROLE_INTEGRATOR {
		return nil
	}
	state, err := s.View.Case(ctx, id)
	s.show(ctx, view.CompanyKey(state.GetCase().GetCompany()))
	return err
}

// showName lets an integrator see that a case is gone, of which nothing else is known.
func (s *Cases) showName(ctx context.Context) {
	if token.From(ctx).Role == policyv1.Role_ROLE_INTEGRATOR {
		sight.Show(ctx, sight.Of(policyv1.DataClass_DATA_CLASS_CASE))
	}
}

// granted refuses to change a case of a company that did not grant that.
func (s *Cases) granted(ctx context.Context, state *statev1.CaseState) error {
	company := view.CompanyKey(state.GetCase().GetCompany())
	if !systemkey.May(s.caller(ctx), company, systemkey.CaseWrite) {
		return systemkey.NotGranted(systemkey.CaseWrite, orElse(company, "this case"))
	}
	return nil
}

// mayOpenFor refuses to open a case, or to link one, for a company that did not
// grant that.
func (s *Cases) mayOpenFor(ctx context.Context, c *casesv1.Company, field string, wrong *problem.Problem) bool {
	who := s.caller(ctx)
	key := view.CompanyKey(c)
	if who.ActsFor(key) && systemkey.May(who, key, systemkey.CaseWrite) {
		return true
	}
	if who.ActsFor(key) {
		wrong.Field(field+".id", fmt.Sprintf("%s has not granted you, or your key lacks, the scope %s", c.Id, systemkey.CaseWrite))
		return false
	}
	wrong.Field(field+".id", fmt.Sprintf("you do not act for %s; you act for %s", c.Id, orElse(strings.Join(who.Companies, ", "), "no company")))
	return false
}

// grantsChanged is closed when a grant changes; nil for callers who need none.
func (s *Cases) grantsChanged(ctx context.Context) <-chan struct{} {
	if token.From(ctx).Key == "" {
		return nil
	}
	return s.Book.Changed()
}
