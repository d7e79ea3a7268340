package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/demo"
	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// TestDemoFillsInFromTheRegister: in a demo, which reaches nothing outside, the company that
// somebody acts for is filled in from the demo's own register, another when it is asked for,
// and a wrong number is told with the right one. The name is in the company's list.
func TestDemoFillsInFromTheRegister(t *testing.T) {
	w := world.On(t, &binaries, filepath.Join(t.TempDir(), "data"), "--demo")
	world.Await(t, "the demo to be filled", func() error {
		_, err := os.Stat(filepath.Join(w.Data, "demo.json"))
		return err
	})
	b := w.Browser(t)
	b.SignInAt("companies", "demo-sole-trader").Has("Kirjaudu ulos")
	premises := "providers/espoo-city/services/premises"
	asked := b.Open("/").Form("need").Fill("text", "Etsin toimitilaa kahvilalle").Send("").Form("choose").Fill("service", premises).Send("")
	check := asked.Form("check").Fill("in:"+premises+":use", "Kahvila").Fill("in:"+premises+":area_m2", "90").Send("next")
	own := demo.Companies()[8] // the sole trader's
	check.Has("Yritysrekisteristä (YTJ)", own.Name, "Koekatu", "02100 Espoo", "Yritys on rekisterissä")

	form := check.Form("check")
	wrong := own.ID[:8] + string('0'+(own.ID[8]-'0'+1)%10)
	if refused := form.Fill("company_id", wrong).Send("lookup"); refused.Status != http.StatusUnprocessableEntity || !strings.Contains(refused.Text, own.ID) {
		t.Errorf("the wrong number %s is answered with %s", wrong, refused)
	}
	bankrupt := demo.Companies()[29]
	fetched := form.Fill("company_id", bankrupt.ID).Send("lookup")
	fetched.Has(bankrupt.Name, "Konkurssi")
	unknown := identifier.NewTestBusinessID(4000)
	fetched.Form("check").Fill("company_id", unknown).Send("lookup").Has("Yritysrekisterissä ei ole yritystä " + unknown)

	consents := form.Fill("company_id", "").Send("next").Form("check")
	for _, field := range consents.Fields() {
		if strings.HasPrefix(field, "consent:") {
			consents.Fill(field, "yes")
		}
	}
	opened := consents.Send("next").Form("check").Send("send")
	if opened.Status != http.StatusOK || !strings.HasPrefix(opened.Path, "/cases/") {
		t.Fatalf("sending leads to %s", opened)
	}
	opened.Has(own.Name)
}
