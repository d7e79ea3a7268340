package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/catalogue"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// feedback: somebody without a name and a company say what does not work. The city
// answers within the 14 days of the Act on the Provision of Digital Services, and the
// sender reads the answer.
func feedback(t *testing.T, w *world.World) {
	const about = "in:providers/espoo-city/services/feedback:"
	anybody, company := w.Browser(t), w.Browser(t)
	company.SignIn(w.Token(t, world.CompanyUser("lauri", identifier.NewTestBusinessID(171))))
	w.Advisor(t, "espoo-city", world.FirstAdvisor).Open()
	for who, b := range map[string]*world.Browser{"somebody without a name": anybody, "a company": company} {
		t.Run(who, func(t *testing.T) {
			statement := b.Open("/accessibility?lang=sv").Has("Tillgänglighetsutlåtande", "306/2019", "Traficom", "skärmläsare")
			page := b.Open(statement.Link("/feedback"))
			if refused := page.Form("form-feedback").Send(""); refused.Status != http.StatusUnprocessableEntity {
				t.Errorf("feedback that says nothing answers %s", refused)
			}
			form := page.Form("form-feedback").Fill(about+"feedback", "Knappen syns inte med hög kontrast.")
			for _, field := range form.Fields() {
				if strings.HasPrefix(field, "consent:") {
					form.Fill(field, "yes")
				}
			}
			sent := form.Send("")
			if sent.Status != http.StatusOK || !strings.HasPrefix(sent.Path, "/cases/") {
				t.Fatalf("sending leads to %s", sent)
			}
			sent.Has("Knappen syns inte med hög kontrast.")

			request := "cases/" + strings.TrimPrefix(sent.Path, "/cases/") + "/requests/espoo-city-1"
			desk := w.Advisor(t, "espoo-city", world.FirstAdvisor)
			desk.Receives(request)
			asked := desk.Read(request)
			if due := catalogue.DateOf(asked.Request.GetRequestedAt().AsTime()).AddDays(14); asked.Request.GetDueDate() != string(due) {
				t.Errorf("the answer is due on %s, want 14 days after it was asked, on %s", asked.Request.GetDueDate(), due)
			}
			desk.PickUp(request)
			desk.Reply(request, "Tack, knappen rättas till.")
			desk.Complete(request, "Knappen är rättad.")
			world.Await(t, "the answer to be on the page", func() error {
				if page := b.Open(sent.Path); !strings.Contains(page.Text, "Tack, knappen rättas till.") || !strings.Contains(page.Text, "Knappen är rättad.") {
					return fmt.Errorf("it says %.600s", page.Text)
				}
				return nil
			})
		})
	}
}
