package provider

import (
	"context"
	"time"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/directory"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/problem"
	"github.com/businessespoo/hub/services/kit/security"
	"github.com/businessespoo/hub/services/kit/token"
)

// caller is who calls, as far as this provider is concerned.
type caller struct {
	principal token.Principal
	// member is the advisor; its zero value for the provider's system.
	member directory.Member
	// actor is who facts say it was.
	actor *eventsv1.Actor
}

// admit tells who calls. It refuses an advisor who is not on the staff: a token
// outlives the day on which somebody leaves. Which roles may call what is
// checked before, from the contract. Somebody of another provider is let in to
// learn that nothing here is theirs: see ownRequest and ownProvider.
func (p *Provider) admit(ctx context.Context) (caller, error) {
	who := caller{principal: token.From(ctx)}
	if who.principal.Provider != p.key {
		return who, nil
	}
	if isStaff(who.principal) {
		m, _, err := p.advisor(ctx, who.principal.Advisor)
		if err != nil {
			return caller{}, err
		}
		if err := p.onStaff(who.principal); err != nil {
			return caller{}, err
		}
		who.member = m
	}
	who.actor = &eventsv1.Actor{
		Person: who.principal.Subject, Party: casesv1.Party_PARTY_PROVIDER, Provider: p.key,
		Advisor: who.principal.Advisor, Role: who.principal.Role, LegalEntity: p.legalEntity(),
	}
	return who, nil
}

func isStaff(who token.Principal) bool {
	return who.Role == policyv1.Role_ROLE_ADVISOR || who.Role == policyv1.Role_ROLE_LEAD
}

// onStaff answers why an advisor may not be here: they have left, or lead no longer.
// Nobody else is refused.
func (p *Provider) onStaff(who token.Principal) error {
	if !isStaff(who) {
		return nil
	}
	m, ok := p.directory.Member(p.key, who.Advisor)
	switch {
	case !ok:
		return problem.New(problem.Denied, "STAFF_UNKNOWN",
			"%s is not on the staff of this provider, or has left; an operator adds advisors with AddStaff", name.Advisor(p.key, who.Advisor))
	case who.Role == policyv1.Role_ROLE_LEAD && m.Role != policyv1.Role_ROLE_LEAD:
		return problem.New(problem.Denied, "NOT_A_LEAD", "%s is on the staff as an advisor and you call as a lead; sign in again", name.Advisor(p.key, who.Advisor))
	}
	return nil
}

const (
	// staffPatience is how long a call by an advisor who is not known waits: one
	// who was added a moment ago may call before this process has read of it.
	staffPatience = time.Second
	staffPause    = 20 * time.Millisecond
)

// advisor answers an advisor of the provider, and waits a little for one who is
// not known.
func (p *Provider) advisor(ctx context.Context, id string) (directory.Member, bool, error) {
	for range int(staffPatience / staffPause) {
		if m, ok := p.directory.Member(p.key, id); ok {
			return m, true, nil
		}
		if err := rest(ctx, staffPause); err != nil {
			return directory.Member{}, false, err
		}
	}
	if err := p.directory.Check(ctx); err != nil {
		return directory.Member{}, false, problem.New(problem.Unavailable, "STAFF_NOT_READ",
			"%s has just started and still reads who its advisors are; try the same call again", name.Provider(p.key)).Retry(time.Second).Because(err)
	}
	return directory.Member{}, false, nil
}

// ownRequest reads the name of a request. It refuses one of another provider,
// and any for somebody of another provider, as if it did not exist.
func (p *Provider) ownRequest(who caller, request string) (name.Scope, error) {
	scope, err := name.ParseRequest(request)
	if err != nil {
		return name.Scope{}, problem.New(problem.Invalid, "REQUEST_NAME_INVALID", "%s", err.Error()).Field("name", err.Error())
	}
	if scope.Party != p.key || who.principal.Provider != p.key {
		return name.Scope{}, notFound(scope.Resource()).Because(security.ErrHidden)
	}
	return scope, nil
}

// ownProvider checks that a list is asked of this provider, by somebody of it.
func (p *Provider) ownProvider(who caller, parent string) error {
	if parent != name.Provider(p.key) {
		return problem.New(problem.NotFound, "PROVIDER_NOT_FOUND", "parent %.80q is not served here; %s is", parent, name.Provider(p.key)).
			Field("parent", "is not served here; "+name.Provider(p.key)+" is")
	}
	if who.principal.Provider != p.key {
		return problem.New(problem.Denied, "OTHER_PROVIDER", "you belong to %s, and only those of %s see its inbox",
			name.Provider(who.principal.Provider), parent)
	}
	return nil
}

// legalEntity is who is answerable for the provider today: a Business ID, or a
// name when it has none.
func (p *Provider) legalEntity() string {
	entity, ok := p.catalogue.LegalEntityOn(catalogue.DateOf(p.clock()))
	if !ok {
		return ""
	}
	if entity.BusinessID != "" {
		return entity.BusinessID
	}
	return entity.Name
}

// basisOf says why the data of a request may be handled: an authority's service
// rests on its act, anything else on the company's consent.
func (p *Provider) basisOf(r *casesv1.Request) *eventsv1.Basis {
	entity, _ := p.catalogue.LegalEntityOn(catalogue.DateOf(p.clock()))
	_, id, err := name.ParseService(r.GetService())
	if err != nil || !entity.Authority {
		return &eventsv1.Basis{Kind: "consent"}
	}
	service, ok := p.catalogue.Service(id)
	if !ok || len(service.Legislation) == 0 {
		return &eventsv1.Basis{Kind: "consent"}
	}
	return &eventsv1.Basis{Kind: "law", Reference: service.Legislation[0].Name, Section: service.Legislation[0].Section}
}
