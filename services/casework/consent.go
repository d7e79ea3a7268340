package casework

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	eventsv1 "github.com/businessespoo/hub/proto/businessespoo/events/v1"
	statev1 "github.com/businessespoo/hub/proto/businessespoo/state/v1"
)

// The purposes of a consent.
const (
	toServe  = casesv1.ConsentPurpose_CONSENT_PURPOSE_SERVICE
	toShared = casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE
)

// GrantConsent lets a provider see what the others do in the case. By the company.
type GrantConsent struct{ Consent *casesv1.Consent }

// WithdrawConsent takes a consent back. KeptByLaw tells that its provider is an
// authority today. By the company.
type WithdrawConsent struct {
	Consent   string
	KeptByLaw bool
}

// RecordDisclosure says that an authority takes what a law lets it see. By its staff.
type RecordDisclosure struct{ Disclosure *casesv1.Disclosure }

func (GrantConsent) caseCommand() string     { return "GrantConsent" }
func (WithdrawConsent) caseCommand() string  { return "WithdrawConsent" }
func (RecordDisclosure) caseCommand() string { return "RecordDisclosure" }

// EndConsent tells a request that the consent it rests on was withdrawn. By the hub.
type EndConsent struct {
	Consent   string
	KeptByLaw bool
}

func (EndConsent) requestCommand() string { return "EndConsent" }

// Effective answers the consent of a case that holds at an instant for a provider,
// providers/{provider}, and a purpose; nil when there is none.
func Effective(consents []*casesv1.Consent, provider string, purpose casesv1.ConsentPurpose, now time.Time) *casesv1.Consent {
	for _, c := range consents {
		if c.Provider == provider && purposeOf(c) == purpose && Holds(c, now) {
			return c
		}
	}
	return nil
}

// Holds tells whether a consent holds at an instant: to the end of its last local
// date, unless it was withdrawn or another took its place.
func Holds(c *casesv1.Consent, now time.Time) bool {
	return c.WithdrawnAt == nil && c.ReplacedAt == nil && (c.ValidTo == "" || Today(now) <= c.ValidTo)
}

func purposeOf(c *casesv1.Consent) casesv1.ConsentPurpose {
	if c.Purpose == 0 {
		return toServe // as it was before purposes were told
	}
	return c.Purpose
}

func decideGrant(cmd GrantConsent) (*eventsv1.Fact_ConsentGranted, error) {
	switch {
	case cmd.Consent.GetProvider() == "":
		return nil, refuse(Invalid, "PROVIDER_MISSING", "consent.provider is empty; name the provider that may see more").field("consent.provider")
	case cmd.Consent.Purpose != toShared:
		return nil, refuse(Invalid, "PURPOSE_INVALID", "consent.purpose is %s; this call gives CONSENT_PURPOSE_SHARED_CASE, and a service is consented to as it is asked for",
			cmd.Consent.Purpose).field("consent.purpose")
	}
	return &eventsv1.Fact_ConsentGranted{ConsentGranted: &eventsv1.ConsentGranted{Consent: cmd.Consent}}, nil
}

func decideWithdrawConsent(c *casesv1.Case, cmd WithdrawConsent) (*eventsv1.Fact_ConsentWithdrawn, error) {
	consent := ConsentNamed(c, cmd.Consent)
	switch {
	case consent == nil:
		return nil, refuse(NotFound, "CONSENT_NOT_FOUND", "there is no %s; ListConsents lists those of the case", cmd.Consent).field("name")
	case consent.WithdrawnAt != nil:
		return nil, refuse(State, "CONSENT_WITHDRAWN", "%s is withdrawn already, since %s", cmd.Consent, Today(consent.WithdrawnAt.AsTime()))
	case consent.ReplacedAt != nil:
		return nil, refuse(State, "CONSENT_REPLACED", "a newer consent for %s took the place of %s; withdraw the newer one", consent.Provider, cmd.Consent)
	}
	return &eventsv1.Fact_ConsentWithdrawn{ConsentWithdrawn: &eventsv1.ConsentWithdrawn{
		Consent: cmd.Consent, KeptByLaw: cmd.KeptByLaw, Provider: consent.Provider,
	}}, nil
}

func decideDisclosure(cmd RecordDisclosure) (*eventsv1.Fact_DisclosureRecorded, error) {
	d := cmd.Disclosure
	if d.GetProvider() == "" || d.Act == "" || d.Section == "" || len(d.DataClasses) == 0 {
		return nil, refuse(Invalid, "GROUND_MISSING", "a disclosure names its authority, the act, the section and what is seen").field("act")
	}
	return &eventsv1.Fact_DisclosureRecorded{DisclosureRecorded: &eventsv1.DisclosureRecorded{Disclosure: d}}, nil
}

// ConsentNamed is the consent of a case by its resource name, or nil.
func ConsentNamed(c *casesv1.Case, name string) *casesv1.Consent {
	for _, consent := range c.GetConsents() {
		if consent.Name == name {
			return consent
		}
	}
	return nil
}

// addConsents gives each new consent its name, its giver and its time: those of the
// fact that holds it. One for the same provider and purpose gives way to it.
func addConsents(c *casesv1.Case, consents []*casesv1.Consent, f *eventsv1.Fact) {
	// Lists of the fact and of earlier states are never written into.
	c.Consents = slices.Clone(c.Consents)
	for _, given := range consents {
		for i, before := range c.Consents {
			if before.Provider == given.Provider && purposeOf(before) == purposeOf(given) && before.WithdrawnAt == nil && before.ReplacedAt == nil {
				replaced := proto.CloneOf(before)
				replaced.ReplacedAt = f.Time
				c.Consents[i] = replaced
			}
		}
		c.Consents = append(c.Consents, &casesv1.Consent{
			Name: fmt.Sprintf("%s/consents/%d", c.Name, len(c.Consents)+1), Provider: given.Provider, Purpose: purposeOf(given),
			DataClasses: given.DataClasses, TextVersion: given.TextVersion, ValidTo: given.ValidTo, Language: given.Language, Channel: given.Channel,
			GivenAt: f.Time, GrantedBy: f.GetActor().GetPerson(), Representation: f.GetActor().GetRepresentation(),
		})
	}
}

// withdrawConsent marks a consent, and keeps which requests rested on it.
func withdrawConsent(s *statev1.CaseState, w *eventsv1.ConsentWithdrawn, f *eventsv1.Fact) {
	s.Case.Consents = slices.Clone(s.Case.Consents)
	for i, before := range s.Case.Consents {
		if before.Name != w.Consent {
			continue
		}
		ended := proto.CloneOf(before)
		ended.WithdrawnAt, ended.WithdrawnBy = f.Time, f.GetActor().GetPerson()
		s.Case.Consents[i] = ended
		if key := strings.TrimPrefix(before.Provider, "providers/"); purposeOf(before) == toServe {
			s.ConsentEnds = append(s.ConsentEnds, &statev1.ConsentEnd{
				Consent: w.Consent, Provider: key, LastNumber: lastNumbers(s.Planned)[key], KeptByLaw: w.KeptByLaw,
			})
		}
	}
}

func addDisclosure(c *casesv1.Case, d *casesv1.Disclosure, f *eventsv1.Fact) {
	added := proto.CloneOf(d)
	added.Name, added.RecordedAt = fmt.Sprintf("%s/disclosures/%d", c.Name, len(c.Disclosures)+1), f.Time
	added.RecordedBy = advisorName(f.Actor)
	c.Disclosures = append(c.Disclosures, added)
}

// endOf is the withdrawn consent that a request rests on, or nil.
func endOf(s *statev1.CaseState, p *eventsv1.PlannedRequest) *statev1.ConsentEnd {
	for _, end := range s.ConsentEnds {
		if end.Provider == p.Provider && p.Number <= end.LastNumber {
			return end
		}
	}
	return nil
}
