package e2e

import (
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// answering has the page's next fetches answered with a status.
func answering(times, status string) string {
	return `window.fetch = ((real) => { let n = 0; return (...all) => n++ < ` + times + ` ? Promise.resolve(new Response('', { status: ` + status + ` })) : real(...all); })(window.fetch)`
}

// TestAPageThatTheHubDoesNotAnswer: an open page says that it may be old, asks again, and
// shows what is new and no warning once it is answered. One that is no longer there stays
// with what somebody is writing, and else gives way. A second window looks once for what
// happened before it listened.
func TestAPageThatTheHubDoesNotAnswer(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(305)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	request := c.Request("omnia-1")
	advisor.Receives(request)
	advisor.PickUp(request)
	person := w.Person(t, w.SignedIn(t, w.Token(t, owner))...)
	page := person.Tab("/" + c.Name).Seen()
	page.Await("it has the stream", "'leads' in document.documentElement.dataset")

	second := person.Tab("/" + c.Name).Seen()
	second.Await("the second window has looked", looked+" > 0")
	second.Go("/privacy")
	page.Front()

	for _, status := range []string{"503", "429"} {
		page.Is(answering("2", status))
		advisor.Reply(request, "Vastaus, kun "+status)
		page.Await("the page says that it may be old", "!document.getElementById('away').hidden")
		page.Sees("Vastaus, kun " + status)
		page.Await("the warning is gone", "document.getElementById('away').hidden")
	}

	page.Is("window.stays = true")
	page.Is(`document.querySelectorAll('details').forEach((d) => { d.open = true; })`)
	page.Fill("textarea[name=text]", "Kesken jäänyt")
	page.Is("document.activeElement.blur()")
	page.Is(answering("1", "404"))
	advisor.Reply(request, "Tätä ei näy")
	page.Await("the page says that it is gone", "!document.getElementById('lost').hidden")
	if text := page.Is("document.querySelector('textarea[name=text]').value"); text != "Kesken jäänyt" || page.Is("window.stays") != true {
		t.Errorf("what was being written is now %q", text)
	}
	advisor.Reply(request, "Tämä näkyy")
	page.Sees("Tämä näkyy")
	page.Await("it is there again", "document.getElementById('lost').hidden")
	page.Is("document.querySelector('textarea[name=text]').value = ''")
	page.Is(answering("1", "404"))
	advisor.Reply(request, "Ja tämäkin")
	page.Await("the page gave way", "window.stays === undefined")
}

// TestTicksStayWithTheirRequests: a lead's ticks are where they were when somebody takes
// another request meanwhile.
func TestTicksStayWithTheirRequests(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(306)
	company := w.Company(t, world.CompanyUser("liisa", id))
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	var requests []string
	for range 3 {
		request := company.Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}}).Request("omnia-1")
		advisor.Receives(request)
		requests = append(requests, request)
	}
	page := w.Person(t, w.SignedIn(t, w.Token(t, world.LeadOf("omnia", world.Lead)))...).Tab("/desk/omnia/team")
	page.Await("it has the stream", "'leads' in document.documentElement.dataset")
	page.Click(`.picks li[data-key="` + requests[1] + `"] input[type=checkbox]`)
	page.Is("document.activeElement.blur()")
	advisor.PickUp(requests[0])
	page.Await("the request that was taken says so", `document.querySelector('.picks li.left[data-key="`+requests[0]+`"]')`)
	if ticked := page.Is("[...document.querySelectorAll('.picks input:checked')].map((one) => one.value).join()"); ticked != requests[1] {
		t.Errorf("ticked is %v, not %s", ticked, requests[1])
	}
	if mixed := page.Is("[...document.querySelectorAll('.picks li')].filter((li) => li.querySelector('label').control.value !== li.dataset.key).length"); mixed != 0.0 {
		t.Errorf("%v labels tick another request", mixed)
	}
	page.Click("#more button")
	page.Await("two are left", "document.querySelectorAll('.picks li').length === 2")
}
