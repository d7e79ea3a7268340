package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// looked counts how often an open page has asked for itself.
const looked = "performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'fetch' && e.name === location.href).length"

// TestLivePages: what a provider does is in the open page of the company within a
// moment, nothing that somebody is writing is lost by it, all tabs of a browser share
// one stream, and a hidden one has none.
func TestLivePages(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	owner := world.CompanyUser("liisa", identifier.NewTestBusinessID(301))
	company := w.Company(t, owner)
	c := company.Open(world.Opening{Company: identifier.NewTestBusinessID(301), Services: []string{"omnia/apprenticeship"}})
	request := c.Request("omnia-1")
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.Receives(request)

	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	page := person.Tab("/" + c.Name)
	page.Await("the page is live", "document.documentElement.classList.contains('live')")
	page.Is("window.stays = true") // a page that was loaded anew does not have it
	page.Is(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	page.Fill("textarea[name=text]", "Kirjoitan tätä juuri")

	desk := w.Person(t, w.SignedIn(t, w.Token(t, world.AdvisorOf("omnia", world.FirstAdvisor)))...).Tab("/desk/omnia")
	desk.Await("the inbox is live", "document.documentElement.classList.contains('live')")

	advisor.PickUp(request)
	began := time.Now()
	advisor.Reply(request, "Tervetuloa juttelemaan")
	page.Sees("Tervetuloa juttelemaan")
	t.Logf("a reply was on the page after %s", time.Since(began).Round(time.Millisecond))
	if page.Is("window.stays") != true {
		t.Error("the page was loaded anew")
	}
	if text := page.Is("document.querySelector('textarea[name=text]').value"); text != "Kirjoitan tätä juuri" {
		t.Errorf("what was being written is now %q", text)
	}
	if open := page.Is("[...document.querySelectorAll('.card details')].every((d) => d.open)"); open != true {
		t.Error("what was unfolded has been folded")
	}
	desk.Await("the row of the request tells who works on it", "!document.querySelector('tbody [data-label]:nth-of-type(3)').textContent.includes('–')")
}

// TestOneStreamForAllTabs: ten tabs that are seen at once share one stream, and all show
// what comes over it. When the tab that has it goes, another takes over.
func TestOneStreamForAllTabs(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(302)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.Receives(c.Request("omnia-1"))
	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	var tabs []*world.Tab
	for range 10 {
		tabs = append(tabs, person.Tab("/"+c.Name).Seen())
	}
	leaders := func() (n int) {
		for _, tab := range tabs {
			if tab.Is("'leads' in document.documentElement.dataset") == true {
				n++
			}
		}
		return n
	}
	world.Await(t, "one tab has the stream", func() error {
		if n := leaders(); n != 1 {
			return world.Not("%d of ten tabs have a stream", n)
		}
		return nil
	})
	advisor.PickUp(c.Request("omnia-1"))
	advisor.Reply(c.Request("omnia-1"), "Hei kaikille")
	for _, tab := range tabs {
		tab.Sees("Hei kaikille")
	}
	for i, tab := range tabs {
		if tab.Is("'leads' in document.documentElement.dataset") == true {
			tab.Go("/privacy")
			tabs = append(tabs[:i:i], tabs[i+1:]...)
			break
		}
	}
	world.Await(t, "another tab takes over", func() error {
		if n := leaders(); n != 1 {
			return world.Not("%d tabs have a stream", n)
		}
		return nil
	})
	advisor.Reply(c.Request("omnia-1"), "Vielä yksi")
	for _, tab := range tabs {
		tab.Sees("Vielä yksi")
	}
}

// TestOpenPagesKeepTheirPace: however much happens in a case, its open page shows it soon
// and asks for itself a few times a second at most; an inbox asks every few seconds, and a
// hidden page never.
func TestOpenPagesKeepTheirPace(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(304)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	request := c.Request("omnia-1")
	advisor.Receives(request)
	advisor.PickUp(request)
	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	hidden := person.Tab("/" + c.Name)
	page := person.Tab("/" + c.Name)
	desk := w.Person(t, w.SignedIn(t, w.Token(t, world.AdvisorOf("omnia", world.FirstAdvisor)))...).Tab("/desk/omnia")
	for _, tab := range []*world.Tab{page, desk} {
		tab.Await("it has the stream", "'leads' in document.documentElement.dataset")
	}
	if hidden.Is("document.hidden") != true {
		t.Fatal("the first tab is not hidden behind the second")
	}
	looks := func(tab *world.Tab) int {
		n, _ := tab.Is(`performance.getEntriesByType('resource').filter((e) => e.initiatorType === 'fetch' && e.name === location.href).length`).(float64)
		return int(n)
	}
	const many = 200
	before := looks(hidden)
	began := time.Now()
	for i := range many {
		advisor.Reply(request, fmt.Sprintf("Vastaus %d.", i))
	}
	page.Sees(fmt.Sprintf("Vastaus %d.", many-1))
	took := time.Since(began)
	t.Logf("%d replies in %s: the page looked %d times, the inbox %d times", many, took.Round(time.Millisecond), looks(page), looks(desk))
	if most := 1 + int(took/(300*time.Millisecond)); looks(page) < 1 || looks(page) > most {
		t.Errorf("the page looked %d times, want at most %d", looks(page), most)
	}
	if most := 2 + int(took/(4*time.Second)); looks(desk) > most {
		t.Errorf("the inbox looked %d times, want at most %d", looks(desk), most)
	}
	if looks(hidden) != before {
		t.Errorf("a hidden page looked %d times", looks(hidden)-before)
	}
}

// TestASessionThatEndsUnderAPage: the open page says so within a moment, and what is
// being written stays.
func TestASessionThatEndsUnderAPage(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(303)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	w.Advisor(t, "omnia", world.FirstAdvisor).Receives(c.Request("omnia-1"))
	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	page := person.Tab("/" + c.Name)
	page.Await("it has the stream", "'leads' in document.documentElement.dataset")
	page.Is(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	page.Fill("textarea[name=text]", "Kesken jäänyt")
	page.Is(`(() => {
		window.made = [];
		window.EventSource = class extends EventSource { constructor(at) { super(at); made.push(this); } };
		const real = setTimeout;
		window.setTimeout = (then, after) => real(then, after === 15000 ? 1500 : after);
	})()`)
	other := person.Tab("/me").Seen()
	page.Front()
	page.Await("it has the stream again", "'leads' in document.documentElement.dataset")
	// Cut off for good it opens another after a while, and no third one when it was hidden meanwhile.
	page.Is("made[0].close(), made[0].dispatchEvent(new Event('error'))")
	person.Tab("/privacy")
	page.Await("it is hidden", "document.hidden")
	page.Front()
	page.Await("it opens another", "made.length > 1")
	time.Sleep(2 * time.Second)
	if open := page.Is("made.filter((one) => one.readyState !== EventSource.CLOSED).length"); open != 1.0 {
		t.Errorf("%v streams are open", open)
	}
	other.Click("form[action='/sign-out'] button")
	page.Await("the page says that the session has ended", "!document.getElementById('ended').hidden")
	if text := page.Is("document.querySelector('textarea[name=text]').value"); text != "Kesken jäänyt" {
		t.Errorf("what was being written is now %q", text)
	}
	// Hidden and shown again it says so still, and does not knock for ever.
	person.Tab("/privacy")
	page.Await("it is hidden once more", "document.hidden")
	before := page.Is(looked)
	page.Front()
	page.Await("it has looked whether somebody is there", looked+" > "+fmt.Sprint(before))
	time.Sleep(500 * time.Millisecond) // for what it would do then
	if page.Is("!document.getElementById('ended').hidden && document.getElementById('away').hidden && !('leads' in document.documentElement.dataset)") != true {
		t.Error("shown again the page says something else than that the session has ended")
	}
}
