package matrix

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	consentv1 "github.com/businessespoo/hub/proto/businessespoo/consent/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	sharingv1 "github.com/businessespoo/hub/proto/businessespoo/sharing/v1"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// role is an onlooker with the case that it looks at.
type role struct {
	onlooker *onlooker
	story    *story
}

// stage is where everybody of the file is made, each with a case of their own.
type stage struct {
	t     *testing.T
	w     *world.World
	doors []*grpc.ClientConn
	chair *world.Company
	roles map[string]role
}

// The classes that a company may open to another provider, beside header and progress.
const (
	application  = policyv1.DataClass_DATA_CLASS_APPLICATION
	decision     = policyv1.DataClass_DATA_CLASS_DECISION
	conversation = policyv1.DataClass_DATA_CLASS_CONVERSATION
)

// cast makes everybody of the file. advance moves the hub's time.
func cast(t *testing.T, w *world.World, e expected, advance func(time.Duration) time.Time) map[string]role {
	t.Helper()
	s := &stage{t: t, w: w, doors: doors(t, w), chair: w.Company(t, world.CompanyUser("chair", company)), roles: map[string]role{}}
	s.ownersAndStrangers()
	s.otherProviders()
	s.integrators()
	advance(48 * time.Hour) // what was consented to until today is over
	for called := range e.Onlookers {
		if _, ok := s.roles[called]; !ok {
			t.Errorf("expected.yaml names %q, whom nobody plays", called)
		}
	}
	for called := range s.roles {
		if _, ok := e.Onlookers[called]; !ok {
			t.Errorf("%q is played, but expected.yaml does not name it", called)
		}
	}
	return s.roles
}

func (s *stage) play(called string, p token.Principal, what *story) {
	s.t.Helper()
	doors := s.doors
	if token.NeedsKey(p.Role) { // elsewhere it is no key, and too many of those are not answered
		doors = []*grpc.ClientConn{s.w.Conn(s.t, s.w.At.GRPC), s.w.Conn(s.t, s.w.At.Providers[p.Provider])}
	}
	s.roles[called] = role{&onlooker{authorization: s.w.Authorization(s.t, p), provider: p.Provider, doors: doors}, what}
}

// own is a case of the company, with another service beside the owner's if one is given.
func (s *stage) own(owner string, another ...string) *story {
	s.t.Helper()
	return plant(s.t, s.w, s.chair, company, owner, another...)
}

func (s *stage) ownersAndStrangers() {
	s.t.Helper()
	plain := s.own("chamber/trade-advice")
	s.play("company", world.CompanyUser("chair", company), plain)
	s.play("colleague", world.CompanyUser("colleague", company), plain)
	s.play("other-company", world.CompanyUser("stranger", otherCompany), plain)
	s.roles["public"] = role{&onlooker{doors: s.doors}, plain}
	s.play("operator", world.Operator(), plain)
	s.play("owning-advisor", world.AdvisorOf("chamber", world.SecondAdvisor), plain)
	s.play("owning-lead", world.LeadOf("chamber", world.Lead), plain)
	s.play("owning-system", world.SystemOf("chamber"), plain)
	nameless := plant(s.t, s.w, s.w.Stranger(s.t), "", "chamber/trade-advice")
	s.roles["holder"] = role{&onlooker{authorization: "Case " + nameless.code + ":" + nameless.secret, doors: s.doors[:1]}, nameless} // elsewhere it is no secret
	s.formerOwners()
}

// formerOwners are a provider that is no authority, and one that is, after the consent
// to serve was withdrawn.
func (s *stage) formerOwners() {
	s.t.Helper()
	for called, service := range map[string]string{"former-owner": "chamber/trade-advice", "former-authority": "omnia/apprenticeship"} {
		former := s.own(service)
		for _, c := range s.consents(former) {
			s.withdraw(c.Name)
		}
		former.ends(s.chair)
		s.play(called, world.AdvisorOf(former.owner, world.SecondAdvisor), former)
	}
}

// otherProviders look at the request to another provider than their own.
func (s *stage) otherProviders() {
	s.t.Helper()
	omnia := world.AdvisorOf("omnia", world.FirstAdvisor)
	s.play("not-asked", omnia, s.own("chamber/trade-advice"))
	shared := func(called string, p token.Principal, until string, classes ...policyv1.DataClass) string {
		s.t.Helper()
		one := s.own("chamber/trade-advice", "omnia/apprenticeship")
		s.play(called, p, one)
		return s.consent(one, until, classes...)
	}
	s.play("routed", omnia, s.own("chamber/trade-advice", "omnia/apprenticeship"))
	shared("consent-progress", omnia, "")
	shared("consent-application", omnia, "", application)
	shared("consent-result", omnia, "", decision)
	shared("consent-conversation", omnia, "", conversation)
	shared("consent-expired", omnia, string(catalogue.DateOf(time.Now())), application, decision, conversation)
	shared("other-lead", world.LeadOf("omnia", world.Lead), "", application, decision, conversation)
	s.withdraw(shared("consent-withdrawn", omnia, "", application, decision, conversation))

	s.disclosed("disclosure-application", "621/1999", "29", application)
	s.disclosed("disclosure-result", "293/2017", "1", policyv1.DataClass_DATA_CLASS_RESULT, decision)
}

// disclosed is an advisor of an authority that sees, by a section of law, what another has.
func (s *stage) disclosed(called, act, section string, classes ...policyv1.DataClass) {
	s.t.Helper()
	lawful := s.own("omnia/apprenticeship", "employment/vacancy")
	advisor := s.w.Advisor(s.t, "employment", world.FirstAdvisor)
	advisor.Receives(lawful.caseName + "/requests/employment-1")
	s.play(called, world.AdvisorOf("employment", world.FirstAdvisor), lawful)
	_, err := sharingv1.NewSharedCaseServiceClient(s.w.Conn(s.t, s.w.At.GRPC)).RecordDisclosure(advisor.Context(), &sharingv1.RecordDisclosureRequest{
		Parent: lawful.caseName, RequestId: uuid.NewString(), Act: act, Section: section, Reason: "Tarvitaan yrityksen palvelemiseksi",
		DataClasses: append(classes, policyv1.DataClass_DATA_CLASS_PROGRESS),
	})
	s.must(err)
}

func (s *stage) integrators() {
	s.t.Helper()
	for called, scopes := range map[string][]string{
		"integrator": {systemkey.CaseRead, systemkey.CaseWrite}, "integrator-application": systemkey.IntegratorScopes(),
		"integrator-withdrawn": systemkey.IntegratorScopes(), "integrator-not-granted": nil,
	} {
		key := s.w.IssueKey(s.t, "integrators/"+called, systemkey.IntegratorScopes()...)
		if scopes != nil {
			s.w.Grant(s.t, company, called, scopes...)
		}
		if called == "integrator-withdrawn" {
			s.w.Withdraw(s.t, company, called)
		}
		s.roles[called] = role{&onlooker{authorization: "Key " + key, doors: s.doors[:1]}, s.own("chamber/trade-advice")}
	}
}

// consent lets Omnia see classes of what the others do in a case, until a date.
func (s *stage) consent(one *story, until string, classes ...policyv1.DataClass) string {
	s.t.Helper()
	answer, err := s.consenting().GrantConsent(s.chair.Context(), &consentv1.GrantConsentRequest{
		Parent: one.caseName, RequestId: uuid.NewString(), Consent: &casesv1.Consent{
			Provider: name.Provider("omnia"), Purpose: casesv1.ConsentPurpose_CONSENT_PURPOSE_SHARED_CASE,
			TextVersion: s.listed(one).TextVersion, DataClasses: classes, ValidTo: until,
		},
	})
	s.must(err)
	return answer.Consent.Name
}

func (s *stage) withdraw(consent string) {
	s.t.Helper()
	_, err := s.consenting().WithdrawConsent(s.chair.Context(), &consentv1.WithdrawConsentRequest{Name: consent, RequestId: uuid.NewString()})
	s.must(err)
}

func (s *stage) consents(one *story) []*casesv1.Consent { return s.listed(one).Consents }

func (s *stage) listed(one *story) *consentv1.ListConsentsResponse {
	s.t.Helper()
	answer, err := s.consenting().ListConsents(s.chair.Context(), &consentv1.ListConsentsRequest{Parent: one.caseName})
	s.must(err)
	return answer
}

func (s *stage) consenting() consentv1.ConsentServiceClient {
	return consentv1.NewConsentServiceClient(s.w.Conn(s.t, s.w.At.GRPC))
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// providerOf is the provider of a service that is given as omnia/apprenticeship.
func providerOf(service string) string {
	provider, _, _ := strings.Cut(service, "/")
	return provider
}
