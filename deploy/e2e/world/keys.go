package world

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	keysv1 "github.com/businessespoo/hub/proto/businessespoo/keys/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
	"github.com/businessespoo/hub/services/kit/name"
	"github.com/businessespoo/hub/services/kit/systemkey"
	"github.com/businessespoo/hub/services/kit/token"
)

// Keys is the keys' service.
func (w *World) Keys(t testing.TB) keysv1.KeyServiceClient {
	return keysv1.NewKeyServiceClient(w.Conn(t, w.At.GRPC))
}

// Grants is where companies say who acts for them.
func (w *World) Grants(t testing.TB) keysv1.GrantServiceClient {
	return keysv1.NewGrantServiceClient(w.Conn(t, w.At.GRPC))
}

// Authorization is what a principal sends with a call: a token, or for a system a key
// with all scopes, which is issued, and granted by each of its companies, when it is
// first asked for.
func (w *World) Authorization(t testing.TB, p token.Principal) string {
	t.Helper()
	if !token.NeedsKey(p.Role) {
		return "Bearer " + w.Token(t, p)
	}
	who := strings.Join(append([]string{p.Organisation, p.Provider}, p.Companies...), " ")
	w.issuing.Lock()
	defer w.issuing.Unlock()
	if known, ok := w.systems[who]; ok {
		return known
	}
	if p.Role == policyv1.Role_ROLE_PROVIDER_SYSTEM {
		w.systems[who] = "Key " + w.IssueKey(t, name.Provider(p.Provider), systemkey.ProviderScopes()...)
		return w.systems[who]
	}
	w.systems[who] = "Key " + w.IssueKey(t, "integrators/"+p.Organisation, systemkey.IntegratorScopes()...)
	for _, company := range p.Companies {
		w.Grant(t, company, p.Organisation, systemkey.IntegratorScopes()...)
	}
	return w.systems[who]
}

// IssueKey issues a key as an operator.
func (w *World) IssueKey(t testing.TB, parent string, scopes ...string) string {
	t.Helper()
	answer, err := w.Keys(t).IssueKey(w.As(t, Operator()), &keysv1.IssueKeyRequest{
		RequestId: uuid.NewString(), Parent: parent, DisplayName: "A system of " + parent, Scopes: scopes, ValidTo: time.Now().AddDate(0, 6, 0).Format(time.DateOnly),
	})
	must(t, err)
	return answer.Secret
}

// KeyID is the id of a key.
func KeyID(key string) string { return strings.Split(key, "_")[1] }

// Revoke revokes a key as an operator.
func (w *World) Revoke(t testing.TB, key string) {
	t.Helper()
	_, err := w.Keys(t).RevokeKey(w.As(t, Operator()), &keysv1.RevokeKeyRequest{RequestId: uuid.NewString(), Name: "keys/" + KeyID(key)})
	must(t, err)
}

// Grant has a company give an integrator access.
func (w *World) Grant(t testing.TB, company, organisation string, scopes ...string) {
	t.Helper()
	_, err := w.Grants(t).GrantAccess(w.As(t, CompanyUser("owner", company)), &keysv1.GrantAccessRequest{
		RequestId: uuid.NewString(), Company: company, Organisation: organisation, Scopes: scopes,
	})
	must(t, err)
}

// Withdraw has a company end what it granted.
func (w *World) Withdraw(t testing.TB, company, organisation string) {
	t.Helper()
	_, err := w.Grants(t).WithdrawGrant(w.As(t, CompanyUser("owner", company)), &keysv1.WithdrawGrantRequest{
		RequestId: uuid.NewString(), Company: company, Organisation: organisation,
	})
	must(t, err)
}
