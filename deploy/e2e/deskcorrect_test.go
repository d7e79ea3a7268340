package e2e

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	rightsv1 "github.com/businessespoo/hub/proto/businessespoo/rights/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

func TestProviderCorrectsOneProcess(t *testing.T) { providerCorrects(t, world.Single(t, &binaries)) }

func TestProviderCorrectsNineProcesses(t *testing.T) {
	providerCorrects(t, world.Apart(t, &binaries))
}

// providerCorrects: an advisor corrects a reply on the page of the request. Company and
// provider read who did it and when, with the old words until an operator removes them.
func providerCorrects(t *testing.T, w *world.World) {
	w.Hire(t)
	company := identifier.NewTestBusinessID(172)
	owner := w.Company(t, world.CompanyUser("raili", company))
	c := owner.Open(world.Opening{Need: "Tarvitsen oppisopimuksen", Company: company, Services: []string{service}})
	request := c.Request("omnia-1")
	desk := w.Advisor(t, "omnia", world.FirstAdvisor)
	desk.PickUp(request)
	desk.Reply(request, "Tulkaa maanantaina.")

	path := "/desk/omnia/requests/" + strings.TrimPrefix(c.Name, "cases/") + "/omnia-1"
	page := signedIn(t, w, world.AdvisorOf("omnia", world.FirstAdvisor)).Open(path + "?words=3")
	form := page.Form("form-correct-3")
	if empty := form.Fill("text", "").Send(""); empty.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty correction leads to %s", empty)
	}
	page = form.Fill("text", "Tulkaa torstaina.").Fill("reason", "Väärä viikonpäivä").Send("")
	told := []string{"Tulkaa maanantaina.", "Tulkaa torstaina.", "Tekstiä korjattiin", "Väärä viikonpäivä", "Ville Virtanen", "Korjattu"}
	page.Has(told...)
	var reply, correction *casesv1.TimelineEntry
	c.Await("the correction to be seen", func(v *casesv1.Case) bool {
		reply, correction = v.Timeline[len(v.Timeline)-2], v.Timeline[len(v.Timeline)-1]
		return correction.Kind == casesv1.EntryKind_ENTRY_KIND_CORRECTED
	})
	if reply.CorrectedAt == nil || reply.CorrectedAt.AsTime() != correction.Time.AsTime() || reply.Text != "Tulkaa maanantaina." {
		t.Errorf("the company sees the old reply %v", reply)
	}
	if correction.Corrects != reply.Revision || correction.Text != "Tulkaa torstaina." || correction.Advisor.GetDisplayName() != "Ville Virtanen" {
		t.Errorf("the company sees the correction %v", correction)
	}
	signedIn(t, w, world.CompanyUser("raili", company)).Open("/" + c.Name).Has(told...)
	found, err := owner.Calls.ListCases(owner.Context(), &casesv1.ListCasesRequest{Query: "torstaina", MinRevision: correction.Revision})
	if err != nil || len(found.Cases) != 1 {
		t.Errorf("a search for the new words finds %v, %v", found, err)
	}

	othersCorrect(t, w, c, request, path, reply.Revision)

	f := &fixture{t: t, w: w}
	answer, err := f.rights().RedactFact(w.As(t, world.Operator()), &rightsv1.RedactFactRequest{RequestId: newID(), Case: c.Name, Revision: reply.Revision, Ground: ground})
	f.mustCall(answer, err)
	c.Await("the old words to be gone", func(v *casesv1.Case) bool {
		old, kept := "", false
		for _, e := range v.Timeline {
			if e.Revision == reply.Revision {
				old = e.Text
			}
			kept = kept || e.Text == "Tulkaa torstaina."
		}
		return old == "" && kept
	})
}

// othersCorrect: whose words they are, and who works on the request, says who corrects them.
func othersCorrect(t *testing.T, w *world.World, c *world.Case, request, path, reply string) {
	t.Helper()
	c.Write("omnia-1", "Mihin aikaan?")
	message := ""
	for _, e := range c.View().Timeline {
		if e.Text == "Mihin aikaan?" {
			message = e.Revision
		}
	}
	desks := providerv1.NewProviderServiceClient(w.Conn(t, w.At.GRPC))
	for _, test := range []struct {
		who      principal
		revision string
		code     codes.Code
		reason   string
	}{
		{world.AdvisorOf("omnia", world.SecondAdvisor), reply, codes.PermissionDenied, "NOT_YOUR_REQUEST"},
		{world.AdvisorOf("omnia", world.FirstAdvisor), message, codes.PermissionDenied, "NOT_YOUR_WORDS"},
		{world.LeadOf("omnia", world.Lead), message, codes.PermissionDenied, "NOT_YOUR_WORDS"},
		{world.AdvisorOf("chamber", world.FirstAdvisor), reply, codes.NotFound, "REQUEST_NOT_FOUND"},
		{world.LeadOf("chamber", world.Lead), reply, codes.NotFound, "REQUEST_NOT_FOUND"},
		{world.SystemOf("omnia"), reply, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		{world.SystemOf("chamber"), reply, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		{world.Integrator("bank", mine), reply, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		{world.CompanyUser("raili", identifier.NewTestBusinessID(172)), message, codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
	} {
		_, err := desks.CorrectText(w.As(t, test.who), &providerv1.CorrectTextRequest{Name: request, RequestId: newID(), Revision: test.revision, Text: "Ei koskaan"})
		world.Refused(t, err, test.code, test.reason)
	}
	if _, offered := signedIn(t, w, world.AdvisorOf("omnia", world.SecondAdvisor)).Open(path + "?words=3").HasForm("form-correct-3"); offered {
		t.Error("an advisor is offered to correct on another's request")
	}
	led := signedIn(t, w, world.LeadOf("omnia", world.Lead)).Open(path + "?words=5")
	if _, offered := led.HasForm("form-correct-5"); offered {
		t.Error("a lead is offered to correct what the company wrote")
	}
	signedIn(t, w, world.LeadOf("omnia", world.Lead)).Open(path+"?words=3").Form("form-correct-3").Fill("text", "Tulkaa perjantaina.").Send("").Has("Tulkaa perjantaina.")
}

// signedIn is a browser in which somebody has signed in.
func signedIn(t *testing.T, w *world.World, p principal) *world.Browser {
	t.Helper()
	b := w.Browser(t)
	b.SignIn(w.Token(t, p))
	return b
}
