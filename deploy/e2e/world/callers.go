package world

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	cataloguev1 "github.com/businessespoo/hub/proto/businessespoo/catalogue/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/token"
)

// tokenLife outlives every test, also one that moves the clock of a demo.
const tokenLife = 60 * 24 * time.Hour

// Cases is the company's side of the gateway.
func (w *World) Cases(t testing.TB) casesv1.CaseServiceClient {
	return casesv1.NewCaseServiceClient(w.Conn(t, w.At.GRPC))
}

// Desks is the advisors' side of the gateway, which forwards to the providers.
func (w *World) Desks(t testing.TB) providerv1.ProviderServiceClient {
	return providerv1.NewProviderServiceClient(w.Conn(t, w.At.GRPC))
}

// Catalogue is the catalogue of all providers.
func (w *World) Catalogue(t testing.TB) cataloguev1.CatalogueServiceClient {
	return cataloguev1.NewCatalogueServiceClient(w.Conn(t, w.At.GRPC))
}

// Admin is the operators' service.
func (w *World) Admin(t testing.TB) adminv1.AdminServiceClient {
	return adminv1.NewAdminServiceClient(w.Conn(t, w.At.GRPC))
}

// As answers a context for calls by a principal.
func (w *World) As(t testing.TB, p token.Principal) context.Context {
	t.Helper()
	return Authorized(t.Context(), w.Authorization(t, p))
}

// Token signs a token for a principal.
func (w *World) Token(t testing.TB, p token.Principal) string {
	t.Helper()
	// A minute ago: a demo's clock may begin a little behind this one.
	signed, err := w.Key.Sign(p, time.Now().Add(-time.Minute), tokenLife)
	must(t, err)
	return signed
}

// Authorized answers a context whose calls carry the authorization.
func Authorized(ctx context.Context, authorization string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", authorization)
}

// CompanyUser is somebody who acts for companies, or for nobody yet.
func CompanyUser(subject string, companies ...string) token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_COMPANY, Subject: subject, Companies: companies}
}

// Integrator is a system that acts for companies.
func Integrator(subject string, companies ...string) token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_INTEGRATOR, Subject: subject, Organisation: subject, Companies: companies}
}

// AdvisorOf is an advisor of a provider.
func AdvisorOf(provider, id string) token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_ADVISOR, Subject: provider + "-" + id, Provider: provider, Advisor: id}
}

// LeadOf is a lead of a provider.
func LeadOf(provider, id string) token.Principal {
	p := AdvisorOf(provider, id)
	p.Role = policyv1.Role_ROLE_LEAD
	return p
}

// SystemOf is the system of a provider.
func SystemOf(provider string) token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_PROVIDER_SYSTEM, Subject: provider + "-system", Provider: provider}
}

// Operator runs the hub.
func Operator() token.Principal {
	return token.Principal{Role: policyv1.Role_ROLE_OPERATOR, Subject: "operator"}
}

// The staff that Hire adds to each provider.
const (
	FirstAdvisor  = "ville"
	SecondAdvisor = "maija"
	Lead          = "liisa"
)

// Hire adds two advisors and a lead to every provider.
func (w *World) Hire(t testing.TB) {
	t.Helper()
	for _, key := range name.Providers {
		w.Add(t, key, FirstAdvisor, "Ville Virtanen", policyv1.Role_ROLE_ADVISOR)
		w.Add(t, key, SecondAdvisor, "Maija Mäkelä", policyv1.Role_ROLE_ADVISOR)
		w.Add(t, key, Lead, "Liisa Lahti", policyv1.Role_ROLE_LEAD)
	}
}

// Add adds one member of staff.
func (w *World) Add(t testing.TB, provider, id, displayName string, role policyv1.Role) {
	t.Helper()
	_, err := w.Admin(t).AddStaff(w.As(t, Operator()), &adminv1.AddStaffRequest{
		RequestId: uuid.NewString(), Parent: name.Provider(provider), AdvisorId: id, DisplayName: displayName, Role: role,
		Languages: []string{"fi", "sv", "en"}, Competences: []string{"funding"},
	})
	must(t, err)
}

// saw keeps the revision of what was last done in a case.
func (w *World) saw(caseName, revision string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.newest[caseName] = revision
}

// newestOf is the revision of what was last done in a case, by anybody in this world.
func (w *World) newestOf(caseName string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.newest[caseName]
}
