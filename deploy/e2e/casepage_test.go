package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/businessespoo/hub/deploy/e2e/world"
	adminv1 "github.com/businessespoo/hub/proto/businessespoo/admin/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// TestNewOnTheCasePage: what came since the last visit is marked, what comes while the page
// is open is marked as it comes, and those marks stay while the page keeps itself up to date.
func TestNewOnTheCasePage(t *testing.T) {
	w := world.On(t, &binaries, filepath.Join(t.TempDir(), "data"), "--demo")
	var info demoFile
	world.Await(t, "the demo to be filled", func() error {
		text, err := os.ReadFile(filepath.Join(w.Data, "demo.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(text, &info)
	})
	w.Hire(t)
	later := func() {
		operator := world.Authorized(t.Context(), "Bearer "+info.Tokens["operator"])
		if _, err := w.Admin(t).AdvanceClock(operator, &adminv1.AdvanceClockRequest{RequestId: uuid.NewString(), Seconds: 40 * 60}); err != nil {
			t.Fatal(err)
		}
	}
	const id = "9000009-7" // the sole trader of the demo
	c := w.Company(t, world.CompanyUser("liisa", id)).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship", "employment/pay-subsidy"}})
	request := c.Request("omnia-1")
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	advisor.Receives(request)
	visit := func() *world.Tab {
		page := w.Person(t).Tab("/sign-in?lang=en").Click("#sign-in-companies button")
		page.Sees("Sole trader").Is("[...document.querySelectorAll('button')].find((b) => b.innerText.includes('Sole trader')).click()")
		return page.Sees("My cases").Go("/" + c.Name)
	}
	visit().Await("nothing is new on the first visit", "document.querySelector('.story') && !document.querySelector('.new-mark')")

	later()
	advisor.PickUp(request)
	advisor.Reply(request, "Ensimmäinen viesti")
	later()
	page := visit()
	page.Await("the message is marked", "[...document.querySelectorAll('.story .is-new')].some((e) => e.innerText.includes('Ensimmäinen viesti'))")
	page.Await("the request is marked", "document.querySelector('#omnia-1 .new-mark') && !document.querySelector('[id^=employment] .new-mark')")
	page.Await("the page is live", "'leads' in document.documentElement.dataset")
	before := page.Is("document.querySelectorAll('.story .is-new').length")
	page.Await("the page is live", "document.documentElement.classList.contains('live')")

	advisor.Reply(request, "Toinen viesti")
	page.Sees("Toinen viesti")
	page.Await("what came is shown as fresh and as new", "[...document.querySelectorAll('.story > .fresh.is-new')].some((e) => e.innerText.includes('Toinen viesti'))")
	if after := page.Is("document.querySelectorAll('.story .is-new').length"); after.(float64) != before.(float64)+1 {
		t.Errorf("%v entries were marked before the message came, and %v after", before, after)
	}
	page.Is("location.reload()")
	page.Await("a page that is loaded again still marks them", "document.querySelectorAll('.story .is-new').length === "+fmt.Sprint(before)+" + 1")
}

// TestCaseOnPaper: a case is printed whole, with the addresses of links and nothing to press.
// No text is wider than a narrow phone.
func TestCaseOnPaper(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	id := identifier.NewTestBusinessID(312)
	owner := world.CompanyUser("liisa", id)
	c := w.Company(t, owner).Open(world.Opening{Company: id, Services: []string{"employment/pay-subsidy", "omnia/apprenticeship"}})
	advisor := w.Advisor(t, "omnia", world.FirstAdvisor)
	request := c.Request("omnia-1")
	advisor.Receives(request)
	advisor.PickUp(request)
	word := strings.Repeat("Lentokonesuihkuturbiinimoottoriapumekaanikko", 4)
	advisor.Reply(request, word)
	page := w.Person(t, w.SignedIn(t, w.Token(t, owner))...).Tab("/" + c.Name)
	page.Await("the page is live", "document.documentElement.classList.contains('live')")
	for _, scheme := range []string{"light", "dark"} {
		page.Size(320, 700).Media("", "prefers-color-scheme", scheme).Sees(word)
		if wide := page.Is("document.documentElement.scrollWidth"); wide.(float64) > 320 {
			t.Errorf("%s: the page is %v wide on a phone of 320", scheme, wide)
		}
	}
	shown := "[...document.querySelectorAll('main button, main .button, main input, main textarea, .within')].filter((e) => e.checkVisibility()).length"
	if page.Is(shown).(float64) == 0 {
		t.Fatal("there is nothing to press on the screen, so this proves nothing")
	}
	page.Size(800, 1000).Media("print", "prefers-color-scheme", "dark").Sees(word)
	if n := page.Is(shown); n.(float64) != 0 {
		t.Errorf("%v things to press are printed", n)
	}
	if n := page.Is("document.querySelectorAll('.story > li').length === [...document.querySelectorAll('.story > li')].filter((e) => e.checkVisibility()).length"); n != true {
		t.Error("not all that happened is printed")
	}
	if after := page.Is(`getComputedStyle(document.querySelector('main a[href^="https:"]'), '::after').content`); !strings.Contains(after.(string), "https://") {
		t.Errorf("behind a link stands %v", after)
	}
	if ink := page.Is("getComputedStyle(document.body).color + getComputedStyle(document.body).backgroundColor"); ink != "rgb(0, 0, 0)rgb(255, 255, 255)" {
		t.Errorf("in the dark scheme it is printed in %v", ink)
	}
}
