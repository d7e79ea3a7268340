package e2e

import (
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// notesRoles: notes are for the advisors and leads of the provider that has the
// request, and for nobody else. Whoever is refused cannot tell a request with
// notes from one that is not there.
func notesRoles(t *testing.T, w *world.World) {
	company := identifier.NewTestBusinessID(155)
	owner := w.Company(t, world.CompanyUser("noora", company))
	c := owner.Open(world.Opening{Need: "oppisopimus", Company: company, Services: []string{"omnia/apprenticeship"}})
	nameless := w.Stranger(t).Open(world.Opening{Need: "oppisopimus", Services: []string{"omnia/apprenticeship"}})
	request, nowhere := c.Request("omnia-1"), "cases/aaaaaaaaaaaaaaaaaaaaaaaaaa/requests/omnia-1"
	w.Advisor(t, "omnia", world.FirstAdvisor).PickUp(request)
	w.Advisor(t, "omnia", world.FirstAdvisor).Note(request, "Muistiinpano")

	const ok, absent, denied, unknown = codes.OK, codes.NotFound, codes.PermissionDenied, codes.Unauthenticated
	as := func(p principal) string { return w.Authorization(t, p) }
	for _, who := range []struct {
		what, authorization string
		want                codes.Code
	}{
		{"who has the request", as(world.AdvisorOf("omnia", world.FirstAdvisor)), ok},
		{"another advisor", as(world.AdvisorOf("omnia", world.SecondAdvisor)), ok},
		{"the lead", as(world.LeadOf("omnia", world.Lead)), ok},
		{"somebody who is not on the staff", as(world.AdvisorOf("omnia", "nobody")), denied},
		{"the provider's system", as(world.SystemOf("omnia")), denied},
		{"another provider's advisor", as(world.AdvisorOf("chamber", world.FirstAdvisor)), absent},
		{"another provider's lead", as(world.LeadOf("chamber", world.Lead)), absent},
		{"another provider's system", as(world.SystemOf("chamber")), denied},
		{"the company", as(world.CompanyUser("noora", company)), denied},
		{"another company", as(world.CompanyUser("rival", other)), denied},
		{"the company's integrator", as(world.Integrator("ledger", company)), denied},
		{"an operator", as(world.Operator()), denied},
		{"the holder of a case", "Case " + nameless.Code + ":" + nameless.Secret, denied},
		{"a stranger", "", unknown},
	} {
		for where, address := range map[string]string{"the gateway": w.At.GRPC, "the provider": w.At.Providers["omnia"]} {
			want := who.want
			if who.authorization[:min(4, len(who.authorization))] == "Case" && address != w.At.GRPC {
				want = unknown // only the gateway knows the codes of cases
			}
			if (who.what == "another provider's system" || who.what == "the company's integrator") && address != w.At.GRPC {
				want = unknown // a provider knows the keys of its own systems alone
			}
			desk := providerv1.NewProviderServiceClient(w.Conn(t, address))
			ctx := t.Context()
			if who.authorization != "" {
				ctx = world.Authorized(ctx, who.authorization)
			}
			list := func(request string) error {
				_, err := desk.ListNotes(ctx, &providerv1.ListNotesRequest{Parent: request})
				return err
			}
			add := func(request string) error {
				_, err := desk.AddNote(ctx, &providerv1.AddNoteRequest{Name: request, RequestId: newID(), Text: "Muistiinpano"})
				return err
			}
			for call, do := range map[string]func(string) error{"ListNotes": list, "AddNote": add} {
				got, none := world.Read(do(request)), world.Read(do(nowhere))
				if got.Code != want {
					t.Errorf("%s who calls %s at %s is answered %s, %s; want %s", who.what, call, where, got.Code, got.Message, want)
				}
				if got.Code != ok && (got.Code != none.Code || got.Reason != none.Reason) {
					t.Errorf("%s who calls %s at %s learns whether there is a request: %v, %v", who.what, call, where, got, none)
				}
			}
		}
	}
}
