package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// openByPages opens a case for a company on the pages, with what they ask.
func openByPages(t *testing.T, b *world.Browser, company, need string) *world.Page {
	t.Helper()
	choose := b.Open("/").Form("need").Fill("text", need).Send("")
	const premises = "providers/espoo-city/services/premises"
	check := choose.Form("choose").Fill("service", premises).Send("")
	// What is missing is said above the form, and nothing goes on.
	if refused := check.Form("check").Send("next"); refused.Status != http.StatusUnprocessableEntity {
		t.Errorf("an empty form answers %s", refused)
	}
	// One page asks one thing.
	page := check
	for range 3 {
		form := page.Form("check")
		for _, field := range form.Fields() {
			switch {
			case field == "in:"+premises+":use":
				form.Fill(field, "Kahvila")
			case field == "in:"+premises+":area_m2":
				form.Fill(field, "90")
			case field == "company":
				form.Fill(field, "own:"+company)
			case strings.HasPrefix(field, "consent:"):
				form.Fill(field, "yes")
			}
		}
		page = form.Send("next")
	}
	opened := page.Has("Kahvila", "90", company).Form("check").Send("send")
	if opened.Status != http.StatusOK || !strings.HasPrefix(opened.Path, "/cases/") {
		t.Fatalf("sending leads to %s", opened)
	}
	return opened
}

// pages: a company and an advisor play a case on the pages alone. What they do is
// what the API shows.
func pages(t *testing.T, w *world.World) {
	company := identifier.NewTestBusinessID(120)
	owner := world.CompanyUser("helmi", company)
	hers := w.Browser(t)
	if home := hers.SignIn(w.Token(t, owner)); home.Status != http.StatusOK || home.Path != "/cases" {
		t.Fatalf("signing in leads to %s", home)
	}

	const need = "etsin toimitilaa noin 90 neliötä Tapiolasta"
	opened := openByPages(t, hers, company, need)
	opened.Has(need)
	c := w.Company(t, owner).Case("cases/" + strings.TrimPrefix(opened.Path, "/cases/"))
	if view := c.View(); view.NeedText != need || view.Company.GetId() != company {
		t.Errorf("the API shows %v", view)
	}

	request := c.Request("espoo-city-1")
	w.Advisor(t, "espoo-city", world.FirstAdvisor).Receives(request)
	his := w.Browser(t)
	his.SignIn(w.Token(t, world.AdvisorOf("espoo-city", world.FirstAdvisor))).Has("90")
	desk := his.Open("/desk/espoo-city").Link("/desk/espoo-city/requests/" + strings.TrimPrefix(c.Name, "cases/"))
	page := his.Open(desk).Has(need, "Kahvila")
	page = page.Form("form-pickup").Send("").Has("Ville Virtanen")
	page = page.Form("form-reply").Fill("text", "Tapiontorilla on 92 m² vapaana.").Send("").Has("Tapiontorilla on 92 m² vapaana.")
	if page = page.Form("form-complete").Fill("summary", "Tila löytyi.").Send(""); page.Status != http.StatusOK {
		t.Errorf("completing leads to %s", page)
	}

	c.Await("the request to be completed", func(v *casesv1.Case) bool {
		return v.Requests[0].Status == casesv1.RequestStatus_REQUEST_STATUS_COMPLETED && len(v.Timeline) == 5
	})
	hers.Open(opened.Path).Has("Tapiontorilla on 92 m² vapaana.", "Tila löytyi.", "Ville Virtanen")
	if r := c.See("espoo-city-1"); r.Summary != "Tila löytyi." {
		t.Errorf("the API shows %v", r)
	}
	// Another company's browser learns nothing, not even that the case exists.
	stranger := w.Browser(t)
	stranger.SignIn(w.Token(t, world.CompanyUser("nosy", identifier.NewTestBusinessID(121))))
	if peek := stranger.Open(opened.Path); peek.Status != http.StatusNotFound || strings.Contains(peek.Text, need) {
		t.Errorf("another company gets %s", peek)
	}
	if status := w.Browser(t).Open("/status"); status.Status != http.StatusOK {
		t.Errorf("the status page is %s", status)
	}
	for _, language := range []string{"sv", "en"} {
		if page := w.Browser(t).Open("/?lang=" + language); page.Status != http.StatusOK {
			t.Errorf("in %s the first page is %s", language, page)
		}
	}
}
