package e2e

import (
	"testing"

	"github.com/businessespoo/hub/deploy/e2e/world"
	casesv1 "github.com/businessespoo/hub/proto/businessespoo/cases/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// pressedTwice presses a button twice before the browser can leave the page.
func pressedTwice(tab *world.Tab, button string) {
	tab.Is("(() => { const b = document.querySelector(\"" + button + "\"); b.click(); b.click(); })()")
}

// TestTwoTabsAndTheBackButton: an opening that two tabs send, one of them twice and again
// after going back, opens one case; and two replies that an advisor writes in two tabs of
// one request are both sent, each once.
func TestTwoTabsAndTheBackButton(t *testing.T) {
	t.Parallel()
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(341)
	owner := world.CompanyUser("helmi", id)
	cookies := w.SignedIn(t, w.Token(t, owner))
	people := w.People(t, 2)

	const send = "#check button[value=send]"
	last := readyToSend(w.Browser(t).Keep(cookies...), "own:"+id).Path
	one := people[0].Tab("/").Keep(cookies...).Go(last)
	other := people[0].Tab(last)
	one.Front().Await("all answers are shown", `document.querySelector("`+send+`")`)
	pressedTwice(one, send)
	one.Await("the case is shown", "location.pathname.startsWith('/cases/')")
	sent := one.Path()
	other.Front()
	pressedTwice(other, send)
	other.Await("it is told what became of the draft", "document.readyState === 'complete' && !document.querySelector(\""+send+"\")")
	one.Front().Is("history.back()")
	one.Await("the page before is shown", "document.readyState === 'complete' && !location.pathname.startsWith('/cases/')")
	if one.Is(`Boolean(document.querySelector("`+send+`"))`) == true {
		pressedTwice(one, send)
		one.Await("the case is shown", "location.pathname.startsWith('/cases/')")
	}
	all, err := w.Cases(t).ListCases(w.As(t, owner), &casesv1.ListCasesRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if len(all.Cases) != 1 {
		t.Errorf("%d cases were opened; the first tab was led to %s, the second to %s", len(all.Cases), sent, other.Path())
	}

	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.PickUp(c.Request("omnia-1"))
	const text, reply = "#form-reply textarea", "#form-reply button:not([type=button])"
	at := "/desk/omnia/requests/" + c.Name[len("cases/"):] + "/omnia-1"
	here := people[1].Tab("/").Keep(w.SignedIn(t, w.Token(t, world.AdvisorOf("omnia", world.FirstAdvisor)))...).Go(at)
	there := people[1].Tab(at).Unfold(text).Fill(text, "Toisesta ikkunasta")
	here.Front().Unfold(text).Fill(text, "Yhdestä ikkunasta")
	pressedTwice(here, reply)
	here.Await("the reply is told", "document.readyState === 'complete' && location.search.includes('done=')")
	there.Front().Sees("Yhdestä ikkunasta")
	if kept := there.Is("document.querySelector('" + text + "').value"); kept != "Toisesta ikkunasta" {
		t.Errorf("the reply of the other tab came, and its own text became %q", kept)
	}
	pressedTwice(there, reply)
	there.Await("the reply is told", "document.readyState === 'complete' && location.search.includes('done=')")
	here.Front().Is("history.back()")
	here.Await("the page before is shown", "document.readyState === 'complete' && !location.search.includes('done=')").Reload()
	times := map[string]int{}
	for _, entry := range c.View().Timeline {
		times[entry.Text]++
	}
	for _, written := range []string{"Yhdestä ikkunasta", "Toisesta ikkunasta"} {
		if times[written] != 1 {
			t.Errorf("%q stands %d times in the timeline", written, times[written])
		}
	}
}
