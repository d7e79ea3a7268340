package api

import (
	"slices"
	"strings"
	"time"

	"github.com/businessespoo/hub/gateway/view"
	accessv1 "github.com/businessespoo/hub/proto/businessespoo/access/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/casework"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/sight"
)

// sharedSight is what a provider sees now of the others' parts of one case, and why.
type sharedSight struct {
	provider    string // providers/{provider}
	consent     *casesv1.Consent
	disclosures []*casesv1.Disclosure
	// asked is what it sees because it was asked too, consented under the consent, law by
	// law, and that of the parts of authorities alone.
	asked, consented, law sight.Set
}

// all is what it sees of the case itself, and of the parts of authorities.
func (g sharedSight) all() sight.Set {
	if more := g.consented | g.law; more != 0 {
		return more
	}
	return g.asked
}

// anything tells whether it sees anything that not everybody sees.
func (g sharedSight) anything() bool {
	return g.all()&^sight.Of(policyv1.DataClass_DATA_CLASS_PUBLIC) != 0
}

// basis is what the access log is told that it is seen for; nil when it was asked too, and
// that is all. What a law opens beyond the consent is told as that.
func (g sharedSight) basis() *accessv1.Basis {
	if g.law&^g.consented != 0 {
		sections := make([]string, len(g.disclosures))
		for i, d := range g.disclosures {
			sections[i] = d.Act + ", " + d.Section + " §"
		}
		return &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_STATUTORY_DISCLOSURE, Reference: strings.Join(sections, "; ")}
	}
	if g.consent == nil {
		return nil
	}
	_, number, _ := strings.Cut(g.consent.Name, "/consents/")
	return &accessv1.Basis{Purpose: accessv1.Purpose_PURPOSE_CONSENT, Reference: "consents/" + number}
}

// sightOf works out what a provider sees of a case at an instant.
func (s *Sharing) sightOf(whole *view.Whole, provider string, now time.Time) sharedSight {
	g := sharedSight{provider: name.Provider(provider)}
	for key, state := range whole.Requests {
		r := state.GetRequest()
		if key.Provider == provider && r != nil && (r.ConsentEndedAt == nil || r.KeptByLaw) {
			g.asked = s.Sight.Sees(sight.Routed, sight.Given{})
		}
	}
	c := whole.State.Case
	if g.consent = casework.Effective(c.Consents, g.provider, casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE, now); g.consent != nil {
		g.consented = s.Sight.Sees(sight.Consented, sight.Given{Consent: sight.Of(g.consent.DataClasses...)})
	}
	if !s.isAuthority(g.provider) {
		return g
	}
	for _, d := range c.Disclosures {
		if d.Provider == g.provider && casework.Today(now) <= d.ValidTo {
			g.disclosures = append(g.disclosures, d)
			g.law |= s.Sight.Sees(sight.Disclosed, sight.Given{Law: sight.Of(d.DataClasses...)})
		}
	}
	return g
}

// of is what it sees of the parts of a provider: no law opens what is not an authority's.
func (s *Sharing) of(g sharedSight, provider string) sight.Set {
	if s.isAuthority(provider) {
		return g.all()
	}
	if g.consented != 0 {
		return g.consented
	}
	return g.asked
}

// narrow takes out of a case what the provider may not see or know of. What is left
// is masked by class when it is sent.
func (s *Sharing) narrow(c *casesv1.Case, whole *view.Whole, g sharedSight) {
	c.Asks, c.Notices, c.Consents, c.Disclosures, c.Code, c.Etag = nil, nil, nil, nil, "", ""
	c.UpdatedAt = c.OpenedAt
	var seen []*casesv1.Request
	hides := false
	for _, r := range c.Requests {
		if s.secretTo(g, r.Provider, r.Secret) {
			if hides = true; c.Title == r.ServiceDisplayName {
				c.Title = ""
			}
			continue
		}
		set := s.of(g, r.Provider)
		if set&^sight.Of(policyv1.DataClass_DATA_CLASS_PUBLIC) == 0 {
			continue
		}
		if r.UpdatedAt.AsTime().After(c.UpdatedAt.AsTime()) {
			c.UpdatedAt = r.UpdatedAt
		}
		r.CaseTitle = ""
		r.Referrals = slices.DeleteFunc(r.Referrals, func(ref *casesv1.Referral) bool { return s.secretService(g, ref.Service) })
		for _, link := range []*string{&r.InvitedTo, &r.ReferredFrom} {
			if *link != "" && s.secretRequest(g, whole, *link) {
				*link = ""
			}
		}
		seen = append(seen, sight.Mask(r, set))
	}
	if c.Requests = seen; hides {
		// They may be those of what is hidden.
		c.NeedCodes, c.Journey = nil, ""
	}
}

// secretTo tells whether a part that is kept secret is another's.
func (s *Sharing) secretTo(g sharedSight, provider string, secret bool) bool {
	return secret && provider != g.provider
}

// secretService tells whether a service of another provider is kept secret. One that
// is not known counts as such.
func (s *Sharing) secretService(g sharedSight, resource string) bool {
	key, id, err := name.ParseService(resource)
	if err != nil {
		return true
	}
	p, ok := s.Registry.Provider(key)
	if !ok {
		return true
	}
	service, ok := p.Service(id)
	return !ok || s.secretTo(g, name.Provider(key), service.Secret)
}

// secretRequest tells whether a request of the case is another's that is kept secret.
func (s *Sharing) secretRequest(g sharedSight, whole *view.Whole, resource string) bool {
	scope, err := name.ParseRequest(resource)
	if err != nil {
		return true
	}
	for _, p := range whole.State.Planned {
		if p.Provider == scope.Party && int(p.Number) == scope.Number {
			return s.secretTo(g, name.Provider(p.Provider), whole.State.Case.Secret || p.GetTerms().GetSecret())
		}
	}
	return true
}

// happening shows one fact to the provider; nil when it may not know of it.
func (s *Sharing) happening(h view.Happening, whole *view.Whole, g sharedSight) *casesv1.TimelineEntry {
	entry := s.entry(h)
	if entry == nil || s.tellsOfSecret(h, whole, g) {
		return nil
	}
	set := g.all()
	if !h.Scope.IsCase() {
		set = s.of(g, name.Provider(h.Scope.Party))
	}
	if !set.Has(policyv1.DataClass_DATA_CLASS_PROGRESS) {
		return nil
	}
	entry.Notices = nil
	return sight.Mask(entry, set)
}

// tellsOfSecret tells whether a fact would tell of what is kept secret, or of what
// the company lets others see.
func (s *Sharing) tellsOfSecret(h view.Happening, whole *view.Whole, g sharedSight) bool {
	secret := func(p *eventsv1.PlannedRequest) bool {
		return p != nil && s.secretTo(g, name.Provider(p.Provider), whole.State.Case.Secret || p.GetTerms().GetSecret())
	}
	if !h.Scope.IsCase() && s.secretRequest(g, whole, h.Scope.Resource()) {
		return true
	}
	switch e := h.Fact.Event.(type) {
	case *eventsv1.Fact_RequestAdded:
		return secret(e.RequestAdded.Request) || secret(e.RequestAdded.Invitation)
	case *eventsv1.Fact_ReferralProposed:
		return s.secretService(g, name.Service(e.ReferralProposed.Provider, e.ReferralProposed.Service))
	case *eventsv1.Fact_ReferralAnswered:
		a := e.ReferralAnswered
		from := whole.Requests[casework.RequestKey{Provider: a.Provider, Number: int(a.RequestNumber)}].GetRequest()
		if secret(a.Request) || secret(a.Invitation) || s.secretTo(g, from.GetProvider(), from.GetSecret()) {
			return true
		}
		return slices.ContainsFunc(from.GetReferrals(), func(r *casesv1.Referral) bool {
			return r.Number == a.Number && s.secretService(g, r.Service)
		})
	case *eventsv1.Fact_ConsentGranted:
		return e.ConsentGranted.GetConsent().GetProvider() != g.provider
	case *eventsv1.Fact_ConsentWithdrawn:
		return e.ConsentWithdrawn.Provider != g.provider
	case *eventsv1.Fact_DisclosureRecorded:
		return e.DisclosureRecorded.GetDisclosure().GetProvider() != g.provider
	}
	return false
}

// visibleUntil is when a sight of a case must be worked out anew at the latest.
const visibleUntil = time.Second
