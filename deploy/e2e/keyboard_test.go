package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

var atEachStop = filepath.Join("testdata", "axe", "stop.js")

// unhurried has the page scroll at once, so that what is looked at stands still.
func unhurried(tab *world.Tab) *world.Tab { return tab.Media("", "prefers-reduced-motion", "reduce") }

// TestTheWholeStoryByKeyboard: a company opens a case, answers what is missing and rates;
// an advisor picks the request up, asks and completes it. Both have a keyboard alone. At
// each stop of the Tab key the focus is seen, and covered by nothing.
func TestTheWholeStoryByKeyboard(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(421)
	owner := world.CompanyUser("helmi", id)
	hers := unhurried(w.Person(t, w.SignedIn(t, w.Token(t, owner))...).Tab("/?lang=fi"))
	keys := hers.Keyboard(atEachStop)

	keys.On(".skip").Enter()
	hers.Await("the skip link leads to what the page is about", "document.activeElement.id === 'main'")
	keys.On("#need-text").Type("Etsin toimitilaa kahvilalle Tapiolasta").On("#need button.main").Enter()
	only(hers, keys)
	keys.On("#choose button.main").Enter()
	emptyFormByKeyboard(t, hers, keys)
	keys.On("#check button.main").Enter()
	hers.Await("the company is asked for", "document.querySelector('#check [name=company]')")
	keys.On("#check button.main").Enter()
	keys.On("#check [name^='consent:']").Space()
	keys.Back("#check .backlink button").On("#check button.main").Enter()
	hers.Await("all answers are shown", "document.querySelector('#check button[value=send]')")
	keys.On("#check button[value=send]").Enter()
	hers.Await("the case is open, and live", "location.pathname.startsWith('/cases/') && 'leads' in document.documentElement.dataset")
	caseName := strings.TrimPrefix(strings.SplitN(hers.Path(), "?", 2)[0], "/")
	c := w.Company(t, owner).Case(caseName)

	request := c.Request("espoo-city-1")
	w.Advisor(t, "espoo-city", world.FirstAdvisor).Receives(request)
	his := unhurried(w.Person(t, w.SignedIn(t, w.Token(t, world.AdvisorOf("espoo-city", world.FirstAdvisor)))...).Tab("/desk/espoo-city?lang=fi"))
	pen := his.Keyboard(atEachStop)
	pen.On(".inbox tbody th a").Enter()
	pen.On("#form-pickup button").Enter()
	his.Await("he may ask", "document.getElementById('form-ask')")
	unfold(pen, "#form-ask")

	// What comes while she writes leaves the focus where it is, and says so.
	unfold(keys, "form[id^=form-message]")
	keys.On("form[id^=form-message] textarea").Type("Kirjoitan juuri")
	pen.On("#form-ask textarea").Type("Mihin aikaan voisitte muuttaa?").On("#form-ask p > button").Enter()
	hers.Sees("Mihin aikaan voisitte muuttaa?")
	if !keys.Focused("form[id^=form-message] textarea") {
		t.Errorf("what came took the focus away, to %v", hers.Is("document.activeElement.outerHTML.slice(0, 200)"))
	}
	if said := hers.Is("document.querySelector('#news[role=status]').textContent"); said == "" {
		t.Error("no status message tells of what came")
	}
	keys.Type(" viestiä")
	if text := hers.Is("document.activeElement.value"); text != "Kirjoitan juuri viestiä" {
		t.Errorf("what was being written is now %q", text)
	}

	keys.Back("form[id^=form-answer] textarea").Type("Ensi kuussa").On("form[id^=form-answer] p > button").Enter()
	hers.Await("a status message says that it is sent", "document.querySelector('main .done[role=status]')")
	his.Await("he may complete it", "document.getElementById('form-complete')")
	unfold(pen, "#form-complete")
	pen.On("#form-complete textarea").Type("Tila löytyi.").On("#form-complete p > button").Enter()
	c.Await("the request to be completed", func(v *casesv1.Case) bool {
		return v.Requests[0].Status == casesv1.RequestStatus_REQUEST_STATUS_COMPLETED
	})
	hers.Await("she may rate it", "document.querySelector('form[id^=form-rate]')")
	unfold(keys, "form[id^=form-rate]")
	keys.On("form[id^=form-rate] [name=stars]").Space().Type(kb.ArrowDown).On("form[id^=form-rate] p > button").Enter()
	c.Await("it is rated", func(v *casesv1.Case) bool { return v.Requests[0].Rating.GetStars() == 4 })
	if keys.Stops < 60 || pen.Stops < 20 {
		t.Errorf("she had %d stops and he %d, so this proves little", keys.Stops, pen.Stops)
	}
}

// only ticks the premises alone among the services.
func only(tab *world.Tab, keys *world.Keyboard) {
	tab.Await("the services can be chosen", "document.querySelector('#choose [name=service]')")
	const ticked = "#choose [name=service]:checked:not([value='" + premisesOf + "'])"
	for tab.Is("document.querySelector(\""+ticked+"\") !== null") == true {
		keys.On(ticked).Space()
	}
	if tab.Is("document.querySelector(\"#choose [value='"+premisesOf+"']\").checked") != true {
		keys.On("#choose [value='" + premisesOf + "']").Space()
	}
}

// emptyFormByKeyboard sends a form with nothing in it: the summary of what is wrong has the
// focus, and its links lead to the fields, which are then filled in.
func emptyFormByKeyboard(t *testing.T, tab *world.Tab, keys *world.Keyboard) {
	t.Helper()
	keys.On("#check button.main").Enter()
	tab.Await("what is wrong is said, in focus", "document.activeElement.matches('.summary[role=alert]')")
	for _, field := range [][2]string{{"area_m2", "90"}, {"use", "Kahvila"}} {
		keys.Back(".summary a[href$=" + field[0] + "]").Enter()
		tab.Await("the link leads to its field", "document.activeElement.name.endsWith(':"+field[0]+"')")
		keys.Type(field[1])
	}
}

// unfold opens what a form is folded in, when it is.
func unfold(keys *world.Keyboard, form string) {
	if keys.Is("(document.querySelector('"+form+"').closest('details') || {open: true}).open") != true {
		keys.On("details:has(> " + form + ") > summary").Enter()
	}
}

// TestTheTabKeyGoesEverywhere: on each kind of page the Tab key stops at all that can be
// pressed or filled in, and stays nowhere; also on a phone.
func TestTheTabKeyGoesEverywhere(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(422)
	owner := world.CompanyUser("helmi", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.PickUp(c.Request("omnia-1"))
	advisor.Ask(c.Request("omnia-1"), "Mitkä tehtävät?")
	tab := unhurried(w.Person(t).Tab("/status"))
	people := map[string]principal{
		"/" + c.Name: owner, "/cases": owner, "/": owner, "/choose?need=hire": owner, "/grants": owner,
		"/desk/omnia": world.AdvisorOf("omnia", world.FirstAdvisor), "/desk/omnia/requests/" + strings.TrimPrefix(c.Name, "cases/") + "/omnia-1": world.AdvisorOf("omnia", world.FirstAdvisor),
		"/desk/omnia/team": world.LeadOf("omnia", world.Lead), "/operator/erasures": world.Operator(),
	}
	for path, who := range people {
		tab.Become(w.SignedIn(t, w.Token(t, who))...).Size(320, 700).Go(path)
		if keys := tab.Keyboard(atEachStop).Round(); keys.Stops < 8 {
			t.Errorf("%s has %d stops, so this proves little", path, keys.Stops)
		}
	}
}
