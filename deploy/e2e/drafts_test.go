package e2e

import (
	"strings"
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
)

const premises = "providers/espoo-city/services/premises"

// companyAsked holds on the page that asks for the company: the pages before it carry a
// hidden field of the same name.
const companyAsked = "document.querySelector('#check [name=company]:not([type=hidden])')"

// chosen goes, in a real browser, from a need to the questions of one service.
func chosen(page *world.Tab, need string) *world.Tab {
	page.Is("document.querySelector('#need-text').focus()")
	page.Press(need)
	page.Click("#need button.main")
	page.Await("the services can be chosen", "document.querySelector('#choose')")
	page.Is(`document.querySelectorAll('#choose input[name=service]').forEach((s) => { s.checked = s.value === '` + premises + `'; })`)
	page.Is(`document.querySelector('#choose details').open = true`)
	page.Click("#choose button.main")
	return page.Await("the service asks", "document.querySelector('#check [name$=area_m2]')")
}

// TestADraftOutlivesTheHub: what somebody types is saved while they write; when the hub is
// killed in the middle of the form the page stays with what is in it, and goes on when
// the hub is back; and what was saved is there in another tab.
func TestADraftOutlivesTheHub(t *testing.T) {
	w := world.Single(t, &binaries)
	id := identifier.NewTestBusinessID(311)
	owner := world.CompanyUser("helmi", id)
	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	page := chosen(person.Tab("/?lang=fi"), "Etsin toimitilaa kahvilalle")
	if path := page.Path(); strings.Contains(path, "premises") || !strings.HasPrefix(path, "/drafts/") {
		t.Errorf("the questions are at %s", path)
	}
	page.Fill("[name$=':use']", "Kahvila ja leipomo")
	page.Sees("Tallennettu kello")
	if turn := page.Is("document.querySelector('#check [name=turn]').value"); turn != "1" {
		t.Errorf("the first save of the page has the turn %v", turn)
	}
	if kept := page.Is("localStorage.length + sessionStorage.length"); kept != 0.0 {
		t.Errorf("the browser keeps %v things", kept)
	}

	w.Kill(t, "hub")
	page.Fill("[name$=area_m2]", "90")
	page.Click("#check button.main")
	page.Sees("Lähetys ei onnistunut").Sees("Tallennus ei onnistunut")
	if use := page.Is("document.querySelector(\"[name$=':use']\").value + document.querySelector('[name$=area_m2]').value"); use != "Kahvila ja leipomo90" {
		t.Errorf("the form holds %v", use)
	}
	w.Start(t, "hub")
	w.Ready(t)
	page.Click("#check button.main")
	page.Await("the company is asked for", companyAsked)

	// Back in the browser, and forth again: all is there.
	page.Is("history.back()")
	page.Await("the questions have their answers", "(document.querySelector('[name$=area_m2]') || {}).value === '90'")
	page.Is("history.forward()")
	page.Await("the company is asked for", companyAsked)

	other := person.Tab("/cases").Sees("Jatka siitä, mihin jäit", "Etsin toimitilaa kahvilalle")
	other.Click(".goon .list a")
	other.Await("it goes on where it was", companyAsked)
	other.Click("[name=company][value='own:" + id + "']")
	other.Click("#check button.main")
	other.Await("the consent is asked for", "document.querySelector('[name^=consent][type=checkbox]')")
	other.Click("[name^=consent][type=checkbox]")
	other.Click("#check button.main")
	other.Sees("Tarkista vastauksesi", "Kahvila ja leipomo", "90")
	other.Click("#check button.main")
	other.Sees("Pyynnöt on lähetetty")
	person.Tab("/cases").Await("the draft is gone", "document.querySelector('.card h2') && !document.querySelector('.goon')")
}

// TestSigningInInTheMiddle: what somebody filled in who was not signed in goes along
// through the sign-in, and nothing of it stays in the browser.
func TestSigningInInTheMiddle(t *testing.T) {
	w := world.Single(t, &binaries)
	owner := world.CompanyUser("helmi", identifier.NewTestBusinessID(312))
	w.SignedIn(t, w.Token(t, owner)) // so that the issuer knows her
	page := chosen(w.Person(t).Tab("/?lang=fi"), "Etsin toimitilaa pajalle")
	page.Fill("[name$=':use']", "Paja ja varasto")
	page.Click(".later button")
	page.Await("she is to sign in", "document.querySelector('#sign-in-companies')")
	page.Click("#sign-in-companies button")
	page.Await("the issuer asks who she is", "document.querySelector('#personas')")
	page.Click("#personas [value='" + owner.Subject + "']")
	page.Await("what she wrote is there", "(document.querySelector(\"[name$=':use']\") || {}).value === 'Paja ja varasto'")
	if path := page.Path(); !strings.HasPrefix(path, "/drafts/") {
		t.Errorf("it goes on at %s", path)
	}
}

// TestAMessageWhenTheSessionHasEnded: it is shown, goes along through the sign-in, and is
// sent after it.
func TestAMessageWhenTheSessionHasEnded(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(313)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.Receives(c.Request("omnia-1"))
	token := w.Token(t, owner)
	person := w.Person(t, w.SignedIn(t, token)...)
	page := person.Tab("/" + c.Name + "?lang=fi")
	page.Is(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	page.Is("document.querySelector('form[id^=form-message] textarea[name=text]').focus()")
	page.Press("Kesken jäänyt viesti")
	b := w.Browser(t) // she ends it elsewhere
	b.SignIn(token)
	b.Open("/me").Form("everywhere").Send("")
	page.Click("form[id^=form-message] button")
	page.Sees("Kesken jäänyt viesti", "Kirjaudu sisään ja jatka")
	page.Click("#kept button")
	page.Await("she is to sign in", "document.querySelector('#sign-in-companies')")
	page.Click("#sign-in-companies button")
	page.Await("the issuer asks who she is", "document.querySelector('#personas')")
	page.Click("#personas [value='" + owner.Subject + "']")
	page.Sees("Kirjoittamasi on tallella", "Kesken jäänyt viesti")
	page.Click("#again button")
	page.Sees("Viesti on lähetetty")
	posted := 0
	for _, entry := range c.View().Timeline {
		if entry.Text == "Kesken jäänyt viesti" {
			posted++
		}
	}
	if posted != 1 {
		t.Errorf("the message stands %d times in the timeline", posted)
	}
}
