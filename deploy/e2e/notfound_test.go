package e2e

import (
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// withoutCase says of each rpc that names no case and no request why there is nothing
// in it that could be another's.
var withoutCase = map[string]string{
	"AccessService/ListProviderAccess": "names a provider, which is public; another's is denied as such",

	"AdminService/AddStaff":         "operators see all staff",
	"AdminService/AdvanceClock":     "no resource",
	"AdminService/ListDeadLetters":  "operators see all of them, and no content",
	"AdminService/ListStaff":        "operators see all staff",
	"AdminService/RemoveStaff":      "operators see all staff",
	"AdminService/ReplayDeadLetter": "operators see all of them, and no content",
	"AdminService/DropDeadLetter":   "operators see all of them, and no content",

	"SessionService/ListSessions":      "a person's own; another's is denied whether there is one or not",
	"SessionService/RevokeAllSessions": "a person's own; another's is denied whether there is one or not",
	"SessionService/RevokeSession":     "another's is answered as if it were over",

	"ApprenticeshipService/CheckApprenticeship": "only what the caller says",
	"ExportDocumentService/CheckOriginEvidence": "only what the caller says",
	"ExportDocumentService/ListOriginEvidence":  "public",
	"ExportDocumentService/PlanCarnet":          "only what the caller says",
	"SupportService/AssessEmployment55":         "only what the caller says",
	"SupportService/AssessPaySubsidy":           "only what the caller says",
	"SupportService/AssessStartupGrant":         "only what the caller says",

	"DataRightsService/DeleteDrafts": "only the caller's own",
	"DataRightsService/ExportData":   "only the caller's own",
	"DataRightsService/GetErasure":   "operators see all of them, and no content",
	"DataRightsService/ListErasures": "operators see all of them, and no content",

	"GrantService/GrantAccess":     "names a company, which is public; another's is denied as such",
	"GrantService/ListGrants":      "only the caller's own",
	"GrantService/ListIntegrators": "public to companies",
	"GrantService/WithdrawGrant":   "names a company, which is public; another's is denied as such",
	"KeyService/IssueKey":          "names an owner, which is public; another's is denied as such",
	"KeyService/ListKeys":          "names an owner, which is public; another's is denied as such",
	"KeyService/RevokeKey":         "TestAKeyOpensWhatItsScopesSay",

	"CaseService/DeleteDraft":     "only the caller's own; one that is not there is no error",
	"CaseService/GetDraft":        "a draft is found by its key among the caller's own",
	"CaseService/ListCases":       "only the caller's own",
	"CaseService/ListDrafts":      "only the caller's own",
	"CaseService/OpenCase":        "makes a case",
	"CaseService/SaveDraft":       "a draft is found by its key among the caller's own",
	"CaseService/SuggestServices": "public",
	"CaseService/WatchEvents":     "only the caller's own",

	"CatalogueService/GetProvider":   "public",
	"CatalogueService/GetService":    "public",
	"CatalogueService/ListJourneys":  "public",
	"CatalogueService/ListNeeds":     "public",
	"CatalogueService/ListProviders": "public",
	"CatalogueService/ListServices":  "public",

	"CompanyService/LookupCompany": "public: it answers what the company register says, and no case",

	"SharedCaseService/ListLegalGrounds": "public",
	"SharedCaseService/ListSharedCases":  "only those that were opened to the caller's provider",

	"ProviderService/ListAdvisors":     "names a provider, which is public; another's is denied as such",
	"ProviderService/ListRequests":     "names a provider, which is public; another's is denied as such",
	"ProviderService/DeleteTextBlock":  "names a provider, which is public; another's is denied as such",
	"ProviderService/ListTextBlocks":   "names a provider, which is public; another's is denied as such",
	"ProviderService/SetTextBlock":     "names a provider, which is public; another's is denied as such",
	"ProviderService/OpenCaseOnBehalf": "names a provider, which is public; another's is denied as such",
	"ProviderService/WatchRequests":    "names a provider, which is public; another's is denied as such",
}

// namesCase tells whether a message has a field for the name of a case or a request.
func namesCase(message protoreflect.MessageDescriptor) bool {
	for i := range message.Fields().Len() {
		policy, _ := proto.GetExtension(message.Fields().Get(i).Options(), policyv1.E_Field).(*policyv1.FieldPolicy)
		switch policy.GetFormat() {
		case policyv1.Format_FORMAT_CASE_NAME, policyv1.Format_FORMAT_REQUEST_NAME, policyv1.Format_FORMAT_CONSENT_NAME:
			return true
		}
	}
	return false
}

// strangers are those who may call a method and to whom the owner's case, and Omnia's
// request, does not belong.
func (f *fixture) strangers(m method) map[string]string {
	all := map[string]string{}
	access := proto.GetExtension(m.descriptor.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
	for _, role := range access.GetRoles() {
		var p principal
		switch role {
		case policyv1.Role_ROLE_COMPANY:
			p = world.CompanyUser("stranger", theirs)
		case policyv1.Role_ROLE_INTEGRATOR:
			p = world.Integrator("other-system", theirs)
		case policyv1.Role_ROLE_ADVISOR:
			p = world.AdvisorOf("chamber", world.FirstAdvisor)
		case policyv1.Role_ROLE_LEAD:
			p = world.LeadOf("chamber", world.Lead)
		case policyv1.Role_ROLE_PROVIDER_SYSTEM:
			p = world.SystemOf("chamber")
		case policyv1.Role_ROLE_CASE_HOLDER:
			all["the holder of another case"] = f.holder()
			continue
		case policyv1.Role_ROLE_OPERATOR:
			continue // what operators may do they may do to every case
		default:
			f.t.Errorf("%s is for %s; say here who of them is a stranger", m.name, role)
		}
		all[role.String()] = f.bearer(p)
	}
	return all
}

// holder is the authorization of somebody who holds a case without a name.
func (f *fixture) holder() string {
	f.t.Helper()
	if f.held == "" {
		c := f.w.Stranger(f.t).Open(world.Opening{Need: "Tarvitsen oppisopimuksen", Services: []string{service}})
		holder := f.w.Holder(f.t, c.Code, c.Secret)
		world.Await(f.t, "the code to be known", func() error {
			_, err := holder.Calls.GetCase(holder.Context(), &casesv1.GetCaseRequest{Name: c.Name})
			return err
		})
		f.held = "Case " + c.Code + ":" + c.Secret
	}
	return f.held
}

// TestAnothersCaseCannotBeToldFromNone makes, for every rpc of the contract that names
// a case or a request, the same call with another's and with a random name: what
// comes back is the same, byte for byte, with headers and trailers.
func TestAnothersCaseCannotBeToldFromNone(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := newFixture(t, w)
	for _, m := range methods() {
		s, sampled := samples[m.name]
		if reason := withoutCase[m.name]; (reason == "") != namesCase(m.descriptor.Input()) {
			t.Errorf("%s names a case: %t; withoutCase says %q", m.name, namesCase(m.descriptor.Input()), reason)
		}
		if !sampled || withoutCase[m.name] != "" {
			continue
		}
		t.Run(m.name, func(t *testing.T) {
			f.t = t
			ports := []string{""}
			if strings.HasPrefix(m.name, "ProviderService/") {
				ports = append(ports, "omnia")
			}
			message := s.valid(f)
			for who, authorization := range f.strangers(m) {
				for _, s.at = range ports {
					f.sameAsNone(m, s, who, authorization, message)
				}
			}
		})
	}
}

// sameAsNone makes the calls: with another's name, with names that are wrong in one
// part only, and with a random one.
func (f *fixture) sameAsNone(m method, s sample, who, authorization string, theirs proto.Message) {
	f.t.Helper()
	ask := func(message proto.Message) string {
		a := &attempt{authorization: authorization, message: message}
		_, err := f.call(m, s, a)
		want := codes.NotFound
		if s.at != "" && who == policyv1.Role_ROLE_PROVIDER_SYSTEM.String() {
			want = codes.Unauthenticated // a provider knows no keys but those of its own systems
		}
		if got := world.Read(err); got.Code != want {
			f.t.Errorf("%s, %s, at %q: answered %s %s: %s", m.name, who, s.at, got.Code, got.Reason, got.Message)
		}
		return f.anonymous(err, a)
	}
	nowhere := proto.Clone(theirs)
	rename(nowhere, f.nowhere())
	if one, other := ask(theirs), ask(nowhere); one != other {
		f.t.Errorf("%s, %s, at %q: another's and none can be told apart:\n%s\n%s", m.name, who, s.at, one, other)
	}
	for _, party := range []string{"omnia-77", "chamber-1"} {
		if s.at != "" && party == "chamber-1" {
			continue // the provider itself serves its own requests only
		}
		part, none := proto.Clone(theirs), proto.Clone(nowhere)
		if !replace(part, "/requests/omnia-1", "/requests/"+party) || !replace(none, "/requests/omnia-1", "/requests/"+party) {
			continue
		}
		if party == "chamber-1" { // whose lead would give it to one of its own
			replace(part, "providers/omnia/advisors/", "providers/chamber/advisors/")
			replace(none, "providers/omnia/advisors/", "providers/chamber/advisors/")
		}
		if one, other := ask(part), ask(none); one != other {
			f.t.Errorf("%s, %s: with %s a case that is another's can be told from none:\n%s\n%s", m.name, who, party, one, other)
		}
	}
}
