package e2e

import (
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/uuid"

	"github.com/businessespoo/hub/deploy/e2e/world"
	providerv1 "github.com/businessespoo/hub/proto/businessespoo/provider/v1"
	"github.com/businessespoo/hub/services/kit/identifier"
)

// pictures is where pictures of the pages go when somebody wants to look at them.
const pictures = "HUB_TEST_PICTURES"

// picture keeps what a tab shows at the sizes of a phone and of a desk.
func picture(tab *world.Tab, name string) {
	folder := os.Getenv(pictures)
	if folder == "" {
		return
	}
	for _, width := range []int64{390, 1200} {
		tab.Size(width, 900).Shot(folder, fmt.Sprintf("%s-%d", name, width))
	}
}

// board is an advisor's browser at an inbox of three new requests, the oldest first.
func board(t *testing.T, w *world.World, number int, language string) (advisor *world.Advisor, requests []string, tab *world.Tab) {
	t.Helper()
	id := identifier.NewTestBusinessID(number)
	company := w.Company(t, world.CompanyUser("liisa", id))
	advisor = w.Advisor(t, "omnia", world.FirstAdvisor)
	for range 3 {
		request := company.Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}, Language: language, Need: "Haluan palkata ensimmäisen työntekijän kahvilaani ja kysyn, sopiiko oppisopimus."}).Request("omnia-1")
		advisor.Receives(request)
		requests = append(requests, request)
	}
	tab = w.Person(t, w.SignedIn(t, w.Token(t, world.AdvisorOf("omnia", world.FirstAdvisor)))...).Tab("/desk/omnia?order=oldest&lang=en")
	tab.Await("the inbox is live", "document.documentElement.classList.contains('live')")
	tab.Await("the list is there", "document.querySelectorAll('.inbox tbody tr').length === 3")
	return advisor, requests, tab
}

const (
	focused = "document.activeElement.closest('tr') ? document.activeElement.closest('tr').dataset.key : ''"
	rows    = "[...document.querySelectorAll('.inbox tbody tr')].map((r) => r.dataset.key + '@' + Math.round(r.getBoundingClientRect().top + scrollY)).join(' ')"
)

// TestAnInboxByKeyboard: one key each walks the list, opens, looks for and explains. In a
// field they write what they are, and once turned off they do nothing.
func TestAnInboxByKeyboard(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	_, requests, tab := board(t, w, 311, "fi")
	tab.Press("jj")
	if at := tab.Is(focused); at != requests[1] {
		t.Errorf("after j and j the focus is on %v", at)
	}
	tab.Press("k")
	if at := tab.Is(focused); at != requests[0] {
		t.Errorf("after k the focus is on %v", at)
	}
	tab.Press("?").Await("the help is open", "document.getElementById('help').matches(':popover-open') && document.getElementById('help').contains(document.activeElement)")
	picture(tab, "shortcuts")
	tab.Press("j")
	if tab.Is("document.getElementById('help').contains(document.activeElement)") != true {
		t.Error("a key moved the focus out of the help")
	}
	tab.Press(kb.Escape).Await("the help is closed", "!document.getElementById('help').matches(':popover-open')")
	tab.Press("/").Await("the search has the focus", "document.activeElement.id === 'filter-q'")
	tab.Is("document.activeElement.value = ''")
	tab.Press("jk?/")
	if text := tab.Is("document.activeElement.value"); text != "jk?/" {
		t.Errorf("in the search the keys wrote %q", text)
	}
	tab.Is("document.activeElement.blur()")
	tab.Press("j"+kb.Enter).Await("the request is open", ready("location.pathname.endsWith('/omnia-1')"))
	tab.Press("j").Await("the next request is open", ready("location.pathname.includes("+quoted(requests[1][6:32])+")"))
	tab.Press("u").Await("back in the list", ready("location.pathname === '/desk/omnia' && location.search.includes('order=oldest')"))
	tab.Press("jp").Await("it is picked up", "document.getElementById('form-undo') !== null && location.pathname.endsWith('/omnia-1')")
	picture(tab, "picked-up")
	tab.Click("#keys").Click("#help form button:not([type])")
	tab.Await("they are off", "document.getElementById('keys') && !('on' in document.getElementById('keys').dataset)")
	tab.Go("/desk/omnia").Await("the script is there", "document.documentElement.classList.contains('desk')")
	tab.Press("j?/")
	if at := tab.Is("document.activeElement.tagName + document.getElementById('help').matches(':popover-open')"); at != "BODYfalse" {
		t.Errorf("turned off, the keys did something: %v", at)
	}
}

// TestALiveInboxStandsStill: what happens elsewhere changes the rows that are there and
// moves none; new ones come when a button is pressed.
func TestALiveInboxStandsStill(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	advisor, requests, tab := board(t, w, 312, "fi")
	tab.Is("window.stays = true")
	tab.Press("jj")
	before := tab.Is(rows)
	second := w.Advisor(t, "omnia", world.SecondAdvisor)
	second.PickUp(requests[0])
	id := identifier.NewTestBusinessID(313)
	fresh := w.Company(t, world.CompanyUser("olli", id)).Open(world.Opening{Company: id, Services: []string{"omnia/apprenticeship"}}).Request("omnia-1")
	advisor.Receives(fresh)
	tab.Await("a button tells of the new one", "!document.getElementById('more').hidden && document.querySelector('#more b').textContent === '1'")
	tab.Await("the first row tells who has it", "document.querySelector('.inbox tbody tr').textContent.includes('Maija')")
	if at := tab.Is(focused); at != requests[1] {
		t.Errorf("the focus went to %v", at)
	}
	if now := tab.Is(rows); now != before {
		t.Errorf("the rows were\n%v, now\n%v", before, now)
	}
	if tab.Is("document.getElementById('news').textContent.length > 0") != true {
		t.Error("no status message tells of it")
	}
	picture(tab, "inbox-changed")
	tab.Press("n").Await("the new one is there", "document.querySelectorAll('.inbox tbody tr').length === 4")
	if tab.Is("window.stays") != true {
		t.Error("the page was loaded anew")
	}
}

// TestATextBlockAtTheCursor: a text block in the company's language, its names filled in,
// comes where the cursor is; the reply that is sent holds it.
func TestATextBlockAtTheCursor(t *testing.T) {
	w := world.Single(t, &binaries)
	w.Hire(t)
	lead := w.LeadOf(t, "omnia")
	if _, err := lead.Calls.SetTextBlock(lead.Context(), &providerv1.SetTextBlockRequest{
		Parent: "providers/omnia", RequestId: uuid.NewString(), Title: "Tid", Fi: "Varaa aika.", Sv: "Boka tid, hälsar {advisor}.", En: "Book a time.",
	}); err != nil {
		t.Fatal(err)
	}
	advisor, requests, tab := board(t, w, 314, "sv")
	advisor.PickUp(requests[0])
	picture(tab, "inbox")
	tab.Press("j"+kb.Enter).Await("the request is open", ready("document.getElementById('reply-text') !== null"))
	picture(tab, "request")
	tab.Press("r").Await("the reply has the focus", "document.activeElement.id === 'reply-text'")
	tab.Is("document.activeElement.value = ''")
	tab.Press("Hej!  Vi hörs.")
	tab.Is("document.activeElement.setSelectionRange(5, 5)")
	tab.Click("#form-reply button[name=insert]")
	const want = "Hej! Boka tid, hälsar Ville Virtanen. Vi hörs."
	if text := tab.Is("document.getElementById('reply-text').value"); text != want {
		t.Errorf("the reply is %q, want %q", text, want)
	}
	picture(tab, "reply")
	tab.Click("#form-reply p > button").Sees(want, "cannot be unsent")
	picture(tab, "replied")
	if n := len(advisor.Read(requests[0]).GetTimeline()); n != 3 {
		t.Errorf("the timeline has %d entries", n)
	}
	tab.Go("/desk/omnia/texts").Sees("Boka tid")
	picture(tab, "texts")
}

// ready is a condition on a page whose script has run.
func ready(condition string) string {
	return condition + " && document.readyState === 'complete' && document.documentElement.classList.contains('desk')"
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }
