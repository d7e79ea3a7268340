package e2e

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	policyv1 "github.com/businessespoo/hub/proto/businessespoo/policy/v1"
)

// TestEveryRoleAtEveryRPC calls each rpc of the contract at each door that serves it,
// as nobody and in every role: who the contract does not name is refused before what
// they sent is looked at, who it names is not.
func TestEveryRoleAtEveryRPC(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	f := &fixture{t: t, w: w}
	nameless := w.Stranger(t).Open(world.Opening{Need: "Tarvitsen oppisopimuksen", Services: []string{service}})
	callers := map[policyv1.Role]string{
		policyv1.Role_ROLE_UNSPECIFIED: "", policyv1.Role_ROLE_CASE_HOLDER: "Case " + nameless.Code + ":" + nameless.Secret,
	}
	for _, p := range []principal{
		world.CompanyUser("owner", mine), world.Integrator("bank", mine), world.AdvisorOf("omnia", world.FirstAdvisor),
		world.LeadOf("omnia", world.Lead), world.SystemOf("omnia"), world.Operator(),
	} {
		callers[p.Role] = f.bearer(p)
	}
	if len(callers) != len(policyv1.Role_name) {
		t.Fatalf("%d kinds of callers, and the contract has %d", len(callers), len(policyv1.Role_name))
	}
	holder := w.Holder(t, nameless.Code, nameless.Secret)
	world.Await(t, "the code to be known", func() error {
		_, err := holder.Calls.GetCase(holder.Context(), &casesv1.GetCaseRequest{Name: nameless.Name})
		return err
	})
	refused, taken := 0, 0
	for _, m := range methods() {
		access := proto.GetExtension(m.descriptor.Options(), policyv1.E_Access).(*policyv1.MethodAccess)
		for role, authorization := range callers {
			may := slices.Contains(access.GetRoles(), role) || access.GetPublic() && (role == 0 || len(access.GetRoles()) == 0)
			for _, door := range f.doorsOf(m, role) {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				if authorization != "" {
					ctx = world.Authorized(ctx, authorization)
				}
				_, err := f.callAt(ctx, door, m, &attempt{message: fresh(m)})
				cancel()
				got := world.Read(err)
				want := map[bool]string{true: "ROLE_NOT_ALLOWED", false: "SIGN_IN_NEEDED"}[role != 0]
				code := map[bool]codes.Code{true: codes.PermissionDenied, false: codes.Unauthenticated}[role != 0]
				if role == policyv1.Role_ROLE_INTEGRATOR && door != w.At.GRPC {
					want, code = "KEY_WRONG", codes.Unauthenticated // a provider knows no keys but those of its own systems
				}
				switch {
				case may && (got.Reason == "ROLE_NOT_ALLOWED" || got.Reason == "SIGN_IN_NEEDED"):
					t.Errorf("%s is for %s, who is refused at %s: %s", m.name, role, door, got.Message)
				case !may && (got.Reason != want || got.Code != code):
					t.Errorf("%s is not for %s, who is answered %s %s at %s", m.name, role, got.Code, got.Reason, door)
				case may:
					taken++
				default:
					refused++
				}
			}
		}
	}
	if refused < 200 || taken < 50 {
		t.Errorf("%d calls were refused and %d not, so this proves little", refused, taken)
	}
}

// doorsOf are the doors that serve a method: the desks' at the gateway and at the
// provider. A case's holder is known at the gateway alone.
func (f *fixture) doorsOf(m method, role policyv1.Role) []string {
	doors := []string{samples[m.name].address(f.w)}
	if strings.HasPrefix(m.name, "ProviderService/") && role != policyv1.Role_ROLE_CASE_HOLDER {
		doors = []string{f.w.At.GRPC, f.w.At.Providers["omnia"]}
	}
	if role == policyv1.Role_ROLE_CASE_HOLDER && doors[0] != f.w.At.GRPC {
		return nil
	}
	return doors
}
